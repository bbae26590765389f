//! A client that writes whatever bytes it likes, and reads what comes back.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long an answer may take: only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

/// The answer to a request; status 0 if the connection was closed without one.
#[derive(Debug, Default)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Whether this is the whole body, as far as a length tells.
    fn has_all(&self, body: &[u8]) -> bool {
        self.header("content-length").parse().is_ok_and(|length: usize| body.len() >= length)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Writes the bytes, and reads the answer: all of it, or its head if the host agrees to speak WebSocket.
///
/// # Panics
/// When the host neither answers nor closes the connection: nobody may make it wait.
pub async fn exchange(host: SocketAddr, bytes: &[u8]) -> Answer {
    let (answer, _, rest) = open(host, bytes).await;
    Answer { body: if answer.status == 101 { Vec::new() } else { rest }, ..answer }
}

/// As [`exchange`]; the connection and what has come behind the answer's head stay.
pub async fn open(host: SocketAddr, bytes: &[u8]) -> (Answer, TcpStream, Vec<u8>) {
    let mut stream = TcpStream::connect(host).await.unwrap();
    // A host that refuses before it has read all may close early.
    let _ = stream.write_all(bytes).await;
    let (answer, rest) = tokio::time::timeout(LIMIT, read(&mut stream))
        .await
        .unwrap_or_else(|_| panic!("no end of the answer to {}", String::from_utf8_lossy(bytes)));
    (answer, stream, rest)
}

async fn read(stream: &mut TcpStream) -> (Answer, Vec<u8>) {
    let mut got = Vec::new();
    loop {
        let ended = stream.read_buf(&mut got).await.unwrap_or(0) == 0;
        let head = got.windows(4).position(|four| four == b"\r\n\r\n");
        let answer = head.map(|end| head_of(&got[..end]));
        match (answer, head) {
            (Some(answer), Some(end))
                if ended || answer.status == 101 || answer.has_all(&got[end + 4..]) =>
            {
                return (answer, got.split_off(end + 4));
            }
            _ if ended => return (Answer::default(), got),
            _ => {}
        }
    }
}

/// Every answer on a connection that stays open, by their lengths.
pub fn all(mut bytes: &[u8]) -> Vec<Answer> {
    let mut answers = Vec::new();
    while let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
        let mut answer = head_of(&bytes[..end]);
        let length: usize = answer.header("content-length").parse().unwrap_or(0);
        let body = &bytes[end + 4..];
        let (body, rest) = body.split_at(length.min(body.len()));
        answer.body = body.to_vec();
        answers.push(answer);
        bytes = rest;
    }
    answers
}

/// Writes the bytes and reads all that comes until the host closes the connection.
pub async fn everything(host: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(host).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let mut got = Vec::new();
    let reading = async { while stream.read_buf(&mut got).await.unwrap_or(0) > 0 {} };
    tokio::time::timeout(LIMIT, reading).await.expect("the host closes the connection");
    got
}

fn head_of(bytes: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or(0);
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Answer { status, headers, body: Vec::new() }
}
