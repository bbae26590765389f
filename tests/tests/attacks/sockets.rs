//! Who has a cookie and a connection, and says on it what no page says.

use exciton_protocol::{CloseReason, Epoch, Frame, Hello, close_code};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::attempt::{hello, prize, succeeds, wire};
use crate::client;
use crate::request::Base::Socket;
use crate::target::Target;

/// The code of a close that the WebSocket layer itself gives (RFC 6455 §7.4.1), 0 for none.
pub type Code = u16;

const UNDECODABLE: Code = close_code(CloseReason::Undecodable);
const LINK_LOST: Code = close_code(CloseReason::LinkLost);

type Said = fn(&Target) -> Vec<u8>;

/// What is said after the handshake, and how the connection ends.
const ROWS: &[(&str, Said, &[Code])] = &[
    ("a packet before any hello", |_| text(&said(&prize())), &[UNDECODABLE]),
    ("an acknowledgement before any hello", |_| text("[\"ack\",7]"), &[UNDECODABLE]),
    ("no JSON", |_| text("hello"), &[UNDECODABLE]),
    ("nothing", |_| text(""), &[UNDECODABLE]),
    ("bytes", |_| frame(0x82, true, b"\0\0\0\0"), &[UNDECODABLE]),
    ("a hello of another version", |target| say(target, |hello| hello.version = 2), &[UNDECODABLE]),
    ("a hello of an earlier life of the host", |target| say(target, other_epoch), &[LINK_LOST]),
    (
        "a hello of a link that nobody began",
        |target| say(target, |hello| hello.fresh = false),
        &[LINK_LOST],
    ),
    ("a hello without a link", |_| text(r#"["hello",{"version":1}]"#), &[UNDECODABLE]),
    ("a hello that is an object", |_| text(r#"{"hello":{}}"#), &[UNDECODABLE]),
    ("arrays without end", |_| text(&"[".repeat(100_000)), &[UNDECODABLE]),
    (
        "a frame without a mask",
        |target| frame(0x81, false, &hello_text(target)),
        &[0, 1002, UNDECODABLE],
    ),
    (
        "a frame of a kind that isn't there",
        |target| frame(0x83, true, &hello_text(target)),
        &[0, 1002, UNDECODABLE],
    ),
    (
        "a frame that claims to be compressed",
        |target| frame(0xc1, true, &hello_text(target)),
        &[0, 1002, UNDECODABLE],
    ),
    ("text that isn't UTF-8", |_| frame(0x81, true, b"\xff\xfe"), &[0, 1007, UNDECODABLE]),
    (
        "a continuation of nothing",
        |target| frame(0x80, true, &hello_text(target)),
        &[0, 1002, UNDECODABLE],
    ),
    ("a ping that is too long", |_| frame(0x89, true, &[0; 126]), &[0, 1002, UNDECODABLE]),
    (
        "a frame as long as the disk",
        |_| vec![0x82, 0xff, 0, 0, 0x80, 0, 0, 0, 0, 0, 1, 2, 3, 4],
        &[0, 1009, UNDECODABLE],
    ),
    (
        "a frame past the limit",
        |_| vec![0x81, 0xff, 0, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3, 4],
        &[0, 1009, UNDECODABLE],
    ),
];

#[tokio::test]
async fn nothing_but_a_hello_begins_a_link() {
    let mut target = Target::start().await;
    for (name, said, codes) in ROWS {
        let before = target.settled().await;
        let code = converse(&target, &said(&target)).await;
        assert!(codes.contains(&code), "{name}: closed with {code}, not {codes:?}");
        assert_eq!(target.settled().await, before, "{name}");
        let request = Socket.request(&target, "");
        assert_eq!(succeeds(&mut target, Socket, &request).await, Ok(()), "{name}");
    }
    target.no_ticket_was_spent().await;
}

/// Opens a connection as a page does, says something, closes its half, and tells how the host closes.
async fn converse(target: &Target, said: &[u8]) -> Code {
    ended(target, &Socket.request(target, "").bytes(), said).await
}

/// The same by a handshake that is given.
pub async fn ended(target: &Target, handshake: &[u8], said: &[u8]) -> Code {
    let (answer, mut stream, mut got) = client::open(target.address(), handshake).await;
    assert_eq!(answer.status, 101, "{}", answer.text());
    let _ = stream.write_all(said).await;
    // The answer to the close that is awaited: the host goes on waiting for it otherwise.
    let _ = stream.write_all(&frame(0x88, true, &1000_u16.to_be_bytes())).await;
    let reading = async { while stream.read_buf(&mut got).await.unwrap_or(0) > 0 {} };
    tokio::time::timeout(std::time::Duration::from_secs(60), reading)
        .await
        .expect("the host closes the connection");
    close_of(&got)
}

/// The code of the close frame among those that a host has written (none of them is masked).
fn close_of(mut bytes: &[u8]) -> Code {
    while let [first, length, rest @ ..] = bytes {
        let (length, rest) = match (length, rest) {
            (126, [high, low, rest @ ..]) => (usize::from(u16::from_be_bytes([*high, *low])), rest),
            (length, rest) => (usize::from(*length), rest),
        };
        if first & 0x0f == 8 {
            return rest.get(..2).map_or(0, |code| u16::from_be_bytes([code[0], code[1]]));
        }
        bytes = rest.get(length..).unwrap_or_default();
    }
    0
}

/// A frame as RFC 6455 §5.2 draws it, with a mask of zeros.
pub fn frame(first: u8, masked: bool, payload: &[u8]) -> Vec<u8> {
    let bit = if masked { 0x80 } else { 0 };
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..=125 => bytes.push(bit | u8::try_from(short).unwrap()),
        medium @ 126..=0xffff => {
            bytes.push(bit | 126);
            bytes.extend(u16::try_from(medium).unwrap().to_be_bytes());
        }
        long => {
            bytes.push(bit | 127);
            bytes.extend(u64::try_from(long).unwrap().to_be_bytes());
        }
    }
    if masked {
        bytes.extend([0; 4]);
    }
    bytes.extend_from_slice(payload);
    bytes
}

pub fn text(text: &str) -> Vec<u8> {
    frame(0x81, true, text.as_bytes())
}

pub fn said(frame: &Frame) -> String {
    wire(frame).to_text().unwrap().to_owned()
}

fn hello_text(target: &Target) -> Vec<u8> {
    said(&Frame::Hello(Box::new(hello(target)))).into_bytes()
}

fn say(target: &Target, change: impl Fn(&mut Hello)) -> Vec<u8> {
    let mut hello = hello(target);
    change(&mut hello);
    text(&said(&Frame::Hello(Box::new(hello))))
}

fn other_epoch(hello: &mut Hello) {
    hello.epoch = Epoch::from_bits(if hello.epoch == Epoch::from_bits(1) { 2 } else { 1 });
}

pub fn names() -> impl Iterator<Item = String> {
    ROWS.iter().map(|(name, ..)| format!("connection: {name}"))
}
