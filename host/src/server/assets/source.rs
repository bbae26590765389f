//! Where files are: a folder on disk, or the files inside the binary.

use std::borrow::Cow;
use std::io;
use std::path::{Component, Path, PathBuf};

use include_dir::Dir;

use super::path::{self, AssetPath};
use crate::config::Files;

/// The application's files.
#[derive(Clone, Debug)]
pub(crate) enum Assets {
    /// Below an absolute path.
    Folder(PathBuf),
    Embedded(Dir<'static>),
}

/// What a path leads to.
pub(super) enum Found {
    File(PathBuf),
    /// The file's name, and what it holds.
    Bytes(Cow<'static, str>, &'static [u8]),
    /// A folder, named without a slash at its end.
    Folder,
    Nothing,
}

/// `load_file` can't find the file, or may not serve it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadFileError {
    /// There is no such file, or it can't be read.
    #[error("{}: {source} (relative paths are taken from App::root)", path.display())]
    Unreadable {
        /// The absolute path that was tried.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// There is no such file inside the binary.
    #[error("{path} is not among the files given to App::assets")]
    NotEmbedded {
        /// The path as it was looked for, with forward slashes.
        path: String,
    },
    /// The file is not below the root, so pages beside it could not be served either.
    #[error("{} is not below {}: name a folder that holds it with App::root", path.display(), root.display())]
    OutsideRoot {
        /// The absolute path that was tried.
        path: PathBuf,
        /// The root.
        root: PathBuf,
    },
    /// A file or folder whose name starts with a dot, or that no URL can name, is never served.
    #[error("{} is hidden or oddly named, and is not served", path.display())]
    Hidden {
        /// The path that was tried.
        path: PathBuf,
    },
}

impl Assets {
    /// The files of a configuration; a relative folder is taken from the current directory.
    pub(crate) fn new(files: &Files) -> Self {
        match files {
            // It fails without a current directory; then nothing is found, and errors say what was tried.
            Files::Folder(root) => {
                Self::Folder(std::path::absolute(root).unwrap_or_else(|_| root.clone()))
            }
            Files::Embedded(dir) => Self::Embedded(dir.clone()),
        }
    }

    /// The URL of a file, relative to the mount: `ui/index.html`. A relative path is taken from the root.
    pub(crate) fn url_of(&self, file: &Path) -> Result<String, LoadFileError> {
        let below = match self {
            Self::Folder(root) => {
                let path = root.join(file);
                let unreadable = |source| LoadFileError::Unreadable { path: path.clone(), source };
                let real = path.canonicalize().map_err(unreadable)?;
                if !real.is_file() {
                    return Err(unreadable(io::Error::other("it is not a file")));
                }
                let outside =
                    || LoadFileError::OutsideRoot { path: path.clone(), root: root.clone() };
                let real_root = root.canonicalize().map_err(unreadable)?;
                if !real.starts_with(&real_root) {
                    return Err(outside());
                }
                // The path as it was given, if it is one below the root: links within the root keep their names.
                let plain = normal(&path)
                    .and_then(|path| path.strip_prefix(root).ok().map(Path::to_path_buf));
                plain
                    .or_else(|| real.strip_prefix(&real_root).ok().map(Path::to_path_buf))
                    .ok_or_else(outside)?
            }
            Self::Embedded(dir) => {
                let path = normal(file).unwrap_or_else(|| file.to_path_buf());
                let not_embedded = || LoadFileError::NotEmbedded { path: slashed(&path) };
                embedded(dir, &slashed(&path)).ok_or_else(not_embedded)?;
                path
            }
        };
        let hidden = || LoadFileError::Hidden { path: below.clone() };
        let names: Option<Vec<&str>> =
            below.iter().map(|name| name.to_str().filter(|name| path::is_plain(name))).collect();
        Ok(path::to_url(names.ok_or_else(hidden)?.into_iter()))
    }

    pub(super) fn find(&self, path: &AssetPath) -> Found {
        let file = path.to_file();
        match self {
            Self::Folder(root) => on_disk(root, &file, path.is_folder()).unwrap_or(Found::Nothing),
            Self::Embedded(dir) => match embedded(dir, &file) {
                Some(bytes) => Found::Bytes(file.into(), bytes),
                None if !path.is_folder() && dir.get_dir(&file).is_some() => Found::Folder,
                None => Found::Nothing,
            },
        }
    }
}

/// `None` where there is nothing to serve: no such file, or one that a link leads to from outside the root.
fn on_disk(root: &Path, file: &str, folder: bool) -> Option<Found> {
    let root = root.canonicalize().ok()?;
    let real = root.join(file).canonicalize().ok()?;
    let below = real.strip_prefix(&root).ok()?;
    // A link may not lead to a hidden file either.
    let visible = below.iter().all(|name| name.to_str().is_some_and(path::is_plain));
    let about = real.metadata().ok()?;
    match (visible, about.is_file(), about.is_dir() && !folder) {
        (true, true, _) => Some(Found::File(real)),
        (true, _, true) => Some(Found::Folder),
        _ => None,
    }
}

pub(super) fn embedded(dir: &Dir<'static>, path: &str) -> Option<&'static [u8]> {
    dir.get_file(path).map(include_dir::File::contents)
}

/// The path without `.` and `..`; `None` where `..` leads above its start.
pub(super) fn normal(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if !normal.pop() => return None,
            Component::ParentDir => {}
            other => normal.push(other),
        }
    }
    Some(normal)
}

/// With forward slashes, as embedded files are named on every system.
pub(super) fn slashed(path: &Path) -> String {
    let names: Vec<_> = path.iter().map(|name| name.to_string_lossy()).collect();
    names.join("/")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs;

    fn folder(files: &[&str]) -> (tempfile::TempDir, Assets) {
        let outer = tempfile::Builder::new().prefix("assets").tempdir().unwrap();
        let root = outer.path().join("root");
        for file in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        (outer, Assets::new(&Files::Folder(root)))
    }

    fn find(assets: &Assets, raw: &str) -> String {
        match AssetPath::parse(raw).map(|path| assets.find(&path)) {
            Some(Found::File(path)) => fs::read_to_string(path).unwrap(),
            Some(Found::Bytes(_, bytes)) => String::from_utf8(bytes.to_vec()).unwrap(),
            Some(Found::Folder) => "a folder".to_owned(),
            Some(Found::Nothing) | None => "nothing".to_owned(),
        }
    }

    const FILES: &[&str] =
        &["index.html", "ui/page.html", "ui/a b.js", ".env", ".git/config", "../secret"];

    #[test]
    fn files_below_the_root_are_found_and_no_others() {
        let (_outer, assets) = folder(FILES);
        for (raw, found) in [
            ("/", "index.html"),
            ("/ui/page.html", "ui/page.html"),
            ("/ui/a%20b.js", "ui/a b.js"),
            ("/ui", "a folder"),
            ("/ui/", "nothing"),
            ("/index.html/", "nothing"),
            ("/none.html", "nothing"),
            ("/.env", "nothing"),
            ("/.git/config", "nothing"),
            ("/../secret", "nothing"),
            ("/%2e%2e/secret", "nothing"),
        ] {
            assert_eq!(find(&assets, raw), found, "{raw}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_within_the_root_only() {
        use std::os::unix::fs::symlink;
        let (outer, assets) = folder(FILES);
        let root = outer.path().join("root");
        for (target, link) in [
            ("ui/page.html", "inside"),
            ("../secret", "outside"),
            ("..", "up"),
            (".env", "hidden"),
            ("/etc/passwd", "far"),
            ("loop", "loop"),
        ] {
            symlink(target, root.join(link)).unwrap();
        }
        for (raw, found) in [
            ("/inside", "ui/page.html"),
            ("/outside", "nothing"),
            ("/up/secret", "nothing"),
            ("/up/root/index.html", "index.html"),
            ("/hidden", "nothing"),
            ("/far", "nothing"),
            ("/loop", "nothing"),
        ] {
            assert_eq!(find(&assets, raw), found, "{raw}");
        }
    }

    #[test]
    fn a_root_that_comes_to_be_later_is_found() {
        let (outer, assets) = folder(&[]);
        assert_eq!(find(&assets, "/"), "nothing");
        fs::create_dir(outer.path().join("root")).unwrap();
        fs::write(outer.path().join("root/index.html"), "late").unwrap();
        assert_eq!(find(&assets, "/"), "late");
    }

    #[test]
    fn load_file_takes_paths_below_the_root_however_they_are_written() {
        let (outer, assets) = folder(FILES);
        let absolute = outer.path().join("root/ui/page.html");
        for (file, url) in [
            (Path::new("index.html"), "index.html"),
            (Path::new("./ui/../ui/a b.js"), "ui/a%20b.js"),
            (absolute.as_path(), "ui/page.html"),
        ] {
            assert_eq!(assets.url_of(file).unwrap(), url, "{file:?}");
        }
    }

    #[test]
    fn load_file_says_which_path_it_tried() {
        let (outer, assets) = folder(FILES);
        let tried = |file: &str| {
            (assets.url_of(file.as_ref()).unwrap_err(), outer.path().join("root").join(file))
        };
        for file in ["none.html", "ui"] {
            let (error, path) = tried(file);
            assert!(
                matches!(&error, LoadFileError::Unreadable { path: named, .. } if *named == path),
                "{error}"
            );
            assert!(error.to_string().contains(&path.display().to_string()));
        }
        assert!(matches!(tried("../secret").0, LoadFileError::OutsideRoot { .. }));
        assert!(matches!(tried(".env").0, LoadFileError::Hidden { .. }));
    }

    #[test]
    fn embedded_files_are_found_by_the_same_rules() {
        static DIR: Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/src/server");
        let assets = Assets::new(&Files::Embedded(DIR.clone()));
        assert!(find(&assets, "/assets/source.rs").contains("embedded_files_are_found"));
        assert_eq!(find(&assets, "/assets"), "a folder");
        assert_eq!(find(&assets, "/assets/"), "nothing");
        assert_eq!(find(&assets, "/none"), "nothing");
        assert_eq!(assets.url_of("./assets/source.rs".as_ref()).unwrap(), "assets/source.rs");
        assert!(matches!(assets.url_of("none".as_ref()), Err(LoadFileError::NotEmbedded { .. })));
    }
}
