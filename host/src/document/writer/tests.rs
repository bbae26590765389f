//! What wakes the writer, and what it finds then.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use axum::http::Extensions;
use exciton_protocol::{
    Args, Call, Epoch, Frame, HostTransmit, Limits, LinkId, Packet, Seq, TabInfo,
};

use super::*;
use crate::access::Gate;
use crate::application::Nobody;
use crate::document::{Document, Way};
use crate::door_limits::DoorLimits;
use crate::ipc_main::IpcMain;
use crate::links::{Links, Visit};

const CONN: u64 = 1;
/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(30);

/// A page that is connected and has had its welcome, of an application that answers `echo` at once, and `wait` when what is
/// returned is dropped.
fn page(limits: Limits) -> (Arc<Links>, Arc<Document>, mpsc::Sender<()>) {
    let ipc_main = IpcMain::new();
    let (release, held) = mpsc::channel();
    let held = Mutex::new(held);
    ipc_main.handle("echo", |_event, number: u64| number).unwrap();
    ipc_main.handle("wait", move |_event| held.lock().unwrap().recv().is_ok()).unwrap();
    let (gate, app) = (Arc::new(Gate::default()), Arc::new(Nobody));
    let epoch = Epoch::from_bits(1);
    let links = Links::new(epoch, limits, DoorLimits::default(), ipc_main, gate, app);
    let visit = Visit {
        link: LinkId::from_bits(1),
        epoch,
        fresh: true,
        first: Some(0),
        leaving: false,
        tab: &TabInfo::default(),
        extensions: &Extensions::default(),
        origin: "http://127.0.0.1:1234",
    };
    let document = links.visit(&visit).unwrap();
    let mut state = document.lock();
    state.link.handle_hello(CONN, 1, 0, 0, document.now()).unwrap();
    assert!(matches!(state.link.poll_transmit(document.now()), Some(HostTransmit::Welcome { .. })));
    drop(state);
    (links, document, release)
}

fn invoke(channel: &str) -> Packet {
    Packet::Invoke(Call::new(channel, Args::from_serialize(&(1,)).unwrap()))
}

/// Packets come while the writer sleeps, or gathers what comes of them.
fn take(document: &Arc<Document>, writer: Writer, packets: Vec<Packet>) {
    let mut state = document.lock();
    let frame = Frame::Data { first: state.link.admitted(), ack: 0, packets };
    state.writer_sleeps();
    document.take(&mut state, Way::Socket(CONN), false, frame, 100).unwrap();
    assert!(writer == Writer::Sleeps || state.gathers(document.now()));
}

async fn woken(document: &Document) {
    tokio::time::timeout(LIMIT, document.outgoing.notified()).await.unwrap();
}

/// The next message: how many packets, and its acknowledgement.
fn message(document: &Document) -> (u32, Seq) {
    let mut state = document.lock();
    let Some(HostTransmit::Data { flight, ack }) = state.link.poll_transmit(document.now()) else {
        panic!("there is no message")
    };
    (flight.batch.count, ack)
}

#[tokio::test]
async fn an_answer_acknowledges_its_call() {
    let (_links, document, _release) = page(Limits::default());
    take(&document, Writer::Sleeps, vec![invoke("echo")]);
    woken(&document).await;
    assert_eq!(message(&document), (1, 1));
}

#[tokio::test]
async fn a_writer_that_gathers_is_woken_when_the_last_call_of_a_batch_is_through() {
    let (_links, document, _release) = page(Limits::default());
    take(&document, Writer::Gathers, (0..200).map(|_| invoke("echo")).collect());
    woken(&document).await;
    assert_eq!(message(&document), (200, 200));
}

#[tokio::test]
async fn a_full_message_does_not_wait_for_the_calls_behind_it() {
    let mut limits = Limits::default();
    limits.batch_packets = 10;
    let (_links, document, release) = page(limits);
    let mut calls: Vec<_> = (0..10).map(|_| invoke("echo")).collect();
    calls.extend([invoke("wait"), invoke("echo")]);
    take(&document, Writer::Gathers, calls);
    woken(&document).await;
    assert_eq!(message(&document), (10, 10));
    drop(release);
}

#[tokio::test]
async fn what_ran_before_a_call_that_blocks_is_there_for_a_writer_that_looks() {
    let (_links, document, release) = page(Limits::default());
    take(&document, Writer::Sleeps, vec![invoke("echo"), invoke("wait"), invoke("echo")]);
    woken(&document).await;
    assert_eq!(message(&document), (1, 1));
    let gathers = document.lock().gathers(document.now());
    assert!(gathers, "a call is left behind the one that blocks");
    drop(release);
    woken(&document).await;
    assert_eq!(message(&document), (2, 3));
}

#[tokio::test]
async fn only_the_first_packet_wakes_a_writer() {
    let (_links, document, _release) = page(Limits::default());
    let mut state = document.lock();
    assert!(!state.wakes_writer(), "it looks");
    state.writer_sleeps();
    assert!(state.wakes_writer());
    assert!(!state.wakes_writer(), "it was told");
}

#[tokio::test]
async fn the_many_messages_of_one_call_are_gathered_and_a_single_one_is_not() {
    let (_links, document, release) = page(Limits::default());
    take(&document, Writer::Sleeps, vec![invoke("wait")]);
    let begun = async {
        while !document.lock().intake.queue.is_empty() {
            tokio::task::yield_now().await
        }
    };
    tokio::time::timeout(LIMIT, begun).await.unwrap();
    let told = Packet::Send(Call::new("told", Args::from_serialize(&(1,)).unwrap()));
    document.push(&told).unwrap();
    assert!(!document.lock().gathers(document.now()), "the first one");
    document.push(&told).unwrap();
    assert!(document.lock().gathers(document.now()), "the second one");
    drop(release);
    woken(&document).await;
    assert_eq!(message(&document).0, 3);
}
