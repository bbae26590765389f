//! One WebSocket under the link.

use js_sys::Function;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BinaryType, Event, MessageEvent, WebSocket};

use crate::web::RawSocket;

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
    socket: WebSocket,
    /// Kept for as long as the browser may call it.
    handler: Closure<dyn Fn(Event)>,
}

impl Socket {
    /// Opens a socket below the base URL. `None` where the browser forbids it outright.
    pub(crate) fn open(base: &str, handle: impl Fn(SocketEvent) + 'static) -> Option<Self> {
        // From http to ws, from https to wss.
        let url = format_url(base)?;
        let socket = WebSocket::new(&url).ok()?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let handler = Closure::new(move |event: Event| {
            handle(match event.dyn_into::<MessageEvent>() {
                Ok(message) => SocketEvent::Message(message.data()),
                Err(event) if event.type_() == "open" => SocketEvent::Open,
                Err(_) => SocketEvent::Closed,
            });
        });
        let opened = Self { socket, handler };
        opened.listen(Some(opened.handler.as_ref().unchecked_ref()));
        Some(opened)
    }

    /// Writes a message: a string or bytes. Nothing comes of it once the socket is closing, and its close will tell.
    pub(crate) fn send(&self, message: &JsValue) {
        let _ = self.socket.unchecked_ref::<RawSocket>().send(message);
    }

    /// Closes with a code of the protocol's table.
    pub(crate) fn close(self, code: u16) {
        let _ = self.socket.close_with_code(code);
    }

    /// An error comes with a close, which is enough.
    fn listen(&self, handler: Option<&Function>) {
        self.socket.set_onopen(handler);
        self.socket.set_onmessage(handler);
        self.socket.set_onclose(handler);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.listen(None);
        let _ = self.socket.close();
    }
}

fn format_url(base: &str) -> Option<String> {
    let rest = base.strip_prefix("http")?;
    let mut url = String::from("ws");
    url.push_str(rest);
    url.push_str("socket");
    Some(url)
}
