//! Pages' sockets told apart from their other requests, with a proxy for each.

use crate::error::{Result, io};
use crate::proxy::Proxy;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How a connection begins that is a page's socket. Browsers use no other connection for it.
const SOCKET: &[u8] = b"GET /_exciton/socket";

/// One origin with two [`Proxy`]s behind it, both before the same host: what is done to a page's socket need not be
/// done to its requests. The host must be told of [`Split::origin`].
#[derive(Debug)]
pub struct Split {
    address: SocketAddr,
    sockets: Proxy,
    requests: Proxy,
    task: JoinHandle<()>,
}

impl Split {
    /// Starts it for a host that need not be there yet.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start(host: impl Into<Option<SocketAddr>>) -> Result<Split> {
        let host = host.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(io("binding the split"))?;
        let address = listener.local_addr().map_err(io("binding the split"))?;
        let (sockets, requests) = (Proxy::start(host).await?, Proxy::start(host).await?);
        let targets = [sockets.address(), requests.address()];
        let task = tokio::spawn(async move {
            while let Ok((page, _)) = listener.accept().await {
                // Ends with its connection, and that with the proxy.
                tokio::spawn(connect(page, targets));
            }
        });
        Ok(Split { address, sockets, requests, task })
    }

    /// Its origin, `http://127.0.0.1:<port>`, to be given to the host.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the host listens, for connections from now on.
    pub fn set_host(&self, host: SocketAddr) {
        self.sockets.set_host(host);
        self.requests.set_host(host);
    }

    /// What pages' sockets go through.
    pub fn sockets(&self) -> &Proxy {
        &self.sockets
    }

    /// What all else goes through: documents, `sendSync`, probes.
    pub fn requests(&self) -> &Proxy {
        &self.requests
    }
}

impl Drop for Split {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Forwards a connection to the first target if it is a socket's, else to the second. It ends as the target ends it.
async fn connect(mut page: TcpStream, [sockets, requests]: [SocketAddr; 2]) {
    let Some(begin) = begin(&mut page).await else { return };
    let target = if begin.starts_with(SOCKET) { sockets } else { requests };
    let ended = async {
        let mut proxy = TcpStream::connect(target).await?;
        proxy.set_nodelay(true)?;
        page.set_nodelay(true)?;
        proxy.write_all(&begin).await?;
        let copied = tokio::io::copy_bidirectional(&mut page, &mut proxy).await;
        if copied.is_err() {
            proxy.set_zero_linger()?;
        }
        copied.map(drop)
    };
    if ended.await.is_err() {
        // Where it can't be set the page sees an orderly end, which is an end too.
        let _ = page.set_zero_linger();
    }
}

/// As much of a connection as tells what it is. `None` if it ends before.
async fn begin(page: &mut TcpStream) -> Option<Vec<u8>> {
    let mut begin = Vec::new();
    while begin.len() < SOCKET.len() {
        let read = page.read_buf(&mut begin).await.ok()?;
        if read == 0 {
            return None;
        }
    }
    Some(begin)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    async fn send(split: &Split, listener: &TcpListener, text: &str) -> (TcpStream, TcpStream) {
        let mut page = TcpStream::connect(split.address).await.unwrap();
        // In two pieces, as a network may deliver it.
        page.write_all(&text.as_bytes()[..7]).await.unwrap();
        page.write_all(&text.as_bytes()[7..]).await.unwrap();
        let (mut host, _) = listener.accept().await.unwrap();
        let mut got = vec![0; text.len()];
        host.read_exact(&mut got).await.unwrap();
        assert_eq!(got, text.as_bytes());
        (page, host)
    }

    #[tokio::test]
    async fn what_is_done_to_sockets_is_not_done_to_requests() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let split = Split::start(listener.local_addr().unwrap()).await.unwrap();
        let (mut socket, _host) =
            send(&split, &listener, "GET /_exciton/socket?x HTTP/1.1\r\n").await;
        let (mut request, mut host) =
            send(&split, &listener, "PUT /_exciton/sync HTTP/1.1\r\n").await;
        split.sockets().cut();
        assert_eq!(socket.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        host.write_all(b"answer").await.unwrap();
        let mut got = [0; 6];
        request.read_exact(&mut got).await.unwrap();
        assert_eq!(&got, b"answer");
        split.requests().cut();
        assert_eq!(request.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
}
