//! One loaded document: its link, and the runner that calls listeners for it.
//!
//! Two sides meet at one lock that is never held while user code runs: the routes (socket and sync) admit what comes
//! and write what goes out; the runner takes what was admitted, in order, and calls listeners.

mod access;
mod assembly;
mod ending;
mod execution;
mod intake;
mod lone;
mod lookout;
mod patience;
mod queue;
mod report;
mod room;
mod runner;
mod writer;

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use exciton_protocol::{
    CloseReason, ConnId, Full, Gone, HostLink, Limits, LinkId, LinkLost, Millis, Packet, Seq,
    TabId, TooLarge,
};
use tokio::sync::Notify;

pub(crate) use self::access::Access;
pub(crate) use self::execution::Execution;
use self::intake::Intake;
pub(crate) use self::intake::{Arrival, Refusal, Way};
pub(crate) use self::lone::{LoneCalls, may_call_here};
pub(crate) use self::report::BadReport;
use self::writer::Writer;
use crate::cargo::Cargo;
use crate::clock::Clock;
use crate::error::SendError;
use crate::event::Outlet;
use crate::handler::Outcome;
use crate::ipc_main::IpcMain;
use crate::message_port::{End, LinkPorts, Refused, Wire};
use crate::renderer::Renderer;
use crate::secret::BrowserId;
use crate::slow_consumer::Lane;
use crate::web_frame_main::Frames;

/// A document and its link.
pub(crate) struct Document {
    pub(crate) id: LinkId,
    /// The browser that it is in, as its cookie says.
    pub(crate) browser: Option<BrowserId>,
    pub(crate) renderer: Arc<Renderer>,
    frames: Frames,
    ports: Arc<LinkPorts>,
    ipc_main: IpcMain,
    access: Access,
    limits: Limits,
    clock: Arc<Clock>,
    state: Mutex<State>,
    /// See [`Self::is_swift`].
    swift: AtomicBool,
    /// Something may have to be written to the socket.
    pub(crate) outgoing: Notify,
    /// A synchronous answer has come, or the link is over.
    pub(crate) answered: Notify,
    /// Packets were admitted.
    pub(crate) arrived: Notify,
}

pub(crate) struct State {
    pub(crate) link: HostLink<Cargo, Outcome>,
    pub(crate) intake: Intake,
    writer: Writer,
    /// Why the link is over; nothing is admitted then.
    pub(crate) over: Option<LinkLost>,
    /// When it ended.
    over_since: Millis,
    /// The document waits in the browser's back/forward cache.
    pub(crate) frozen: bool,
    /// Another document has taken its place in the tab: no connection of it counts any more.
    pub(crate) retired: bool,
    /// A connection that broke a rule, and is to be closed for it.
    pub(crate) refused: Option<(ConnId, CloseReason)>,
    /// How the page left its last connection.
    parted: Option<Gone>,
    /// Synchronous requests of the page that wait for their answer.
    asking: usize,
    /// Messages that wait until the page is less behind.
    lane: Lane,
    /// Who waits for the result of a script, by its number.
    executions: HashMap<u64, Execution>,
}

impl State {
    /// Until when a connection goes on writing although the link is over: an application that quits has sent what is
    /// queued before, and its page is to have it.
    pub(crate) fn drains_until(&self, now: Millis) -> Option<Millis> {
        let end = self.over_since.plus(self.link.limits().drain);
        (self.over == Some(LinkLost::Quit) && self.link.waiting() > 0 && now < end).then_some(end)
    }
}

impl State {
    fn push(&mut self, packet: &Packet) -> Result<(), PushError> {
        if self.over.is_some() {
            return Err(PushError::Over);
        }
        if self.push_along(packet) {
            return Ok(());
        }
        let limits = *self.link.limits();
        let batches = Cargo::load(packet, &limits)?;
        let queued =
            self.link.queued_bytes() + batches.iter().map(|batch| batch.size).sum::<usize>();
        let cap = limits.outbox_bytes as usize;
        if queued > cap {
            return Err(Full { queued, cap }.into());
        }
        for batch in batches {
            self.link.push_unbounded(batch);
        }
        self.make_room();
        Ok(())
    }

    /// Sends a packet with those that wait already, if there are some, and room. The usual case, which needs no memory.
    fn push_along(&mut self, packet: &Packet) -> bool {
        let limits = self.link.limits();
        let whole = limits.whole_bytes.min(limits.packet_bytes) as usize;
        let added = self.link.add(|cargo, room| cargo.take(packet, room.min(whole)));
        if added {
            self.make_room();
        }
        added
    }
}

impl Document {
    pub(crate) fn new(
        id: LinkId,
        browser: Option<BrowserId>,
        renderer: Arc<Renderer>,
        ipc_main: IpcMain,
        access: Access,
        limits: Limits,
        clock: Arc<Clock>,
    ) -> Arc<Self> {
        let state = State {
            link: HostLink::new(id, limits, clock.now()),
            intake: Intake::default(),
            writer: Writer::default(),
            over: None,
            over_since: Millis(0),
            frozen: false,
            retired: false,
            refused: None,
            parted: None,
            asking: 0,
            lane: Lane::default(),
            executions: HashMap::new(),
        };
        Arc::new_cyclic(|weak: &Weak<Self>| Self {
            id,
            browser,
            frames: Frames::new(&renderer, weak.clone()),
            ports: LinkPorts::new(weak.clone(), &limits),
            renderer,
            ipc_main,
            access,
            limits,
            clock,
            state: Mutex::new(state),
            swift: AtomicBool::new(false),
            outgoing: Notify::new(),
            answered: Notify::new(),
            arrived: Notify::new(),
        })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a packet, or says why not.
    pub(crate) fn push(&self, packet: &Packet) -> Result<(), PushError> {
        let mut state = self.lock();
        state.push(packet)?;
        self.told(state);
        Ok(())
    }

    /// Wakes the writer if it has to be woken for what is to be written now.
    fn told(&self, mut state: MutexGuard<'_, State>) {
        let wakes = state.wakes_writer();
        drop(state);
        if wakes {
            self.outgoing.notify_one();
        }
    }

    /// Sends what was kept until the document came, and the ports of it: they are attached later.
    pub(crate) fn push_early(&self, packet: Packet, ends: Vec<End>) -> Result<Vec<u64>, Refused> {
        if let (Packet::Send(call), false) = (&packet, ends.is_empty()) {
            return self.ports.send_unattached(call.clone(), ends);
        }
        let posted = Wire::post(self, &packet);
        posted.map(|()| Vec::new()).map_err(|error| Refused { error, ends })
    }

    /// The page has said how far it is: its connection may have more to write, and senders more room.
    pub(crate) fn heard(self: &Arc<Self>) {
        let mut state = self.lock();
        if !state.lane.is_empty() {
            state.let_go();
        }
        self.start_runner(&mut state);
        // It gathers what comes of a batch that has just begun to run.
        if state.link.wants_to_write() || state.is_growing() {
            self.told(state);
        } else {
            drop(state);
        }
        self.renderer.room.notify_waiters();
    }

    /// Whether packets from this one on can be admitted: nothing before them is missing.
    pub(crate) fn is_next(&self, first: Seq) -> bool {
        let state = self.lock();
        state.over.is_some() || state.link.admitted() >= first
    }

    /// The moment as its link knows it.
    pub(crate) fn now(&self) -> Millis {
        self.clock.now()
    }

    /// The bounds of what its page sends.
    pub(crate) fn bounds(&self) -> &Limits {
        &self.limits
    }

    /// The tab that the document is in.
    pub(crate) fn tab(&self) -> TabId {
        self.renderer.tab
    }
}

/// Why a document takes no packet.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PushError {
    #[error("the link is over")]
    Over,
    #[error("the page is too slow")]
    TooSlow,
    #[error(transparent)]
    Full(#[from] Full),
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    #[error("{open} scripts would run in the page at once, the limit is {limit}")]
    Busy { open: usize, limit: usize },
}

impl Outlet for Document {
    fn renderer(&self) -> &Arc<Renderer> {
        &self.renderer
    }

    fn frames(&self) -> &Frames {
        &self.frames
    }

    fn ports(&self) -> &Arc<LinkPorts> {
        &self.ports
    }

    fn post(&self, packet: &Packet) -> Result<(), SendError> {
        self.push(packet).map_err(|error| match error {
            PushError::Over if !self.renderer.is_destroyed() => SendError::FrameGone,
            other => self.renderer.refused(other, packet),
        })
    }

    fn settle(&self, seq: Seq, outcome: Outcome) {
        let mut state = self.lock();
        state.link.invoke_ended();
        if state.over.is_some() {
            return;
        }
        state.push_answer(seq, outcome);
        if !state.is_made_here(seq) {
            self.told(state);
        }
    }

    fn answer(&self, seq: Seq, outcome: Outcome) {
        let mut state = self.lock();
        state.link.answer(seq, outcome);
        let is_told = state.is_made_here(seq);
        drop(state);
        if !is_told {
            self.answered.notify_waiters();
        }
    }
}

/// Called with a port's lock, or with the tab's: it takes none but its own.
impl Wire for Document {
    fn post(&self, packet: &Packet) -> Result<(), SendError> {
        self.push(packet).map_err(|error| match error {
            PushError::Over => SendError::FrameGone,
            other => self.renderer.refused(other, packet),
        })
    }

    fn must_post(&self, packet: &Packet) {
        let mut state = self.lock();
        if state.over.is_some() {
            return;
        }
        let limits = *state.link.limits();
        for batch in Cargo::load(packet, &limits).unwrap_or_default() {
            state.link.push_unbounded(batch);
        }
        self.told(state);
    }
}
