//! What a page tells the host itself: reports, in their place among its messages.

use std::sync::Arc;

use exciton_protocol::Call;

use super::Document;

impl Document {
    /// Hears one report, on the page's runner. A page of another build may have more to tell than this host knows.
    pub(super) fn hear(self: &Arc<Self>, report: Call) {
        tracing::warn!(link = ?self.id, report = &*report.channel, "an unknown report");
    }
}
