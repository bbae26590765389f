//! From a request to a WebSocket.

use std::future::Future;

use axum::body::Body;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::server::compression::Wanted;
use crate::server::deflate::{Inflating, agreed};

/// A page's connection, with compressed messages or without.
pub(super) type Socket = WebSocketStream<Inflating<TokioIo<Upgraded>>>;

/// A handshake that is to be answered. axum's own answer knows no extensions of the protocol.
pub(super) struct Upgrade {
    connection: OnUpgrade,
    accept: HeaderValue,
    deflate: Option<HeaderValue>,
}

impl Upgrade {
    /// `_checked` has found that the request is a handshake.
    pub(super) fn take(
        _checked: &WebSocketUpgrade,
        headers: &HeaderMap,
        extensions: &mut Extensions,
    ) -> Option<Self> {
        let connection = extensions.remove::<OnUpgrade>()?;
        let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
        let accept = HeaderValue::try_from(derive_accept_key(key.as_bytes())).ok()?;
        let deflate = extensions.remove::<Wanted>().and_then(|_| agreed(headers));
        Some(Self { connection, accept, deflate })
    }

    /// The answer, after which the connection is `converse`'s. `bytes` is how long a message may be.
    pub(super) fn answer<F>(
        self,
        bytes: usize,
        converse: impl FnOnce(Socket) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let limit = self.deflate.is_some().then_some(bytes);
        let connection = self.connection;
        // In a place of its own: the task would keep it.
        let beginning = Box::pin(async move {
            let upgraded = connection.await?;
            let under = Inflating::new(TokioIo::new(upgraded), limit);
            let config = Some(config(bytes));
            let socket = WebSocketStream::from_raw_socket(under, Role::Server, config).await;
            Ok::<_, hyper::Error>(converse(socket))
        });
        tokio::spawn(async move {
            match beginning.await {
                Ok(conversation) => conversation.await,
                Err(error) => tracing::debug!(%error, "a handshake came to nothing"),
            }
        });
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, self.accept);
        if let Some(deflate) = self.deflate {
            headers.insert(header::SEC_WEBSOCKET_EXTENSIONS, deflate);
        }
        response
    }
}

fn config(bytes: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(bytes))
        .max_frame_size(Some(bytes))
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * bytes)
}

/// What an idle connection keeps; a busy one grows it.
const BUFFER: usize = 4 * 1_024;
