//! What an idle link costs its host: native clients by the thousand on a fresh one.

use exciton_e2e::{HostProcess, SimulatedBrowser};
use futures_util::{SinkExt, StreamExt};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::Outcome;
use crate::contender::Contender;

/// Come first, so that what a host makes once isn't counted.
const FIRST: u64 = 50;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Each link is a file here, and one in the host, which has our limits.
pub fn raise_files(links: u64) -> Outcome<()> {
    let wanted = links + FIRST + 1_000;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    let most = limit.maximum.map_or(wanted, |maximum| maximum.max(wanted));
    setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: Some(most) })
        .map_err(|error| format!("{wanted} open files are needed (ulimit -n): {error}").into())
}

/// Bytes for each of so many links that have been made and do nothing.
pub async fn bytes(contender: Contender, host: &HostProcess, links: u64) -> Outcome<f64> {
    if contender.is_exciton() {
        let browser = SimulatedBrowser::enter(host.url()).await?;
        return grown(host, links, async || Ok(browser.open().await?)).await;
    }
    let origin = host.origin().replacen("http", "ws", 1);
    match contender {
        Contender::Socketioxide => {
            let url = format!("{origin}/socket.io/?EIO=4&transport=websocket");
            grown(host, links, async || socket_io(&url).await).await
        }
        Contender::Jsonrpsee => grown(host, links, async || json_rpc(&origin).await).await,
        _ => grown(host, links, async || echoed(&origin).await).await,
    }
}

/// How much the host grows for each link that is opened; they are all held.
async fn grown<T>(
    host: &HostProcess,
    links: u64,
    open: impl AsyncFn() -> Outcome<T>,
) -> Outcome<f64> {
    let mut held = Vec::new();
    for _ in 0..FIRST {
        held.push(open().await?);
    }
    let before = resident(host)?;
    for _ in 0..links {
        held.push(open().await?);
    }
    let grown = resident(host)?.saturating_sub(before);
    drop(held);
    Ok(grown as f64 / links as f64)
}

async fn echoed(origin: &str) -> Outcome<Socket> {
    let (mut socket, _) = tokio_tungstenite::connect_async(format!("{origin}/socket")).await?;
    socket.send(Message::text("1")).await?;
    wait(&mut socket, "1").await?;
    Ok(socket)
}

/// Engine.IO's greeting, and Socket.IO's.
async fn socket_io(url: &str) -> Outcome<Socket> {
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await?;
    wait(&mut socket, "0{").await?;
    socket.send(Message::text("40")).await?;
    wait(&mut socket, "40{").await?;
    Ok(socket)
}

async fn json_rpc(origin: &str) -> Outcome<Socket> {
    let (mut socket, _) = tokio_tungstenite::connect_async(format!("{origin}/rpc")).await?;
    socket.send(Message::text(r#"{"jsonrpc":"2.0","id":1,"method":"echo","params":[1]}"#)).await?;
    wait(&mut socket, "{").await?;
    Ok(socket)
}

/// The next text must begin so. Engine.IO's first ping may come before it.
async fn wait(socket: &mut Socket, beginning: &str) -> Outcome<()> {
    let mut message = socket.next().await.ok_or("the host hung up")??;
    if message.to_text()? == "2" {
        message = socket.next().await.ok_or("the host hung up")??;
    }
    match message.to_text()?.starts_with(beginning) {
        true => Ok(()),
        false => Err(format!("{message:?} doesn't begin with {beginning:?}").into()),
    }
}

/// Bytes of the host's memory that are in use.
fn resident(host: &HostProcess) -> Outcome<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", host.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmRSS")?;
    Ok(kilobytes.parse::<u64>()? * 1_024)
}
