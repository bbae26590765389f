//! What a page tells the host itself: reports, in their place among its messages.

mod window;

use std::sync::Arc;

use exciton_protocol::{Call, Value};

use super::Document;

impl Document {
    /// Hears one report, on the page's runner. A page of another build may have more to tell than this host knows.
    pub(super) fn hear(self: &Arc<Self>, report: Call) {
        match &*report.channel {
            "preload-error" => self.preload_error(&report),
            _ if self.hear_of_window(&report) => {}
            name => tracing::warn!(link = ?self.id, report = name, "an unknown report"),
        }
    }

    /// The window's preload script threw, or can't be read as JavaScript.
    fn preload_error(&self, report: &Call) {
        let said: Vec<_> = report.args.values().unwrap_or_default();
        let text = |at: usize| said.get(at).and_then(Value::as_str).unwrap_or_default();
        let (web_contents, preload, error) = (self.renderer.id, text(0), text(1));
        tracing::error!(web_contents, preload, error, "unable to load a preload script");
    }
}
