//! A host without a network, and what an input does to it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use exciton::{
    App, Compression, IpcMainEvent, IpcMainInvokeEvent, KeySource, Limits, Opening, Statistics,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc;

use super::words::Secrets;

pub(super) struct Host {
    app: App,
    reached: Arc<AtomicUsize>,
    connect: mpsc::Sender<DuplexStream>,
    server: tokio::task::JoinHandle<()>,
    pub(super) secrets: Secrets,
}

/// What has come of an input.
pub(super) struct Ended {
    pub(super) answer: Vec<u8>,
    /// Nothing came, and the connection stayed open, until the client hung up.
    pub(super) silent: bool,
    /// Calls of listeners.
    pub(super) reached: usize,
    /// What the host held when the connection had ended.
    pub(super) most: Statistics,
    /// What it holds when it has ended.
    pub(super) left: Statistics,
}

impl Host {
    #[allow(clippy::expect_used)] // Nothing of this depends on the input.
    pub(super) async fn start(around: fn(Router) -> Router) -> Self {
        let app = App::new()
            .name("fuzz")
            .root(folder())
            .key(KeySource::Given([7; 32]))
            .opening(Opening::Nothing)
            .limits(limits())
            .compression(Compression::Always)
            .origins(["http://127.0.0.1:8124"])
            .expect("an address");
        let reached = Arc::new(AtomicUsize::new(0));
        listen(&app, &reached);
        let router = app.router().expect("a router");
        app.ready().await.expect("nobody is asked");
        let (connect, server) = serve(router.clone());
        let mut host = Self { app, reached, connect, server, secrets: Secrets::default() };
        host.secrets = host.learn().await;
        host.server.abort();
        (host.connect, host.server) = serve(around(router));
        host
    }

    /// Comes in as a browser does, the first time, and reads the facts of this life of the host.
    async fn learn(&self) -> Secrets {
        let head = "host: 127.0.0.1:8124\r\nconnection: close\r\n";
        let ticket = || {
            let url = self.app.invite().unwrap_or_default();
            url.rsplit('/').next().unwrap_or_default().to_owned()
        };
        if COOKIE.get().is_none() {
            let enter = format!("GET /_exciton/enter/{} HTTP/1.1\r\n{head}\r\n", ticket());
            let answer = self.say(enter.as_bytes()).await;
            let _ = COOKIE.set(between(&answer, "set-cookie: ", ";"));
        }
        let cookie = cookie().to_owned();
        let facts = format!("GET /_exciton/boot HTTP/1.1\r\n{head}cookie: {cookie}\r\n\r\n");
        let epoch = between(&self.say(facts.as_bytes()).await, "\"epoch\":\"", "\"");
        assert!(!cookie.is_empty() && !epoch.is_empty(), "the way in is barred");
        Secrets { cookie, epoch, ticket: ticket() }
    }

    /// Lets a client write these bytes and hang up, and looks at what came of it.
    pub(super) async fn hear(self, bytes: &[u8]) -> Ended {
        let (answer, silent) = self.talk(bytes).await;
        let most = self.app.statistics();
        self.app.exit(0);
        let left = self.app.statistics();
        self.server.abort();
        Ended { answer, silent, reached: self.reached.load(Ordering::SeqCst), most, left }
    }

    async fn say(&self, bytes: &[u8]) -> Vec<u8> {
        self.talk(bytes).await.0
    }

    #[allow(clippy::expect_used)] // The server is there until it is aborted.
    async fn talk(&self, bytes: &[u8]) -> (Vec<u8>, bool) {
        let (client, server) = duplex(64 * 1_024);
        self.connect.send(server).await.expect("a server");
        let (mut read, mut write) = tokio::io::split(client);
        let mut answer = Vec::new();
        // A host that refuses may close before it has read all; one that answers wants to be read.
        let writing = async {
            let _ = write.write_all(bytes).await;
        };
        // The time is virtual: it goes on when nobody has anything to do.
        let reading = async {
            loop {
                match tokio::time::timeout(QUIET, read.read_buf(&mut answer)).await {
                    Ok(Ok(1..)) => assert!(answer.len() < MOST, "an answer without end"),
                    Ok(_) => break true,
                    Err(_) => break false,
                }
            }
        };
        let ((), closed) = tokio::join!(writing, reading);
        let silent = answer.is_empty() && !closed;
        let _ = write.shutdown().await;
        let rest = async { while read.read_buf(&mut answer).await.unwrap_or(0) > 0 {} };
        let done = tokio::time::timeout(LIMIT, rest).await;
        assert!(done.is_ok(), "the host doesn't close");
        (answer, silent)
    }
}

fn serve(router: Router) -> (mpsc::Sender<DuplexStream>, tokio::task::JoinHandle<()>) {
    let (connect, connections) = mpsc::channel(1);
    let server = tokio::spawn(async move {
        // It ends by being aborted.
        let _ = axum::serve(Pipe(connections), router).await;
    });
    (connect, server)
}

fn listen(app: &App, reached: &Arc<AtomicUsize>) {
    let ipc_main = app.ipc_main();
    let count = reached.clone();
    ipc_main.on("prize", move |event: IpcMainEvent, rest: exciton::Rest| {
        count.fetch_add(1, Ordering::SeqCst);
        event.set_return_value(rest.0.len())
    });
    let count = reached.clone();
    // A second handler of a name is the only error.
    let _ = ipc_main.handle("prize", move |_event: IpcMainInvokeEvent| {
        count.fetch_add(1, Ordering::SeqCst);
    });
}

/// What stands in an answer between two texts.
fn between(answer: &[u8], before: &str, after: &str) -> String {
    let text = String::from_utf8_lossy(answer).into_owned();
    let found = text.split(before).nth(1).and_then(|rest| rest.split(after).next());
    found.unwrap_or_default().to_owned()
}

/// Narrow ones, which an input can reach.
pub(super) fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.frames = 4;
    limits.ports = 4;
    limits.open_invokes = 4;
    limits.depth = 16;
    limits.outbox_bytes = 64 * 1_024;
    limits.packet_bytes = 16 * 1_024;
    limits.whole_bytes = 8 * 1_024;
    limits.part_bytes = 4 * 1_024;
    limits.batch_bytes = 8 * 1_024;
    limits
}

/// One connection after the other.
struct Pipe(mpsc::Receiver<DuplexStream>);

impl Listener for Pipe {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.recv().await {
            Some(stream) => (stream, ()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The application's folder, with a file beside it and a hidden one in it, for as long as the process lives.
#[allow(clippy::expect_used)] // Without files there is nothing to ask for.
fn folder() -> PathBuf {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let outer = FOLDER.get_or_init(|| {
        let outer = tempfile::tempdir().expect("a folder");
        let root = outer.path().join("root");
        std::fs::create_dir_all(root.join("ui")).expect("a folder");
        for (name, text) in [
            ("index.html", "<title>a page</title>"),
            ("ui/index.html", "<title>another</title>"),
            ("page.js", "let a;"),
            (".env", HIDDEN),
            ("../outside", HIDDEN),
        ] {
            std::fs::write(root.join(name), text).expect("a file");
        }
        outer
    });
    outer.path().join("root")
}

/// What stands in files that are not served.
pub(super) const HIDDEN: &str = "what nobody is given";

/// Name and value of the cookie, which holds for each life of a host with this key.
pub(super) fn cookie() -> &'static str {
    COOKIE.get().map_or("", String::as_str)
}

static COOKIE: OnceLock<String> = OnceLock::new();

/// More than the answers to all requests that an input can hold.
const MOST: usize = 64 * 1_024 * 1_024;
/// Longer than a synchronous request is held open.
const QUIET: Duration = Duration::from_secs(6);
/// Longer than anything that the host waits for.
const LIMIT: Duration = Duration::from_secs(3_600);
