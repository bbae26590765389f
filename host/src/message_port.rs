//! `MessageChannelMain` and `MessagePortMain`: channels between whomever the application brings together.

#[cfg(doctest)]
mod compiler;
mod link;
mod pair;
mod port;
mod transfer;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use exciton_protocol::{DecodeError, EncodeError, Encoded, Limits, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use self::link::{LinkPorts, Wire, attach, first_number};
pub(crate) use self::pair::{End, Message, Refused};
use self::port::{Port, adopt};
pub(crate) use self::transfer::Transfer;
use crate::emitter::ListenerId;
use crate::error::SendError;
use crate::handler::{Callback, ListenerOutput};

/// Two ports that hear each other: Electron's
/// [`MessageChannelMain`](https://www.electronjs.org/docs/latest/api/message-channel-main).
///
/// ```
/// use exciton::{MessageChannelMain, MessageEvent};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), exciton::PortError> {
/// let MessageChannelMain { port1, port2, .. } = MessageChannelMain::new();
/// let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
/// port2.on_message(move |_event: MessageEvent, text: String| {
///     let _ = sender.send(text);
/// });
/// port2.start();
/// port1.post_message("hello", &[])?;
/// assert_eq!(receiver.recv().await.as_deref(), Some("hello"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct MessageChannelMain {
    /// The one.
    pub port1: MessagePortMain,
    /// The other.
    pub port2: MessagePortMain,
}

impl MessageChannelMain {
    /// A new channel. At each port as many bytes may wait as [`Limits::port_bytes`] is by default.
    pub fn new() -> Self {
        Self::with_limits(&Limits::default())
    }

    /// A new channel with other limits.
    pub fn with_limits(limits: &Limits) -> Self {
        let (one, other) = End::pair(limits.port_bytes as usize);
        Self { port1: adopt(one), port2: adopt(other) }
    }
}

impl Default for MessageChannelMain {
    fn default() -> Self {
        Self::new()
    }
}

/// One end of a channel, whose other end may be anywhere: in this process or in a page. Electron's
/// [`MessagePortMain`](https://www.electronjs.org/docs/latest/api/message-port-main).
///
/// A clone is another handle to the same port. What comes waits until the port is [started](Self::start) and has a
/// listener; the listeners are called one message after the other, and hold up nobody but this port. When the last handle
/// is dropped, a port that can receive nothing any more is closed, and so the other end is; one that can goes on.
#[derive(Clone)]
pub struct MessagePortMain {
    handle: Arc<PortHandle>,
}

/// All clones of one handle.
struct PortHandle {
    port: Arc<Port>,
}

impl Drop for PortHandle {
    fn drop(&mut self) {
        self.port.abandon();
    }
}

impl MessagePortMain {
    fn new(port: Arc<Port>) -> Self {
        Self { handle: Arc::new(PortHandle { port }) }
    }

    fn port(&self) -> &Arc<Port> {
        &self.handle.port
    }

    /// Sends a value to the other end, and hands ports over with it: they are neutered here, all their clones too, and
    /// come out of the event there, with all that waits for them. Without effect on a closed or neutered port, or if the
    /// other end is closed, as in Electron.
    ///
    /// # Errors
    /// The value can't be cloned, a port can't be handed over, or what waits for the other end is too much. Nothing was
    /// sent then, and no port is neutered.
    pub fn post_message(
        &self,
        message: impl Serialize,
        ports: &[MessagePortMain],
    ) -> Result<(), PortError> {
        let data = Encoded::from_serialize(&message)?;
        if let Some(index) = ports.iter().position(|port| Arc::ptr_eq(port.port(), self.port())) {
            return Err(PortError::ContainsSource { index });
        }
        let Some((pair, side)) = self.port().place() else { return Ok(()) };
        let (transfer, ends) = Transfer::of(ports)?;
        match pair.post(side, Message { data, ends }) {
            Ok(true) => Ok(()),
            Ok(false) => {
                self.port().dropped.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Err(refused) => Err(transfer.refused(refused)),
        }
    }

    /// Calls `listener` for each message: `|event: MessageEvent| …`, or `|event: MessageEvent, data: T| …` with a type to
    /// read the message as. The port has to be [started](Self::start).
    pub fn on_message<F, A, M>(&self, listener: F) -> ListenerId
    where
        F: Callback<MessageEvent, A>,
        F::Output: ListenerOutput<M>,
    {
        self.listen(false, listener)
    }

    /// Like [`on_message`](Self::on_message), for the next message only.
    pub fn once_message<F, A, M>(&self, listener: F) -> ListenerId
    where
        F: Callback<MessageEvent, A>,
        F::Output: ListenerOutput<M>,
    {
        self.listen(true, listener)
    }

    fn listen<F, A, M>(&self, once: bool, listener: F) -> ListenerId
    where
        F: Callback<MessageEvent, A>,
        F::Output: ListenerOutput<M>,
    {
        let call = move |event, args: &_| Ok(listener.call(event, args)?.into_flow());
        self.port().listen(once, Box::new(call))
    }

    /// Calls `listener` once when the channel is closed, at either end, after all messages that were posted before. The
    /// port's listeners are removed then.
    pub fn on_close(&self, listener: impl Fn() + Send + Sync + 'static) -> ListenerId {
        self.port().listen_close(Arc::new(listener))
    }

    /// Takes a listener away. False if it isn't there (any more).
    pub fn off(&self, id: ListenerId) -> bool {
        self.port().unlisten(id)
    }

    /// Lets messages come. Until then they wait.
    pub fn start(&self) {
        self.port().start();
    }

    /// Closes both ends. What waits at the other one is still heard there.
    pub fn close(&self) {
        self.port().close();
    }

    /// How many messages were posted here that nobody could get any more, because the other end was closed.
    pub fn dropped_messages(&self) -> u64 {
        self.port().dropped.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for MessagePortMain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let neutered = self.port().place().is_none();
        f.debug_struct("MessagePortMain").field("neutered", &neutered).finish_non_exhaustive()
    }
}

/// A message of a port, with the ports that came with it.
#[derive(Clone, Debug)]
pub struct MessageEvent {
    data: Encoded,
    ports: Arc<[MessagePortMain]>,
}

impl MessageEvent {
    pub(crate) fn new(data: Encoded, ports: Vec<MessagePortMain>) -> Self {
        Self { data, ports: ports.into() }
    }

    /// What was posted.
    ///
    /// # Errors
    /// The page wrote something that can't be read.
    pub fn data(&self) -> Result<Value, DecodeError> {
        self.data.to_value()
    }

    /// What was posted, as a serde type.
    ///
    /// # Errors
    /// It is of another type.
    pub fn data_as<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        self.data.deserialize()
    }

    /// The ports that were handed over. One that nobody keeps is closed with the event.
    pub fn ports(&self) -> &[MessagePortMain] {
        &self.ports
    }
}

/// Why `post_message` did nothing.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PortError {
    /// A port can't be handed over by itself.
    #[error("Port at index {index} contains the source port.")]
    ContainsSource {
        /// Which of the ports, from 0.
        index: usize,
    },
    /// A port is there twice.
    #[error("Port at index {index} is a duplicate.")]
    Duplicate {
        /// Which of the ports, from 0.
        index: usize,
    },
    /// A port was handed over before.
    #[error("Port at index {index} is already neutered.")]
    Neutered {
        /// Which of the ports, from 0.
        index: usize,
    },
    /// The message was not taken.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl From<EncodeError> for PortError {
    fn from(error: EncodeError) -> Self {
        SendError::from(error).into()
    }
}
