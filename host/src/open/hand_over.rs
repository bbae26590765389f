//! A file that hands an invitation to a browser.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use tempfile::TempPath;

/// Why there is no such file.
#[derive(Debug, thiserror::Error)]
#[error("no file could be made in {}: {source}", dir.display())]
pub(super) struct NoFile {
    dir: PathBuf,
    source: io::Error,
}

/// A page in a file of this user's own (0600) that replaces itself by `url`.
pub(super) fn file(url: &str) -> Result<TempPath, NoFile> {
    let dir = folder(std::env::home_dir(), Path::exists).unwrap_or_else(std::env::temp_dir);
    file_in(&dir, url).map_err(|source| NoFile { dir, source })
}

/// The `file:` URL of a file.
pub(super) fn url(file: &Path) -> String {
    let path = file.to_string_lossy().replace('\\', "/");
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("file://{slash}{}", utf8_percent_encode(&path, ODD))
}

/// A browser that came as a snap sees another `/tmp`, and of the user's home only what isn't hidden: where one is installed,
/// that is where the file has to be. Flatpak forwards the one file that it is given.
fn folder(home: Option<PathBuf>, exists: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let snaps = ["/snap/bin", "/var/lib/snapd/snap/bin"]
        .iter()
        .flat_map(|dir| SNAPS.iter().map(move |snap| Path::new(dir).join(snap)));
    home.filter(|_| snaps.into_iter().any(|snap| exists(&snap)))
}

fn file_in(dir: &Path, url: &str) -> io::Result<TempPath> {
    let mut file =
        tempfile::Builder::new().prefix("exciton-open-").suffix(".html").tempfile_in(dir)?;
    // The URL is one of ours: an address and digits. JSON and an entity keep it in its place all the same.
    let script = serde_json::Value::from(url).to_string().replace('<', "\\u003c");
    let attribute = url.replace('&', "&amp;").replace('"', "&quot;");
    write!(
        file,
        "<!doctype html>\n<meta charset=\"utf-8\"><meta name=\"referrer\" content=\"no-referrer\"><title>Opening…</title>\n\
         <script>location.replace({script})</script>\n<noscript><a href=\"{attribute}\">Open</a></noscript>\n"
    )?;
    file.flush()?;
    Ok(file.into_temp_path())
}

const SNAPS: &[&str] = &["firefox", "chromium", "brave", "opera", "microsoft-edge", "vivaldi"];
const ODD: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:8124/_exciton/enter/00112233445566778899aabbccddeeff";

    #[test]
    fn the_file_leads_to_the_invitation_and_its_name_does_not_tell_it() {
        let dir = tempfile::Builder::new().prefix("a b").tempdir().unwrap();
        let file = file_in(dir.path(), URL).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(&format!("location.replace(\"{URL}\")")), "{text}");
        let url = url(&file);
        assert!(
            url.starts_with("file:///") && url.contains("a%20b") && url.ends_with(".html"),
            "{url}"
        );
        assert!(!url.contains("0011"), "{url}");
    }

    #[cfg(unix)]
    #[test]
    fn only_its_user_can_read_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let file = file_in(dir.path(), URL).unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn the_file_is_where_a_snap_can_read_it() {
        let home = || Some(PathBuf::from("/home/me"));
        let firefox = |path: &Path| path == Path::new("/snap/bin/firefox");
        assert_eq!(folder(home(), firefox), home());
        assert_eq!(folder(home(), |_: &Path| false), None);
        assert_eq!(folder(None, firefox), None);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(file_in(&dir.path().join("none"), URL).is_err());
    }
}
