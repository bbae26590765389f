//! What a page tells the host itself: reports, in their place among its messages.

mod window;

use std::sync::Arc;

use exciton_protocol::{ArgError, Call, DecodeError, Excess};

use super::Document;
use crate::one_line::one_line;
use crate::web_frame_main::reports as frames;

impl Document {
    /// Hears one report, on the page's runner. A page of another build may have more to tell than this host knows.
    pub(super) fn hear(self: &Arc<Self>, report: Call) {
        let heard = match &*report.channel {
            "frame" => frames::came(self, &report),
            "frame-left" => frames::left(self, &report),
            "frame-back" => frames::back(self, &report),
            "frame-gone" => frames::gone(self, &report),
            "port" => self.ports.heard_message(&report),
            "port-close" => self.ports.heard_close(&report),
            _ if self.hear_of_window(&report) => Ok(()),
            _ => Err(BadReport::Refused("this host doesn't know it".to_owned())),
        };
        if let Err(error) = heard {
            tracing::warn!(link = ?self.id, report = &*report.channel, error = %one_line(&error), "a report was not heard");
        }
    }
}

impl Document {
    /// A report that has too much of something. Whoever waits for it at this end waits no longer.
    pub(super) fn hear_too_much(&self, report: &Call, excess: Excess) {
        self.access.gate.count_excess();
        if let Some(unsaid) = self.renderer.refusals.admit() {
            tracing::warn!(link = ?self.id, report = &*report.channel, excess = %one_line(&excess), unsaid, "a report was not heard");
        }
        match &*report.channel {
            "executed" => self.executed_in_vain(report, excess),
            "port" => self.ports.refuse_message(report),
            _ => {}
        }
    }
}

/// Why a report was not heard.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadReport {
    #[error(transparent)]
    List(#[from] DecodeError),
    #[error(transparent)]
    One(#[from] ArgError),
    #[error("{0}")]
    Refused(String),
}
