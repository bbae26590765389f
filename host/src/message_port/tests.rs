//! Ports within the process, and on the links of pages without a browser.

#![allow(clippy::unwrap_used)]

mod cases;
mod chaos;
mod links;
mod page;

use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::*;

/// What a port hears, as text: values as JSON, and `close`.
fn hear(port: &MessagePortMain) -> UnboundedReceiver<String> {
    let (sender, receiver) = unbounded_channel();
    let closed = sender.clone();
    port.on_message(move |event: MessageEvent| {
        let text = String::from_utf8(event.data.text.to_vec()).unwrap();
        let _ = sender.send(text);
    });
    port.on_close(move || {
        let _ = closed.send("close".to_owned());
    });
    port.start();
    receiver
}

/// The next ports that come to a port.
async fn ports_of(port: &MessagePortMain) -> Vec<MessagePortMain> {
    let (sender, mut receiver) = unbounded_channel();
    port.once_message(move |event: MessageEvent| {
        let _ = sender.send(event.ports().to_vec());
    });
    port.start();
    receiver.recv().await.unwrap()
}

/// What has come to the receiver when `count` things have.
async fn heard<T>(receiver: &mut UnboundedReceiver<T>, count: usize) -> Vec<T> {
    let mut all = Vec::new();
    while all.len() < count {
        all.push(receiver.recv().await.unwrap());
    }
    all
}
