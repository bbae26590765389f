//! `sendSync` where a page's socket is of no use: not there yet, stuck, or dead; and where an answer is long in coming,
//! or never comes.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::routing::get;
use exciton::{App, Bytes, IpcMain, IpcMainEvent, KeySource, Limits};
use exciton_e2e::{Browser, HostCommand, Proxy, Way, in_each_engine};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(90);

const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pages/sync");

/// An application nested in another one, behind a proxy, in the test's own process: its listeners and the test see the
/// same things.
struct Nested {
    app: App,
    proxy: Arc<Proxy>,
    traffic: Arc<Traffic>,
    server: JoinHandle<()>,
}

/// What comes to the server.
struct Traffic {
    /// No socket passes while this is false.
    sockets_may_pass: watch::Sender<bool>,
    sockets_passed: AtomicU64,
    /// Requests that are never answered.
    hanging: watch::Sender<u32>,
}

impl Nested {
    async fn start(limits: Limits, listen: impl FnOnce(&Nested, IpcMain)) -> Nested {
        let proxy = Arc::new(Proxy::start(None).await.unwrap());
        let app = App::new().root(PAGES).key(KeySource::Ephemeral).limits(limits);
        let app = app.origins([proxy.origin()]).unwrap();
        let traffic = Arc::new(Traffic {
            sockets_may_pass: watch::Sender::new(true),
            sockets_passed: AtomicU64::new(0),
            hanging: watch::Sender::new(0),
        });
        let (passing, hanging) = (traffic.clone(), traffic.clone());
        let hang = move || {
            hanging.hanging.send_modify(|count| *count += 1);
            std::future::pending::<()>()
        };
        let router = app.router().unwrap().route("/hang", get(hang)).layer(from_fn(
            move |request: Request, next: Next| {
                let traffic = passing.clone();
                async move {
                    if request.uri().path().ends_with("/socket") {
                        let mut gate = traffic.sockets_may_pass.subscribe();
                        gate.wait_for(|open| *open).await.unwrap();
                        traffic.sockets_passed.fetch_add(1, Ordering::SeqCst);
                    }
                    next.run(request).await
                }
            },
        ));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        proxy.set_host(listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let nested = Nested { app, proxy, traffic, server };
        let ipc_main = nested.app.ipc_main();
        ipc_main.on("echo", |event: IpcMainEvent, value: String| event.set_return_value(value));
        ipc_main.handle("answer", |_event, value: u32| value).unwrap();
        listen(&nested, ipc_main);
        nested.app.ready().await.unwrap();
        nested
    }

    /// A new browser on a page.
    async fn open(&self, browser: &Browser, page: &str) {
        browser.goto(&self.app.invite().unwrap()).await.unwrap();
        browser.wait_until("document.title === 'entered'", LIMIT).await.unwrap();
        browser.goto(&self.proxy.url(page)).await.unwrap();
    }
}

impl Drop for Nested {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Runs a script in a task of the page's own, and waits for what it leaves in `window.told`.
async fn tell(browser: &Browser, script: &str) -> serde_json::Value {
    let script = format!("inTask(() => {{\n{script}\n}})");
    browser.run_in_page(&script).await.unwrap();
    told(browser).await
}

async fn told(browser: &Browser) -> serde_json::Value {
    browser.wait_until("'told' in window || 'failed' in window", LIMIT).await.unwrap();
    assert_eq!(browser.eval("window.failed ?? null").await.unwrap(), serde_json::Value::Null);
    let told = browser.eval("window.told").await.unwrap();
    browser.run_in_page("delete window.told").await.unwrap();
    told
}

/// Waits until the page has a connection that works.
async fn connected(browser: &Browser) {
    let script = "electron.ipcRenderer.invoke('answer', 1).then((one) => { window.told = one; })";
    assert_eq!(tell(browser, script).await, 1);
}

#[tokio::test]
async fn the_first_statement_of_a_page_has_its_answer_before_any_socket() {
    in_each_engine(|engine| async move {
        let browser = Browser::open(engine).await.unwrap();
        let host = Nested::start(Limits::default(), |_, _| {}).await;
        host.traffic.sockets_may_pass.send_replace(false);
        host.open(&browser, "/first.html").await;
        assert_eq!(browser.eval("window.answer").await.unwrap(), "first");
        assert_eq!(browser.eval("typeof window.invoked").await.unwrap(), "undefined");
        assert_eq!(host.traffic.sockets_passed.load(Ordering::SeqCst), 0);
        host.traffic.sockets_may_pass.send_replace(true);
        browser.wait_until("window.invoked === 42", LIMIT).await.unwrap();
        assert!(host.traffic.sockets_passed.load(Ordering::SeqCst) > 0);
    })
    .await;
}

#[tokio::test]
async fn thirty_two_megabytes_that_the_browser_has_not_got_rid_of_are_no_obstacle() {
    in_each_engine(|engine| async move {
        let browser = Browser::open(engine).await.unwrap();
        let host = Nested::start(Limits::default(), |_, ipc_main| {
            let pieces = Arc::new(Mutex::new(Vec::new()));
            let (text, bytes, all) = (pieces.clone(), pieces.clone(), pieces);
            ipc_main.on("text", move |_event: IpcMainEvent, number: usize, text_: String| {
                text.lock().unwrap().push((number, text_.len()));
            });
            ipc_main.on("bytes", move |_event: IpcMainEvent, number: usize, blob: Bytes| {
                bytes.lock().unwrap().push((number, blob.len()));
            });
            // How many, and whether each is whole and where it belongs.
            ipc_main.on("pieces", move |event: IpcMainEvent| {
                let pieces = all.lock().unwrap();
                let good = |(at, piece): (usize, &(usize, usize))| *piece == (at % 32, 1 << 20);
                event.set_return_value((pieces.len(), pieces.iter().enumerate().all(good)))
            });
        })
        .await;
        host.open(&browser, "/calls.html").await;
        connected(&browser).await;
        let pieces =
            [("text", "'x'.repeat(1 << 20)", 32), ("bytes", "new ArrayBuffer(1 << 20)", 64)];
        for (channel, piece, expected) in pieces {
            let script = format!(
                "for (let i = 0; i < 32; i++) electron.ipcRenderer.send('{channel}', i, {piece});
                window.told = timed('pieces');"
            );
            let told = tell(&browser, &script).await;
            assert_eq!(told["answer"], serde_json::json!([expected, true]), "{engine}: {told}");
            eprintln!("{engine}: after 32 x 1 MiB of {channel}: {} ms", told["ms"]);
        }
        // What the socket brought meanwhile were copies.
        connected(&browser).await;
        let told = tell(&browser, "window.told = timed('pieces')").await;
        assert_eq!(told["answer"], serde_json::json!([64, true]));
    })
    .await;
}

#[tokio::test]
async fn five_requests_that_hang_leave_room_for_a_synchronous_one() {
    in_each_engine(|engine| async move {
        let browser = Browser::open(engine).await.unwrap();
        let host = Nested::start(Limits::default(), |_, _| {}).await;
        host.open(&browser, "/calls.html").await;
        connected(&browser).await;
        browser.run_in_page("for (let i = 0; i < 5; i++) fetch(`/hang?${i}`)").await.unwrap();
        let mut hanging = host.traffic.hanging.subscribe();
        let all = hanging.wait_for(|count| *count == 5);
        tokio::time::timeout(LIMIT, all).await.expect("five requests").unwrap();
        let told = tell(&browser, "window.told = timed('echo', 'sixth')").await;
        assert_eq!(told["answer"], "sixth");
        eprintln!("{engine}: while five requests hang: {} ms", told["ms"]);
    })
    .await;
}

#[tokio::test]
async fn a_connection_cut_before_during_and_in_the_answer_changes_nothing() {
    in_each_engine(|engine| async move {
        let browser = Browser::open(engine).await.unwrap();
        let counts: Arc<Mutex<HashMap<&str, u32>>> = Arc::default();
        let counted = counts.clone();
        let host = Nested::start(Limits::default(), move |nested, ipc_main| {
            let count = move |name| *counted.lock().unwrap().entry(name).or_insert(0) += 1;
            let counting = count.clone();
            ipc_main.on("count", move |_event: IpcMainEvent| counting("count"));
            let (counting, proxy) = (count.clone(), nested.proxy.clone());
            ipc_main.on("cut", move |event: IpcMainEvent| {
                counting("cut");
                // The socket, and the connection of this very request.
                proxy.cut();
                event.set_return_value("cut")
            });
            let (counting, proxy) = (count.clone(), nested.proxy.clone());
            ipc_main.on("cut-answer", move |event: IpcMainEvent| {
                counting("cut-answer");
                proxy.cut_after(Way::ToPage, 50_000);
                event.set_return_value("x".repeat(200_000))
            });
            let (counting, proxy) = (count, nested.proxy.clone());
            ipc_main.on("cut-bytes", move |event: IpcMainEvent| {
                counting("cut-bytes");
                proxy.cut_after(Way::ToPage, 50_000);
                event.set_return_value(Bytes::from(vec![7; 200_000]))
            });
        })
        .await;
        host.open(&browser, "/calls.html").await;
        connected(&browser).await;
        let script = "
            const { ipcRenderer } = electron;
            const answers = [];
            const some = () => { for (let i = 0; i < 10; i++) ipcRenderer.send('count'); };
            some();
            answers.push(timed('cut'));
            // The socket is dead, and nobody here knows.
            some();
            answers.push(timed('echo', 'after the cut'));
            some();
            answers.push(timed('cut-answer'));
            answers.push(timed('cut-bytes'));
            answers.push(timed('echo', 'at last'));
            some();
            for (const told of answers) {
                const { length, byteLength } = told.answer ?? {};
                if (length === 200_000 || byteLength === 200_000) told.answer = 'all of it';
            }
            window.told = answers;";
        let answers = tell(&browser, script).await;
        let expected = ["cut", "after the cut", "all of it", "all of it", "at last"];
        for (told, expected) in answers.as_array().unwrap().iter().zip(expected) {
            assert_eq!(told["answer"], expected, "{engine}: {answers}");
        }
        connected(&browser).await;
        let counts = counts.lock().unwrap();
        let expected = [("count", 40), ("cut", 1), ("cut-answer", 1), ("cut-bytes", 1)].into();
        assert_eq!(*counts, expected, "{engine}");
    })
    .await;
}

#[tokio::test]
async fn each_of_the_calls_within_calls_has_its_own_answer() {
    in_each_engine(|engine| async move {
        let browser = Browser::open(engine).await.unwrap();
        let host = Nested::start(Limits::default(), |_, ipc_main| {
            // It sleeps on purpose: a browser that calls the page back meanwhile has time to.
            ipc_main.on("echo-soon", |event: IpcMainEvent, value: String| async move {
                tokio::time::sleep(Duration::from_millis(150)).await;
                event.set_return_value(value)
            });
        })
        .await;
        host.open(&browser, "/calls.html").await;
        connected(&browser).await;
        let script = "
            const log = [];
            let depth = 0;
            let deepest = 0;
            const call = (number) => {
                if (number < 20) {
                    const { port1, port2 } = new MessageChannel();
                    port1.onmessage = () => { call(number + 1); port1.close(); };
                    port2.postMessage('go');
                }
                depth += 1;
                deepest = Math.max(deepest, depth);
                log.push([number, timed('echo-soon', String(number))]);
                depth -= 1;
                if (log.length === 21) window.told = { log, deepest };
            };
            call(0);";
        let told = tell(&browser, script).await;
        let deepest = told["deepest"].as_u64().unwrap();
        for entry in told["log"].as_array().unwrap() {
            let (number, told) = (entry[0].as_u64().unwrap(), &entry[1]);
            if number < 16 || deepest == 1 {
                assert_eq!(told["answer"], number.to_string(), "{engine}: {number}: {told}");
            } else {
                // The seventeenth within sixteen others.
                assert_eq!(told["code"], "TOO_NESTED", "{engine}: {number}: {told}");
                assert_eq!(told["mayHaveRun"], false);
            }
        }
        eprintln!("{engine}: {deepest} deep");
        // Firefox alone runs a page's tasks within a synchronous request.
        let expected = if engine == exciton_e2e::Engine::Firefox { 17 } else { 1 };
        assert_eq!(deepest, expected, "{engine}");
        connected(&browser).await;
        let told = tell(&browser, "window.told = timed('echo', 'afterwards')").await;
        assert_eq!(told["answer"], "afterwards");
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_takes_twenty_five_seconds_arrives() {
    in_each_engine(|engine| async move {
        let browser = Browser::open(engine).await.unwrap();
        let host = Nested::start(Limits::default(), |_, ipc_main| {
            ipc_main.on("slow", |event: IpcMainEvent| async move {
                // It sleeps on purpose: longer than WebKit lets any synchronous request take.
                tokio::time::sleep(Duration::from_secs(25)).await;
                event.set_return_value("late")
            });
        })
        .await;
        host.open(&browser, "/calls.html").await;
        let told = tell(&browser, "window.told = timed('slow')").await;
        assert_eq!(told["answer"], "late", "{engine}: {told}");
        assert!(told["ms"].as_f64().unwrap() >= 25_000.0, "{told}");
        eprintln!("{engine}: an answer after 25 s came in {} ms", told["ms"]);
    })
    .await;
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    in_each_engine(|engine| async move {
        let browser = Browser::open(engine).await.unwrap();
        let mut limits = Limits::default();
        limits.sync_slice = 40;
        limits.sync_total = 100;
        let host = Nested::start(limits, |_, ipc_main| {
            // The events live on, so the page waits.
            let kept = Mutex::new(Vec::new());
            ipc_main.on("never", move |event: IpcMainEvent| kept.lock().unwrap().push(event));
            ipc_main.on("silent", |_event: IpcMainEvent| {});
        })
        .await;
        host.open(&browser, "/calls.html").await;
        // More of them than may be under way at once: each is through when it has thrown.
        let script = "window.told = Array.from({ length: 40 }, () => timed('never'))";
        for told in tell(&browser, script).await.as_array().unwrap() {
            assert_eq!(told["code"], "TIMED_OUT", "{engine}: {told}");
            assert_eq!(told["mayHaveRun"], true);
            assert_eq!(told["message"], "no answer came within 100 ms");
        }
        // On a busy machine an answer may take longer than that, too.
        let script = "
            const again = (...call) => {
                for (;;) {
                    const told = timed(...call);
                    if (told.code !== 'TIMED_OUT') return told;
                }
            };
            window.told = [again('nobody-listens'), again('silent'), again('echo', 'still here')];";
        let told = tell(&browser, script).await;
        for (told, expected) in
            told.as_array().unwrap().iter().zip(["undefined", "undefined", "still here"])
        {
            assert_eq!(told["answer"], expected, "{engine}: {told}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_host_that_quits_during_a_call_ends_it() {
    in_each_engine(|engine| async move {
        let browser = Browser::open(engine).await.unwrap();
        let host = Nested::start(Limits::default(), |nested, ipc_main| {
            let (app, kept) = (nested.app.clone(), Mutex::new(Vec::new()));
            ipc_main.on("quit", move |event: IpcMainEvent| {
                kept.lock().unwrap().push(event);
                app.quit();
            });
        })
        .await;
        host.open(&browser, "/calls.html").await;
        let told = tell(&browser, "window.told = timed('quit')").await;
        assert_eq!(
            (&told["code"], &told["mayHaveRun"]),
            (&"QUIT".into(), &true.into()),
            "{engine}: {told}"
        );
    })
    .await;
}

/// Browsers look for a byte order mark before they believe what an answer says of its charset, and an answer with attachments
/// begins with a length.
#[tokio::test]
async fn an_answer_with_attachments_may_have_any_length() {
    in_each_engine(|engine| async move {
        let browser = Browser::open(engine).await.unwrap();
        let host = Nested::start(Limits::default(), |_, ipc_main| {
            ipc_main.on("pair", |event: IpcMainEvent, length: usize| {
                event.set_return_value(("x".repeat(length), Bytes::from(vec![254, 255])))
            });
        })
        .await;
        host.open(&browser, "/calls.html").await;
        connected(&browser).await;
        // The JSON is longer than the text by what is around it, and as long as FF FE and FE FF say at 65,279 and at 65,534.
        let script = "
            const wrong = [];
            for (let length = 65_534 - 550; length < 65_534 - 100; length++) {
                const { answer, message } = timed('pair', length);
                const is = answer?.[0].length === length && new Uint8Array(answer[1]).join() === '254,255';
                if (!is) wrong.push([length, message ?? String(answer)]);
            }
            window.told = wrong;
        ";
        assert_eq!(tell(&browser, script).await, serde_json::json!([]), "{engine}");
    })
    .await;
}

#[tokio::test]
async fn a_host_killed_during_a_call_ends_it_and_the_next_host_goes_on() {
    in_each_engine(|engine| async move {
        let browser = Browser::open(engine).await.unwrap();
        let command = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"));
        let command = command.args(["--no-open", "--page", PAGES]);
        let mut host = command.start().await.unwrap();
        browser.goto(host.url()).await.unwrap();
        browser.wait_until("document.title === 'entered'", LIMIT).await.unwrap();
        browser.goto(&format!("{}/calls.html", host.origin())).await.unwrap();
        // WebDriver itself may wait for a page that is blocked.
        let (started, ()) = tokio::join!(
            browser.run_in_page("inTask(() => { window.told = timed('sync-never'); })"),
            async {
                host.wait_line("sync-never was called", LIMIT).await.unwrap();
                host.kill();
            }
        );
        started.unwrap();
        let dead = told(&browser).await;
        assert_eq!(dead["code"], "UNREACHABLE", "{engine}: {dead}");
        assert_eq!(dead["mayHaveRun"], true);
        eprintln!("{engine}: {} after {} ms", dead["message"], dead["ms"]);
        let told = tell(&browser, "window.told = timed('sync-echo', 'to nobody')").await;
        assert_eq!(told["code"], "UNREACHABLE", "{engine}: {told}");

        host.restart().await.unwrap();
        browser.wait_until("window.lost === 'host-restarted'", LIMIT).await.unwrap();
        let told = tell(&browser, "window.told = timed('sync-echo', 'a new link')").await;
        assert_eq!(told["answer"], "a new link", "{engine}: {told}");
    })
    .await;
}
