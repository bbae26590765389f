//! Socket.IO by socketioxide. Its defaults lose most of 10,000 answers at once and refuse 16 MiB; these don't.

use std::path::Path;
use std::sync::Arc;

use axum::body::Bytes;
use socketioxide::extract::{AckSender, Data, SocketRef};
use socketioxide::{ParserConfig, SendError, SocketError, SocketIo, TransportType};

use super::{Counter, LARGEST, serve};
use crate::Outcome;

/// Packets that wait for the socket; as many as a page is ever sent at once.
const WAITING: usize = 1 << 18;

pub async fn host(files: &Path) -> Outcome<()> {
    let (listener, origin) = serve::bind().await?;
    let parser = ParserConfig::common().max_incoming_binary_buf_size(LARGEST);
    let (layer, io) = SocketIo::builder()
        .transports([TransportType::Websocket])
        .max_buffer_size(WAITING)
        .max_payload(LARGEST as u64)
        .ws_max_message_size(LARGEST)
        .ws_max_frame_size(LARGEST)
        .with_parser(parser)
        .build_layer();
    let counter = Arc::new(Counter::default());
    io.ns("/", move |socket: SocketRef| connected(socket, counter.clone()));
    serve::serve(listener, &format!("{origin}/"), serve::files(files)?.layer(layer)).await
}

async fn connected(socket: SocketRef, counter: Arc<Counter>) {
    socket.on("echo", async |ack: AckSender, Data(number): Data<u64>| drop(ack.send(&number)));
    socket.on("binary", async |ack: AckSender, Data(bytes): Data<Bytes>| drop(ack.send(&bytes)));
    socket.on("json", async |ack: AckSender, Data(rows): Data<serde_json::Value>| {
        drop(ack.send(&rows));
    });
    let counting = counter.clone();
    socket.on("count", move |Data(_number): Data<u64>| {
        counting.count();
        async {}
    });
    socket.on("counted", move |ack: AckSender, Data(wanted): Data<u64>| {
        let count = counter.counted(wanted);
        async move { drop(ack.send(&count)) }
    });
    socket
        .on("flood", async |socket: SocketRef, Data(count): Data<u64>| flood(&socket, count).await);
}

/// A full buffer is waited for: nothing is lost for want of patience.
async fn flood(socket: &SocketRef, count: u64) {
    for number in 0..count {
        loop {
            match socket.emit("push", &number) {
                Err(SendError::Socket(SocketError::InternalChannelFull)) => {
                    tokio::task::yield_now().await;
                }
                Err(_gone) => return,
                Ok(()) => break,
            }
        }
    }
}
