//! The project's own page, as Trunk bundled it, for the demo binary: `page/` in the build's own folder.
//!
//! An empty folder means that there is none, or that it is older than its source.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::workspace;

/// The error is text for the user, a line for each sentence.
pub(crate) fn embed(package: &Path, out: &Path) -> Result<(), String> {
    let page = out.join("page");
    let dist = match workspace(package) {
        Some(root) => fresh(&root)?,
        None => Some(package.join("prebuilt/page")).filter(|dist| dist.is_dir()),
    };
    let made = match dist {
        Some(dist) => clear(&page).and_then(|()| copy(&dist, &page)),
        None => clear(&page),
    };
    made.map_err(|error| format!("can't write {}: {error}", page.display()))
}

/// Trunk's `dist/` if it has a page that is younger than all it was made from.
fn fresh(root: &Path) -> Result<Option<PathBuf>, String> {
    const INPUTS: [&str; 5] =
        ["index.html", "web/page", "web/src", "web/Cargo.toml", "protocol/src"];
    let dist = root.join("dist");
    // Cargo runs a script whose watched file is missing every time; an empty folder is as good, and can be watched.
    fs::create_dir_all(&dist)
        .map_err(|error| format!("can't create {}: {error}", dist.display()))?;
    println!("cargo::rerun-if-changed={}", dist.display());

    let mut youngest = SystemTime::UNIX_EPOCH;
    for input in INPUTS.map(|input| root.join(input)).into_iter().filter(|input| input.exists()) {
        println!("cargo::rerun-if-changed={}", input.display());
        youngest = youngest.max(
            changed(&input).map_err(|error| format!("can't read {}: {error}", input.display()))?,
        );
    }
    let made = fs::metadata(dist.join("index.html")).and_then(|page| page.modified());
    Ok(made.is_ok_and(|made| made >= youngest).then_some(dist))
}

/// When the file, or the youngest file in the folder, was last written.
fn changed(path: &Path) -> io::Result<SystemTime> {
    if path.is_file() {
        return fs::metadata(path)?.modified();
    }
    fs::read_dir(path)?
        .map(|entry| changed(&entry?.path()))
        .try_fold(SystemTime::UNIX_EPOCH, |youngest, time| Ok(youngest.max(time?)))
}

fn clear(page: &Path) -> io::Result<()> {
    match fs::remove_dir_all(page) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(page),
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}
