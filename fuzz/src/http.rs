//! The server, with a client that writes whatever it likes on a connection: requests, several of them, a handshake and
//! what follows. It goes through the real HTTP parser, the guard and the routes, on virtual time.
//!
//! Nobody panics, every connection ends, what the host holds stays within its limits, and a client that doesn't show the
//! cookie reaches no listener and begins no link.

mod host;
mod words;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once, PoisonError};

use exciton::Statistics;
use tokio::runtime::{Builder, Runtime};

use self::host::{Ended, Host};

/// Takes any bytes.
pub(crate) fn http(data: &[u8]) {
    run(data, |app| app);
}

/// Runs an input against the routes as `around` changes them.
fn run(data: &[u8], around: fn(axum::Router) -> axum::Router) {
    watch_panics();
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let host = Host::start(around).await;
            let said = words::spelled(data, &host.secrets);
            let ended = host.hear(&said.bytes).await;
            check(&said, &ended);
        });
    });
    assert!(!panicked(), "something has panicked");
}

fn check(said: &words::Said, ended: &Ended) {
    let text = String::from_utf8_lossy(&ended.answer);
    assert!(
        ended.answer.is_empty() || text.starts_with("HTTP/1."),
        "an answer that is no HTTP: {text}"
    );
    assert!(!ended.silent || !said.asks(), "the host neither answers nor closes");
    assert!(!text.contains(host::HIDDEN), "a file that is not served: {text}");
    if !said.shows_cookie {
        assert_eq!(ended.reached, 0, "a stranger has reached a listener");
        assert_eq!((ended.most.links, ended.most.sockets), (0, 0), "a stranger has a link");
    }
    let Statistics { links, frames, pending_invokes, message_ports, sockets, .. } = ended.most;
    let limits = host::limits();
    // A connection is one; a link for each that the input names.
    assert!(sockets <= 1 && links <= said.bytes.len() / MEAGREST + 1, "{links} links");
    assert!(frames <= links * (limits.frames as usize + 1), "{frames} frames");
    assert!(pending_invokes <= links * (limits.open_invokes as usize + 1), "{pending_invokes}");
    assert!(message_ports <= links * limits.ports as usize, "{message_ports} ports");
    let Statistics { links, frames, pending_invokes, message_ports, .. } = ended.left;
    assert_eq!((links, frames, pending_invokes, message_ports), (0, 0, 0, 0), "something is left");
}

/// The shortest request that begins a link.
const MEAGREST: usize = 128;

thread_local! {
    static RUNTIME: Runtime = runtime();
    /// The host of this thread, by a number.
    static NUMBER: usize = HOSTS.fetch_add(1, Ordering::Relaxed);
}

static HOSTS: AtomicUsize = AtomicUsize::new(0);

/// The hosts that have panicked, wherever it was caught.
static PANICKED: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// Listeners run on threads of this name, with the host's number behind it.
const POOL: &str = "fuzzed-host-";

#[allow(clippy::expect_used)] // Without a runtime there is nothing to fuzz.
fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().start_paused(true);
    builder.thread_name(format!("{POOL}{}", NUMBER.with(|number| *number)));
    builder.build().expect("a runtime")
}

/// A server catches panics, so they are noticed where they begin.
fn watch_panics() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let thread = std::thread::current();
            let of_pool = thread.name().and_then(|name| name.strip_prefix(POOL)?.parse().ok());
            let host = of_pool.or_else(|| NUMBER.try_with(|number| *number).ok());
            PANICKED.lock().unwrap_or_else(PoisonError::into_inner).extend(host);
            before(panic);
        }));
    });
}

fn panicked() -> bool {
    let ours = NUMBER.with(|number| *number);
    PANICKED.lock().unwrap_or_else(PoisonError::into_inner).contains(&ours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::extract::Request;
    use axum::middleware::{Next, from_fn};

    #[test]
    fn a_stranger_stays_outside_and_one_with_the_cookie_comes_in() {
        http(words::STRANGER);
        RUNTIME.with(|runtime| {
            runtime.block_on(async {
                let host = Host::start(|app| app).await;
                let mut known = words::STRANGER.to_vec();
                known.insert(1, words::COOKIE);
                let said = words::spelled(&known, &host.secrets);
                let ended = host.hear(&said.bytes).await;
                let text = String::from_utf8_lossy(&ended.answer).into_owned();
                assert!(text.starts_with("HTTP/1.1 202 "), "{text}");
                assert_eq!((ended.reached, ended.most.links), (1, 1));
            });
        });
    }

    #[test]
    fn compressed_messages_of_one_with_the_cookie_reach_the_listener() {
        http(words::COMPRESSED);
        RUNTIME.with(|runtime| {
            runtime.block_on(async {
                let host = Host::start(|app| app).await;
                let mut known = words::COMPRESSED.to_vec();
                known.insert(1, words::COOKIE);
                let said = words::spelled(&known, &host.secrets);
                let ended = host.hear(&said.bytes).await;
                let text = String::from_utf8_lossy(&ended.answer).into_owned();
                assert!(text.contains("permessage-deflate"), "{text}");
                assert_eq!((ended.reached, ended.most.links), (1, 1));
            });
        });
    }

    /// A host whose guard is passed by.
    #[test]
    #[should_panic(expected = "a stranger has")]
    fn a_hole_in_the_guard_is_seen() {
        run(words::STRANGER, |app| {
            app.layer(from_fn(|mut request: Request, next: Next| {
                let cookie = host::cookie().parse();
                request.headers_mut().insert("cookie", cookie.unwrap_or_else(|_| unreachable!()));
                next.run(request)
            }))
        });
    }

    #[test]
    #[should_panic(expected = "has panicked")]
    fn a_panic_of_a_route_is_seen() {
        run(b"GET / HTTP/1.1\r\nhost: 127.0.0.1:8124\r\n\r\n", |app| {
            app.layer(from_fn(|_: Request, _: Next| async {
                assert!(std::hint::black_box(false), "on purpose");
            }))
        });
    }

    #[test]
    #[should_panic(expected = "neither answers nor closes")]
    fn a_host_that_hangs_is_seen() {
        run(b"GET / HTTP/1.1\r\nhost: 127.0.0.1:8124\r\n\r\n", |app| {
            app.layer(from_fn(|_: Request, _: Next| std::future::pending::<()>()))
        });
    }
}
