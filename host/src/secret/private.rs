//! Files and directories that only their user can read, and nobody else could have put there.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// A private file can't be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrivateError {
    /// Nothing says where the user's files are.
    #[error("there is no home directory to keep the application's key in")]
    NoHome,
    /// The operating system refused.
    #[error("{} can't be used: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    /// Somebody else may have put it there, or could change it.
    #[error("{} is not used: it {why}. Remove it, and it is made anew", path.display())]
    NotOurs { path: PathBuf, why: &'static str },
}

/// What a private file holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    Bytes(Vec<u8>),
    /// It is the user's own, but no secret: others could read or write it.
    Open,
}

/// Makes the directory, or makes sure that it is the user's own and nobody else looks in.
pub(super) fn dir(path: &Path) -> Result<(), PrivateError> {
    let io = |source| PrivateError::Io { path: path.to_owned(), source };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(io)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let about = fs::metadata(path).map_err(io)?;
        if !is_mine(&about) {
            return Err(PrivateError::NotOurs { path: path.to_owned(), why: ANOTHER_USER });
        }
        if about.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(io)?;
        }
    }
    Ok(())
}

/// Reads a file of at most so many bytes; one more is enough to see that there are too many.
pub(super) fn read(path: &Path, most: usize) -> Result<Found, PrivateError> {
    let io = |source| PrivateError::Io { path: path.to_owned(), source };
    let refused = |why| Err(PrivateError::NotOurs { path: path.to_owned(), why });
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        // What a link leads to is not even looked at.
        Err(_) if fs::symlink_metadata(path).is_ok_and(|about| about.is_symlink()) => {
            return refused("is a symbolic link");
        }
        Err(error) => return Err(io(error)),
    };
    // Of what was opened, whatever its name leads to by now.
    let about = file.metadata().map_err(io)?;
    if !about.is_file() {
        return refused("is no file");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if !is_mine(&about) {
            return refused(ANOTHER_USER);
        }
        if about.permissions().mode() & 0o077 != 0 {
            return Ok(Found::Open);
        }
    }
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes).map_err(io)?;
    Ok(Found::Bytes(bytes))
}

/// Puts a file there, whole or not at all, in place of any other.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), PrivateError> {
    let io = |source| PrivateError::Io { path: path.to_owned(), source };
    let persisted = prepared(path, bytes).map_err(io)?.persist(path);
    persisted.map(drop).map_err(|error| io(error.error))
}

/// As [`write()`], unless there is one already: then nothing happens and `false` comes back.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<bool, PrivateError> {
    let io = |source| PrivateError::Io { path: path.to_owned(), source };
    match prepared(path, bytes).map_err(io)?.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(io(error.error)),
    }
}

/// Written whole before it is given its name: another process sees all of it or nothing. A temporary file is 0600.
fn prepared(path: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Follows no link, and waits for nobody to write into a pipe.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    fs::OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<fs::File> {
    fs::File::open(path)
}

#[cfg(unix)]
fn is_mine(about: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(about) == rustix::process::geteuid().as_raw()
}

#[cfg(unix)]
const ANOTHER_USER: &str = "belongs to another user";

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_written_is_there_whole_and_for_its_user_only() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("file");
        assert_eq!(read(&path, 3).unwrap(), Found::Nothing);
        assert!(write_new(&path, b"one").unwrap());
        assert!(!write_new(&path, b"two").unwrap());
        assert_eq!(read(&path, 3).unwrap(), Found::Bytes(b"one".to_vec()));
        write(&path, b"three").unwrap();
        assert_eq!(read(&path, 3).unwrap(), Found::Bytes(b"thre".to_vec()));
        assert_eq!(mode(&path), 0o600);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_directory_is_closed_to_others() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a/b");
        dir(&path).unwrap();
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o700, 0o700));
        for open in [0o755, 0o777, 0o710] {
            fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
            dir(&path).unwrap();
            assert_eq!(mode(&path), 0o700);
        }
    }

    #[test]
    fn a_file_that_others_could_read_or_write_is_open() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("file");
        write(&path, b"one").unwrap();
        for open in [0o640, 0o604, 0o620, 0o602, 0o601] {
            fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
            assert_eq!(read(&path, 3).unwrap(), Found::Open, "{open:o}");
        }
    }

    #[test]
    fn a_link_is_refused_and_so_is_what_is_no_file() {
        let place = tempfile::tempdir().unwrap();
        let [real, link, pipe] = ["real", "link", "pipe"].map(|name| place.path().join(name));
        write(&real, b"one").unwrap();
        symlink(&real, &link).unwrap();
        let text = read(&link, 3).unwrap_err().to_string();
        assert!(text.contains("is a symbolic link") && text.contains("link"), "{text}");
        symlink(place.path().join("none"), &pipe).unwrap();
        assert!(read(&pipe, 3).unwrap_err().to_string().contains("is a symbolic link"));
        let text = read(place.path(), 3).unwrap_err().to_string();
        assert!(text.contains("is no file"), "{text}");
        fs::remove_file(&pipe).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        assert!(read(&pipe, 3).unwrap_err().to_string().contains("is no file"));
    }

    /// Only the superuser can give a file away: for anybody else the file is one that the superuser has.
    #[test]
    fn what_belongs_to_another_user_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let [file, folder] = ["file", "folder"].map(|name| place.path().join(name));
        write(&file, b"one").unwrap();
        fs::create_dir(&folder).unwrap();
        let (file, folder) = if rustix::process::geteuid().is_root() {
            chown(&file, Some(12_345), None).unwrap();
            chown(&folder, Some(12_345), None).unwrap();
            (file, folder)
        } else {
            (PathBuf::from("/etc/passwd"), PathBuf::from("/etc"))
        };
        assert!(read(&file, 3).unwrap_err().to_string().contains("belongs to another user"));
        assert!(dir(&folder).unwrap_err().to_string().contains("belongs to another user"));
    }
}
