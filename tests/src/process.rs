//! A process with everything that it starts, ended with its owner.

use crate::error::{Result, io};
use crate::guardian::{self, Directory};
use crate::lines::Lines;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, kill_process, kill_process_group, pidfd_open, pidfd_send_signal,
};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// How long to wait for the rest of an ended process's output. A descendant may hold it open.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A child process in a process group and a directory of its own. Dropping it kills it and all of its
/// descendants, those too that moved to a group of their own as browsers do.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    directory: Arc<Directory>,
    stdout: Lines,
    stderr: Lines,
    // Set once it is gone: its directory may then be another process's, which must live.
    killed: bool,
}

impl Process {
    /// Starts `command`, which is called `name` in errors, in a directory of its own.
    pub(crate) fn start(name: &str, command: Command) -> Result<Process> {
        Self::start_in(name, Directory::new()?, command)
    }

    /// As [`Process::start`], in a given directory, where `HOME` and its like point unless `command` says
    /// otherwise.
    pub(crate) fn start_in(
        name: &str,
        directory: Arc<Directory>,
        mut command: Command,
    ) -> Result<Process> {
        let given: Vec<_> = command.get_envs().map(|(name, _)| name.to_owned()).collect();
        for (variable, below) in [("HOME", "home"), ("TMPDIR", "tmp"), ("XDG_RUNTIME_DIR", "run")] {
            let below = directory.below(below)?;
            if !given.iter().any(|given| given == variable) {
                command.env(variable, below);
            }
        }
        // They'd lead past HOME.
        for variable in ["XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
            if !given.iter().any(|given| given == variable) {
                command.env_remove(variable);
            }
        }
        command
            .env(guardian::MARK, directory.mark())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut child =
            command.spawn().map_err(io(format!("starting {:?}", command.get_program())))?;
        let stdout = child.stdout.take().map(|from| Lines::read(format!("{name} (stdout)"), from));
        let stderr = child.stderr.take().map(|from| Lines::read(format!("{name} (stderr)"), from));
        Ok(Process {
            child,
            directory,
            stdout: stdout.unwrap_or_else(|| Lines::new(name)),
            stderr: stderr.unwrap_or_else(|| Lines::new(name)),
            killed: false,
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn stdout(&self) -> &Lines {
        &self.stdout
    }

    pub(crate) fn stderr(&self) -> &Lines {
        &self.stderr
    }

    /// How it ended, if it has.
    pub(crate) fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Sends it alone a signal, if it hasn't ended.
    pub(crate) fn signal(&mut self, signal: Signal) {
        // Once it is reaped its id may belong to a stranger.
        if let (None, Some(id)) = (self.status(), Pid::from_raw(self.child.id().cast_signed())) {
            // It may end at this very moment; then there is nobody to tell.
            let _ = kill_process(id, signal);
        }
    }

    /// The last lines of both outputs, for an error.
    pub(crate) fn printed(&self) -> String {
        self.stdout.tail() + &self.stderr.tail()
    }

    /// As [`Process::printed`], of a process that has ended, whose words may still be on their way.
    pub(crate) async fn last_words(&self) -> String {
        self.stdout.wait_end(LAST_WORDS).await;
        self.stderr.wait_end(LAST_WORDS).await;
        self.printed()
    }

    /// SIGKILL for those of its descendants whose command line has all the given words. Returns how many there were.
    pub(crate) fn kill_descendants(&self, words: &[&str]) -> usize {
        let killed = marked_processes(&self.directory.mark(), words);
        for process in &killed {
            // It may end at this very moment; then there is nothing to kill.
            let _ = pidfd_send_signal(process, Signal::KILL);
        }
        wait_for_exit(&killed);
        killed.len()
    }

    /// SIGSTOP for it and all that it started: none of them runs until [`Process::thaw`].
    pub(crate) fn freeze(&self) {
        let (mut before, mut count) = (0, self.signal_all(Signal::STOP));
        // A round may find what was forked while the last one ran.
        while count > before {
            (before, count) = (count, self.signal_all(Signal::STOP));
        }
    }

    /// SIGCONT for all of them.
    pub(crate) fn thaw(&self) {
        self.signal_all(Signal::CONT);
    }

    fn signal_all(&self, signal: Signal) -> usize {
        let all = marked_processes(&self.directory.mark(), &[]);
        for process in &all {
            // It may end at this very moment; then there is nobody to tell.
            let _ = pidfd_send_signal(process, signal);
        }
        all.len()
    }

    /// SIGKILL for it and all that it started, and waits until they are gone.
    pub(crate) fn kill(&mut self) {
        if std::mem::replace(&mut self.killed, true) {
            return;
        }
        // The group first: it is one system call, so nothing in it can fork in between. Once the
        // child is reaped its id may belong to a stranger.
        if self.status().is_none()
            && let Some(group) = Pid::from_raw(self.child.id().cast_signed())
        {
            // It may end at this very moment; then there is nothing to kill.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
        // Those who left the group. A round may find what was forked while the last one ran, and misses what is between
        // two programs: it shows neither environment nor command line for that moment. So two must find nothing.
        let mark = self.directory.mark();
        let mut empty = 0;
        for _ in 0..6 {
            let marked = marked_processes(&mark, &[]);
            empty = if marked.is_empty() { empty + 1 } else { 0 };
            if empty == 2 {
                break;
            }
            for process in &marked {
                let _ = pidfd_send_signal(process, Signal::KILL);
            }
            wait_for_exit(&marked);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// All processes with `mark` in environment or command line, and with all `words` in the latter. A browser's main process
/// has the mark in both, its children may have overwritten one.
fn marked_processes(mark: &str, words: &[&str]) -> Vec<OwnedFd> {
    let myself = std::process::id().cast_signed();
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    processes
        .flatten()
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.parse::<i32>().ok().filter(|id| *id != myself)?;
            // Opened before the look, so that the look and the signal mean the same process.
            let process = pidfd_open(Pid::from_raw(id)?, PidfdFlags::empty()).ok()?;
            let carries = |file: &str, word: &str| {
                std::fs::read(entry.path().join(file))
                    .is_ok_and(|text| text.windows(word.len()).any(|part| part == word.as_bytes()))
            };
            let is_ours = carries("environ", mark) || carries("cmdline", mark);
            (is_ours && words.iter().all(|word| carries("cmdline", word))).then_some(process)
        })
        .collect()
}

/// Waits until all have ended, each at most a second.
fn wait_for_exit(processes: &[OwnedFd]) {
    let limit = Timespec { tv_sec: 1, tv_nsec: 0 };
    for process in processes {
        // A pidfd becomes readable when its process ends.
        let _ = poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&limit));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_descendant_in_a_group_of_its_own_ends_too() {
        let mut command = Command::new("/bin/sh");
        // It prints as the program that it stays: one that is about to become another shows no environment.
        command.args(["-c", "setsid sh -c 'echo $$; kill -STOP $$' & wait"]);
        let process = Process::start("sh", command).unwrap();
        let awaited = process.stdout().wait("its child's id", Duration::from_secs(10), |lines| {
            lines.first()?.parse::<i32>().ok()
        });
        let child = pidfd_open(Pid::from_raw(awaited.await.unwrap()).unwrap(), PidfdFlags::empty());
        let child = child.unwrap();
        assert_eq!(marked_processes(&process.directory.mark(), &[]).len(), 2);
        let directory = process.directory.below("home").unwrap();
        drop(process);
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let ended = poll(&mut [PollFd::new(&child, PollFlags::IN)], Some(&now)).unwrap();
        assert_eq!(ended, 1, "the descendant is still alive");
        assert!(!directory.exists());
    }
}
