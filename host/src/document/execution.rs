//! Scripts that the host has the page run, and who waits for what they come to.

use exciton_protocol::{Args, Call, ErrorKind, ErrorValue, Excess, Packet, Value};
use tokio::sync::oneshot;

use super::{Document, PushError};
use crate::message_port::first_number;

/// Who waits for the result of a script. Dropped if the document goes away.
pub(crate) type Execution = oneshot::Sender<Result<Value, Value>>;

impl Document {
    /// Sends a script, the order with this number.
    pub(crate) fn execute(
        &self,
        id: u64,
        execution: Execution,
        order: &Packet,
    ) -> Result<(), PushError> {
        let mut state = self.lock();
        let (open, limit) = (state.executions.len() + 1, state.link.limits().open_invokes as usize);
        if state.retired {
            return Err(PushError::Over);
        }
        if open > limit {
            return Err(PushError::Busy { open, limit });
        }
        state.push(order)?;
        state.executions.insert(id, execution);
        self.told(state);
        Ok(())
    }

    /// Scripts that were sent before the document came.
    pub(crate) fn expect_results(&self, executions: Vec<(u64, Execution)>) {
        self.lock().executions.extend(executions);
    }

    /// The page says what a script came to: its number, whether it ended well, and the value or the error.
    pub(super) fn executed(&self, args: &Args) {
        let read = || {
            let mut reader = args.reader().ok()?;
            Some((reader.read::<u64>().ok()?, reader.read::<bool>().ok()?, reader.read().ok()?))
        };
        let Some((id, ok, value)) = read() else {
            return tracing::warn!(link = ?self.id, "the result of a script can't be read");
        };
        let waiting = self.lock().executions.remove(&id);
        if let Some(waiting) = waiting {
            // Who has stopped waiting needs no result.
            let _ = waiting.send(if ok { Ok(value) } else { Err(value) });
        }
    }

    /// What a script came to is past a limit. It begins with the script's number, if anything was kept of it.
    pub(super) fn executed_in_vain(&self, report: &Call, excess: Excess) {
        let id = first_number(&report.args.text);
        let waiting = id.and_then(|id| self.lock().executions.remove(&id));
        if let Some(waiting) = waiting {
            let error = ErrorValue::new(ErrorKind::Range, excess.to_string());
            let _ = waiting.send(Err(error.into()));
        }
    }

    /// How many scripts are under way.
    pub(crate) fn executions(&self) -> usize {
        self.lock().executions.len()
    }
}
