//! A port in this process: its listeners, and the runner that calls them, one message after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use exciton_protocol::Args;
use tokio::runtime::Handle;

use super::pair::{End, Holder, Message, Pair, Side};
use super::{MessageEvent, MessagePortMain};
use crate::emitter::ListenerId;
use crate::error::panic_message;
use crate::handler::{BadArguments, BoxFuture, Flow, Heard};
use crate::one_line::one_line;
use crate::signals::guarded;

/// What all handles of a port lead to.
pub(crate) struct Port {
    local: Mutex<Local>,
    /// Messages that were posted when nobody was at the other side any more.
    pub(super) dropped: AtomicU64,
}

/// Locked under a pair's lock or alone.
#[derive(Default)]
struct Local {
    /// `None` once the port is neutered.
    end: Option<End>,
    started: bool,
    /// A runner is at work, or about to be.
    running: bool,
    /// The listeners have been told of the close.
    told: bool,
    listeners: Vec<Arc<Listener>>,
    closes: Vec<(ListenerId, Arc<CloseListener>)>,
    next: u64,
}

struct Listener {
    id: ListenerId,
    once: bool,
    call: Box<DynListener>,
}

/// A listener without its types.
pub(super) type DynListener =
    dyn Fn(MessageEvent, &Args) -> Result<Flow<Heard>, BadArguments> + Send + Sync;

/// A listener for the end.
pub(super) type CloseListener = dyn Fn() + Send + Sync;

/// What a runner does next.
enum Step {
    Message(Message, Vec<Arc<Listener>>),
    Close(Vec<(ListenerId, Arc<CloseListener>)>, Vec<Arc<Listener>>),
    /// Nobody can ever post or receive here again.
    Collect(Option<End>),
    Rest,
}

/// A handle to an end that has come.
pub(super) fn adopt(end: End) -> MessagePortMain {
    let (pair, side) = end.place();
    let port = Arc::new(Port {
        local: Mutex::new(Local { end: Some(end), ..Local::default() }),
        dropped: AtomicU64::new(0),
    });
    let mut sides = pair.lock();
    sides[side].holder = Holder::Port(Arc::downgrade(&port), None);
    sides[side].abandoned = false;
    drop(sides);
    MessagePortMain::new(port)
}

impl Port {
    fn lock(&self) -> MutexGuard<'_, Local> {
        self.local.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its pair and side, unless it is neutered.
    pub(super) fn place(&self) -> Option<(Arc<Pair>, usize)> {
        self.lock().end.as_ref().map(End::place)
    }

    /// Takes the end away, which neuters the port. What waits stays with the end.
    pub(super) fn take(self: &Arc<Self>) -> Option<End> {
        let end = self.lock().end.take()?;
        let (pair, side) = end.place();
        let mut sides = pair.lock();
        let before = std::mem::take(&mut sides[side].holder);
        drop(sides);
        drop(before);
        Some(end)
    }

    /// Gives an end back that could not be handed over.
    pub(super) fn give_back(self: &Arc<Self>, end: End) {
        self.hold(end);
    }

    fn hold(self: &Arc<Self>, end: End) {
        let (pair, side) = end.place();
        let mut sides = pair.lock();
        sides[side].holder = Holder::Port(Arc::downgrade(self), None);
        self.lock().end = Some(end);
        self.pin(&mut sides[side]);
        self.wake(&sides[side]);
    }

    /// Changes something about the listeners, and goes on.
    fn change<T>(self: &Arc<Self>, change: impl FnOnce(&mut Local) -> T) -> T {
        let Some((pair, side)) = self.place() else { return change(&mut self.lock()) };
        let mut sides = pair.lock();
        let out = change(&mut self.lock());
        if self.is_at(&sides[side]) {
            self.pin(&mut sides[side]);
            self.wake(&sides[side]);
        }
        out
    }

    pub(super) fn start(self: &Arc<Self>) {
        self.change(|local| local.started = true);
    }

    pub(super) fn listen(self: &Arc<Self>, once: bool, call: Box<DynListener>) -> ListenerId {
        self.change(|local| {
            let id = local.next_id();
            local.listeners.push(Arc::new(Listener { id, once, call }));
            id
        })
    }

    pub(super) fn listen_close(self: &Arc<Self>, call: Arc<CloseListener>) -> ListenerId {
        self.change(|local| {
            let id = local.next_id();
            local.closes.push((id, call));
            // One that comes too late is called at once.
            local.told = false;
            id
        })
    }

    pub(super) fn unlisten(self: &Arc<Self>, id: ListenerId) -> bool {
        let removed = self.change(|local| {
            let at = local.listeners.iter().position(|listener| listener.id == id);
            let listener = at.map(|at| local.listeners.remove(at));
            let at = local.closes.iter().position(|(other, _)| *other == id);
            (listener, at.map(|at| local.closes.remove(at)))
        });
        removed.0.is_some() || removed.1.is_some()
    }

    /// Closes it. Its own listeners hear of it, too.
    pub(super) fn close(self: &Arc<Self>) {
        let mut local = self.lock();
        if local.end.is_none() {
            return;
        }
        let before = local.end.take();
        drop(local);
        drop(before);
        self.hold(End::closed());
    }

    /// The last handle is gone: what can receive nothing any more is closed.
    pub(super) fn abandon(self: &Arc<Self>) {
        let Some((pair, side)) = self.place() else { return };
        let mut sides = pair.lock();
        if !self.is_at(&sides[side]) {
            return;
        }
        sides[side].abandoned = true;
        let mut local = self.lock();
        // A runner does it when it is through.
        if local.running || !local.is_useless(&sides[side], &sides[1 - side]) {
            return;
        }
        let end = local.end.take();
        drop(local);
        drop(sides);
        drop(end);
    }

    fn is_at(self: &Arc<Self>, side: &Side) -> bool {
        matches!(&side.holder, Holder::Port(port, _) if port.as_ptr() == Arc::as_ptr(self))
    }

    /// A port that can still receive is kept by its side of the pair.
    fn pin(self: &Arc<Self>, side: &mut Side) {
        let local = self.lock();
        let hears = local.started && !local.listeners.is_empty() && !local.told;
        drop(local);
        if let Holder::Port(_, pin) = &mut side.holder {
            *pin = hears.then(|| self.clone());
        }
    }

    /// Starts a runner, if there is something for it and none is at work. The pair is locked.
    pub(super) fn wake(self: &Arc<Self>, side: &Side) {
        let mut local = self.lock();
        if local.running || local.end.is_none() || !local.has_work(side) {
            return;
        }
        local.running = true;
        drop(local);
        let port = self.clone();
        let run = move || port.run();
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(run)),
            Err(_) => drop(std::thread::spawn(run)),
        }
    }

    fn run(self: &Arc<Self>) {
        loop {
            match self.step() {
                Step::Message(message, listeners) => deliver(message, &listeners),
                Step::Close(closes, listeners) => {
                    for (_, listener) in &closes {
                        guarded("close", || listener());
                    }
                    guarded("close", || drop((closes, listeners)));
                }
                Step::Collect(end) => drop(end),
                Step::Rest => return,
            }
        }
    }

    fn step(self: &Arc<Self>) -> Step {
        loop {
            let place = {
                let mut local = self.lock();
                local.running = local.end.is_some();
                local.end.as_ref().map(End::place)
            };
            let Some((pair, side)) = place else { return Step::Rest };
            let mut sides = pair.lock();
            // Else the end was taken meanwhile, and perhaps there is another one in its place.
            if self.is_at(&sides[side]) {
                return self.step_at(&mut sides, side);
            }
        }
    }

    fn step_at(self: &Arc<Self>, sides: &mut [Side; 2], side: usize) -> Step {
        let mut local = self.lock();
        let step = local.step(&mut sides[side]);
        if !matches!(step, Step::Rest) {
            drop(local);
            self.pin(&mut sides[side]);
            return step;
        }
        local.running = false;
        let (mine, other) = (&sides[side], &sides[1 - side]);
        if mine.abandoned && local.is_useless(mine, other) {
            return Step::Collect(local.end.take());
        }
        Step::Rest
    }
}

impl Local {
    fn next_id(&mut self) -> ListenerId {
        self.next += 1;
        ListenerId::new(self.next)
    }

    fn has_work(&self, side: &Side) -> bool {
        let hears = self.started && !self.listeners.is_empty();
        (hears && !side.is_empty()) || self.is_over(side)
    }

    /// The other side is closed and nothing more will be heard: told once.
    fn is_over(&self, side: &Side) -> bool {
        let unheard = self.started && self.listeners.is_empty();
        side.ended && !self.told && (side.is_empty() || unheard)
    }

    /// Whether a port without a handle can be closed: it hears nothing any more, or only the other end's close, because
    /// that has no handle either. Its runner is at rest.
    fn is_useless(&self, mine: &Side, other: &Side) -> bool {
        let hears = self.started && !self.listeners.is_empty();
        let deserted = other.abandoned && mine.is_empty() && other.is_empty();
        !hears || deserted || (mine.ended && mine.is_empty())
    }

    fn step(&mut self, side: &mut Side) -> Step {
        if self.started
            && !self.listeners.is_empty()
            && let Some(message) = side.pop()
        {
            let listeners = self.listeners.clone();
            self.listeners.retain(|listener| !listener.once);
            return Step::Message(message, listeners);
        }
        if self.is_over(side) {
            self.told = true;
            // A listener may hold its own port.
            let listeners = std::mem::take(&mut self.listeners);
            return Step::Close(std::mem::take(&mut self.closes), listeners);
        }
        Step::Rest
    }
}

/// Calls the listeners of one message. Each returned future is polled once before the next listener is called.
fn deliver(message: Message, listeners: &[Arc<Listener>]) {
    let mut text = Vec::with_capacity(message.data.text.len() + 2);
    text.push(b'[');
    text.extend_from_slice(&message.data.text);
    text.push(b']');
    let args = Args::new(text, message.data.blobs.clone());
    let ports = message.ends.into_iter().map(adopt).collect();
    let event = MessageEvent::new(message.data, ports);
    for listener in listeners {
        match catch_unwind(AssertUnwindSafe(|| (listener.call)(event.clone(), &args))) {
            Ok(Ok(Flow::Now(heard))) => log(heard),
            Ok(Ok(Flow::Later(future))) => go_on(future),
            Ok(Err(error)) => {
                tracing::warn!(error = %one_line(&error), "a message port's listener was not called")
            }
            Err(payload) => {
                tracing::error!(
                    panic = panic_message(&*payload),
                    "a message port's listener panicked"
                );
            }
        }
    }
    guarded("message", || drop(event));
}

fn go_on(mut future: BoxFuture<Heard>) {
    let polled = catch_unwind(AssertUnwindSafe(|| {
        future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }));
    match polled {
        Ok(Poll::Ready(heard)) => log(heard),
        Ok(Poll::Pending) => match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(async move { log(future.await) })),
            Err(error) => {
                tracing::error!(error = %one_line(&error), "a message port's listener can't go on")
            }
        },
        Err(payload) => {
            tracing::error!(panic = panic_message(&*payload), "a message port's listener panicked");
        }
    }
}

fn log(heard: Heard) {
    if let Err(error) = heard {
        tracing::warn!(error = %one_line(&error), "a message port's listener failed");
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        let dropped = self.dropped.load(Ordering::Relaxed);
        if dropped > 0 {
            tracing::debug!(dropped, "messages were posted to a closed port");
        }
    }
}
