//! `ipcMain`: where the main process listens to its pages.

use std::fmt;
use std::sync::Arc;

use crate::emitter::{Emitter, ListenerId};
use crate::error::HandleError;
use crate::event::{IpcMainEvent, IpcMainInvokeEvent};
use crate::handler::{
    Callback, HandlerOutput, ListenerOutput, Reply, erase_blocking, erase_handler, erase_listener,
};

/// Electron's [`ipcMain`](https://www.electronjs.org/docs/latest/api/ipc-main): listeners for what pages send, and
/// handlers for what they invoke. A clone is another handle to the same table.
///
/// Listeners of a page's messages are called one after the other in the order in which the page sent them; what they
/// return as a future goes on beside the following messages. A listener that panics is logged, one that takes long holds
/// up its own page only.
///
/// A function that returns no future may block its thread. One that returns a future must not, before its first `await` or
/// later: it may be called by the runtime's worker that has read the call, which answers a single call sooner.
///
/// ```
/// use exciton::{IpcMain, IpcMainEvent};
///
/// # fn main() -> Result<(), exciton::HandleError> {
/// let ipc_main = IpcMain::new();
/// ipc_main.on("asynchronous-message", |event: IpcMainEvent, text: String| {
///     println!("{text}");
///     event.reply("asynchronous-reply", ("async pong",))
/// });
/// ipc_main.handle("add", async |_event, a: i64, b: i64| a + b)?;
/// ipc_main.handle("read", |_event, path: String| std::fs::read_to_string(path))?;
/// # Ok(())
/// # }
/// ```
///
/// A plain value needs no annotation, a borrowed argument is refused by the compiler:
/// ```compile_fail,E0277
/// exciton::IpcMain::new().on("x", |_event, text: &'static str| println!("{text}"));
/// ```
#[derive(Clone, Default)]
pub struct IpcMain {
    emitter: Arc<Emitter>,
}

impl IpcMain {
    /// A table without listeners. An application has its own; a further one is for tests.
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls `listener` for each message on `channel`, from any page, sent by `send` or `sendSync`.
    pub fn on<F, A, M>(&self, channel: &str, listener: F) -> ListenerId
    where
        F: Callback<IpcMainEvent, A>,
        F::Output: ListenerOutput<M>,
    {
        self.emitter.add(channel, false, erase_listener(listener))
    }

    /// Like [`on`](Self::on), for the next message only. The listener is removed before it is called.
    pub fn once<F, A, M>(&self, channel: &str, listener: F) -> ListenerId
    where
        F: Callback<IpcMainEvent, A>,
        F::Output: ListenerOutput<M>,
    {
        self.emitter.add(channel, true, erase_listener(listener))
    }

    /// Removes a listener. False if `channel` has none of that id (any more).
    pub fn off(&self, channel: &str, id: ListenerId) -> bool {
        self.emitter.remove(channel, id)
    }

    /// Removes all listeners of a channel, or of all channels with `None`. Handlers stay.
    pub fn remove_all_listeners<'a>(&self, channel: impl Into<Option<&'a str>>) {
        self.emitter.remove_all(channel.into());
    }

    /// Answers each `invoke` on `channel` with what `handler` returns, at once or as a future.
    ///
    /// # Errors
    /// The channel has a handler already: [`remove_handler`](Self::remove_handler) first.
    pub fn handle<F, A, M>(&self, channel: &str, handler: F) -> Result<(), HandleError>
    where
        F: Callback<IpcMainInvokeEvent, A>,
        F::Output: HandlerOutput<M>,
    {
        self.emitter.set_handler(channel, false, erase_handler(channel, handler))
    }

    /// Like [`handle`](Self::handle), for the next `invoke` only. The handler is removed before it is called.
    ///
    /// # Errors
    /// The channel has a handler already.
    pub fn handle_once<F, A, M>(&self, channel: &str, handler: F) -> Result<(), HandleError>
    where
        F: Callback<IpcMainInvokeEvent, A>,
        F::Output: HandlerOutput<M>,
    {
        self.emitter.set_handler(channel, true, erase_handler(channel, handler))
    }

    /// Like [`handle`](Self::handle), for work that blocks or computes for long: each call runs on a thread of tokio's
    /// blocking pool, several of them at a time, and the page's other messages go on meanwhile.
    ///
    /// # Errors
    /// The channel has a handler already.
    pub fn handle_blocking<F, A, M>(&self, channel: &str, handler: F) -> Result<(), HandleError>
    where
        F: Callback<IpcMainInvokeEvent, A>,
        F::Output: Reply<M>,
    {
        self.emitter.set_handler(channel, false, erase_blocking(channel, handler))
    }

    /// Removes the channel's handler, if it has one. Calls that run are answered all the same.
    pub fn remove_handler(&self, channel: &str) {
        self.emitter.remove_handler(channel);
    }

    pub(crate) fn emitter(&self) -> &Emitter {
        &self.emitter
    }
}

impl fmt::Debug for IpcMain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IpcMain").finish_non_exhaustive()
    }
}
