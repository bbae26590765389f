//! Who was let in, and is shut out again; who comes too often; the listener itself.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::time::Duration;

use exciton::{App, DoorLimits, IpcMainEvent, IpcMainInvokeEvent, KeySource, Opening};
use exciton_e2e::{Browser, SimulatedBrowser, in_each_engine};
use exciton_protocol::LinkLost;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

/// A served application, which ends with the test.
struct Served {
    app: App,
    _folder: tempfile::TempDir,
}

impl Served {
    async fn start(change: impl FnOnce(App) -> App) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("index.html"), PAGE).unwrap();
        let app = App::new().root(folder.path()).key(KeySource::Ephemeral);
        let app = change(app.opening(Opening::Nothing));
        let ipc_main = app.ipc_main();
        ipc_main.handle("echo", |_event: IpcMainInvokeEvent, text: String| text).unwrap();
        ipc_main.on("twice", |event: IpcMainEvent, n: i64| event.set_return_value(2 * n));
        let running = app.clone();
        tokio::spawn(async move { running.run().await.map_err(|error| error.to_string()) });
        while app.invite().is_err() {
            tokio::task::yield_now().await;
        }
        Self { app, _folder: folder }
    }

    async fn enter(&self) -> Arc<SimulatedBrowser> {
        SimulatedBrowser::enter(&self.app.invite().unwrap()).await.unwrap()
    }

    async fn connect(&self) -> TcpStream {
        let url = self.app.invite().unwrap();
        TcpStream::connect(url.split('/').nth(2).unwrap()).await.unwrap()
    }
}

const PAGE: &str = "<!doctype html><title>page</title><script>
    const { connection } = require('electron');
    window.seen = [];
    connection.on('lost', ({ why }) => seen.push(why));
</script>";

#[tokio::test(flavor = "multi_thread")]
async fn when_the_key_changes_pages_say_so_and_go_on_when_their_browser_comes_in_again() {
    in_each_engine(|engine| async move {
        let served = Served::start(|app| app).await;
        let (app, browser) = (&served.app, Browser::open(engine).await.unwrap());
        browser.goto(&app.invite().unwrap()).await.unwrap();
        let open = "globalThis.require?.('electron').connection.state === 'open'";
        browser.wait_until(open, LIMIT).await.unwrap();
        let page = browser.tab().await.unwrap();
        let unused = app.invite().unwrap();
        app.rotate_key().unwrap();
        browser
            .wait_until("require('electron').connection.reason === 'unauthorized'", LIMIT)
            .await
            .unwrap();
        browser.wait_until("window.seen.join() === 'unauthorized'", LIMIT).await.unwrap();
        assert_ne!(browser.eval("require('electron').connection.state").await.unwrap(), "open");

        let tab = browser.new_tab().await.unwrap();
        browser.switch_to(&tab).await.unwrap();
        browser.goto(&unused).await.unwrap();
        let text = browser.eval("document.body.innerText").await.unwrap().to_string();
        assert!(text.contains("Come in"), "{engine}: {text}");
        browser.goto(&app.invite().unwrap()).await.unwrap();
        browser.switch_to(&page).await.unwrap();
        browser.wait_until(open, LIMIT).await.unwrap();
        browser
            .run_in_page("require('electron').ipcRenderer.invoke('echo', 'again').then((text) => window.echoed = text)")
            .await
            .unwrap();
        browser.wait_until("window.echoed === 'again'", LIMIT).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_browser_loses_its_pages_and_no_other_browser_does() {
    let served = Served::start(|app| app).await;
    let (told, mut gone) = mpsc::unbounded_channel();
    served.app.on_web_contents_created(move |page| {
        let (told, id) = (told.clone(), page.id());
        page.on_destroyed(move |_| told.send(id).unwrap_or_default());
    });
    let (first, second) = (served.enter().await, served.enter().await);
    let mut pages = [first.open().await.unwrap(), first.open().await.unwrap()];
    let ids: Vec<u32> = served.app.web_contents().iter().map(exciton::WebContents::id).collect();
    let mut other = second.open().await.unwrap();
    let one = served.app.web_contents().into_iter().find(|page| ids.contains(&page.id())).unwrap();
    // One that has opened its socket and not said yet which link it wants.
    let mut early = first.connect().await.unwrap();
    one.revoke().unwrap();
    for page in &mut pages {
        assert_eq!(page.lost().await.unwrap(), LinkLost::Unauthorized);
    }
    let mut ended = [gone.recv().await.unwrap(), gone.recv().await.unwrap()];
    ended.sort_unstable();
    let mut expected = ids.clone();
    expected.sort_unstable();
    assert_eq!(ended.to_vec(), expected);
    early.hello(Default::default()).await.unwrap();
    assert_eq!(early.lost().await.unwrap(), LinkLost::Unauthorized);
    assert!(one.is_destroyed());
    assert_eq!(first.status("/").await.unwrap(), 401);
    assert!(first.open().await.unwrap_err().to_string().contains("401"));

    assert_eq!(other.invoke::<String>("echo", ("still",)).await.unwrap(), "still");
    assert_eq!(second.status("/").await.unwrap(), 200);
    let mut again = served.enter().await.open().await.unwrap();
    assert_eq!(again.invoke::<String>("echo", ("anew",)).await.unwrap(), "anew");
    assert_eq!(served.app.statistics().links, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_browser_does_not_get_a_link_by_its_id() {
    let served = Served::start(|app| app).await;
    let (mine, other) = (served.enter().await, served.enter().await);
    let mut page = mine.open().await.unwrap();
    let mut thief = other.connect().await.unwrap();
    thief.pretend_to_be(&page);
    thief.hello(page.stored()).await.unwrap();
    assert_eq!(thief.lost().await.unwrap(), LinkLost::Expired);
    let error = thief.send_sync::<i64>("twice", (21,)).await.unwrap_err().to_string();
    assert!(error.contains("Expired"), "{error}");
    assert_eq!(page.send_sync::<i64>("twice", (21,)).await.unwrap(), 42);
    assert_eq!(page.invoke::<String>("echo", ("mine",)).await.unwrap(), "mine");
    assert_eq!(served.app.statistics().links, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_has_so_many_sockets_and_links_and_another_has_its_own() {
    for (sockets, links, word) in [(2, 9, "503"), (9, 2, "Again")] {
        let served = Served::start(|app| {
            let mut limits = DoorLimits::default();
            (limits.sockets, limits.links) = (sockets, links);
            app.door_limits(limits)
        })
        .await;
        let (mine, other) = (served.enter().await, served.enter().await);
        let (first, mut second) = (mine.open().await.unwrap(), mine.open().await.unwrap());
        let error = mine.open().await.unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
        assert_eq!(served.app.statistics().too_much, 1);
        assert!(other.open().await.is_ok());
        assert_eq!(second.invoke::<String>("echo", ("in",)).await.unwrap(), "in");
        // A reload is a link more for a moment; when a page has gone, there is room.
        drop(first.leave().await);
        tokio::time::timeout(LIMIT, async {
            while mine.open().await.is_err() {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_host_is_not_plain_is_refused_on_the_wire() {
    let served = Served::start(|app| app).await;
    let url = served.app.invite().unwrap();
    let own = url.split('/').nth(2).unwrap();
    let browser = served.enter().await;
    let cookie = browser.cookie();
    let port = own.split(':').nth(1).unwrap();
    for (request, status) in [
        (format!("GET / HTTP/1.1\nhost: {own}"), 200),
        (format!("GET http://{own}/ HTTP/1.1\nhost: {own}"), 200),
        (format!("GET / HTTP/1.0\nhost: {own}"), 200),
        ("GET / HTTP/1.0".to_owned(), 400),
        ("GET / HTTP/1.1".to_owned(), 400),
        (format!("GET / HTTP/1.1\nhost: {own}\nhost: {own}"), 400),
        (format!("GET http://evil.example/ HTTP/1.1\nhost: {own}"), 400),
        (format!("GET http://{own}/ HTTP/1.1\nhost: evil.example"), 400),
        (format!("GET http://user@{own}/ HTTP/1.1\nhost: {own}"), 400),
        (format!("GET / HTTP/1.1\nhost: user@{own}"), 400),
        (format!("GET / HTTP/1.1\nhost: 127.0.0.1.:{port}"), 400),
        (format!("GET / HTTP/1.1\nhost: [::1%lo]:{port}"), 400),
        (format!("GET / HTTP/1.1\nhost: evil.example:{port}"), 403),
        (format!("GET / HTTP/1.1\nhost: {own}\norigin: http://{own}\norigin: http://{own}"), 400),
        (format!("GET / HTTP/1.1\nhost: {own}\norigin: http://LOCALHOST:{port}"), 403),
        (format!("CONNECT {own} HTTP/1.1\nhost: {own}"), 405),
        (format!("OPTIONS * HTTP/1.1\nhost: {own}"), 405),
    ] {
        let mut stream = served.connect().await;
        let head = format!("{request}\ncookie: {cookie}\nconnection: close\n\n");
        stream.write_all(head.replace('\n', "\r\n").as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.ends_with(&format!(" {status}")), "{request}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_holds_connections_open_keeps_nobody_out() {
    let served = Served::start(|app| {
        let mut limits = DoorLimits::default();
        limits.strangers = 2;
        app.door_limits(limits)
    })
    .await;
    let browser = served.enter().await;
    let mut page = browser.open().await.unwrap();
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = served.connect().await;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: ").await.unwrap();
        held.push(stream);
    }
    let mut third = served.connect().await;
    assert_eq!(held[0].read(&mut [0]).await.unwrap_or(0), 0, "the oldest made room");
    third.write_all(b"GET / HTTP/1.1\r\nhost: evil.example\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    third.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 403");
    assert!(served.app.statistics().too_much > 0);
    // Who has come in stays, and comes again.
    for _ in 0..4 {
        held.push(served.connect().await);
    }
    assert_eq!(page.invoke::<String>("echo", ("here",)).await.unwrap(), "here");
    assert_eq!(browser.open().await.unwrap().send_sync::<i64>("twice", (4,)).await.unwrap(), 8);
}
