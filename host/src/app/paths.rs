//! The folders of a user: Electron's `app.getPath()`.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::App;
use crate::error::Error;

impl App {
    /// A folder or file by Electron's
    /// [name](https://www.electronjs.org/docs/latest/api/app#appgetpathname): `home`, `appData`, `userData`,
    /// `sessionData`, `temp`, `exe`, `desktop`, `documents`, `downloads`, `music`, `pictures`, `videos`, `logs`.
    ///
    /// On Linux they follow the XDG base directories and `user-dirs.dirs`. Nothing is created.
    ///
    /// # Errors
    /// `Failed to get '…' path`: an unknown name, or the system doesn't say.
    pub fn get_path(&self, name: &str) -> Result<PathBuf, Error> {
        if let Some(path) = self.information().paths.get(name) {
            return Ok(path.clone());
        }
        let own = || self.get_path("userData").ok();
        let found = match name {
            "userData" => self.get_path("appData").ok().map(|base| base.join(self.get_name())),
            "sessionData" => own(),
            "logs" => own().map(|base| base.join("logs")),
            "exe" => std::env::current_exe().ok(),
            "temp" => Some(std::env::temp_dir()),
            name => Folders::of_system().find(name),
        };
        found.ok_or_else(|| Error::new(format!("Failed to get '{name}' path")))
    }

    /// Gives a name another folder: Electron's `app.setPath()`.
    ///
    /// # Errors
    /// The path is not absolute.
    pub fn set_path(&self, name: &str, path: impl Into<PathBuf>) -> Result<(), Error> {
        let path = path.into();
        if !path.is_absolute() {
            return Err(Error::new("Path must be absolute"));
        }
        self.information().paths.insert(name.to_owned(), path);
        Ok(())
    }
}

/// What the folders are found by.
struct Folders<'a> {
    os: &'static str,
    home: Option<PathBuf>,
    variable: &'a dyn Fn(&str) -> Option<OsString>,
}

impl Folders<'static> {
    fn of_system() -> Self {
        let variable = &|name: &str| std::env::var_os(name);
        Self { os: std::env::consts::OS, home: std::env::home_dir(), variable }
    }
}

impl Folders<'_> {
    fn find(&self, name: &str) -> Option<PathBuf> {
        match name {
            "home" => self.home(),
            "appData" => match self.os {
                "windows" => self.named("APPDATA").or_else(|| self.below("AppData/Roaming")),
                "macos" => self.below("Library/Application Support"),
                _ => self.config(),
            },
            _ => {
                let (folder, key) = match name {
                    "desktop" => ("Desktop", "XDG_DESKTOP_DIR"),
                    "documents" => ("Documents", "XDG_DOCUMENTS_DIR"),
                    "downloads" => ("Downloads", "XDG_DOWNLOAD_DIR"),
                    "music" => ("Music", "XDG_MUSIC_DIR"),
                    "pictures" => ("Pictures", "XDG_PICTURES_DIR"),
                    "videos" if self.os == "macos" => ("Movies", ""),
                    "videos" => ("Videos", "XDG_VIDEOS_DIR"),
                    _ => return None,
                };
                let chosen = match self.os {
                    "windows" | "macos" => None,
                    _ => self.chosen(key),
                };
                chosen.or_else(|| self.below(folder))
            }
        }
    }

    fn home(&self) -> Option<PathBuf> {
        self.home.clone().filter(|home| home.is_absolute())
    }

    fn below(&self, path: &str) -> Option<PathBuf> {
        self.home().map(|home| home.join(path))
    }

    fn named(&self, variable: &str) -> Option<PathBuf> {
        (self.variable)(variable).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    fn config(&self) -> Option<PathBuf> {
        self.named("XDG_CONFIG_HOME").or_else(|| self.below(".config"))
    }

    /// The folder that the user has chosen: `xdg-user-dirs` writes lines such as `XDG_MUSIC_DIR="$HOME/Musik"`.
    fn chosen(&self, key: &str) -> Option<PathBuf> {
        let text = fs::read_to_string(self.config()?.join("user-dirs.dirs")).ok()?;
        let value = text
            .lines()
            .find_map(|line| line.trim().strip_prefix(key)?.trim_start().strip_prefix('='))?;
        let value = value.trim().strip_prefix('"')?.strip_suffix('"')?;
        match value.strip_prefix("$HOME") {
            Some(rest) => Some(self.home()?.join(rest.trim_start_matches('/'))),
            None => Some(Path::new(value).to_path_buf()).filter(|path| path.is_absolute()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn found(folders: &Folders<'_>, name: &str) -> String {
        folders.find(name).map(|path| path.display().to_string()).unwrap_or_default()
    }

    #[test]
    fn linux_follows_xdg_and_the_users_own_folders() {
        let config = tempfile::tempdir().unwrap();
        let lines = "# mine\nXDG_MUSIC_DIR=\"$HOME/Musik\"\nXDG_DOWNLOAD_DIR=\"/big/dl\"\nXDG_VIDEOS_DIR=\"films\"\n";
        fs::write(config.path().join("user-dirs.dirs"), lines).unwrap();
        let base = config.path().as_os_str().to_owned();
        let variable = move |name: &str| (name == "XDG_CONFIG_HOME").then(|| base.clone());
        let folders = Folders { os: "linux", home: Some("/home/me".into()), variable: &variable };
        assert_eq!(found(&folders, "appData"), config.path().display().to_string());
        for (name, path) in [
            ("home", "/home/me"),
            ("music", "/home/me/Musik"),
            ("downloads", "/big/dl"),
            ("videos", "/home/me/Videos"),
            ("desktop", "/home/me/Desktop"),
            ("nonsense", ""),
        ] {
            assert_eq!(found(&folders, name), path, "{name}");
        }
    }

    #[test]
    fn other_systems_have_their_own_places() {
        let none = |_: &str| None;
        let at = |os| Folders { os, home: Some("/u".into()), variable: &none };
        assert_eq!(found(&at("macos"), "appData"), "/u/Library/Application Support");
        assert_eq!(found(&at("macos"), "videos"), "/u/Movies");
        assert_eq!(found(&at("windows"), "appData"), "/u/AppData/Roaming");
        assert_eq!(found(&at("linux"), "appData"), "/u/.config");
    }

    #[test]
    fn an_applications_data_have_its_name_unless_it_says_otherwise() {
        let app = App::new().name("mine");
        app.set_path("appData", "/data").unwrap();
        assert_eq!(app.get_path("userData").unwrap(), Path::new("/data/mine"));
        assert_eq!(app.get_path("logs").unwrap(), Path::new("/data/mine/logs"));
        let error = app.get_path("nowhere").unwrap_err();
        assert_eq!(error.message(), "Failed to get 'nowhere' path");
        assert_eq!(app.set_path("home", "here").unwrap_err().message(), "Path must be absolute");
    }
}
