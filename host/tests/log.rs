//! What the log says of calls that nobody is told of otherwise. One test alone in its process: tracing remembers for
//! all threads whether anyone listens.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use exciton::testing::TestPage;
use exciton::{Allow, App, IpcMain, Refused};

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

impl Lines {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

/// What counts as too long, and a little.
const LONG: Duration = Duration::from_millis(101);

fn compute() {
    let since = Instant::now();
    while since.elapsed() < LONG {
        std::hint::spin_loop();
    }
}

#[tokio::test]
async fn failures_panics_slow_calls_and_missing_answers_are_logged_once() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber =
        tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let ipc_main = IpcMain::new();
    let page = TestPage::new(&ipc_main);
    ipc_main.on("fine", |_event, _n: i32| {});
    ipc_main.on("fails", |_event| Err::<(), _>("out of paper"));
    ipc_main.on("fails later", |_event| async { Err::<(), _>("out of ink") });
    ipc_main.on("typed", |_event, _n: i32| {});
    ipc_main.on("panics", |_event| panic!("upside down"));
    ipc_main.on("slow", |_event| compute());
    ipc_main.on("slow later", |_event| async { compute() });
    ipc_main.handle("slow handler", |_event| compute()).unwrap();
    ipc_main.handle("rejects", |_event| Err::<(), _>("no ink")).unwrap();
    ipc_main
        .handle("has a cause", |_event| {
            let error = anyhow::anyhow!("no ink").context("printing");
            Err::<(), exciton::Error>(error.into())
        })
        .unwrap();
    ipc_main.handle("panics", |_event| async { panic!("inside out") }).unwrap();

    page.send("fine", (1,)).await.unwrap();
    check(&lines.take(), &[]);
    let rows: [(&str, &[&str]); 6] = [
        ("fails", &["WARN", "channel=\"fails\"", "out of paper"]),
        ("fails later", &["WARN", "out of ink"]),
        ("typed", &["WARN", "'typed'", "args[0]", "i32", "the string"]),
        ("panics", &["ERROR", "channel=\"panics\"", "upside down"]),
        ("slow", &["WARN", "a listener", SLOW, "channel=\"slow\"", "millis=1"]),
        ("slow later", &["WARN", "a listener", SLOW]),
    ];
    for (channel, wanted) in rows {
        page.send(channel, ("x",)).await.unwrap();
        check(&lines.take(), wanted);
    }
    page.invoke("slow handler", ()).await.unwrap();
    check(&lines.take(), &["WARN", "a handler", SLOW]);
    page.invoke("rejects", ()).await.unwrap_err();
    check(&lines.take(), &["WARN", "a handler rejected", "channel=\"rejects\"", "no ink"]);
    page.invoke("has a cause", ()).await.unwrap_err();
    let logged = lines.take();
    assert!(logged.contains("printing\n  caused by: no ink"), "{logged}");
    page.invoke("panics", ()).await.unwrap_err();
    check(&lines.take(), &["ERROR", "a handler panicked", "inside out"]);
    page.send_sync("nobody", ()).await.unwrap();
    check(&lines.take(), &["WARN", "called ipcRenderer.sendSync() with 'nobody' channel"]);
    page.send_sync("fine", (1,)).await.unwrap();
    check(&lines.take(), &["WARN", "channel=\"fine\"", "sendSync returns undefined"]);

    let app = App::new()
        .allow(Allow::new().send("fine").invoke("asked"))
        .authorize(|_| async { Err::<(), _>(Refused::because("not now")) });
    let page = TestPage::in_app(&app);
    let since = Instant::now();
    page.send("secrets", ("nobody reads this",)).await.unwrap();
    let logged = lines.take();
    check(&logged, &["WARN", "a call of a page is refused", "kind=send", "channel=\"secrets\""]);
    assert!(!logged.contains("nobody reads this"), "{logged}");
    // No more than a line a second, whatever a page does.
    for _ in 0..100 {
        page.send("secrets", ()).await.unwrap();
    }
    let logged = lines.take();
    assert!(logged.lines().count() as u64 <= since.elapsed().as_secs(), "{logged}");
    let other = TestPage::in_app(&app);
    other.invoke("asked", ()).await.unwrap_err();
    check(&lines.take(), &["WARN", "kind=invoke", "channel=\"asked\"", "not now"]);
    assert_eq!(
        (app.statistics().refused_calls.send, app.statistics().refused_calls.invoke),
        (101, 1)
    );
}

/// One line with all these parts; none, without parts. A busy machine may make any call a slow one.
#[track_caller]
fn check(logged: &str, wanted: &[&str]) {
    let expects_slow = wanted.contains(&SLOW);
    let lines: Vec<&str> =
        logged.lines().filter(|line| expects_slow || !line.contains(SLOW)).collect();
    assert_eq!(lines.len(), wanted.len().min(1), "{logged}");
    for part in wanted {
        assert!(lines[0].contains(part), "{part} in {logged}");
    }
}

const SLOW: &str = "kept its page waiting";
