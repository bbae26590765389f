#![allow(clippy::unwrap_used)]

mod excess;

use std::sync::Mutex;
use std::time::Duration;

use axum::http::Extensions;
use exciton_protocol::{Args, Epoch, Frame, Limits, LinkId, LinkLost, Message, Packet, TabInfo};
use tokio::sync::Notify;

use super::super::{Document, Way};
use super::*;
use crate::access::{AccessRequest, Allow, RefusedCalls, Rules, Verdict, hook};
use crate::application::Nobody;
use crate::door_limits::DoorLimits;
use crate::event::Outlet;
use crate::ipc_main::IpcMain;
use crate::links::{Links, Visit};
use crate::{IpcMainEvent, IpcMainInvokeEvent};

type Log = Arc<Mutex<Vec<String>>>;

/// An application whose listeners write down what they hear, and a page of it.
struct Scene {
    links: Arc<Links>,
    document: Arc<Document>,
    log: Log,
}

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(30);

impl Scene {
    fn new(rules: Rules) -> Self {
        Self::limited(rules, Limits::default())
    }

    fn limited(rules: Rules, limits: Limits) -> Self {
        let ipc_main = IpcMain::new();
        let log = Log::default();
        for channel in ["x", "y"] {
            let heard = log.clone();
            ipc_main.on(channel, move |event: IpcMainEvent, text: String| {
                heard.lock().unwrap().push(format!("{channel} {text} {}", event.ports().len()));
                event.set_return_value(format!("got {text}"))
            });
            let handled = log.clone();
            let handler = move |_event: IpcMainInvokeEvent, text: String| {
                handled.lock().unwrap().push(format!("handle {channel} {text}"));
                text
            };
            ipc_main.handle(channel, handler).unwrap();
        }
        let epoch = Epoch::from_bits(1);
        let app = Arc::new(Nobody);
        let gate = Arc::new(Gate::new(rules));
        let links = Links::new(epoch, limits, DoorLimits::default(), ipc_main, gate, app);
        let document = open(&links, 1);
        Self { links, document, log }
    }

    fn with_hook<F, Fut>(ask: F) -> Self
    where
        F: Fn(AccessRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: Verdict> + Send + 'static,
    {
        Self::new(Rules { allow: None, hook: Some(hook(ask)) })
    }

    fn send(&self, packets: Vec<Packet>) {
        send(&self.document, packets);
    }

    /// Waits until so many packets of the page are done with.
    async fn consumed(&self, count: Seq) {
        consumed(&self.document, count).await;
    }

    fn heard(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    fn refused(&self) -> [u64; 4] {
        let RefusedCalls { send, send_sync, invoke, post_message, .. } = self.links.gate.refused();
        [send, send_sync, invoke, post_message]
    }
}

fn open(links: &Arc<Links>, number: u128) -> Arc<Document> {
    let visit = Visit {
        link: LinkId::from_bits(number),
        epoch: links.epoch,
        fresh: true,
        first: Some(0),
        leaving: false,
        tab: &TabInfo::default(),
        extensions: &Extensions::default(),
        origin: "http://127.0.0.1:1234",
    };
    links.visit(&visit).unwrap()
}

fn send(document: &Arc<Document>, packets: Vec<Packet>) {
    let mut state = document.lock();
    let first = state.link.admitted();
    let frame = Frame::Data { first, ack: 0, packets };
    document.take(&mut state, Way::Sync, false, frame, 100).unwrap();
}

/// The same as our own pages write them, from this number on.
fn send_text(document: &Arc<Document>, first: Seq, packets: &[String]) {
    let message = Message::Text(format!("[\"data\",{first},0,[{}]]", packets.join(",")).into());
    let frame = Frame::decode_lazily(&message, &Limits::default()).unwrap();
    assert!(matches!(frame, Frame::Calls { .. }));
    document.take(&mut document.lock(), Way::Sync, false, frame, message.len()).unwrap();
}

async fn consumed(document: &Document, count: Seq) {
    let all = async {
        while document.lock().link.consumed_seq() < count {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, all).await.unwrap();
}

fn call(channel: &str, text: &str) -> Call {
    Call::new(channel, Args::from_serialize(&(text,)).unwrap())
}

fn sync_error(document: &Document, seq: Seq) -> serde_json::Value {
    let state = document.lock();
    let error = state.link.answer_of(seq).unwrap().unwrap().as_ref().unwrap_err().clone();
    serde_json::from_slice(&error.encode().text).unwrap()
}

fn forbidden(kind: &str, channel: &str, reason: &str) -> serde_json::Value {
    serde_json::json!({
        "name": "Error",
        "message": format!("This page may not call {kind} on '{channel}'{reason}"),
        "code": "FORBIDDEN",
        "data": { "channel": channel, "kind": kind },
        "mayHaveRun": false,
    })
}

#[tokio::test]
async fn what_no_list_allows_runs_nothing_and_is_counted_by_its_kind() {
    let allow = Allow::new().send("x").send_sync("x").invoke("x");
    let scene = Scene::new(Rules { allow: Some(allow), hook: None });
    let heard = scene.log.clone();
    let page = crate::WebContents::new(scene.document.renderer.clone());
    page.on_ipc_message(move |_event, channel, _args| {
        heard.lock().unwrap().push(format!("observed {channel}"));
    });
    let mut with_port = call("x", "port");
    with_port.extra.ports = vec![2];
    scene.send(vec![
        Packet::Send(call("y", "1")),
        Packet::Invoke(call("y", "2")),
        Packet::Sync(call("y", "3")),
        Packet::Send(with_port),
        Packet::Send(call("x", "4")),
        Packet::Invoke(call("x", "5")),
        Packet::Sync(call("x", "6")),
    ]);
    scene.consumed(7).await;
    assert_eq!(scene.heard(), ["observed x", "x 4 0", "handle x 5", "x 6 0"]);
    assert_eq!(scene.refused(), [1, 1, 1, 1]);
    assert_eq!(sync_error(&scene.document, 2), forbidden("sendSync", "y", ""));
    // The port that it brought is closed, here and in the page: that is told, beside the ends of two calls.
    assert_eq!(scene.document.ports().len(), 0);
    let state = scene.document.lock();
    assert_eq!((state.link.open_invokes(), state.link.waiting()), (0, 3));
}

#[tokio::test]
async fn the_application_is_asked_about_each_call_in_order_with_all_that_is_known() {
    let asked = Log::default();
    let log = asked.clone();
    let scene = Scene::with_hook(move |request| {
        let (kind, channel, frame) = (request.kind(), request.channel(), request.frame());
        log.lock().unwrap().push(format!(
            "{kind} {channel} {} {} bytes, {} ports, frame {}, {}, window {}",
            request.origin(),
            request.size(),
            request.ports(),
            frame.is_some(),
            request.web_contents().id() > 0,
            request.window().is_some(),
        ));
        async { Ok(()) }
    });
    let mut with_port = call("x", "port");
    with_port.extra = exciton_protocol::Extra { frame: 7, ports: vec![2], excess: None };
    scene.send(vec![Packet::Invoke(call("y", "12")), Packet::Send(with_port)]);
    scene.consumed(2).await;
    assert_eq!(
        *asked.lock().unwrap(),
        [
            "invoke y http://127.0.0.1:1234 6 bytes, 0 ports, frame true, true, window false",
            "postMessage x http://127.0.0.1:1234 8 bytes, 1 ports, frame false, true, window false",
        ]
    );
    assert_eq!(scene.heard(), ["handle y 12", "x port 1"]);
}

#[tokio::test]
async fn a_refusal_says_why_and_the_application_is_not_asked_about_what_no_list_allows() {
    let asked = Log::default();
    let log = asked.clone();
    let ask = move |request: AccessRequest| {
        log.lock().unwrap().push(request.channel().to_owned());
        async { Err::<(), _>(Refused::because("it is locked")) }
    };
    let rules = Rules { allow: Some(Allow::new().all("x")), hook: Some(hook(ask)) };
    let scene = Scene::new(rules);
    scene.send(vec![Packet::Sync(call("x", "1")), Packet::Sync(call("y", "2"))]);
    scene.consumed(2).await;
    assert_eq!(sync_error(&scene.document, 0), forbidden("sendSync", "x", ": it is locked"));
    assert_eq!(sync_error(&scene.document, 1), forbidden("sendSync", "y", ""));
    assert_eq!(*asked.lock().unwrap(), ["x"]);
    assert_eq!(scene.refused(), [0, 2, 0, 0]);
    assert_eq!(scene.heard(), [""; 0]);
}

#[tokio::test]
async fn later_messages_of_the_page_wait_for_a_decision_and_those_of_others_do_not() {
    let (asked, decide) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, wait) = (asked.clone(), decide.clone());
    let scene = Scene::with_hook(move |request| {
        let waits = request.channel() == "x" && request.size() == 10;
        let (told, wait) = (told.clone(), wait.clone());
        async move {
            if waits {
                told.notify_one();
                wait.notified().await;
            }
            true
        }
    });
    scene.send(vec![
        Packet::Send(call("y", "first")),
        Packet::Send(call("x", "slowly")),
        Packet::Send(call("y", "behind")),
    ]);
    scene.send(vec![Packet::Invoke(call("y", "last"))]);
    tokio::time::timeout(LIMIT, asked.notified()).await.unwrap();
    let other = open(&scene.links, 2);
    send(&other, vec![Packet::Send(call("y", "other"))]);
    consumed(&other, 1).await;
    assert_eq!(scene.heard(), ["y first 0", "y other 0"]);
    assert_eq!(scene.document.lock().link.consumed_seq(), 1);
    // The runner stands still, and one that is started beside it would not wait.
    scene.send(vec![Packet::Send(call("x", "late"))]);
    decide.notify_one();
    scene.consumed(5).await;
    let rest = ["x slowly 0", "y behind 0", "handle y last", "x late 0"];
    assert_eq!(scene.heard()[2..], rest);
}

#[tokio::test]
async fn a_hook_that_panics_refuses_that_call_alone() {
    let scene = Scene::with_hook(|request| {
        assert_ne!(request.channel(), "x", "not this one");
        let later = request.size() == 8;
        async move {
            if later {
                tokio::task::yield_now().await;
                panic!("nor this one");
            }
            true
        }
    });
    scene.send(vec![
        Packet::Sync(call("x", "1")),
        Packet::Sync(call("y", "late")),
        Packet::Send(call("y", "2")),
    ]);
    scene.consumed(3).await;
    assert_eq!(sync_error(&scene.document, 0), forbidden("sendSync", "x", ""));
    assert_eq!(sync_error(&scene.document, 1), forbidden("sendSync", "y", ""));
    assert_eq!(scene.heard(), ["y 2 0"]);
    assert_eq!(scene.refused(), [0, 2, 0, 0]);
}

#[tokio::test]
async fn when_the_page_ends_what_decides_is_dropped_and_nothing_runs() {
    /// Tells when it is dropped.
    struct Told(Arc<Notify>);
    impl Drop for Told {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let (asked, dropped) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (began, gone) = (asked.clone(), dropped.clone());
    let scene = Scene::with_hook(move |_request| {
        let guard = Told(gone.clone());
        let began = began.clone();
        async move {
            let _guard = guard;
            began.notify_one();
            std::future::pending::<bool>().await
        }
    });
    scene.send(vec![Packet::Send(call("x", "1")), Packet::Send(call("x", "2"))]);
    tokio::time::timeout(LIMIT, asked.notified()).await.unwrap();
    // The first poll was on the runner's thread: the page may end before the rest is somebody's task.
    scene.document.end(LinkLost::Closed);
    tokio::time::timeout(LIMIT, dropped.notified()).await.unwrap();
    assert_eq!(scene.heard(), [""; 0]);
    assert_eq!(scene.refused(), [0; 4]);
    assert!(!scene.document.lock().intake.is_running());
}

#[tokio::test]
async fn a_page_in_no_window_may_do_what_every_window_may() {
    let rules = Rules { allow: Some(Allow::new().send("*").invoke("*")), hook: None };
    let scene = Scene::new(rules);
    let lets = |document: &Document, kind, channel: &str| document.renderer.lets(kind, channel);
    assert!(lets(&scene.document, CallKind::SendSync, "x"));
    for list in [Allow::new().send("x").send("y*"), Allow::new().send("x").send("yes").invoke("x")]
    {
        scene.links.gate.window(Some(&list));
    }
    scene.links.gate.window(None);
    let stranger = open(&scene.links, 2);
    for (channel, expected) in [("x", true), ("yes", true), ("y", false), ("z", false)] {
        assert_eq!(lets(&stranger, CallKind::Send, channel), expected, "{channel}");
    }
    assert!(!lets(&stranger, CallKind::Invoke, "x"));
    // One that was there before is what it was.
    assert!(lets(&scene.document, CallKind::Send, "z"));
}

#[tokio::test]
async fn of_calls_in_one_text_those_past_the_limit_are_refused_and_those_known_left_out() {
    let mut limits = Limits::default();
    limits.open_invokes = 2;
    let scene = Scene::limited(Rules::default(), limits);
    let call = |kind: &str, number: u32| format!("[\"{kind}\",\"x\",[\"{number}\"]]");
    let mut calls: Vec<_> = (1..4).map(|number| call("invoke", number)).collect();
    calls.insert(2, call("send", 0));
    send_text(&scene.document, 0, &calls);
    scene.consumed(4).await;
    assert_eq!(scene.heard(), ["handle x 1", "handle x 2", "x 0 0"]);
    let open = scene.document.lock().link.open_invokes();
    assert_eq!((open, scene.document.lock().link.waiting()), (0, 3));
    for more in 4..6 {
        calls.push(call("invoke", more));
        // All but the last one came before.
        send_text(&scene.document, 0, &calls);
        scene.consumed(calls.len() as Seq).await;
    }
    assert_eq!(scene.heard()[3..], ["handle x 4", "handle x 5"]);
}
