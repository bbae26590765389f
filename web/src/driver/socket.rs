//! One WebSocket under the link.

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use crate::web::{self, Sender};

/// What a socket tells.
pub(crate) enum SocketEvent {
    Open,
    /// A string or an `ArrayBuffer`.
    Message(JsValue),
    /// Closed, or could not be opened.
    Closed,
}

/// An open or opening socket. Dropping it closes it and silences its events.
pub(crate) struct Socket {
    socket: JsValue,
    /// Kept for as long as the browser may call it.
    _handler: Closure<dyn Fn(JsValue)>,
}

impl Socket {
    /// Opens a socket below the base URL. `None` where the browser forbids it outright.
    pub(crate) fn open(base: &str, handle: impl Fn(SocketEvent) + 'static) -> Option<Self> {
        // From http to ws, from https to wss.
        let mut url = String::from("ws");
        url.push_str(base.strip_prefix("http")?);
        url.push_str("socket");
        let socket = web::construct("WebSocket", &[&url.into()]).ok()?;
        web::set(&socket, "binaryType", &"arraybuffer".into());
        let handler: Closure<dyn Fn(JsValue)> = Closure::new(move |event| {
            let kind = web::get(&event, "type");
            handle(if kind == web::text("message") {
                SocketEvent::Message(web::get(&event, "data"))
            } else if kind == web::text("open") {
                SocketEvent::Open
            } else {
                SocketEvent::Closed
            });
        });
        for name in EVENTS {
            web::set(&socket, name, web::function(&handler));
        }
        Some(Self { socket, _handler: handler })
    }

    pub(crate) fn as_js(&self) -> &JsValue {
        &self.socket
    }

    /// Closes with a code of the protocol's table.
    pub(crate) fn close(self, code: u16) {
        let _ = web::call(&self.socket, "close", &[&code.into()]);
    }
}

/// Writes a message: a string or bytes. Nothing comes of it once the socket is closing, and its close will tell.
pub(crate) fn send(socket: &JsValue, message: &JsValue) {
    let _ = socket.unchecked_ref::<Sender>().send(message);
}

impl Drop for Socket {
    fn drop(&mut self) {
        for name in EVENTS {
            web::set(&self.socket, name, &JsValue::NULL);
        }
        let _ = web::call(&self.socket, "close", &[]);
    }
}

/// An error comes with a close, which is enough.
const EVENTS: [&str; 3] = ["onopen", "onmessage", "onclose"];
