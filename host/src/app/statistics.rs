//! How much there is of everything.

use super::App;
use crate::access::RefusedCalls;

/// What an application holds at a moment. When all pages have gone, all but the application's own listeners and what was
/// refused or too much are back at zero: another number that grows over the days is a leak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Windows that are not closed.
    pub windows: usize,
    /// Pages, open or in their grace.
    pub web_contents: usize,
    /// Conversations with documents: the shown ones, those in a back/forward cache, and those that have just left.
    pub links: usize,
    /// Frames of the documents that those are with, the main frames among them.
    pub frames: usize,
    /// Open WebSockets.
    pub sockets: usize,
    /// Calls of pages that have no answer yet.
    pub pending_invokes: usize,
    /// Scripts that run in pages.
    pub pending_scripts: usize,
    /// Message ports that pages have at this end of their links.
    pub message_ports: usize,
    /// Listeners and handlers: of the application, its windows, its pages and `ipc_main`.
    pub listeners: usize,
    /// Pages that are gone, of which the application has not heard all yet: listeners of `render-process-gone`, `destroyed`,
    /// `closed` or `window-all-closed` are being called.
    pub pending_farewells: usize,
    /// Calls of pages that were refused since the application began.
    pub refused_calls: RefusedCalls,
    /// Requests that were refused since the start, because they were no browser's that has come in. Only this and the next
    /// one ever grow.
    pub refused: u64,
    /// How often somebody was past one of the [`DoorLimits`](crate::DoorLimits) since the start.
    pub too_much: u64,
}

impl App {
    /// Counts what there is. Each number is exact, though they are not of quite the same moment.
    pub fn statistics(&self) -> Statistics {
        let windows = self.windows();
        let counts = self.inner.live.get().map(|live| live.links.counts()).unwrap_or_default();
        let server = self.inner.live.get().map(|live| live.state.rates.counts());
        let (refused, too_much) = server.unwrap_or_default();
        let own = self.inner.signals.len() + self.inner.ipc_main.emitter().len();
        let of_windows = windows.iter().map(|window| window.listeners()).sum::<usize>();
        Statistics {
            windows: windows.len(),
            web_contents: counts.tabs,
            links: counts.links,
            frames: counts.frames,
            sockets: counts.sockets,
            pending_invokes: counts.invokes,
            pending_scripts: counts.executions,
            message_ports: counts.ports,
            listeners: own + of_windows + counts.listeners,
            pending_farewells: counts.farewells,
            refused_calls: self.inner.gate.get().map(|gate| gate.refused()).unwrap_or_default(),
            refused,
            too_much: too_much + counts.too_much,
        }
    }
}
