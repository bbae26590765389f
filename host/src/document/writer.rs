//! When the task that writes to the socket is woken: once for all that it has to look for, not for each packet. To wake it
//! from another thread costs as much as many messages.

use exciton_protocol::Millis;

use super::State;

/// What the connection's writer does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Writer {
    /// It looks for what there is to write, or was told to.
    #[default]
    Looks,
    /// It sleeps until it is told.
    Sleeps,
    /// It sleeps for a moment: listeners run, and what they send belongs into one message.
    Gathers,
}

impl State {
    /// The writer looks for what there is to write.
    pub(crate) fn writer_looks(&mut self) {
        self.writer = Writer::Looks;
    }

    /// It has found nothing, and waits.
    pub(crate) fn writer_sleeps(&mut self) {
        self.writer = Writer::Sleeps;
    }

    /// Whether it is to wait for a moment, and then does: what is there is not all, and nothing in it is urgent.
    pub(crate) fn gathers(&mut self, now: Millis) -> bool {
        let gathers = self.is_growing() && !self.link.wants_control(now);
        if gathers {
            self.writer = Writer::Gathers;
        }
        gathers
    }

    /// Whether more packets for the page are likely to come at once: listeners run and more will, and no message is full.
    pub(crate) fn is_growing(&self) -> bool {
        let limits = self.link.limits();
        // What a single call sends goes out at once, and so does what comes of the last one; but not each of many that one
        // call sends.
        self.intake.is_running()
            && (!self.intake.queue.is_empty() || self.link.waiting() > 1)
            && self.link.waiting() < u64::from(limits.batch_packets)
            && self.link.waiting_bytes() < limits.batch_bytes as usize
    }

    /// Something is to be written, or to be waited for. Returns whether the writer has to be woken for it.
    pub(super) fn wakes_writer(&mut self) -> bool {
        let wakes = match self.writer {
            Writer::Looks => false,
            Writer::Sleeps => true,
            Writer::Gathers => !self.is_growing(),
        };
        if wakes {
            self.writer = Writer::Looks;
        }
        wakes
    }

    /// The listeners of one more packet were called. Returns whether the writer has to be woken.
    pub(super) fn consume(&mut self, now: Millis) -> bool {
        let before = self.link.poll_timeout();
        self.link.consumed(1, now);
        let due = self.link.poll_timeout();
        if due >= before || self.intake.tells_later() {
            return false;
        }
        // Much is acknowledged at once, or the page would stop.
        let is_due = due <= Some(now) && self.writer != Writer::Looks;
        if is_due {
            self.writer = Writer::Looks;
        }
        is_due || self.wakes_writer()
    }

    /// The runner stops, and what it has brought goes out.
    pub(super) fn stops_running(&mut self) -> bool {
        self.intake.running = false;
        self.link.waiting() > 0 && self.wakes_writer()
    }
}

#[cfg(test)]
mod tests;
