//! The order of listeners, and that each call is answered once whatever they do.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::task::Waker;

use exciton_protocol::{Encoded, Value};
use tokio::sync::oneshot;

use super::*;
use crate::error::ReturnValueError;
use crate::send_args::SendArgs;
use crate::testing::{PageError, TestPage};

fn page() -> (IpcMain, TestPage) {
    let ipc_main = IpcMain::new();
    let page = TestPage::new(&ipc_main);
    (ipc_main, page)
}

/// A shared log, and a closure that writes to it.
fn log() -> (Arc<Mutex<Vec<&'static str>>>, impl Fn(&'static str) + Clone + Send + Sync + 'static) {
    let log = Arc::new(Mutex::new(Vec::new()));
    let writer = log.clone();
    (log, move |entry| writer.lock().unwrap().push(entry))
}

fn error(message: &str) -> PageError {
    PageError { name: "Error".into(), message: message.into(), code: None, data: None }
}

#[tokio::test]
async fn listeners_run_in_the_order_of_registration_each_future_polled_before_the_next_call() {
    let (ipc_main, page) = page();
    let (heard, write) = log();
    let (w1, w2, w3) = (write.clone(), write.clone(), write);
    ipc_main.on("x", move |_event| w1("first"));
    ipc_main.on("x", move |_event| {
        let write = w2.clone();
        write("second called");
        async move {
            write("second polled");
            tokio::task::yield_now().await;
            write("second resumed");
        }
    });
    ipc_main.on("x", move |_event| w3("third"));
    page.send("x", ()).await.unwrap();
    assert_eq!(
        *heard.lock().unwrap(),
        ["first", "second called", "second polled", "third", "second resumed"]
    );
}

#[tokio::test]
async fn a_dispatch_works_on_the_listeners_that_were_there_when_it_began() {
    let (ipc_main, page) = page();
    let (heard, write) = log();
    let (table, w1, w2) = (ipc_main.clone(), write.clone(), write);
    ipc_main.on("x", move |_event| {
        w1("remover");
        table.remove_all_listeners("x");
        let write = w1.clone();
        table.on("x", move |_event| write("added"));
    });
    ipc_main.on("x", move |_event| w2("removed"));
    page.send("x", ()).await.unwrap();
    page.send("x", ()).await.unwrap();
    assert_eq!(*heard.lock().unwrap(), ["remover", "removed", "added"]);
}

#[tokio::test]
async fn once_listeners_are_gone_before_they_are_called() {
    let (ipc_main, page) = page();
    let (heard, write) = log();
    let (table, again) = (ipc_main.clone(), page.web_contents());
    ipc_main.once("x", move |event: IpcMainEvent| {
        write("called");
        assert_eq!(event.sender(), again);
        // What a nested message would find.
        assert!(table.emitter().snapshot("x", None).is_none());
    });
    page.send("x", ()).await.unwrap();
    page.send("x", ()).await.unwrap();
    assert_eq!(*heard.lock().unwrap(), ["called"]);
}

#[tokio::test]
async fn a_once_handler_answers_one_invoke() {
    let (ipc_main, page) = page();
    ipc_main.handle_once("x", |_event| 1).unwrap();
    assert_eq!(page.invoke("x", ()).await, Ok(Value::from(1)));
    assert_eq!(page.invoke("x", ()).await, Err(error("No handler registered for 'x'")));
    ipc_main.handle("x", |_event| 2).unwrap();
    ipc_main.remove_handler("x");
    assert_eq!(page.invoke("x", ()).await, Err(error("No handler registered for 'x'")));
}

#[tokio::test]
async fn a_panic_is_the_answer_and_the_next_listeners_run() {
    let (ipc_main, page) = page();
    let (heard, write) = log();
    ipc_main.on("x", |_event, n: i32| assert_eq!(n, 0, "n is {n}"));
    ipc_main.on("x", move |event: IpcMainEvent| {
        write("next");
        event.set_return_value(1)
    });
    let failed = page.send_sync("x", (7,)).await.unwrap_err();
    assert!(failed.message.starts_with("the listener of 'x' panicked: assertion"), "{failed}");
    assert!(failed.message.contains("n is 7"));
    assert_eq!(page.send_sync("x", (0,)).await, Ok(Value::from(1)));
    assert_eq!(*heard.lock().unwrap(), ["next", "next"]);
}

#[tokio::test]
async fn send_sync_returns_undefined_when_nobody_sets_a_value() {
    let (ipc_main, page) = page();
    assert_eq!(page.send_sync("nobody", ()).await, Ok(Value::Undefined));
    ipc_main.on("silent", |_event| {});
    ipc_main.on("silent", |_event| async { tokio::task::yield_now().await });
    assert_eq!(page.send_sync("silent", ()).await, Ok(Value::Undefined));
}

#[tokio::test]
async fn a_clone_of_the_event_can_answer_later_from_another_thread() {
    let (ipc_main, page) = page();
    ipc_main.on("x", |event: IpcMainEvent| {
        std::thread::spawn(move || event.set_return_value("later").unwrap());
    });
    assert_eq!(page.send_sync("x", ()).await, Ok(Value::from("later")));
    ipc_main.remove_all_listeners("x");
    ipc_main.on("x", |event: IpcMainEvent| {
        std::thread::spawn(move || drop(event));
    });
    assert_eq!(page.send_sync("x", ()).await, Ok(Value::Undefined));
}

#[tokio::test]
async fn the_first_return_value_counts() {
    let (ipc_main, page) = page();
    let second = Arc::new(Mutex::new(None));
    let result = second.clone();
    ipc_main.on("x", |event: IpcMainEvent| event.set_return_value(1));
    ipc_main.on("x", move |event: IpcMainEvent| {
        *result.lock().unwrap() = Some(event.set_return_value(2))
    });
    assert_eq!(page.send_sync("x", ()).await, Ok(Value::from(1)));
    assert_eq!(second.lock().unwrap().take(), Some(Err(ReturnValueError::AlreadySet)));
    // Nobody waits for the value of a plain message.
    page.send("x", ()).await.unwrap();
    assert_eq!(second.lock().unwrap().take(), Some(Ok(())));
}

#[tokio::test]
async fn a_value_that_cannot_be_cloned_leaves_the_page_waiting_for_another() {
    let (ipc_main, page) = page();
    ipc_main.on("x", |event: IpcMainEvent| {
        let keys = std::collections::BTreeMap::from([(vec![1], 1)]);
        assert!(matches!(event.set_return_value(keys), Err(ReturnValueError::NotCloneable(_))));
        event.set_return_value("other")
    });
    ipc_main.handle("x", |_event| std::collections::BTreeMap::from([(vec![1], 1)])).unwrap();
    assert_eq!(page.send_sync("x", ()).await, Ok(Value::from("other")));
    let failed = page.invoke("x", ()).await.unwrap_err();
    assert_eq!(failed.name, "DataCloneError");
    assert!(failed.message.starts_with("An object could not be cloned"), "{failed}");
}

/// Invokes `x` and returns what is pending then, and the answer to come.
fn invoke_x(
    ipc_main: &IpcMain,
    page: &TestPage,
) -> (Vec<BoxFuture<()>>, oneshot::Receiver<Outcome>) {
    let outlet = page.outlet();
    let (seq, answer) = page.expect_answer();
    let args = ().into_args().unwrap();
    let request = Request {
        kind: Incoming::Invoke,
        seq,
        channel: "x",
        args,
        extra: Extra::default(),
        found: None,
    };
    let from = Sender::new(outlet.clone(), 0);
    let cx = &mut Context::from_waker(Waker::noop());
    let called = dispatch(ipc_main, from, request, &mut Watch::new(), cx);
    if let Some(outcome) = called.answer {
        outlet.settle(seq, outcome);
    }
    (called.pending, answer)
}

#[test]
fn what_is_pending_comes_back_to_be_polled_on() {
    let (ipc_main, page) = page();
    let (sender, receiver) = oneshot::channel::<i32>();
    let receiver = Mutex::new(Some(receiver));
    ipc_main
        .handle("x", move |_event| {
            let receiver = receiver.lock().unwrap().take();
            async move { receiver.unwrap().await.unwrap() }
        })
        .unwrap();
    let (mut pending, mut answer) = invoke_x(&ipc_main, &page);
    assert_eq!(pending.len(), 1);
    assert!(answer.try_recv().is_err());
    sender.send(5).unwrap();
    assert!(pending[0].as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    assert_eq!(answer.try_recv().unwrap(), Ok(Encoded::from_serialize(&5).unwrap()));

    // The next call's future panics when it is first polled.
    let (pending, mut answer) = invoke_x(&ipc_main, &page);
    assert!(pending.is_empty());
    assert!(
        answer.try_recv().unwrap().unwrap_err().message.starts_with("the handler of 'x' panicked")
    );
}

#[test]
fn a_handler_that_is_dropped_unfinished_rejects() {
    let (ipc_main, page) = page();
    ipc_main.handle("x", |_event| std::future::pending::<i32>()).unwrap();
    let (pending, mut answer) = invoke_x(&ipc_main, &page);
    assert!(answer.try_recv().is_err());
    drop(pending);
    assert_eq!(answer.try_recv().unwrap(), Err(ErrorInfo::plain("reply was never sent")));
}
