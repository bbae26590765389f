//! Compressed messages: of who hasn't agreed to any, and such as none of ours would be.

use exciton_protocol::{CloseReason, Frame, close_code};
use flate2::{Compress, Compression, FlushCompress};

use crate::attempt::{hello, prize, reached, succeeds};
use crate::client;
use crate::request::Base::Socket;
use crate::request::Request;
use crate::sockets::{Code, ended, frame, said, text};
use crate::target::Target;

const ALWAYS: &[(&str, &str)] = &[("E2E_COMPRESSION", "always")];
const UNDECODABLE: Code = close_code(CloseReason::Undecodable);

type Said = fn(&Target) -> Vec<u8>;

/// What is said by who has agreed to compressed messages, and how the connection ends.
const ROWS: &[(&str, Said, &[Code])] = &[
    ("a bomb", |_| packed(0x81, &vec![b' '; 100 << 20]), &[0, 1009, UNDECODABLE]),
    (
        "a bomb behind a hello",
        |target| [hello_of(target), packed(0x82, &vec![0; 100 << 20])].concat(),
        &[0, 1009],
    ),
    ("a bomb in two frames", |_| in_two(&vec![b' '; 100 << 20]), &[0, 1009, UNDECODABLE]),
    (
        "a bomb within a bomb",
        |_| packed(0x81, &packed(0x81, &vec![b' '; 1 << 20])),
        &[1007, 0, UNDECODABLE],
    ),
    (
        "a stream that says nothing for ever",
        |_| frame(0xc1, true, &[0, 0, 0, 0xff, 0xff].repeat(1 << 20)),
        &[0, UNDECODABLE],
    ),
    (
        "what is no stream",
        |target| frame(0xc1, true, said(&hello_frame(target)).as_bytes()),
        &[0, UNDECODABLE],
    ),
    (
        "the same behind a hello",
        |target| [hello_of(target), frame(0xc1, true, &[0xff; 100])].concat(),
        &[0],
    ),
    (
        "a part of a stream",
        |target| half(said(&hello_frame(target)).as_bytes()),
        &[0, 1007, UNDECODABLE],
    ),
    ("text that isn't UTF-8", |_| packed(0x81, b"\xff\xfe"), &[0, 1007, UNDECODABLE]),
    ("a packet before any hello", |_| packed(0x81, said(&prize()).as_bytes()), &[UNDECODABLE]),
    (
        "no mask",
        |target| frame(0xc1, false, &deflate(said(&hello_frame(target)).as_bytes())),
        &[0, 1002, UNDECODABLE],
    ),
    ("a compressed ping", |_| frame(0xc9, true, &deflate(b"ping")), &[0, 1002, UNDECODABLE]),
    (
        "another extension's bit",
        |target| frame(0xe1, true, &deflate(said(&hello_frame(target)).as_bytes())),
        &[0, 1002, UNDECODABLE],
    ),
    (
        "a compressed continuation of nothing",
        |_| frame(0xc0, true, &deflate(b"x")),
        &[0, 1002, UNDECODABLE],
    ),
    (
        "a message within a message",
        |_| [frame(0x41, true, &deflate(b"x")), text("x")].concat(),
        &[0, 1002, UNDECODABLE],
    ),
];

#[tokio::test]
async fn nothing_that_is_compressed_begins_a_link_but_a_hello() {
    let mut target = Target::start_with(ALWAYS).await;
    for (name, said, codes) in ROWS {
        let before = target.settled().await;
        let code = ended(&target, &agreeing(&target).bytes(), &said(&target)).await;
        assert!(codes.contains(&code), "{name}: closed with {code}, not {codes:?}");
        let after = target.settled().await;
        assert_eq!((after.prizes, after.sockets), (before.prizes, before.sockets), "{name}");
        let request = Socket.request(&target, "");
        assert_eq!(succeeds(&mut target, Socket, &request).await, Ok(()), "{name}");
    }
    target.no_ticket_was_spent().await;
}

#[tokio::test]
async fn a_compressed_hello_and_message_reach_the_listener() {
    let mut target = Target::start_with(ALWAYS).await;
    let before = target.settled().await;
    let said = [
        packed(0x81, said(&hello_frame(&target)).as_bytes()),
        packed(0x81, said(&prize()).as_bytes()),
    ];
    ended(&target, &agreeing(&target).bytes(), &said.concat()).await;
    // The listener runs on a thread of its own, which may outlast the connection.
    assert_eq!(reached(&mut target, &before).await, Ok(()));
}

#[tokio::test]
async fn on_loopback_nothing_is_agreed_and_what_is_compressed_all_the_same_is_refused() {
    let mut target = Target::start().await;
    let before = target.settled().await;
    let request = agreeing(&target);
    let (answer, ..) = client::open(target.address(), &request.bytes()).await;
    assert_eq!((answer.status, answer.header("sec-websocket-extensions")), (101, ""));
    let hello = packed(0x81, said(&hello_frame(&target)).as_bytes());
    let code = ended(&target, &request.bytes(), &hello).await;
    assert!([0, 1002, UNDECODABLE].contains(&code), "closed with {code}");
    assert_eq!(target.settled().await, before);
    assert_eq!(succeeds(&mut target, Socket, &request).await, Ok(()));
}

/// A handshake as browsers send it.
fn agreeing(target: &Target) -> Request {
    let mut request = Socket.request(target, "");
    request.set("sec-websocket-extensions", "permessage-deflate; client_max_window_bits");
    request
}

fn hello_frame(target: &Target) -> Frame {
    Frame::Hello(Box::new(hello(target)))
}

fn hello_of(target: &Target) -> Vec<u8> {
    text(&said(&hello_frame(target)))
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 100 + 1_024);
    let mut deflate = Compress::new(Compression::default(), false);
    deflate.compress_vec(bytes, &mut out, FlushCompress::Sync).unwrap();
    assert_eq!(deflate.total_in(), bytes.len() as u64);
    out.truncate(out.len() - 4);
    out
}

fn packed(first: u8, bytes: &[u8]) -> Vec<u8> {
    frame(first | 0x40, true, &deflate(bytes))
}

fn in_two(bytes: &[u8]) -> Vec<u8> {
    let packed = deflate(bytes);
    let (first, second) = packed.split_at(packed.len() / 2);
    [frame(0x41, true, first), frame(0x80, true, second)].concat()
}

fn half(bytes: &[u8]) -> Vec<u8> {
    let packed = deflate(bytes);
    frame(0xc1, true, &packed[..packed.len() / 2])
}

pub fn names() -> impl Iterator<Item = String> {
    ROWS.iter().map(|(name, ..)| format!("compressed: {name}"))
}
