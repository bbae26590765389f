//! What an application is called, and which version of it this is.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::MutexGuard;

use super::{App, lock};
use crate::config::Files;

/// What an application says of itself.
#[derive(Default)]
pub(super) struct Information {
    version: Option<String>,
    /// Folders that the application has chosen itself.
    pub(super) paths: HashMap<String, PathBuf>,
}

impl App {
    /// The application's name: the one that was set, or the program's file name. Electron's `app.getName()`.
    pub fn get_name(&self) -> String {
        self.config().name.clone()
    }

    /// Sets the name. Set after the application began to serve, it no longer changes where its state is kept.
    pub fn set_name(&self, name: impl Into<String>) {
        self.config().name = name.into();
    }

    /// The application's version: the one that was set, else Exciton's own, as Electron gives its own. Electron's
    /// `app.getVersion()`.
    pub fn get_version(&self) -> String {
        let version = self.information().version.clone();
        version.unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned())
    }

    /// Sets the version: `app.set_version(env!("CARGO_PKG_VERSION"))`.
    pub fn set_version(&self, version: impl Into<String>) {
        self.information().version = Some(version.into());
    }

    /// The folder of the application's files: [`root`](Self::root) as an absolute path, or the program's folder if its
    /// files are inside it. Electron's `app.getAppPath()`.
    pub fn get_app_path(&self) -> PathBuf {
        let files = self.config().files.clone();
        let folder = match files {
            Files::Folder(folder) => std::path::absolute(folder).ok(),
            Files::Embedded(_) => {
                std::env::current_exe().ok().and_then(|exe| exe.parent().map(Into::into))
            }
        };
        folder.unwrap_or_default()
    }

    /// Whether this is a program for users, and not one under development: whether it was built without debug assertions.
    /// Electron's `app.isPackaged`.
    pub const fn is_packaged(&self) -> bool {
        !cfg!(debug_assertions)
    }

    pub(super) fn information(&self) -> MutexGuard<'_, Information> {
        lock(&self.inner.information)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_version_can_be_set() {
        let app = App::new().name("one");
        assert_eq!(app.get_name(), "one");
        app.set_name("two");
        app.set_version("3.2.1");
        assert_eq!((app.get_name(), app.get_version()), ("two".into(), "3.2.1".into()));
        assert_eq!(App::new().get_version(), env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn the_folder_of_the_files_is_absolute() {
        let path = App::new().root("ui").get_app_path();
        assert!(path.is_absolute() && path.ends_with("ui"), "{}", path.display());
    }
}
