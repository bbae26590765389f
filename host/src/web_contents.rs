//! The main process' handle to one page.

mod events;
mod execute;
mod page;

use std::fmt;
use std::sync::Arc;

use axum::http::Extensions;
use exciton_protocol::{Args, Call, Value};
use serde::Serialize;

pub use self::execute::{ExecuteError, ScriptError};
use crate::error::SendError;
use crate::event::IpcMainEvent;
use crate::handler::ListenerOutput;
use crate::ipc_main::IpcMain;
use crate::message_port::{MessagePortMain, PortError, Transfer};
use crate::renderer::Renderer;
use crate::send_args::SendArgs;
use crate::web_frame_main::{FrameId, WebFrameMain};

/// One tab with one page in it: Electron's [`WebContents`](https://www.electronjs.org/docs/latest/api/web-contents).
///
/// It keeps its id over a reload and over a lost connection, and is destroyed when the tab is closed or stays away for
/// longer than its grace. A clone is another handle to the same page; two are equal if they lead to the same page.
/// Electron's static `getAllWebContents` and `fromId` are [`App::web_contents`](crate::App::web_contents) and
/// [`App::web_contents_from_id`](crate::App::web_contents_from_id).
#[derive(Clone)]
pub struct WebContents {
    renderer: Arc<Renderer>,
}

impl WebContents {
    pub(crate) fn new(renderer: Arc<Renderer>) -> Self {
        Self { renderer }
    }

    pub(crate) fn renderer(&self) -> &Arc<Renderer> {
        &self.renderer
    }

    /// Its number, which no other page of this process has or had.
    pub fn id(&self) -> u32 {
        self.renderer.id
    }

    /// Sends a message to the page: its `ipcRenderer.on(channel, (event, ...args) => …)` are called with `args`, a tuple:
    /// `()`, `(1,)`, `("text", 2)`.
    ///
    /// Messages reach the page in the order of their sending, each exactly once, also over a lost connection. What is sent
    /// before the page has come is kept for it.
    ///
    /// # Errors
    /// The page is destroyed, it takes messages too slowly ([`SendError::Full`]), the message is too large, or an argument
    /// can't be cloned. Nothing was sent then.
    pub fn send(&self, channel: &str, args: impl SendArgs) -> Result<(), SendError> {
        self.renderer.send(Call::new(channel, args.into_args()?))
    }

    /// Sends one value to the page and hands ports over: its `ipcRenderer.on(channel, (event, message) => …)` are called
    /// with `message`, and find the ports as browser's own `MessagePort`s in `event.ports`. The ports are neutered here.
    /// Electron's `webContents.postMessage`.
    ///
    /// A channel that is none, a message that is missing, a type that is no port: what Electron throws for, the compiler
    /// refuses.
    ///
    /// # Errors
    /// As [`send`](Self::send), and if a port can't be handed over. Nothing was sent then, and no port is neutered.
    pub fn post_message(
        &self,
        channel: &str,
        message: impl Serialize,
        ports: &[MessagePortMain],
    ) -> Result<(), PortError> {
        let call = Call::new(channel, Args::from_serialize(&(message,))?);
        let (transfer, ends) = Transfer::of(ports)?;
        self.renderer.send_ports(call, ends).map_err(|refused| transfer.refused(refused))
    }

    /// Sends a message to one document of the page, by its id or `(process_id, frame_id)`: an event's
    /// [`frame_id`](IpcMainEvent::frame_id), a frame's [`routing_id`](WebFrameMain::routing_id).
    ///
    /// # Errors
    /// As [`send`](Self::send), and [`SendError::FrameGone`] if the page has no such document (any more).
    pub fn send_to_frame(
        &self,
        frame: impl Into<FrameId>,
        channel: &str,
        args: impl SendArgs,
    ) -> Result<(), SendError> {
        let FrameId { process, routing } = frame.into();
        let is_ours = process.is_none_or(|process| process == self.id());
        let main = self.renderer.main().current().filter(|_| is_ours);
        let frame = main.and_then(|main| main.find(routing)).ok_or(SendError::FrameGone)?;
        frame.send(Call::new(channel, args.into_args()?))
    }

    /// Listeners and handlers for what this page sends, its frames included: after those of the frame
    /// ([`WebFrameMain::ipc`]), before those of [`App::ipc_main`](crate::App::ipc_main). They stay over a reload.
    pub fn ipc(&self) -> IpcMain {
        self.renderer.ipc.clone()
    }

    /// The page's own frame, with the others inside it.
    pub fn main_frame(&self) -> WebFrameMain {
        WebFrameMain::of(self.renderer.main().clone())
    }

    /// Calls `listener` with each message that a frame of this page sends by `send`, its channel and its arguments, before
    /// the channel's own listeners: Electron's event `ipc-message`.
    pub fn on_ipc_message<F, R, M>(&self, listener: F)
    where
        F: Fn(IpcMainEvent, &str, &[Value]) -> R + Send + Sync + 'static,
        R: ListenerOutput<M>,
    {
        self.renderer.observers.add_message(listener);
    }

    /// Calls `listener` with each message that a frame of this page sends by `sendSync`, before the channel's own
    /// listeners: Electron's event `ipc-message-sync`. It may set the return value.
    pub fn on_ipc_message_sync<F, R, M>(&self, listener: F)
    where
        F: Fn(IpcMainEvent, &str, &[Value]) -> R + Send + Sync + 'static,
        R: ListenerOutput<M>,
    {
        self.renderer.observers.add_sync(listener);
    }

    /// What the application's own axum layers put into the request by which the page came: a user, a session.
    pub fn extensions(&self) -> Extensions {
        self.renderer.extensions()
    }
}

impl PartialEq for WebContents {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for WebContents {}

impl fmt::Debug for WebContents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebContents").field("id", &self.id()).finish_non_exhaustive()
    }
}
