//! The runner: calls listeners for what was admitted, one packet after the other.
//!
//! It runs on a thread of the runtime's blocking pool, for as long as there is something to run: a listener that blocks
//! holds up its own page, and nothing of the link or of other pages. A call that comes alone is made by the task that read
//! it, see `server/deputy.rs`.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Waker};

use bytes::Bytes;
use exciton_protocol::{Call, Packet, Seq};

use super::access::Wanted;
use super::intake::{Arrival, Lone};
use super::queue::Job;
use super::{Document, State};
use crate::dispatch::{Incoming, Request, Watch, dispatch};
use crate::emitter::Found;
use crate::error::ErrorInfo;
use crate::event::{Outlet, Sender};
use crate::handler::Outcome;
use crate::happening::Happening;
use crate::ipc_main::IpcMain;
use crate::message_port::attach;
use crate::one_line::one_line;
use crate::signals::guarded;

/// A runner at work, from one time that it finds something to run until it finds nothing more.
pub(super) struct Turn {
    pub(super) watch: Watch,
    /// Whose calls most are: those of the page's main frame.
    main: Sender,
    /// What it has taken to run next.
    jobs: VecDeque<Job>,
    /// What listens to the calls among these, by their seqs.
    found: VecDeque<(Seq, Found)>,
}

/// What has come of a job.
pub(super) enum Done {
    /// No packet of the page was in it.
    Nothing,
    /// A packet, and its listeners were called.
    Heard,
    /// An `invoke`, and this is its answer.
    Answered(Seq, Outcome),
    /// It is not decided yet whether the call is made. The runner is to stop: it is started again then.
    Stands,
}

/// What there is to run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    None,
    /// The first of several jobs that were taken at once.
    First,
    /// One of the others.
    Further,
}

impl Turn {
    pub(super) fn new(document: &Arc<Document>) -> Self {
        let (jobs, found) = (VecDeque::new(), VecDeque::new());
        Self { watch: Watch::new(), main: Sender::new(document.clone(), 0), jobs, found }
    }

    /// Looks for what listens to all that it has taken: one after the other would take as long for each.
    fn look_ahead(&mut self, ipc_main: &IpcMain) {
        self.found.clear();
        let (seqs, calls): (Vec<Seq>, Vec<_>) = self.jobs.iter().filter_map(Job::wants).unzip();
        self.found.extend(seqs.into_iter().zip(ipc_main.emitter().ahead(&calls)));
    }

    fn found(&mut self, seq: Seq) -> Option<Found> {
        // Those before it were of calls that were not made.
        while self.found.pop_front_if(|(of, _)| *of < seq).is_some() {}
        self.found.pop_front_if(|(of, _)| *of == seq).map(|(_, found)| found)
    }

    /// Others may run what it has not begun.
    pub(super) fn give_back(&mut self, state: &mut State) {
        state.intake.queue.give_back(&mut self.jobs);
        self.found.clear();
    }

    /// Who has made a call: the frame of this number.
    fn sender(&self, document: &Arc<Document>, frame: u32) -> Sender {
        if frame == 0 { self.main.clone() } else { Sender::new(document.clone(), frame) }
    }
}

impl Document {
    /// Starts a runner unless one is at work.
    pub(super) fn start_runner(self: &Arc<Self>, state: &mut State) {
        if state.intake.running || state.intake.queue.is_empty() || state.must_wait() {
            return;
        }
        state.intake.running = true;
        self.run_elsewhere();
    }

    /// Runs what was admitted on a thread that may be blocked. The runner counts as at work.
    pub(super) fn run_elsewhere(self: &Arc<Self>) {
        let document = self.clone();
        tokio::task::spawn_blocking(move || document.run());
    }

    fn run(self: &Arc<Self>) {
        self.go_on(&mut Turn::new(self), Done::Nothing);
    }

    /// Runs what there is to run, when this has come of the job before. One look at the document between two jobs: what
    /// came of the one goes into it, and the other comes out of it.
    pub(super) fn go_on(self: &Arc<Self>, turn: &mut Turn, mut done: Done) {
        loop {
            let mut state = self.lock();
            let mut wakes = state.is_through(done, turn, self);
            state.intake.lone = Lone::No;
            let next = state.next(turn);
            if next == Next::None {
                wakes |= state.stops_running();
            }
            drop(state);
            if wakes {
                self.outgoing.notify_one();
            }
            match next {
                Next::None => return,
                Next::First if turn.jobs.len() > 1 => turn.look_ahead(&self.ipc_main),
                Next::First | Next::Further => {}
            }
            let Some(job) = turn.jobs.pop_front() else { return };
            done = self.work(turn, job);
            if matches!(done, Done::Stands) {
                return;
            }
        }
    }

    pub(super) fn work(self: &Arc<Self>, turn: &mut Turn, job: Job) -> Done {
        match job {
            Job::Arrive(arrival) => self.arrive(arrival),
            Job::Attach(ids, lost) => {
                attach(&self.ports, ids);
                guarded("close", || drop(lost));
            }
            Job::Packet(seq, packet) => return self.call(turn, seq, packet),
            Job::Refuse(seq) => return self.refuse(seq),
            Job::Part => return Done::Heard,
            Job::Assembled(seq, bytes) => return self.open(turn, seq, bytes),
        }
        turn.watch.restart();
        Done::Nothing
    }

    fn arrive(&self, arrival: Arrival) {
        if arrival.is_new {
            self.renderer.announce(arrival.opener.as_ref());
        }
        if let Some(gone) = arrival.gone {
            self.renderer.happened(Happening::RenderProcessGone(gone));
        }
        self.renderer.happened(Happening::DidNavigate(arrival.url));
    }

    /// Calls the listeners of one packet, if they may be called.
    fn call(self: &Arc<Self>, turn: &mut Turn, seq: Seq, packet: Packet) -> Done {
        let (kind, call) = match packet {
            Packet::Send(call) => (Incoming::Send, call),
            Packet::Invoke(call) => (Incoming::Invoke, call),
            Packet::Sync(call) => (Incoming::Sync, call),
            other => {
                if let Packet::Report(call) = other {
                    match self.excess_of_report(&call) {
                        None => self.hear(call),
                        Some(excess) => self.hear_too_much(&call, excess),
                    }
                }
                // Nothing else is admitted.
                turn.watch.restart();
                return Done::Heard;
            }
        };
        self.ask(turn, Wanted { seq, kind, call })
    }

    /// Calls the listeners of a call that is allowed.
    pub(super) fn dispatch(self: &Arc<Self>, turn: &mut Turn, wanted: Wanted) -> Done {
        let Wanted { seq, kind, call: Call { channel, args, extra } } = wanted;
        let (from, found) = (turn.sender(self, extra.frame), turn.found(seq));
        let request = Request { kind, seq, channel: &channel, args, extra, found };
        let cx = &mut Context::from_waker(Waker::noop());
        let called = dispatch(&self.ipc_main, from, request, &mut turn.watch, cx);
        for future in called.pending {
            tokio::spawn(future);
        }
        called.answer.map_or(Done::Heard, |outcome| Done::Answered(seq, outcome))
    }

    /// Reads a big packet that came in parts, and calls what it is for.
    fn open(self: &Arc<Self>, turn: &mut Turn, seq: Seq, bytes: Bytes) -> Done {
        let packet = Packet::from_parts_within(bytes, &self.limits);
        let mut state = self.lock();
        if let Ok(Packet::Sync(_)) = &packet {
            // As many are open as the page's nesting allows; a request past it is answered by its own time limit.
            let _ = state.link.sync_began(seq);
        }
        let fits = !matches!(&packet, Ok(Packet::Invoke(_))) || state.link.invoke_began();
        drop(state);
        match packet {
            Ok(_) if !fits => self.refuse(seq),
            Ok(packet) => self.call(turn, seq, packet),
            Err(error) => {
                tracing::warn!(link = ?self.id, seq, error = %one_line(&error), "a message in parts can't be read");
                let told = ErrorInfo::plain(format!("the message can't be read: {error}"));
                // What it was nobody knows: whoever waits for it hears of it.
                let mut state = self.lock();
                let _ = (state.link.sync_began(seq), state.link.invoke_began());
                drop(state);
                self.answer(seq, Err(told.clone()));
                Done::Answered(seq, Err(told))
            }
        }
    }

    /// Our own pages keep to the limit themselves.
    fn refuse(&self, seq: Seq) -> Done {
        let state = self.lock();
        let (open, limit) = (state.link.open_invokes(), state.link.limits().open_invokes);
        drop(state);
        Done::Answered(seq, Err(ErrorInfo::busy(open, limit)))
    }
}

impl State {
    /// What the runner does next; the job is then the first in the turn.
    fn next(&mut self, turn: &mut Turn) -> Next {
        if self.must_wait() {
            turn.give_back(self);
            return Next::None;
        }
        // A page that has ended takes its jobs along.
        if self.over.is_some() {
            return Next::None;
        }
        let is_new = turn.jobs.is_empty();
        if is_new {
            self.intake.queue.take(&mut turn.jobs);
        }
        let Some(further) = turn.jobs.len().checked_sub(1) else { return Next::None };
        self.intake.queue.has_taken(further);
        if is_new { Next::First } else { Next::Further }
    }

    /// A job is through. Its answer and its acknowledgement go out together. Returns whether the writer has to be woken.
    pub(super) fn is_through(&mut self, done: Done, turn: &Turn, document: &Document) -> bool {
        let mut wakes = false;
        match done {
            Done::Nothing | Done::Stands => return false,
            Done::Heard => {}
            Done::Answered(seq, outcome) => {
                self.link.invoke_ended();
                if self.over.is_none() {
                    self.push_answer(seq, outcome);
                    wakes = !self.is_made_here(seq) && self.wakes_writer();
                }
            }
        }
        self.consume(document.clock.at(turn.watch.since())) || wakes
    }
}
