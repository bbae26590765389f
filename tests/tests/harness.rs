//! The harness itself, tried in every engine: a test that can't see a console, a cut or a second tab
//! would prove nothing about Exciton.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use axum::Router;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::response::Html;
use axum::routing::get;
use exciton_e2e::{Browser, Engine, PageServer, Proxy, Way, in_each_engine, run_plain};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc};

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

const PAGE: &str = "<!doctype html><title>harness</title>
    <script>
        console.log('first line');
        console.error('an error');
        window.loads = Number(sessionStorage.getItem('loads')) + 1;
        sessionStorage.setItem('loads', window.loads);
    </script>
    <body style='background: rgb(0, 128, 0)'>
    <script>throw new Error('nobody catches this')</script>";

#[tokio::test]
async fn the_console_of_an_unchanged_page_is_read_from_its_first_script_on() {
    let server = PageServer::start(&[("/", PAGE)]).await.unwrap();
    let url = server.url("/");
    in_each_engine(move |engine| {
        let url = url.clone();
        async move {
            let thrown = |lines: &[String]| lines.iter().any(|line| line.starts_with("uncaught: "));
            let lines = run_plain(engine, &url, thrown, LIMIT).await.unwrap();
            assert_eq!(lines[..2], ["first line", "error: an error"]);
            assert!(lines[2].starts_with("uncaught: "), "{lines:?}");
            assert!(lines[2].contains("nobody catches this"), "{lines:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn pages_are_evaluated_reloaded_left_and_pictured() {
    let replaced = "<script>location.replace('/')</script>";
    let pages = [("/", PAGE), ("/other", "other"), ("/enter", replaced)];
    let server = PageServer::start(&pages).await.unwrap();
    let (page, other) = (server.url("/"), server.url("/other"));
    in_each_engine(move |engine| {
        let (page, other) = (page.clone(), other.clone());
        async move {
            let browser = Browser::open(engine).await.unwrap();
            browser.set_window_rect(0, 0, 640, 480).await.unwrap();
            browser.goto(&page).await.unwrap();
            assert_eq!(browser.url().await.unwrap(), page);
            assert_eq!(browser.eval("document.title").await.unwrap(), "harness");
            assert_eq!(browser.eval("({ a: [1, null, 'x'] })").await.unwrap()["a"][2], "x");
            assert!(browser.eval("nothing.of.that.name").await.is_err());
            browser.wait_until("window.loads === 1", LIMIT).await.unwrap();
            browser.reload().await.unwrap();
            browser.wait_until("window.loads === 2", LIMIT).await.unwrap();

            browser.run_in_page("let ours = 6; window.product = ours * 7;").await.unwrap();
            assert_eq!(browser.eval("window.product").await.unwrap(), 42);
            assert!(browser.run_in_page("not JavaScript").await.is_err());

            browser.goto(&other).await.unwrap();
            browser.back().await.unwrap();
            browser.wait_until("document.title === 'harness'", LIMIT).await.unwrap();
            browser.forward().await.unwrap();
            browser.wait_until("location.pathname === '/other'", LIMIT).await.unwrap();

            browser.goto(&other.replace("/other", "/enter")).await.unwrap();
            browser.wait_until("document.title === 'harness'", LIMIT).await.unwrap();
            let picture = browser.screenshot().await.unwrap();
            assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"));
        }
    })
    .await;
}

#[tokio::test]
async fn tabs_and_windows_are_apart_and_profiles_are_fresh() {
    let server = PageServer::start(&[("/", PAGE)]).await.unwrap();
    let url = server.url("/");
    in_each_engine(move |engine| {
        let url = url.clone();
        async move {
            let browser = Browser::open(engine).await.unwrap();
            browser.goto(&url).await.unwrap();
            browser.run_in_page("window.name = 'first'; document.cookie = 'kept=1'").await.unwrap();
            let first = browser.tab().await.unwrap();
            let second = browser.new_tab().await.unwrap();
            assert_ne!(first, second);
            browser.goto(&url).await.unwrap();
            browser.wait_until("window.loads === 1", LIMIT).await.unwrap();
            assert_ne!(browser.eval("window.name").await.unwrap(), "first");
            assert_eq!(browser.eval("document.cookie").await.unwrap(), "kept=1");
            let third = browser.new_window().await.unwrap();
            assert_eq!(browser.windows().await.unwrap().len(), 3);
            assert_eq!(browser.tab().await.unwrap(), third);
            browser.close_window().await.unwrap();
            browser.switch_to(&first).await.unwrap();
            assert_eq!(browser.eval("window.name").await.unwrap(), "first");
            assert_eq!(browser.windows().await.unwrap().len(), 2);
            browser.quit().await.unwrap();

            let another = Browser::open(engine).await.unwrap();
            another.goto(&url).await.unwrap();
            assert_eq!(another.eval("document.cookie").await.unwrap(), "");
        }
    })
    .await;
}

#[tokio::test]
async fn a_condition_that_does_not_come_true_fails_and_says_what_was_seen() {
    let server = PageServer::start(&[("/", PAGE)]).await.unwrap();
    let url = server.url("/");
    in_each_engine(move |engine| {
        let url = url.clone();
        async move {
            let browser = Browser::open(engine).await.unwrap();
            browser.goto(&url).await.unwrap();
            let never = browser.wait_until("window.loads > 9", Duration::from_millis(200)).await;
            let error = never.unwrap_err().to_string();
            assert!(error.contains("window.loads > 9") && error.contains("false"), "{error}");
        }
    })
    .await;
}

#[tokio::test]
async fn several_browsers_of_one_test_run_at_once() {
    let server = PageServer::start(&[("/", PAGE)]).await.unwrap();
    let engine = Engine::all()[0];
    let [one, other] = Browser::open_all([engine, engine]).await.unwrap();
    one.goto(&server.url("/")).await.unwrap();
    other.goto(&server.url("/")).await.unwrap();
    one.reload().await.unwrap();
    one.wait_until("window.loads === 2", LIMIT).await.unwrap();
    other.wait_until("window.loads === 1", LIMIT).await.unwrap();
}

/// A page that shows what happens to its socket.
const SOCKET_PAGE: &str = "<!doctype html><title>socket</title><script>
    window.received = [];
    window.state = 'connecting';
    const socket = new WebSocket(`ws://${location.host}/socket`);
    socket.onopen = () => window.state = 'open';
    socket.onmessage = event => window.received.push(event.data);
    socket.onclose = event => window.state = `closed ${event.code}`;
    </script>";

/// Serves [`SOCKET_PAGE`], sends what the test says, and passes on what comes.
async fn socket_server() -> (SocketAddr, broadcast::Sender<String>, mpsc::Receiver<String>) {
    let (to_page, _) = broadcast::channel::<String>(16);
    let (heard, from_page) = mpsc::channel(16);
    let sender = to_page.clone();
    let socket = move |upgrade: WebSocketUpgrade| async move {
        let mut messages = sender.subscribe();
        upgrade.on_upgrade(async move |mut socket| {
            loop {
                tokio::select! {
                    Ok(text) = messages.recv() => {
                        if socket.send(Message::text(text)).await.is_err() { return }
                    }
                    Some(Ok(message)) = socket.recv() => {
                        if let Ok(text) = message.to_text() {
                            heard.send(text.to_owned()).await.unwrap();
                        }
                    }
                    else => return,
                }
            }
        })
    };
    let router = Router::new().route("/", get(Html(SOCKET_PAGE))).route("/socket", get(socket));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, to_page, from_page)
}

#[tokio::test]
async fn a_page_sees_what_the_proxy_does_to_its_socket() {
    in_each_engine(|engine| async move {
        let (host, to_page, mut from_page) = socket_server().await;
        let proxy = Proxy::start(host).await.unwrap();
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(&proxy.url("/")).await.unwrap();
        browser.wait_until("window.state === 'open'", LIMIT).await.unwrap();
        to_page.send("one".to_owned()).unwrap();
        browser.wait_until("window.received.join() === 'one'", LIMIT).await.unwrap();

        proxy.stall(Way::ToPage);
        let before = proxy.stats();
        to_page.send("two".to_owned()).unwrap();
        browser.run_in_page("socket.send('the other way is open')").await.unwrap();
        assert_eq!(from_page.recv().await.unwrap(), "the other way is open");
        assert_eq!(proxy.stats().to_page, before.to_page);
        assert!(proxy.stats().to_host > before.to_host);
        proxy.resume(Way::ToPage);
        browser.wait_until("window.received.join() === 'one,two'", LIMIT).await.unwrap();

        // A text frame of 100 bytes, cut in its middle.
        proxy.refuse().await;
        proxy.cut_after(Way::ToPage, 50);
        let before = proxy.wait(LIMIT, |stats| stats.cuts == 0).await.unwrap();
        to_page.send("x".repeat(100)).unwrap();
        browser.wait_until("window.state === 'closed 1006'", LIMIT).await.unwrap();
        let after = proxy.wait(LIMIT, |stats| stats.cuts == 1 && stats.open == 0).await.unwrap();
        assert_eq!(after.to_page, before.to_page + 50);
        assert_eq!(browser.eval("window.received.join()").await.unwrap(), "one,two");

        browser.run_in_page("fetch('/').catch(() => window.state = 'refused')").await.unwrap();
        browser.wait_until("window.state === 'refused'", LIMIT).await.unwrap();
        proxy.accept().await;
        browser.goto(&proxy.url("/")).await.unwrap();
        browser.wait_until("window.state === 'open'", LIMIT).await.unwrap();
    })
    .await;
}

/// Set in the process that the next test aborts.
const VICTIM: &str = "EXCITON_E2E_VICTIM";

#[tokio::test]
async fn nothing_outlives_an_aborted_test_process() {
    if std::env::var_os(VICTIM).is_some() {
        let mut browsers = Vec::new();
        for engine in Engine::all() {
            browsers.push(Browser::open(engine).await.unwrap());
        }
        println!("ready");
        // Until it is killed; or until the test that would have killed it has ended itself.
        std::io::read_to_string(std::io::stdin()).unwrap();
        return;
    }
    // All that the victim's processes own is below this directory, and so it is in their environment.
    let directory = tempfile::tempdir().unwrap();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "nothing_outlives_an_aborted_test_process"])
        .env(VICTIM, "1")
        .env("EXCITON_BROWSERS", "3")
        .env("TMPDIR", directory.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(victim.stdout.take().unwrap());
    let ready = tokio::task::spawn_blocking(|| {
        output.lines().map_while(Result::ok).any(|line| line.ends_with("ready"))
    });
    let ready = tokio::time::timeout(LIMIT * 3, ready).await;
    let before = processes_of(directory.path());
    victim.kill().unwrap();
    victim.wait().unwrap();
    assert!(ready.unwrap().unwrap(), "the victim did not get its browsers");
    assert!(before > Engine::all().len() * 2, "only {before} processes were seen");
    let cleaned = async {
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        while processes_of(directory.path()) > 0
            || directory.path().read_dir().unwrap().next().is_some()
        {
            tick.tick().await;
        }
    };
    tokio::time::timeout(LIMIT, cleaned).await.expect("processes or files are left");
}

/// How many processes have a path below `directory` in environment or command line.
fn processes_of(directory: &Path) -> usize {
    let mark = directory.join("exciton-e2e-");
    let mark = mark.as_os_str().as_encoded_bytes();
    let carries = |file: PathBuf| {
        std::fs::read(file).is_ok_and(|text| text.windows(mark.len()).any(|part| part == mark))
    };
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter(|process| {
            carries(process.path().join("environ")) || carries(process.path().join("cmdline"))
        })
        .count()
}
