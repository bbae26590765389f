//! Several requests on one connection, and requests inside others.

use crate::attempt::refused;
use crate::client::{all, everything};
use crate::request::Base::{File, Page, Socket, Sync};
use crate::request::Request;
use crate::target::Target;

/// A request after which the connection stays open.
fn open(mut request: Request) -> Request {
    request.headers.retain(|(name, _)| name != "connection");
    request
}

fn foreign(mut request: Request) -> Request {
    request.set("origin", "http://evil.example");
    request
}

/// The statuses of the answers to all of these on one connection.
async fn statuses(target: &Target, bytes: &[u8]) -> Vec<u16> {
    let got = everything(target.address(), bytes).await;
    all(&got).iter().map(|answer| answer.status).collect()
}

#[tokio::test]
async fn each_request_of_a_connection_is_judged_by_itself() {
    let mut target = Target::start().await;
    let before = target.state().await;
    let (page, file) = (Page.request(&target, ""), File.request(&target, ""));
    let mut strange = file.clone();
    strange.headers.retain(|(name, _)| name != "cookie");
    let bytes = [
        open(foreign(page.clone())).bytes(),
        open(page).bytes(),
        open(strange).bytes(),
        file.bytes(),
    ];
    assert_eq!(statuses(&target, &bytes.concat()).await, [403, 200, 401, 200]);
    assert_eq!(target.state().await, before);
}

#[tokio::test]
async fn what_stands_in_the_body_of_a_refused_request_is_no_request() {
    let mut target = Target::start().await;
    let (page, sync) = (Page.request(&target, ""), Sync.request(&target, ""));
    let inner = sync.bytes();
    let mut outer = open(page.clone());
    outer.line = outer.line.replacen("GET", "POST", 1);
    let mut chunked = outer.clone();
    outer.body = inner.clone();
    chunked.set("transfer-encoding", "chunked");
    chunked.body = [format!("{:x}\r\n", inner.len()).as_bytes(), &inner, b"\r\n0\r\n\r\n"].concat();
    // One who lies about the length, in both directions.
    let mut both = outer.clone();
    both.set("transfer-encoding", "chunked");
    both.set("content-length", "5");
    both.body = [b"0\r\n\r\n".as_slice(), &inner].concat();
    let before = target.state().await;
    for (name, request) in [("a length", outer), ("chunks", chunked)] {
        let statuses = statuses(&target, &[request.bytes(), page.bytes()].concat()).await;
        // A host may close rather than read on.
        assert!([&[405][..], &[405, 200]].contains(&statuses.as_slice()), "{name}: {statuses:?}");
        assert_eq!(target.state().await, before, "{name}");
    }
    let statuses = statuses(&target, &both.bytes()).await;
    assert!(
        [&[400][..], &[405]].contains(&statuses.as_slice()),
        "a length and chunks: {statuses:?}"
    );
    assert_eq!(target.state().await, before, "a length and chunks");
}

#[tokio::test]
async fn a_refused_handshake_leaves_no_connection_to_speak_on() {
    let mut target = Target::start().await;
    let before = target.state().await;
    let mut handshake = foreign(Socket.request(&target, ""));
    handshake.set("connection", "upgrade, close");
    let inner = Sync.request(&target, "").bytes();
    let got = everything(target.address(), &[handshake.bytes(), inner].concat()).await;
    let answers = all(&got);
    assert_eq!(answers.len(), 1);
    assert_eq!(refused(&answers[0], 403, &target), Ok(()));
    assert_eq!(target.state().await, before);
}

#[tokio::test]
async fn nobody_is_asked_for_a_body_that_is_refused() {
    let mut target = Target::start().await;
    let before = target.state().await;
    let mut request = foreign(Sync.request(&target, ""));
    request.set("expect", "100-continue");
    assert_eq!(statuses(&target, &request.bytes()).await, [403]);
    assert_eq!(target.state().await, before);
    let mut request = Sync.request(&target, "");
    request.set("expect", "100-continue");
    assert_eq!(statuses(&target, &request.bytes()).await, [100, 202]);
}

#[tokio::test]
async fn a_body_past_the_limit_is_not_read() {
    let limits =
        r#"{"outboxBytes": 65536, "packetBytes": 65536, "wholeBytes": 32768, "batchBytes": 32768}"#;
    let mut target = Target::start_with(&[("E2E_LIMITS", limits)]).await;
    let before = target.state().await;
    let mut request = Sync.request(&target, "");
    // 2 × 64 KiB and 1 MiB are the most.
    request.body.resize(2 * 65_536 + (1 << 20) + 1, b' ');
    assert_eq!(statuses(&target, &request.bytes()).await, [413]);
    assert_eq!(target.state().await, before);
    request.body.pop();
    assert_eq!(statuses(&target, &request.bytes()).await, [202]);
}
