//! What lets somebody in is nowhere to be read. One test alone in its process: it listens to all that is logged.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use exciton::{App, IpcMainEvent, IpcMainInvokeEvent, KeySource, Opening};
use exciton_e2e::SimulatedBrowser;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tracing_subscriber::filter::LevelFilter;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

const KEY: [u8; 32] =
    *b"\xd1\xc5\xaf\x0eThis is the key.\x99\xf3\x42\x18\xee\x70\xab\xcd\x12\x34\x56\x78";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The whole answer to a request with these headers.
async fn ask(authority: &str, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(authority).await.unwrap();
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_ticket_cookie_key_or_link_is_in_a_log_a_title_or_an_error() {
    let lines = Lines::default();
    let writer = lines.clone();
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .init();

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), "<!doctype html>").unwrap();
    let app = App::new().root(folder.path()).key(KeySource::Given(KEY)).opening(Opening::Nothing);
    app.ipc_main().handle("echo", |_event: IpcMainInvokeEvent, text: String| text).unwrap();
    app.ipc_main().on("sync", |event: IpcMainEvent| event.set_return_value(1));
    let running = app.clone();
    tokio::spawn(async move { running.run().await.map_err(|error| error.to_string()) });
    while app.invite().is_err() {
        tokio::task::yield_now().await;
    }

    // In, and all that a page does: it speaks, leaves, comes again, crashes, is shut out.
    let mut secrets = vec![hex(&KEY)];
    let url = app.invite().unwrap();
    let authority = url.split('/').nth(2).unwrap().to_owned();
    let browser = SimulatedBrowser::enter(&url).await.unwrap();
    let mut page = browser.open().await.unwrap();
    page.invoke::<String>("echo", ("text",)).await.unwrap();
    page.invoke::<String>("nobody", ()).await.unwrap_err();
    page.send_sync::<i64>("sync", ()).await.unwrap();
    secrets.push(page.link().to_string());
    let page = page.reload().await.unwrap();
    secrets.push(page.link().to_string());
    page.crash().await;
    let mut page = browser.open().await.unwrap();
    secrets.push(page.link().to_string());
    secrets.push(browser.cookie().split('=').nth(1).unwrap().to_owned());
    for shown in app.web_contents() {
        shown.revoke().unwrap();
    }
    let lost = tokio::time::timeout(Duration::from_secs(60), page.lost()).await.unwrap().unwrap();

    // Out, in every way that has something secret in it.
    let ticket = |url: &str| url.rsplit('/').next().unwrap().to_owned();
    let (spent, unused) = (ticket(&url), ticket(&app.invite().unwrap()));
    let html = "accept: text/html\r\n";
    let with = |cookie: &str, more: &str| format!("cookie: {cookie}\r\n{more}{html}");
    let shut_out = with(browser.cookie(), "");
    let mut answers = vec![
        ask(&authority, &format!("/_exciton/enter/{spent}"), html).await,
        ask(&authority, &format!("/_exciton/enter/{unused}"), "origin: http://evil.example\r\n")
            .await,
        ask(&authority, &format!("/_exciton/enter/{unused}"), "purpose: prefetch\r\n").await,
        ask(&authority, "/", &shut_out).await,
        ask(&authority, "/", &with(browser.cookie(), "origin: null\r\n")).await,
    ];
    app.rotate_key().unwrap_err();
    app.rotate_key_to([7; 32]).unwrap();
    answers.push(ask(&authority, "/", &shut_out).await);
    answers.push(ask(&authority, &format!("/_exciton/enter/{unused}"), html).await);
    let fresh = app.invite().unwrap();
    let way_in = ask(&authority, &format!("/_exciton/enter/{}", ticket(&fresh)), html).await;
    assert!(way_in.to_ascii_lowercase().contains("referrer-policy: no-referrer"), "{way_in}");
    let set = way_in.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let value = set.split(['=', ';']).nth(1).unwrap().to_owned();
    assert_eq!(way_in.matches(&value).count(), 1, "in its header, and nowhere in the page");
    secrets.extend([spent, unused, ticket(&fresh), value]);

    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for part in ["a browser came in", "not let in", "a document has come", "a browser was shut out"]
    {
        assert!(logged.contains(part), "{part} isn't logged:\n{logged}");
    }
    answers.push(format!("{lost} {app:?}"));
    for answer in &answers[..7] {
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    for secret in secrets {
        assert!(secret.len() >= 32, "{secret}");
        // A half of one is too much to know, too.
        for part in [&secret[..16], &secret[secret.len() - 16..]] {
            assert!(!logged.contains(part), "{part} of {secret} is logged:\n{logged}");
            for answer in &answers {
                assert!(!answer.contains(part), "{part} of {secret} is told:\n{answer}");
            }
        }
    }
}
