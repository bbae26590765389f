//! What all hosts have in common: their files, the headers of an isolated page, and connections that send at once.

use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::serve::Listener;
use rustix::time::{ClockId, clock_gettime};
use tokio::net::{TcpListener, TcpStream};

use crate::Outcome;

/// A free port of loopback.
pub async fn bind() -> Outcome<(TcpListener, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    Ok((listener, origin))
}

/// Says where the host is, and serves until the process ends.
pub async fn serve(listener: TcpListener, url: &str, router: Router) -> Outcome<()> {
    println!("Listening on {url}");
    let router = router.route("/cpu", axum::routing::get(cpu));
    let router = router.layer(axum::middleware::map_response(isolate));
    Ok(axum::serve(NoDelay(listener), router).await?)
}

/// A folder's files, at their names; `index.html` at the root.
pub fn files(folder: &Path) -> Outcome<Router> {
    let mut router = Router::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let text = std::fs::read(entry.path())?;
        let (path, kind) = match name.as_str() {
            "index.html" => ("/".to_owned(), "text/html; charset=utf-8"),
            _ => (format!("/{name}"), "text/javascript"),
        };
        let answer = move || async move { answer(kind, text) };
        router = router.route(&path, axum::routing::get(answer));
    }
    Ok(router.fallback(|| async { StatusCode::NOT_FOUND }))
}

fn answer(kind: &'static str, text: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// Microseconds that this process has computed, in all its threads.
async fn cpu() -> String {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    (time.tv_sec * 1_000_000 + time.tv_nsec / 1_000).to_string()
}

/// Browsers give an isolated page a finer clock.
async fn isolate(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-embedder-policy", HeaderValue::from_static("require-corp"));
    response
}

/// As Exciton's own listener: with Nagle's algorithm off.
struct NoDelay(TcpListener);

impl Listener for NoDelay {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        if let Err(error) = stream.set_nodelay(true) {
            eprintln!("a connection stays with Nagle's algorithm: {error}");
        }
        (stream, address)
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}
