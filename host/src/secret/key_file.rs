//! The file that keeps an application's key between runs. Only its user can read it.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The key file can't be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeyFileError {
    /// Nothing says where the user's files are.
    #[error("there is no home directory to keep the application's key in")]
    NoHome,
    /// The operating system refused.
    #[error("the application's key can't be kept in {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// The key in the user's state directory; `fresh` is put there if there is none.
pub(super) fn load_or_create(name: &str, fresh: [u8; 32]) -> Result<[u8; 32], KeyFileError> {
    let dir = state_dir(name).ok_or(KeyFileError::NoHome)?;
    load_or_create_in(&dir, fresh)
        .map_err(|source| KeyFileError::Io { path: dir.join(FILE), source })
}

/// `$XDG_STATE_HOME/exciton/<name>`, by default in `~/.local/state` (XDG base directory specification); the like on macOS and
/// Windows.
pub(super) fn state_dir(name: &str) -> Option<PathBuf> {
    let home = std::env::home_dir();
    let base = base_dir(std::env::consts::OS, home, |variable| std::env::var_os(variable))?;
    Some(base.join("exciton").join(file_name(name)))
}

fn base_dir(
    os: &str,
    home: Option<PathBuf>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Option<PathBuf> {
    let named = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let below_home =
        |path: &str| home.filter(|home| home.is_absolute()).map(|home| home.join(path));
    match os {
        "windows" => named("LOCALAPPDATA").or_else(|| below_home("AppData/Local")),
        "macos" => below_home("Library/Application Support"),
        _ => named("XDG_STATE_HOME").or_else(|| below_home(".local/state")),
    }
}

/// A name that is a plain file name on every system. Names that only differ in odd characters share their state.
fn file_name(name: &str) -> String {
    let plain =
        |c: char| if c.is_alphanumeric() || c == '-' || c == '_' || c == '.' { c } else { '_' };
    let name: String = name.chars().take(64).map(plain).collect();
    if name.trim_matches('.').is_empty() {
        "app".to_owned()
    } else {
        name.trim_matches('.').to_owned()
    }
}

fn load_or_create_in(dir: &Path, fresh: [u8; 32]) -> io::Result<[u8; 32]> {
    create_private_dir(dir)?;
    let path = dir.join(FILE);
    match read(&path)? {
        Found::Key(key) => return Ok(key),
        Found::Nothing => {}
        Found::Unusable(why) => {
            tracing::warn!(
                "{} {why}: it is replaced, and everybody needs a fresh link",
                path.display()
            );
            fs::remove_file(&path)?;
        }
    }
    // Written whole and then given its name: another process sees all of it or nothing. A temporary file is 0600.
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    file.write_all(&fresh)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(&path) {
        Ok(_) => Ok(fresh),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => match read(&path)? {
            Found::Key(key) => Ok(key),
            Found::Nothing | Found::Unusable(_) => Err(error.error),
        },
        Err(error) => Err(error.error),
    }
}

enum Found {
    Nothing,
    Key([u8; 32]),
    Unusable(&'static str),
}

fn read(path: &Path) -> io::Result<Found> {
    let about = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        about => about?,
    };
    if !about.is_file() {
        return Ok(Found::Unusable("is not a file"));
    }
    if readable_by_others(&about) {
        return Ok(Found::Unusable("could be read by other users"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(33).read_to_end(&mut bytes)?;
    Ok(<[u8; 32]>::try_from(bytes).map_or(Found::Unusable("is not a key"), Found::Key))
}

#[cfg(unix)]
fn readable_by_others(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    about.permissions().mode() & 0o077 != 0
}

/// Elsewhere a user's own directory is private by what it inherits.
#[cfg(not(unix))]
fn readable_by_others(_about: &fs::Metadata) -> bool {
    false
}

fn create_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

const FILE: &str = "key";

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_first_key_stays() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("deep/app");
        assert_eq!(load_or_create_in(&dir, [1; 32]).unwrap(), [1; 32]);
        assert_eq!(load_or_create_in(&dir, [2; 32]).unwrap(), [1; 32]);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
    }

    #[test]
    fn of_many_that_start_at_once_all_have_the_same_key() {
        let dir = tempfile::tempdir().unwrap();
        let start = |n: u8| load_or_create_in(dir.path(), [n; 32]).unwrap();
        let keys: Vec<_> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|n| scope.spawn(move || start(n))).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_can_read_the_file_and_the_directory() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("app");
        load_or_create_in(&dir, [1; 32]).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&dir.join(FILE)), 0o600);
        assert_eq!(mode(&dir), 0o700);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_could_read_is_replaced() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        load_or_create_in(dir.path(), [1; 32]).unwrap();
        for mode in [0o640, 0o604, 0o620] {
            let path = dir.path().join(FILE);
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(load_or_create_in(dir.path(), [mode as u8; 32]).unwrap(), [mode as u8; 32]);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_that_is_no_key_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        for length in [0, 31, 33] {
            load_or_create_in(dir.path(), [1; 32]).unwrap();
            fs::write(dir.path().join(FILE), vec![1; length]).unwrap();
            let key = [length as u8 + 2; 32];
            assert_eq!(load_or_create_in(dir.path(), key).unwrap(), key);
        }
    }

    #[test]
    fn a_directory_in_the_way_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join(FILE)).unwrap();
        assert!(load_or_create_in(dir.path(), [1; 32]).is_err());
    }

    #[test]
    fn each_system_has_its_place_for_state() {
        let home = || Some(PathBuf::from("/home/me"));
        let none = |_: &str| None;
        let xdg = |name: &str| (name == "XDG_STATE_HOME").then(|| OsString::from("/state"));
        let relative = |_: &str| Some(OsString::from("state"));
        assert_eq!(base_dir("linux", home(), xdg), Some("/state".into()));
        assert_eq!(base_dir("linux", home(), none), Some("/home/me/.local/state".into()));
        assert_eq!(base_dir("linux", home(), relative), Some("/home/me/.local/state".into()));
        assert_eq!(base_dir("linux", None, none), None);
        assert_eq!(
            base_dir("macos", home(), xdg),
            Some("/home/me/Library/Application Support".into())
        );
        assert_eq!(base_dir("windows", home(), none), Some("/home/me/AppData/Local".into()));
    }

    #[test]
    fn an_application_can_have_any_name() {
        for (name, file) in [
            ("my-app", "my-app"),
            ("../../etc", "_.._etc"),
            ("a/b", "a_b"),
            ("..", "app"),
            ("", "app"),
            ("Ü 1", "Ü_1"),
        ] {
            assert_eq!(file_name(name), file, "{name}");
        }
    }
}
