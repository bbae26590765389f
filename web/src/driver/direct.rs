//! Packets without attachments, of which a face reads and writes the frames itself: what crosses into wasm are numbers and,
//! on the way out, the handle of a text.

use exciton_protocol::{CloseReason, Seq};

use super::Driver;

impl Driver {
    /// A frame of `count` packets without attachments came, `size` units long. Returns how many of them are to be left out;
    /// `None` if the frame has to go the way of all others. What is not left out is handed out now, and then
    /// [`Driver::consumed`] is called once; but not where `done` says that all of it is done with.
    pub fn came(&self, first: Seq, ack: Seq, count: u32, size: usize, done: bool) -> Option<u32> {
        let inner = &self.0;
        if inner.is_busy() || !inner.waiting.borrow().is_empty() {
            return None;
        }
        let Ok(skip) = inner.admit(first, ack, count, size) else {
            inner.give_up(CloseReason::Misbehaved);
            inner.pump();
            return Some(count);
        };
        if skip < count {
            inner.deliver(count - skip);
        }
        if done || skip == count {
            self.consumed(count - skip);
        }
        Some(skip)
    }
}
