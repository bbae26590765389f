//! Paths of files, as a URL names them. What could mean anything but a visible file below the root is no path.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::server::route::RESERVED;

/// The names from the root down to a file, each decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AssetPath {
    names: Vec<String>,
    /// Whether the path ended in a slash, and its folder's index is meant.
    folder: bool,
}

impl AssetPath {
    /// Reads a URL's path.
    pub(super) fn parse(raw: &str) -> Option<Self> {
        let rest = raw.strip_prefix('/')?;
        let (rest, folder) = match rest.strip_suffix('/') {
            Some(rest) => (rest, true),
            None => (rest, rest.is_empty()),
        };
        let names: Option<Vec<String>> = if rest.is_empty() {
            // "//" has an empty name.
            (raw == "/").then(Vec::new)
        } else {
            rest.split('/').map(name).collect()
        };
        let names = names.filter(|names| names.first().is_none_or(|first| first != RESERVED))?;
        Some(Self { names, folder })
    }

    /// Whether this is the router's start page.
    pub(super) fn is_start(&self) -> bool {
        self.names.is_empty() || self.to_file() == INDEX
    }

    /// Whether a folder's index is meant.
    pub(super) fn is_folder(&self) -> bool {
        self.folder
    }

    /// The names joined by slashes, a folder's index at the end.
    pub(super) fn to_file(&self) -> String {
        let mut text = self.names.join("/");
        if self.folder {
            text.push_str(if text.is_empty() { INDEX } else { "/index.html" });
        }
        text
    }
}

/// One name: not empty, not hidden (so neither `.` nor `..`), and without what some system takes for more than a name:
/// separators, drives, streams.
fn name(encoded: &str) -> Option<String> {
    let name = percent_decode_str(encoded).decode_utf8().ok()?.into_owned();
    is_plain(&name).then_some(name)
}

pub(super) fn is_plain(name: &str) -> bool {
    let odd = |c: char| matches!(c, '/' | '\\' | ':') || c.is_control();
    // Windows drops dots and spaces at the end of a name.
    let is_name = !name.is_empty() && !name.starts_with('.') && !name.ends_with(['.', ' ']);
    is_name && !name.contains(odd) && !(cfg!(windows) && is_device(name))
}

/// What Windows takes for a device in any folder, whatever comes behind a dot: to read `con.txt` is to wait for the keyboard.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let numbered = |kind: &str| {
        let number = stem.strip_prefix(kind).unwrap_or_default();
        matches!(number, "\u{b9}" | "\u{b2}" | "\u{b3}")
            || number.len() == 1 && number.bytes().all(|digit| digit.is_ascii_digit())
    };
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul" | "conin$" | "conout$")
        || numbered("com")
        || numbered("lpt")
}

/// The URL path, without a slash at its start, of a file at these names below the root.
pub(in crate::server) fn to_url<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let encoded: Vec<String> =
        names.map(|name| utf8_percent_encode(name, ODD).to_string()).collect();
    encoded.join("/")
}

const ODD: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const INDEX: &str = "index.html";

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_file_below_the_root() {
        for (raw, file) in [
            ("/", "index.html"),
            ("/a.html", "a.html"),
            ("/ui/", "ui/index.html"),
            ("/ui", "ui"),
            ("/a%20b/%C3%BC.js", "a b/ü.js"),
            ("/a..b/c...d", "a..b/c...d"),
            ("/%25", "%"),
            ("/_exciton.html", "_exciton.html"),
            ("/a/_exciton/b", "a/_exciton/b"),
        ] {
            assert_eq!(AssetPath::parse(raw).unwrap().to_file(), file, "{raw}");
        }
    }

    #[test]
    fn what_could_lead_elsewhere_is_no_path() {
        for raw in [
            "",
            "a",
            "//",
            "//etc/passwd",
            "/a//b",
            "/..",
            "/../a",
            "/a/../b",
            "/a/..",
            "/./a",
            "/%2e%2e/a",
            "/%2E./a",
            "/.%2e/a",
            "/..%2fa",
            "/a%2f..%2fb",
            "/a%2Fb",
            "/..%5ca",
            "/a%5cb",
            "/a\\b",
            "/%00",
            "/a%00.html",
            "/a%0a",
            "/.git/config",
            "/a/.env",
            "/%2egit",
            "/C:/a",
            "/c%3a",
            "/a.txt::$DATA",
            "/a.",
            "/a%20",
            "/%ff",
            "/%c0%ae%c0%ae/a",
            "/_exciton",
            "/_exciton/",
            "/_exciton/x",
            "/%5fexciton/x",
        ] {
            assert_eq!(AssetPath::parse(raw), None, "{raw}");
        }
    }

    #[test]
    fn devices_of_windows_are_known_by_their_names() {
        for name in ["con", "NUL.html", "Com1", "lpt9.tar.gz", "aux .x", "conin$", "com\u{b9}"] {
            assert!(is_device(name), "{name}");
        }
        for name in ["console", "com", "com10", "icon", "null", "lpta", "a.con"] {
            assert!(!is_device(name), "{name}");
        }
    }

    #[test]
    fn a_file_and_its_url_name_each_other() {
        let url = to_url(["a b", "ü#?.html"].into_iter());
        assert_eq!(url, "a%20b/%C3%BC%23%3F.html");
        assert_eq!(AssetPath::parse(&format!("/{url}")).unwrap().to_file(), "a b/ü#?.html");
    }
}
