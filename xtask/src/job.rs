//! One child process: its output live, a sign of life while it is silent, a time limit, its tests counted.

use std::fmt;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

const HEARTBEAT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);

/// The repository's root, where every job starts unless told otherwise.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Where cargo puts the programs that it installs.
pub fn cargo_bin() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home);
    cargo.unwrap_or_default().join("bin")
}

/// The search path of every child: cargo's own folder first, so that the versions we install win.
pub fn search_path() -> Vec<PathBuf> {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    std::iter::once(cargo_bin()).chain(std::env::split_paths(&rest)).collect()
}

/// A command to be run and watched.
pub struct Job {
    command: Command,
    words: String,
    limit: Duration,
    quiet: Option<String>,
}

/// A job of these words, split at spaces. Further arguments may hold spaces: [`Job::arg`].
pub fn job(words: &str) -> Job {
    let mut parts = words.split_whitespace();
    let mut command = Command::new(parts.next().unwrap_or_default());
    command.args(parts).current_dir(root()).stdin(Stdio::null());
    // What `cargo run` told this program about itself would make the children's build scripts run again.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") || text == "CARGO"
        {
            command.env_remove(&name);
        }
    }
    if let Ok(path) = std::env::join_paths(search_path()) {
        command.env("PATH", path);
    }
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    Job { command, words: words.to_owned(), limit: Duration::from_secs(30 * 60), quiet: None }
}

impl Job {
    pub fn arg(mut self, arg: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn unset(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Ends the job and all that it started after this long.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Says what is waited for instead of showing the output, which appears only if the job fails.
    pub fn quietly(mut self, waiting_for: impl Into<String>) -> Self {
        self.quiet = Some(waiting_for.into());
        self
    }

    /// Shows nothing at all unless the job fails.
    pub fn silently(self) -> Self {
        self.quietly("")
    }

    /// Runs to the end. Whatever went wrong carries the output, and so the tests that were counted.
    pub fn run(mut self) -> Result<Output, Failure> {
        match &self.quiet {
            Some(what) if what.is_empty() => {}
            Some(what) => println!("  {what} …"),
            None => println!("$ {}", self.words),
        }
        let start = Instant::now();
        let fail = |why: String, lines: Vec<String>| Failure { why, output: Output { lines } };
        let spawned = self.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|e| fail(format!("{}: {e}", self.words), Vec::new()))?;
        let (lines, ended) = self.watch(&mut child, start);
        let status = child.wait().map_err(|e| fail(format!("{}: {e}", self.words), Vec::new()))?;
        let why = match ended {
            Ended::TooLong => format!("{}: ended after {}", self.words, time(self.limit)),
            Ended::Itself if !status.success() => format!("{}: {status}", self.words),
            Ended::Itself => {
                if self.quiet.as_ref().is_some_and(|what| !what.is_empty()) {
                    println!("    {}", time(start.elapsed()));
                }
                return Ok(Output { lines });
            }
        };
        if self.quiet.is_some() {
            lines
                .iter()
                .skip(lines.len().saturating_sub(40))
                .for_each(|line| println!("    {line}"));
        }
        Err(fail(why, lines))
    }

    fn watch(&self, child: &mut Child, start: Instant) -> (Vec<String>, Ended) {
        let (send, lines_of) = mpsc::channel();
        read_lines(child.stdout.take(), send.clone());
        read_lines(child.stderr.take(), send);
        let (mut lines, mut shown) = (Vec::new(), Instant::now());
        let mut gone = None;
        loop {
            match lines_of.recv_timeout(POLL) {
                Ok(line) => {
                    if self.quiet.is_none() {
                        println!("{line}");
                        shown = Instant::now();
                    }
                    lines.push(line);
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return (lines, Ended::Itself),
                Err(RecvTimeoutError::Timeout) => {}
            }
            // A grandchild that outlives the job may hold its pipes for ever: they get a second.
            if gone.is_none() && matches!(child.try_wait(), Ok(Some(_))) {
                gone = Some(Instant::now());
            }
            if gone.is_some_and(|at| at.elapsed() > Duration::from_secs(1)) {
                return (lines, Ended::Itself);
            }
            if start.elapsed() > self.limit && gone.is_none() {
                end_all(child);
                return (lines, Ended::TooLong);
            }
            if shown.elapsed() > HEARTBEAT {
                let last = lines.last().map(|line| line.trim()).unwrap_or("no output yet");
                println!("  … {}, {last}", time(start.elapsed()));
                shown = Instant::now();
            }
            let _ = std::io::stdout().flush();
        }
    }
}

enum Ended {
    Itself,
    TooLong,
}

fn read_lines(pipe: Option<impl Read + Send + 'static>, to: Sender<String>) {
    let Some(pipe) = pipe else { return };
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            if to.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                return;
            }
        }
    });
}

/// Ends a child and its descendants by their ids: a browser is a grandchild at least.
fn end_all(child: &mut Child) {
    let mut family = vec![child.id()];
    let parents = parents();
    while let Some(&(id, _)) =
        parents.iter().find(|(id, of)| family.contains(of) && !family.contains(id))
    {
        family.push(id);
    }
    let ids: Vec<String> = family.iter().map(u32::to_string).collect();
    let _ = Command::new("sh").args(["-c", &format!("kill -9 {}", ids.join(" "))]).status();
    let _ = child.kill();
}

/// Every process with its parent, where the system has `/proc`.
fn parents() -> Vec<(u32, u32)> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let parent_of = |id: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name stands in parentheses and may hold anything; after it come the state and the parent.
        let parent = stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()?;
        Some((id, parent))
    };
    entries.filter_map(|entry| parent_of(entry.file_name().to_str()?.parse().ok()?)).collect()
}

/// Everything a job printed.
#[derive(Default)]
pub struct Output {
    pub lines: Vec<String>,
}

impl Output {
    /// The sums of libtest's closing lines, wasm-bindgen-test's included.
    pub fn tests(&self) -> Tests {
        let mut tests = Tests::default();
        for line in self.lines.iter().map(|line| line.trim()) {
            if let Some(result) = line.strip_prefix("test result: ") {
                let number = |what: &str| {
                    let before = result.split(what).next()?.trim_end();
                    before.rsplit([' ', ';']).next()?.parse::<usize>().ok()
                };
                tests.passed += number("passed").unwrap_or(0);
                tests.failed += number("failed").unwrap_or(0);
            } else if let Some((name, "FAILED" | "FAIL")) = line.split_once(" ... ")
                && name.starts_with("test ")
            {
                tests.names.push(name.to_owned());
            }
        }
        tests
    }
}

/// How many tests ran, and the names of those that failed.
#[derive(Default, Debug, PartialEq)]
pub struct Tests {
    pub passed: usize,
    pub failed: usize,
    pub names: Vec<String>,
}

/// Why a job or a step failed, and what it had printed until then.
pub struct Failure {
    pub why: String,
    pub output: Output,
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Failure { why, output: Output::default() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// `7.2 s`, `4 min 10 s`.
pub fn time(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", duration.as_secs_f64()),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn printed(text: &str) -> Output {
        Output { lines: text.lines().map(str::to_owned).collect() }
    }

    #[test]
    fn closing_lines_are_summed_and_failed_tests_named() {
        let tests = printed(
            "test a::b ... ok\ntest c ... FAILED\ntest d ... FAIL\n\
             test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 12 filtered out\n\
             test result: ok. 20 passed; 0 failed; 0 ignored; finished in 0.01s",
        )
        .tests();
        assert_eq!(
            tests,
            Tests { passed: 23, failed: 1, names: vec!["test c".into(), "test d".into()] }
        );
    }

    #[test]
    fn a_job_that_takes_too_long_is_ended_with_its_children() {
        let start = Instant::now();
        let slow = job("sh -c").arg("echo begun; sh -c 'tail -f /dev/null'; true");
        let failure = slow.limit(Duration::from_millis(300)).run().err().unwrap();
        assert!(failure.why.contains("ended after"), "{}", failure.why);
        assert_eq!(failure.output.lines, ["begun"]);
        assert!(start.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn a_failing_job_says_which_and_keeps_its_output() {
        let failure = job("sh -c").arg("echo out; echo err >&2; exit 3").run().err().unwrap();
        assert!(failure.why.contains("exit status: 3"), "{}", failure.why);
        assert_eq!(failure.output.lines.len(), 2);
        assert!(job("no-such-program-here").run().is_err());
    }
}
