//! Preload scripts: files of the application that are run, and need not be served.

use std::io;
use std::path::Path;

use super::LoadFileError;
use super::source::{Assets, embedded, normal, slashed};

impl Assets {
    /// Reads a preload script. A relative path is taken from the root.
    pub(crate) fn read_preload(&self, file: &Path) -> Result<Vec<u8>, LoadFileError> {
        let from_disk = |path: &Path| {
            std::fs::read(path)
                .map_err(|source| LoadFileError::Unreadable { path: path.to_owned(), source })
        };
        match self {
            Self::Folder(root) => from_disk(&root.join(file)),
            Self::Embedded(_) if file.is_absolute() => from_disk(file),
            Self::Embedded(dir) => {
                let path = slashed(&normal(file).unwrap_or_else(|| file.to_path_buf()));
                let bytes = embedded(dir, &path).map(<[u8]>::to_vec);
                bytes.ok_or(LoadFileError::NotEmbedded { path })
            }
        }
    }

    /// Whether there is such a preload script.
    pub(crate) fn check_preload(&self, file: &Path) -> Result<(), LoadFileError> {
        let path = match self {
            Self::Folder(root) => root.join(file),
            Self::Embedded(_) if file.is_absolute() => file.to_path_buf(),
            Self::Embedded(_) => return self.read_preload(file).map(drop),
        };
        let found = path.metadata().and_then(|about| match about.is_file() {
            true => Ok(()),
            false => Err(io::Error::other("it is not a file")),
        });
        found.map_err(|source| LoadFileError::Unreadable { path, source })
    }

    /// What the script is called in its page: its path from the root, `/ui/preload.js`. Of one that lies elsewhere only
    /// the name, because a page may be another machine's.
    pub(crate) fn preload_name(&self, file: &Path) -> String {
        let below = match self {
            Self::Folder(root) => normal(&root.join(file))
                .and_then(|path| path.strip_prefix(root).ok().map(Path::to_path_buf)),
            Self::Embedded(_) if file.is_absolute() => None,
            Self::Embedded(_) => normal(file),
        };
        let name = || file.file_name().map(Into::into).unwrap_or_default();
        format!("/{}", slashed(&below.unwrap_or_else(name)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use include_dir::Dir;

    use super::*;
    use crate::config::Files;

    #[test]
    fn a_script_is_found_from_the_root_or_anywhere_by_an_absolute_path() {
        let outer = tempfile::Builder::new().prefix("preload").tempdir().unwrap();
        let root = outer.path().join("root");
        std::fs::create_dir_all(root.join("ui")).unwrap();
        std::fs::write(root.join("ui/a.js"), "a").unwrap();
        std::fs::write(outer.path().join("b.js"), "b").unwrap();
        let assets = Assets::new(&Files::Folder(root.clone()));
        for (file, text, name) in [
            (Path::new("ui/a.js"), "a", "/ui/a.js"),
            (&root.join("ui/../ui/a.js"), "a", "/ui/a.js"),
            (Path::new("../b.js"), "b", "/b.js"),
            (&outer.path().join("b.js"), "b", "/b.js"),
        ] {
            assert_eq!(assets.read_preload(file).unwrap(), text.as_bytes(), "{file:?}");
            assert_eq!(assets.preload_name(file), name, "{file:?}");
            assets.check_preload(file).unwrap();
        }
        for missing in ["none.js", "ui"] {
            let error = assets.check_preload(missing.as_ref()).unwrap_err().to_string();
            assert!(error.contains(&root.join(missing).display().to_string()), "{error}");
        }
    }

    #[test]
    fn a_script_inside_the_binary_is_found() {
        static DIR: Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/src/server");
        let assets = Assets::new(&Files::Embedded(DIR.clone()));
        let file = Path::new("./assets/preload.rs");
        assert!(!assets.read_preload(file).unwrap().is_empty());
        assert_eq!(assets.preload_name(file), "/assets/preload.rs");
        assets.check_preload(file).unwrap();
        let none = assets.check_preload("none.js".as_ref());
        assert!(matches!(none, Err(LoadFileError::NotEmbedded { .. })));
    }
}
