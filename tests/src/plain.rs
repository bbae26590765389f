//! The console of an unchanged page, in all three engines.

use crate::Engine;
use crate::browser::{Browser, places};
use crate::display::display;
use crate::error::{Error, Result};
use crate::lines::Lines;
use crate::process::Process;
use std::process::Command;
use std::time::Duration;

/// Opens `url` in a fresh browser and returns its console's lines when `until` is content with them
/// (see [`Browser::console`] for their form). Nothing is put into the page, and lines of the very first
/// inline script are there too.
///
/// WebKit writes no console under automation, so there a plain MiniBrowser without WebDriver opens the
/// page; with it, lines that are no console calls come after what WebKit calls their source, such as
/// `network error: `.
///
/// # Errors
/// When there is no browser, or [`Error::Timeout`] after `limit` (counted from
/// when the browser is there), with the last lines.
pub async fn run_plain(
    engine: Engine,
    url: &str,
    until: impl Fn(&[String]) -> bool,
    limit: Duration,
) -> Result<Vec<String>> {
    let found = |lines: &[String]| until(lines).then(|| lines.to_vec());
    let awaited = format!("what the test wants to see of {url}");
    match engine {
        Engine::Chromium | Engine::Firefox => {
            let browser = Browser::open(engine).await?;
            // Loading may take longer than the lines: a page need not ever finish.
            let loading = browser.goto(url);
            let waiting = browser.wait_console(&awaited, limit, found);
            tokio::pin!(loading, waiting);
            let failed = tokio::select! {
                lines = &mut waiting => return lines,
                // An error need not matter: a page that replaces itself can look like one.
                loaded = &mut loading => loaded.err(),
            };
            waiting.await.map_err(|error| match (error, failed) {
                (Error::Timeout { awaited, limit, seen }, Some(failed)) => {
                    Error::Timeout { awaited, limit, seen: format!("{failed}\n{seen}") }
                }
                (error, _) => error,
            })
        }
        Engine::WebKit => {
            let _place = places(1).await?;
            // WebKit's web process inherits the browser's stderr as its stdout, in some versions.
            let mut command = Command::new("/bin/sh");
            command
                .args(["-c", "exec \"$@\" 2>&1", "sh"])
                .arg(engine.browser()?)
                .args(["--enable-write-console-messages-to-stdout=true", url])
                .env("DISPLAY", display().await?);
            let browser = Process::start("MiniBrowser", command)?;
            wait_webkit(browser.stdout(), &awaited, limit, found).await
        }
    }
}

async fn wait_webkit<T>(
    stdout: &Lines,
    awaited: &str,
    limit: Duration,
    found: impl Fn(&[String]) -> Option<T>,
) -> Result<T> {
    stdout.wait(awaited, limit, |printed| found(&parse_webkit(printed))).await
}

/// The console lines in MiniBrowser's output, whose lines are `URL:line:column: CONSOLE <source>
/// <level> <text>`; the source is left out for console calls, and a text may go on over lines.
fn parse_webkit(printed: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in printed {
        match line.split_once("CONSOLE ") {
            Some((_, message)) => lines.push(webkit_message(message)),
            None => {
                // Before the first message stand the library's own warnings.
                if let Some(last) = lines.last_mut() {
                    last.push('\n');
                    last.push_str(line);
                }
            }
        }
    }
    lines
}

fn webkit_message(message: &str) -> String {
    for (label, ours) in [
        ("LOG ", ""),
        ("INFO ", ""),
        ("DEBUG ", ""),
        ("WARN ", "warning: "),
        ("ERROR ", "error: "),
        ("JS ERROR ", "uncaught: "),
    ] {
        if let Some(text) = message.strip_prefix(label) {
            return format!("{ours}{text}");
        }
    }
    // `NETWORK ERROR Failed to load …`: what is written in capitals is source and level.
    let label = message
        .split_inclusive(' ')
        .take_while(|word| word.trim_end().chars().all(|c| c.is_ascii_uppercase()))
        .map(str::len)
        .sum();
    let (label, text) = message.split_at(label);
    format!("{}: {text}", label.trim_end().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minibrowsers_lines_are_read_as_console_lines() {
        let printed = [
            "** (MiniBrowser:1): WARNING **: something of the library's own",
            "http://127.0.0.1:1/:3:14: CONSOLE LOG sync pong",
            "http://127.0.0.1:1/:4:14: CONSOLE ERROR two",
            "lines",
            "http://127.0.0.1:1/:5:14: CONSOLE JS ERROR Error: CONSOLE LOG",
            "http://127.0.0.1:1/x:1:0: CONSOLE NETWORK ERROR Failed to load resource",
        ]
        .map(str::to_owned);
        assert_eq!(
            parse_webkit(&printed),
            [
                "sync pong",
                "error: two\nlines",
                "uncaught: Error: CONSOLE LOG",
                "network error: Failed to load resource",
            ]
        );
    }
}
