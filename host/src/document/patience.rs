//! Messages that a page may miss if it is too slow for them: they wait outside of the page's order until it has caught up.

use exciton_protocol::{Args, Call, Packet};

use super::{Document, PushError, State};
use crate::cargo::Cargo;
use crate::one_line::one_line;
use crate::slow_consumer::SlowConsumer;

impl Document {
    /// Sends a message that the page may miss if it is too slow for it.
    pub(crate) fn push_patiently(
        &self,
        policy: SlowConsumer,
        call: &Call,
    ) -> Result<(), PushError> {
        let mut state = self.lock();
        if state.over.is_some() {
            return Err(PushError::Over);
        }
        let most = match policy {
            _ if state.lane.is_empty() && !state.is_behind() => {
                state.push(&Packet::Send(call.clone()))?;
                self.told(state);
                return Ok(());
            }
            SlowConsumer::Block => {
                state.push(&Packet::Send(call.clone()))?;
                self.told(state);
                return Ok(());
            }
            SlowConsumer::Disconnect => return Err(PushError::TooSlow),
            SlowConsumer::DropOldest(most) => most,
            SlowConsumer::KeepLatest => 1,
        };
        // It must fit when its turn comes, when nobody would hear of it.
        Cargo::load(&Packet::Send(call.clone()), state.link.limits())?;
        let room = state.lane_room();
        state.lane.keep(call.clone(), most, room);
        Ok(())
    }
}

impl State {
    /// Whether the page has not acknowledged a window's worth of bytes.
    fn is_behind(&self) -> bool {
        self.link.queued_bytes() >= self.link.limits().window_bytes as usize
    }

    /// Sends what waited for the page to catch up, as far as it has.
    pub(super) fn let_go(&mut self) {
        while !self.is_behind()
            && let Some((call, dropped)) = self.lane.take()
        {
            if dropped > 0 {
                let told = Args::from_serialize(&(&*call.channel, dropped));
                let order = told.map(|args| Packet::Order(Call::new("dropped", args)));
                // Two words and a number always fit.
                let _ = order.map(|order| self.push(&order));
            }
            if let Err(error) = self.push(&Packet::Send(call)) {
                tracing::warn!(error = %one_line(&error), "a message that had waited was lost");
            }
        }
    }
}
