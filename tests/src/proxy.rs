//! The faulty network: a TCP proxy between browser and host that can be told to misbehave.

mod connection;

use crate::error::{Error, Result, io};
use connection::{End, Shared};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// One direction of the traffic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// From the page to the host.
    ToHost,
    /// From the host to the page.
    ToPage,
}

/// One end of the proxy's connections.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The connections that browsers have made to the proxy.
    Page,
    /// The connections that the proxy has made to the host.
    Host,
}

/// What has gone through a proxy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Connections accepted from browsers.
    pub accepted: u64,
    /// Those of them that are open now.
    pub open: u64,
    /// Bytes forwarded to the host.
    pub to_host: u64,
    /// Bytes forwarded to the page.
    pub to_page: u64,
    /// How often [`Proxy::cut_after`] has cut.
    pub cuts: u64,
}

/// A proxy on a free port of 127.0.0.1. It forwards bytes as they are: `Host` and `Origin` name the
/// proxy, so a host must be told of [`Proxy::origin`]. What is commanded holds for all connections at
/// once. Dropping it resets all connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy for a host that need not be there yet: [`Proxy::set_host`] may come later.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start(host: impl Into<Option<SocketAddr>>) -> Result<Proxy> {
        let binding = || io("binding the proxy");
        // Bound for the proxy's whole life and never listening: it keeps the port ours while the
        // listener is closed to refuse connections.
        let keeper = reusable().map_err(binding())?;
        keeper.bind(SocketAddr::from(([127, 0, 0, 1], 0))).map_err(binding())?;
        let address = keeper.local_addr().map_err(binding())?;
        let listener = listen(address).map_err(binding())?;
        let shared = Arc::new(Shared::new(host.into()));
        let (listening, changes) = watch::channel(true);
        let accepting = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            accept(listener, address, accepting, changes).await;
            drop(keeper);
        });
        Ok(Proxy { address, shared, listening, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its origin, `http://127.0.0.1:<port>`, to be given to the host.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The URL of a path at its origin.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// Where the host listens, for connections from now on.
    pub fn set_host(&self, host: SocketAddr) {
        self.shared.control.send_modify(|control| control.host = Some(host));
    }

    /// Cuts all connections now: both ends see a reset.
    pub fn cut(&self) {
        self.shared.end_all(End::Reset);
    }

    /// Closes all connections now: both ends see an orderly end of the stream, without a WebSocket close
    /// frame.
    pub fn close(&self) {
        self.shared.end_all(End::Close);
    }

    /// Half-opens all connections: `gone`'s end sees a reset, the other a connection that stays open and
    /// is dead for ever, until [`Proxy::cut`].
    pub fn half_open(&self, gone: Side) {
        self.shared.end_all(End::HalfOpen(gone));
    }

    /// Forwards exactly `bytes` more bytes in one direction, of all connections together, and then cuts
    /// all. New connections afterwards are forwarded again. A second call replaces the first's count.
    /// [`Proxy::wait`] for `stats.cuts` to know when.
    pub fn cut_after(&self, way: Way, bytes: u64) {
        self.shared.set_budget(way, bytes);
    }

    /// Stops reading and forwarding in one direction, for old and new connections. Connections stay open.
    pub fn stall(&self, way: Way) {
        self.shared.control.send_modify(|control| control.lane_mut(way).stalled = true);
    }

    /// Ends a stall; what was held back goes on, in order.
    pub fn resume(&self, way: Way) {
        self.shared.control.send_modify(|control| control.lane_mut(way).stalled = false);
    }

    /// Holds each read of up to 64 KiB back by `delay`, in one direction.
    pub fn delay(&self, way: Way, delay: Duration) {
        self.shared.control.send_modify(|control| control.lane_mut(way).delay = delay);
    }

    /// Forwards at most so many bytes a second of each connection, in one direction; 0 is as many as there are.
    pub fn throttle(&self, way: Way, bytes_a_second: u32) {
        self.shared.control.send_modify(|control| control.lane_mut(way).pace = bytes_a_second);
    }

    /// Refuses new connections, as if nothing listened on the port. Old ones stay. Returns when it is so.
    pub async fn refuse(&self) {
        self.set_listening(false).await;
    }

    /// Accepts new connections again. Returns when it is so.
    pub async fn accept(&self) {
        self.set_listening(true).await;
    }

    async fn set_listening(&self, listening: bool) {
        self.listening.send_replace(listening);
        let mut state = self.shared.listening.subscribe();
        // The sender lives as long as this proxy.
        let _ = state.wait_for(|now| *now == listening).await;
    }

    /// The counters.
    pub fn stats(&self) -> Stats {
        *self.shared.stats.borrow()
    }

    /// Waits until the counters are as `awaited` wants them, and returns them.
    ///
    /// # Errors
    /// [`Error::Timeout`] after `limit`, with the counters.
    pub async fn wait(&self, limit: Duration, awaited: impl Fn(&Stats) -> bool) -> Result<Stats> {
        let mut changes = self.shared.stats.subscribe();
        let found = tokio::time::timeout(limit, changes.wait_for(|stats| awaited(stats))).await;
        match found {
            Ok(Ok(stats)) => Ok(*stats),
            _ => Err(Error::Timeout {
                awaited: "the proxy's counters".to_owned(),
                limit,
                seen: format!("{:?}", self.stats()),
            }),
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.task.abort();
    }
}

/// A socket that may share its port with the keeper.
fn reusable() -> std::io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    Ok(socket)
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = reusable()?;
    socket.bind(address)?;
    socket.listen(1024)
}

async fn accept(
    first: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
    mut listening: watch::Receiver<bool>,
) {
    let mut listener = Some(first);
    loop {
        let wanted = *listening.borrow_and_update();
        if !wanted {
            listener = None;
        } else if listener.is_none() {
            // The keeper holds the port, so nobody else can have it.
            listener = listen(address).ok();
        }
        shared.listening.send_replace(listener.is_some());
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await.ok(),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = listening.changed() => if changed.is_err() { return },
            Some((page, _)) = accepted => start_connection(page, &shared),
        }
    }
}

fn start_connection(page: TcpStream, shared: &Arc<Shared>) {
    let shared = Arc::clone(shared);
    // Counted here, so that a cut right after a browser's connect ends this connection too.
    let opened = shared.opened();
    tokio::spawn(async move {
        connection::run(page, &shared, opened).await;
        shared.stats.send_modify(|stats| stats.open -= 1);
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::ErrorKind;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const LIMIT: Duration = Duration::from_secs(10);

    /// A proxy, and both ends of one connection through it.
    async fn connected() -> (Proxy, TcpListener, TcpStream, TcpStream) {
        let host = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy::start(host.local_addr().unwrap()).await.unwrap();
        let page = TcpStream::connect(proxy.address()).await.unwrap();
        let (accepted, _) = host.accept().await.unwrap();
        (proxy, host, page, accepted)
    }

    async fn exchange(from: &mut TcpStream, to: &mut TcpStream, text: &[u8]) {
        from.write_all(text).await.unwrap();
        let mut got = vec![0; text.len()];
        to.read_exact(&mut got).await.unwrap();
        assert_eq!(got, text);
    }

    #[tokio::test]
    async fn bytes_pass_both_ways_and_are_counted() {
        let (proxy, _listener, mut page, mut host) = connected().await;
        exchange(&mut page, &mut host, b"four").await;
        exchange(&mut host, &mut page, b"sixsix").await;
        let expected = Stats { accepted: 1, open: 1, to_host: 4, to_page: 6, cuts: 0 };
        assert_eq!(proxy.wait(LIMIT, |stats| stats.to_page == 6).await.unwrap(), expected);
    }

    #[tokio::test]
    async fn an_orderly_end_passes_and_leaves_the_other_way_open() {
        let (proxy, _listener, mut page, mut host) = connected().await;
        page.shutdown().await.unwrap();
        assert_eq!(host.read(&mut [0]).await.unwrap(), 0);
        exchange(&mut host, &mut page, b"still").await;
        drop(host);
        assert_eq!(page.read(&mut [0]).await.unwrap(), 0);
        proxy.wait(LIMIT, |stats| stats.open == 0).await.unwrap();
    }

    #[tokio::test]
    async fn a_cut_is_a_reset_and_a_close_is_an_end() {
        let (proxy, _listener, mut page, mut host) = connected().await;
        proxy.cut();
        assert_eq!(page.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(host.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        let (proxy, _listener, mut page, mut host) = connected().await;
        proxy.close();
        assert_eq!(page.read(&mut [0]).await.unwrap(), 0);
        assert_eq!(host.read(&mut [0]).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn exactly_the_given_number_of_bytes_passes_before_the_cut() {
        let (proxy, listener, mut page, mut host) = connected().await;
        proxy.cut_after(Way::ToPage, 1000);
        exchange(&mut page, &mut host, &[1; 2000]).await;
        exchange(&mut host, &mut page, &[2; 400]).await;
        host.write_all(&[3; 5000]).await.unwrap();
        let stats = proxy.wait(LIMIT, |stats| stats.cuts == 1 && stats.open == 0).await.unwrap();
        assert_eq!((stats.to_host, stats.to_page), (2000, 1000));
        // What comes later passes again.
        let mut page = TcpStream::connect(proxy.address()).await.unwrap();
        let (mut host, _) = listener.accept().await.unwrap();
        exchange(&mut host, &mut page, &[4; 5000]).await;
    }

    #[tokio::test]
    async fn a_stalled_way_holds_back_and_goes_on_in_order() {
        let (proxy, _listener, mut page, mut host) = connected().await;
        proxy.stall(Way::ToHost);
        page.write_all(b"held ").await.unwrap();
        exchange(&mut host, &mut page, b"the other way is open").await;
        page.write_all(b"back").await.unwrap();
        assert_eq!(proxy.stats().to_host, 0);
        proxy.resume(Way::ToHost);
        let mut got = [0; 9];
        host.read_exact(&mut got).await.unwrap();
        assert_eq!(&got, b"held back");
    }

    #[tokio::test]
    async fn a_half_open_connection_is_gone_on_one_side_only() {
        let (proxy, _listener, mut page, mut host) = connected().await;
        proxy.half_open(Side::Host);
        assert_eq!(host.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        page.write_all(b"into the void").await.unwrap();
        let mut byte = [0];
        let silent = page.try_read(&mut byte).unwrap_err();
        assert_eq!(silent.kind(), ErrorKind::WouldBlock);
        proxy.cut();
        assert_eq!(page.read(&mut byte).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    }

    #[tokio::test]
    async fn refusing_keeps_the_port_and_old_connections() {
        let (proxy, listener, mut page, mut host) = connected().await;
        for _ in 0..3 {
            proxy.refuse().await;
            let refused = TcpStream::connect(proxy.address()).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
            exchange(&mut page, &mut host, b"old").await;
            proxy.accept().await;
            let mut page = TcpStream::connect(proxy.address()).await.unwrap();
            let (mut host, _) = listener.accept().await.unwrap();
            exchange(&mut page, &mut host, b"new").await;
        }
    }

    #[tokio::test]
    async fn a_delay_holds_back_for_its_time() {
        let (proxy, _listener, mut page, mut host) = connected().await;
        let delay = Duration::from_millis(50);
        proxy.delay(Way::ToHost, delay);
        let begun = tokio::time::Instant::now();
        exchange(&mut page, &mut host, b"late").await;
        assert!(begun.elapsed() >= delay);
    }

    #[tokio::test]
    async fn a_throttled_way_takes_its_time_and_keeps_the_bytes() {
        let (proxy, _listener, mut page, mut host) = connected().await;
        proxy.throttle(Way::ToHost, 100_000);
        let begun = tokio::time::Instant::now();
        exchange(&mut page, &mut host, &[7; 20_000]).await;
        assert!(begun.elapsed() >= Duration::from_millis(199), "{:?}", begun.elapsed());
        exchange(&mut host, &mut page, b"the other way is free").await;
        proxy.throttle(Way::ToHost, 0);
        exchange(&mut page, &mut host, &[8; 2_000_000]).await;
    }

    #[tokio::test]
    async fn without_a_host_connections_are_reset_until_there_is_one() {
        let proxy = Proxy::start(None).await.unwrap();
        let mut page = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(page.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        proxy.set_host(listener.local_addr().unwrap());
        let mut page = TcpStream::connect(proxy.address()).await.unwrap();
        let (mut host, _) = listener.accept().await.unwrap();
        exchange(&mut page, &mut host, b"here").await;
    }
}
