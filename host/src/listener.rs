//! The application's own listener: connections that say something in time, with TLS or without.
//!
//! `axum::serve` sets no timer, so whoever sends the head of a request byte by byte would hold a connection for ever.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::server::{Rates, Stranger, Strangers};

/// Serves until it is dropped. Then each connection ends behind what it has under way: an application that quits answers
/// nobody any more who would take it for the next one.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    rates: Arc<Rates>,
) -> Infallible {
    let head = Duration::from_millis(rates.limits().head);
    let strangers = Strangers::new(rates);
    let (_serving, over) = watch::channel(());
    loop {
        let stream = accept(&listener).await;
        // An answer must not wait for the acknowledgement of the one before (Nagle's algorithm).
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection stays with Nagle's algorithm");
        }
        let (stranger, tls, router) = (strangers.come(), tls.clone(), router.clone());
        let over = over.clone();
        tokio::spawn(async move {
            let talk = async {
                let Some(tls) = tls else {
                    return talk(stream, &stranger, router, head, over).await;
                };
                match tokio::time::timeout(head, tls.accept(stream)).await {
                    Ok(Ok(stream)) => talk(stream, &stranger, router, head, over).await,
                    Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                    Err(_) => tracing::debug!("a TLS handshake took too long"),
                }
            };
            tokio::select! {
                () = talk => {}
                () = stranger.must_go() => {
                    tracing::debug!("a connection over which nobody came in makes room");
                }
            }
            stranger.is_none();
        });
    }
}

/// Speaks HTTP/1.1 until the connection ends, or becomes a WebSocket.
async fn talk<S>(
    stream: S,
    stranger: &Stranger,
    router: Router,
    head: Duration,
    mut over: watch::Receiver<()>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stranger = stranger.clone();
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(stranger.clone());
        request.map(Body::new)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        // An error: nobody serves any more.
        _ = over.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            // It was gone before it was here.
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Most likely too many files are open; some may be closed in a moment.
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// How long to wait when the system gives no connections.
const AGAIN: Duration = Duration::from_secs(1);

/// Bytes of a request's head at most, and of what is read at once.
const BUFFER: usize = 128 * 1_024;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
    use tokio::time::Instant;

    use super::*;
    use crate::door_limits::DoorLimits;

    const HEAD: Duration = Duration::from_secs(30);

    /// A connection in memory, whose time is virtual.
    fn connected() -> DuplexStream {
        let (serving, over) = watch::channel(());
        // For as long as the test runs.
        std::mem::forget(serving);
        connected_until(over)
    }

    fn connected_until(over: watch::Receiver<()>) -> DuplexStream {
        let (ours, theirs) = tokio::io::duplex(4_096);
        let router = Router::new().route("/", get(|| async { "there" }));
        let stranger = Strangers::new(Rates::new(DoorLimits::default())).come();
        tokio::spawn(async move { talk(theirs, &stranger, router, HEAD, over).await });
        ours
    }

    /// What comes until the connection ends, and after how long.
    async fn rest(stream: &mut DuplexStream) -> (String, Duration) {
        let (since, mut text) = (Instant::now(), String::new());
        stream.read_to_string(&mut text).await.unwrap();
        (text, since.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_or_never_ends_is_given_up() {
        for said in ["", "GET / HTTP/1.1\r\nhost: a\r\n"] {
            let mut stream = connected();
            stream.write_all(said.as_bytes()).await.unwrap();
            let (_, after) = rest(&mut stream).await;
            assert!(after >= HEAD && after < HEAD + Duration::from_secs(1), "{said:?} {after:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_now_and_then_is_no_head_in_time() {
        let mut stream = connected();
        let since = Instant::now();
        for byte in "GET / HTTP/1.1\r\nhost: a\r\nx: ".bytes().chain(std::iter::repeat(b'y')) {
            tokio::time::advance(Duration::from_secs(1)).await;
            tokio::task::yield_now().await;
            if stream.write_all(&[byte]).await.is_err() {
                break;
            }
            assert!(since.elapsed() < 2 * HEAD, "still connected");
        }
        assert!(since.elapsed() >= HEAD, "{:?}", since.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_just_in_time_is_answered_and_the_connection_may_be_idle_as_long() {
        let mut stream = connected();
        for _ in 0..2 {
            stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
            tokio::time::sleep(HEAD - Duration::from_secs(1)).await; // sleeps on purpose: on virtual time
            stream.write_all(b"host: a\r\n\r\n").await.unwrap();
            let mut answer = vec![0; 4_096];
            let length = stream.read(&mut answer).await.unwrap();
            let text = String::from_utf8_lossy(&answer[..length]).into_owned();
            assert!(text.starts_with("HTTP/1.1 200") && text.ends_with("there"), "{text}");
        }
        let (text, after) = rest(&mut stream).await;
        assert_eq!(text, "");
        assert!(after >= HEAD - Duration::from_secs(1) && after <= HEAD, "{after:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn when_nobody_serves_any_more_an_idle_connection_ends_at_once() {
        let (serving, over) = watch::channel(());
        let mut stream = connected_until(over);
        stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        assert!(stream.read(&mut [0; 4_096]).await.unwrap() > 0);
        drop(serving);
        let (text, after) = rest(&mut stream).await;
        assert_eq!((text.as_str(), after), ("", Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_is_too_large_is_refused() {
        for (bytes, status) in [(130_000, "HTTP/1.1 200"), (132_000, "HTTP/1.1 431")] {
            let mut stream = connected();
            let head = format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(bytes));
            // The other end may close before it has read all.
            let _ = stream.write_all(head.as_bytes()).await;
            let mut answer = vec![0; 12];
            stream.read_exact(&mut answer).await.unwrap();
            assert_eq!(String::from_utf8_lossy(&answer), status, "{bytes}");
        }
    }
}
