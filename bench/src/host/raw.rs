//! The limit: axum's WebSocket with one message per frame, and a synchronous request that comes back.

use std::path::Path;
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::{any, put};

use super::{Counter, LARGEST, serve};
use crate::Outcome;

/// Of each socket.
#[derive(Clone, Copy)]
pub enum Buffers {
    /// What an idle connection of Exciton keeps, and written at once.
    AsExciton,
    /// axum's own.
    Default,
}

pub async fn host(files: &Path, buffers: Buffers) -> Outcome<()> {
    let (listener, origin) = serve::bind().await?;
    let counter = Arc::new(Counter::default());
    let socket = move |upgrade: WebSocketUpgrade| upgraded(upgrade, buffers, counter.clone());
    let router = serve::files(files)?
        .route("/socket", any(socket))
        .route("/sync", put(|body: String| async { body }).layer(DefaultBodyLimit::max(LARGEST)));
    serve::serve(listener, &format!("{origin}/"), router).await
}

async fn upgraded(upgrade: WebSocketUpgrade, buffers: Buffers, counter: Arc<Counter>) -> Response {
    let upgrade = upgrade.max_message_size(LARGEST).max_frame_size(LARGEST);
    let upgrade = match buffers {
        Buffers::AsExciton => upgrade.read_buffer_size(4 * 1_024).write_buffer_size(0),
        Buffers::Default => upgrade,
    };
    upgrade.on_upgrade(move |socket| async move {
        // A page that has gone ends it.
        let _ = echo(socket, &counter).await;
    })
}

async fn echo(mut socket: WebSocket, counter: &Counter) -> Result<(), axum::Error> {
    while let Some(message) = socket.recv().await {
        let message = message?;
        let text = match &message {
            Message::Text(text) => text.as_str(),
            _ => "",
        };
        let number = || text.get(1..).and_then(|number| number.parse::<u64>().ok()).unwrap_or(0);
        match text.as_bytes().first() {
            Some(b's') => counter.count(),
            Some(b'c') => {
                let count = counter.counted(number()).to_string();
                socket.send(Message::Text(count.into())).await?;
            }
            Some(b'p') => {
                for pushed in 0..number() {
                    socket.send(Message::Text(format!("p{pushed}").into())).await?;
                }
            }
            _ => match message {
                Message::Text(_) | Message::Binary(_) => socket.send(message).await?,
                _ => {}
            },
        }
    }
    Ok(())
}
