//! Electron's classic tutorial: a native main process, an unchanged page, any browser.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_e2e::{Engine, Error, HostCommand, HostProcess, binary, in_each_engine, run_plain};
use std::path::Path;
use std::time::Duration;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

/// The folder of the page that the tutorial's binary has in itself.
const UI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/electron-tutorial/ui");

#[tokio::test]
async fn the_tutorials_unchanged_page_and_its_main_process_say_what_electron_says() {
    let program = binary("electron-tutorial").unwrap();
    in_each_engine(move |engine| {
        tutorial(engine, HostCommand::new(&program), &["sync pong", "async pong"])
    })
    .await;
}

#[tokio::test]
async fn a_copy_of_the_page_in_any_folder_does_the_same() {
    let program = binary("electron-tutorial").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let page = std::fs::read_to_string(Path::new(UI).join("index.html")).unwrap();
    assert_eq!(page.matches("<body>").count(), 1);
    // One line more, so that the program's own page can't pass for the copy.
    let copy = page.replace("<body>", "<body><script>console.log('a copy')</script>");
    std::fs::write(folder.path().join("index.html"), copy).unwrap();
    let path = folder.path().to_owned();
    in_each_engine(move |engine| {
        let command = HostCommand::new(&program).arg("--page").arg(&path);
        tutorial(engine, command, &["a copy", "sync pong", "async pong"])
    })
    .await;
}

#[tokio::test]
async fn one_line_says_where_it_listens_and_others_where_else_it_is_found() {
    let command = HostCommand::new(binary("electron-tutorial").unwrap()).arg("--no-open");
    let public = ["https://app.example.com", "http://127.0.0.1:1"];
    let command = command.args(public.iter().flat_map(|origin| ["--origin", origin]));
    let mut host = command.start().await.unwrap();
    host.wait_line(&format!("Also at {}/", public[1]), LIMIT).await.unwrap();
    let printed = printed_to_the_end(&mut host).await;
    assert_eq!(printed.len(), 3, "{printed:?}");
    assert_eq!(printed[0], format!("Listening on {}", host.url()));
    for (line, origin) in printed[1..].iter().zip(public) {
        assert!(line.starts_with(&format!("Also at {origin}/")), "{line}");
    }
}

/// Opens the page of a fresh host; its whole console is to be `console`.
async fn tutorial(engine: Engine, command: HostCommand, console: &'static [&'static str]) {
    let mut host = command.args(["--no-open", "--ephemeral"]).start().await.unwrap();
    let complete = |lines: &[String]| lines.len() >= console.len();
    let seen = run_plain(engine, host.url(), complete, LIMIT).await.unwrap();
    assert_eq!(seen, console);

    let printed = printed_to_the_end(&mut host).await;
    let (listening, said): (Vec<_>, Vec<_>) =
        printed.iter().partition(|line| line.starts_with("Listening on "));
    assert_eq!(listening, [&format!("Listening on {}", host.url())]);
    assert_eq!(said, ["sync ping", "async ping"]);
}

/// All that it has printed, which is known when it has ended.
async fn printed_to_the_end(host: &mut HostProcess) -> Vec<String> {
    host.terminate();
    host.wait_exit(LIMIT).await.unwrap();
    let end = host.stdout().wait("its end", LIMIT, |_| None::<()>).await;
    assert!(matches!(end, Err(Error::Ended { .. })), "{end:?}");
    host.stdout().all()
}
