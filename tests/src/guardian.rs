//! Nothing outlives the tests: a guardian process that ends what an aborted test process left behind.
//!
//! libtest leaves by `exit`, so statics are never dropped, and a test process may be killed outright.
//! The guardian therefore holds the reading end of a pipe that closes with the test process, however
//! that ends. It then kills every process that carries the test process's mark and removes its
//! directory. A parent-death signal would not do: it fires when the spawning *thread* ends.

use crate::error::{Result, io};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

/// The environment variable that marks a process as ours; its value is the process's directory.
pub(crate) const MARK: &str = "EXCITON_E2E_DIR";

// The mark travels by stdin and printf (a shell builtin), so that neither this shell nor its grep
// carries it.
const SCRIPT: &str = r#"
read -r mark || exit 0
cat >/dev/null
for round in 1 2 3 4 5 6 7 8 9; do
    pids=$(printf '%s\n' "$mark" |
        grep -laFf - /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null |
        cut -d/ -f3 | sort -u)
    [ -z "$pids" ] && break
    kill -KILL $pids 2>/dev/null
done
rm -rf -- "$mark" || rm -rf -- "$mark"
"#;

struct Guarded {
    root: PathBuf,
    // Closed by the system when this process ends.
    _alive: ChildStdin,
}

/// A fresh directory for one process and its descendants, removed when it is dropped, and at the latest
/// by the guardian.
#[derive(Debug)]
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Result<Arc<Directory>> {
        static GUARDED: OnceLock<std::result::Result<Guarded, String>> = OnceLock::new();
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let guarded =
            GUARDED.get_or_init(|| start().map_err(|error| error.to_string())).as_ref().map_err(
                |error| io("starting the guardian")(std::io::Error::other(error.clone())),
            )?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = Directory(guarded.root.join(number.to_string()));
        make(&directory.0)?;
        Ok(Arc::new(directory))
    }

    /// What the processes that live here carry in their environment or command line.
    pub(crate) fn mark(&self) -> String {
        // The slash keeps directory 1 from being the mark of directory 11.
        format!("{}/", self.0.display())
    }

    /// A directory in it, made if it isn't there.
    pub(crate) fn below(&self, name: &str) -> Result<PathBuf> {
        let below = self.0.join(name);
        make(&below)?;
        Ok(below)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What is left of it, the guardian removes.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Makes a directory that only this user can enter.
fn make(directory: &Path) -> Result<()> {
    std::fs::DirBuilder::new()
        .mode(0o700)
        .recursive(true)
        .create(directory)
        .map_err(io(format!("making {}", directory.display())))
}

fn start() -> Result<Guarded> {
    let root = tempfile::Builder::new()
        .prefix("exciton-e2e-")
        .tempdir()
        .map_err(io("making a temporary directory"))?
        .keep();
    let mut guardian = Command::new("/bin/sh")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .current_dir("/")
        // Ctrl-C in the terminal must not reach it.
        .process_group(0)
        .spawn()
        .map_err(io("starting /bin/sh"))?;
    let mut alive = guardian
        .stdin
        .take()
        .ok_or_else(|| io("starting /bin/sh")(std::io::Error::other("it has no stdin")))?;
    writeln!(alive, "{}", root.display()).map_err(io("telling the guardian its mark"))?;
    Ok(Guarded { root, _alive: alive })
}
