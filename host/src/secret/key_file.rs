//! What an application keeps between runs: its key, and the list of who was shut out. Only its user can read it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::private::{self, Found, PrivateError};
use super::revoked::{MAX_TEXT, Revoked};

/// The directory of an application's state.
#[derive(Clone, Debug)]
pub(super) struct StateDir(PathBuf);

impl StateDir {
    /// The one of the application `name`, made if it isn't there.
    pub(super) fn open(name: &str) -> Result<Self, PrivateError> {
        Self::open_at(&state_dir(name).ok_or(PrivateError::NoHome)?)
    }

    fn open_at(path: &Path) -> Result<Self, PrivateError> {
        // Whoever could rename the directory could put another one in its place.
        if let Some(above) = path.parent().filter(|above| above.ends_with(OURS)) {
            private::dir(above)?;
        }
        private::dir(path)?;
        Ok(Self(path.to_owned()))
    }

    /// The key, and who was shut out. `fresh` is put there if there is no key, or none that can be trusted; then nobody
    /// needs to be shut out.
    pub(super) fn load_or_create(
        &self,
        fresh: [u8; 32],
    ) -> Result<([u8; 32], Revoked), PrivateError> {
        let path = self.0.join(KEY);
        match self.key()? {
            Ok(key) => match self.revoked()? {
                Ok(revoked) => return Ok((key, revoked)),
                Err(why) => self.give_up(&self.0.join(REVOKED), why)?,
            },
            Err(None) => {}
            Err(Some(why)) => self.give_up(&path, why)?,
        }
        if private::write_new(&path, &fresh)? {
            return Ok((fresh, Revoked::default()));
        }
        // Another process was faster.
        match self.key()? {
            Ok(key) => Ok((key, Revoked::default())),
            Err(_) => {
                Err(PrivateError::NotOurs { path, why: "is being changed by another process" })
            }
        }
    }

    /// Puts another key there. All that the list held is void with the old one.
    pub(super) fn replace(&self, key: &[u8; 32]) -> Result<(), PrivateError> {
        // Without room for another one, none at all is as good: the next start makes it.
        private::write(&self.0.join(KEY), key).or_else(|_| self.forget(&self.0.join(KEY)))?;
        self.forget(&self.0.join(REVOKED))
    }

    /// Keeps the list.
    pub(super) fn keep(&self, revoked: &Revoked) -> Result<(), PrivateError> {
        private::write(&self.0.join(REVOKED), revoked.to_text().as_bytes())
    }

    /// Without either file every cookie is void at the next start.
    fn give_up(&self, path: &Path, why: &str) -> Result<(), PrivateError> {
        tracing::warn!(
            "{} {why}: the key is made anew, and everybody needs a fresh link",
            path.display()
        );
        self.forget(&self.0.join(KEY))?;
        self.forget(&self.0.join(REVOKED))
    }

    fn forget(&self, path: &Path) -> Result<(), PrivateError> {
        match fs::remove_file(path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(PrivateError::Io { path: path.to_owned(), source })
            }
            _ => Ok(()),
        }
    }

    fn key(&self) -> Result<Result<[u8; 32], Option<&'static str>>, PrivateError> {
        Ok(match private::read(&self.0.join(KEY), 32)? {
            Found::Nothing => Err(None),
            Found::Open => Err(Some(OPEN)),
            Found::Bytes(bytes) => <[u8; 32]>::try_from(bytes).map_err(|_| Some("is not a key")),
        })
    }

    fn revoked(&self) -> Result<Result<Revoked, &'static str>, PrivateError> {
        Ok(match private::read(&self.0.join(REVOKED), MAX_TEXT)? {
            Found::Nothing => Ok(Revoked::default()),
            Found::Open => Err(OPEN),
            Found::Bytes(bytes) => {
                let text = String::from_utf8(bytes).ok();
                text.and_then(|text| Revoked::from_text(&text)).ok_or("can't be read")
            }
        })
    }
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

/// Above the directories of all applications.
const OURS: &str = "exciton";
const KEY: &str = "key";
const REVOKED: &str = "revoked";
const OPEN: &str = "could be read or changed by other users";

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::cookie::BrowserId;
    use super::*;

    /// The key that a start finds, if it would otherwise make this one.
    fn start(dir: &Path, fresh: u8) -> u8 {
        StateDir::open_at(dir).unwrap().load_or_create([fresh; 32]).unwrap().0[0]
    }

    #[test]
    fn the_first_key_stays() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("deep/app");
        assert_eq!((start(&dir, 1), start(&dir, 2)), (1, 1));
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
    }

    #[test]
    fn of_many_that_start_at_once_all_have_the_same_key() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        let keys: Vec<_> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|n| scope.spawn(move || start(dir, n))).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    }

    #[test]
    fn another_key_and_who_is_shut_out_outlive_the_process() {
        let place = tempfile::tempdir().unwrap();
        let dir = StateDir::open_at(place.path()).unwrap();
        let (_, mut list) = dir.load_or_create([1; 32]).unwrap();
        list.add(BrowserId([5; 16]), 1_800_000_000);
        dir.keep(&list).unwrap();
        assert_eq!(dir.load_or_create([2; 32]).unwrap(), ([1; 32], list));
        dir.replace(&[3; 32]).unwrap();
        assert_eq!(dir.load_or_create([2; 32]).unwrap(), ([3; 32], Revoked::default()));
    }

    #[test]
    fn who_is_shut_out_does_not_come_in_because_the_list_is_broken() {
        let dir = tempfile::tempdir().unwrap();
        start(dir.path(), 1);
        private::write(&dir.path().join(REVOKED), b"nonsense").unwrap();
        assert_eq!((start(dir.path(), 2), start(dir.path(), 3)), (2, 2));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_can_read_the_files_and_the_directories() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let above = place.path().join(OURS);
        let dir = above.join("app");
        start(&dir, 1);
        StateDir(dir.clone()).keep(&Revoked::default()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&dir.join(KEY)), mode(&dir.join(REVOKED))), (0o600, 0o600));
        assert_eq!((mode(&dir), mode(&above)), (0o700, 0o700));
        for open in [&dir, &above] {
            fs::set_permissions(open, fs::Permissions::from_mode(0o777)).unwrap();
        }
        start(&dir, 1);
        assert_eq!((mode(&dir), mode(&above)), (0o700, 0o700));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_or_a_list_that_others_could_change_is_replaced() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        start(dir.path(), 1);
        for (at, mode) in [0o640, 0o604, 0o620].into_iter().enumerate() {
            for (add, file) in [(10, KEY), (20, REVOKED)] {
                let path = dir.path().join(file);
                StateDir(dir.path().to_owned()).keep(&Revoked::default()).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
                let key = at as u8 + add;
                assert_eq!(start(dir.path(), key), key, "{file} {mode:o}");
                let kept = fs::metadata(dir.path().join(KEY)).unwrap();
                assert_eq!(kept.permissions().mode() & 0o777, 0o600);
            }
        }
    }

    #[test]
    fn a_file_that_is_no_key_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        for length in [0, 31, 33] {
            start(dir.path(), 1);
            private::write(&dir.path().join(KEY), &vec![1; length]).unwrap();
            assert_eq!(start(dir.path(), length as u8 + 2), length as u8 + 2);
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_of_ours_stays_and_is_an_error_that_names_it() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(KEY);
        let dir = StateDir::open_at(place.path()).unwrap();
        let error = |why: &str| {
            let text = dir.load_or_create([1; 32]).unwrap_err().to_string();
            assert!(text.contains(&path.display().to_string()) && text.contains(why), "{text}");
        };
        fs::create_dir(&path).unwrap();
        error("is no file");
        fs::remove_dir(&path).unwrap();
        let other = place.path().join("other");
        private::write(&other, &[9; 32]).unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        error("is a symbolic link");
        assert_eq!(fs::read(&other).unwrap(), [9; 32]);
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
