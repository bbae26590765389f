//! THE order in which what a page sent reaches listeners and handlers.
//!
//! A message goes to the channel's listeners, scope by scope and in the order of their registration, an `invoke` to the
//! channel's nearest handler.
//! Each is called, and the future that it returns is polled once, before the next one is called. What is pending then
//! goes on beside the page's next messages.
//!
//! Invariant: whatever user code does, each `sendSync` and each `invoke` is answered exactly once. A panic is caught and
//! becomes the answer; the listeners after it run all the same.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use exciton_protocol::{Args, Extra, Seq};
use futures_util::FutureExt;
use tracing::{Instrument, Span};

use crate::error::{ErrorInfo, panic_message};
use crate::event::{IpcMainEvent, IpcMainInvokeEvent, Outlet, PendingReply, Sender};
use crate::handler::{BadArguments, BoxFuture, Flow, Heard, Outcome};
use crate::ipc_main::IpcMain;
use crate::one_line::one_line;
use crate::scopes::Scopes;

/// How the page made the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// `send`: nobody waits.
    Send,
    /// `invoke`: a promise waits.
    Invoke,
    /// `sendSync`: the whole page waits.
    Sync,
}

/// One call of a page.
pub(crate) struct Request<'a> {
    pub kind: Incoming,
    pub seq: Seq,
    pub channel: &'a str,
    pub args: Args,
    /// The frame that it is from, and the ports that it brings.
    pub extra: Extra,
}

/// How long a listener or handler may keep its page's further messages waiting before it is warned about.
const SLOW: Duration = Duration::from_millis(100);

/// Calls what listens to the request, in order, on the page's runner. The futures that come back have been polled once and
/// are pending; the caller spawns them. An `invoke` is settled, and a `sendSync` answered, even if they are dropped.
pub(crate) fn dispatch(
    ipc_main: &IpcMain,
    outlet: &Arc<dyn Outlet>,
    request: Request<'_>,
    cx: &mut Context<'_>,
) -> Vec<BoxFuture<()>> {
    let span = tracing::debug_span!(
        "dispatch",
        kind = ?request.kind,
        channel = request.channel,
        web_contents = outlet.renderer().id,
        frame = request.extra.frame,
        seq = request.seq
    );
    let _entered = span.enter();
    let from = Sender::new(outlet.clone(), request.extra.frame);
    let scopes = Scopes::new(from.document(), outlet.renderer(), ipc_main);
    // User code is guarded where it is called; what unwinds to here are destructors of removed closures.
    let called = catch_unwind(AssertUnwindSafe(|| match request.kind {
        Incoming::Send => {
            let ports = outlet.ports().receive(&request.extra.ports);
            listen(&scopes, &from, IpcMainEvent::new(from.clone(), ports), request, &span, cx)
        }
        Incoming::Sync => {
            let event = IpcMainEvent::sync(from.clone(), request.seq, request.channel);
            listen(&scopes, &from, event, request, &span, cx)
        }
        Incoming::Invoke => invoke(&scopes, &from, request, &span, cx).into_iter().collect(),
    }));
    called.unwrap_or_else(|payload| {
        tracing::error!(
            panic = panic_message(&*payload),
            "a listener panicked while it was dropped"
        );
        Vec::new()
    })
}

/// Calls the listeners. A `sendSync` is decided when the last clone of the event is dropped: without a listener here.
fn listen(
    scopes: &Scopes<'_>,
    from: &Sender,
    event: IpcMainEvent,
    request: Request<'_>,
    span: &Span,
    cx: &mut Context<'_>,
) -> Vec<BoxFuture<()>> {
    let Request { kind, channel, args, .. } = request;
    let mut calls = Calls { event, channel, span, pending: Vec::new(), count: 0 };
    let observers = from.outlet().renderer().observers.of(kind == Incoming::Sync);
    if !observers.is_empty() {
        match args.values() {
            Ok(values) => {
                for observer in observers {
                    calls.call(cx, |event| Ok(observer(event, channel, &values)));
                }
            }
            Err(error) => wrong_argument(&calls.event, channel, &error.into()),
        }
    }
    for scope in scopes.iter() {
        let emitter = scope.emitter();
        let listeners = emitter.snapshot(channel);
        for listener in listeners.iter().flat_map(|listeners| listeners.iter()) {
            if emitter.admit(channel, listener) {
                calls.call(cx, |event| (listener.call)(event, &args));
            }
        }
    }
    if calls.count == 0 {
        calls.nobody(kind, from);
    }
    calls.pending
}

/// The listeners of one message, as they are called.
struct Calls<'a> {
    event: IpcMainEvent,
    channel: &'a str,
    span: &'a Span,
    pending: Vec<BoxFuture<()>>,
    count: u32,
}

impl Calls<'_> {
    fn call(
        &mut self,
        cx: &mut Context<'_>,
        listener: impl FnOnce(IpcMainEvent) -> Result<Flow<Heard>, BadArguments>,
    ) {
        let Self { event, channel, span, .. } = self;
        self.count += 1;
        let watch = Watch::new("listener", channel);
        match catch_unwind(AssertUnwindSafe(|| listener(event.clone()))) {
            Ok(Ok(Flow::Now(heard))) => log(channel, heard),
            Ok(Ok(Flow::Later(future))) => {
                let rest = heard_later(future, event.clone(), (*channel).into());
                self.pending.extend(poll_once(Box::pin(rest.instrument((*span).clone())), cx));
            }
            Ok(Err(wrong)) => wrong_argument(event, channel, &wrong),
            Err(payload) => panicked(event, channel, payload),
        }
        watch.stop();
    }

    fn nobody(&self, kind: Incoming, from: &Sender) {
        let (channel, id) = (self.channel, from.outlet().renderer().id);
        if kind == Incoming::Sync {
            tracing::warn!(
                "WebContents #{id} called ipcRenderer.sendSync() with '{channel}' channel without listeners."
            );
            self.event.nobody_listens();
        } else {
            tracing::debug!("no listener");
        }
    }
}

async fn heard_later(future: BoxFuture<Heard>, event: IpcMainEvent, channel: Box<str>) {
    match AssertUnwindSafe(future).catch_unwind().await {
        Ok(heard) => log(&channel, heard),
        Err(payload) => panicked(&event, &channel, payload),
    }
}

fn log(channel: &str, heard: Heard) {
    if let Err(error) = heard {
        tracing::warn!(channel, error = %one_line(&error), "a listener failed");
    }
}

fn wrong_argument(event: &IpcMainEvent, channel: &str, wrong: &BadArguments) {
    let error = ErrorInfo::wrong_argument(channel, wrong);
    tracing::warn!(channel, error = error.message, "a listener was not called");
    event.fail(error);
}

fn panicked(event: &IpcMainEvent, channel: &str, payload: Box<dyn Any + Send>) {
    tracing::error!(channel, panic = panic_message(&*payload), "a listener panicked");
    event.fail(ErrorInfo::panicked("listener", channel, &*payload));
}

/// Calls the handler.
fn invoke(
    scopes: &Scopes<'_>,
    from: &Sender,
    request: Request<'_>,
    span: &Span,
    cx: &mut Context<'_>,
) -> Option<BoxFuture<()>> {
    let Request { channel, args, seq, .. } = request;
    let reply = PendingReply::new(from.outlet().clone(), seq);
    let Some(handler) = scopes.handler(channel) else {
        tracing::debug!("no handler");
        reply.settle(Err(ErrorInfo::no_handler(channel)));
        return None;
    };
    let event = IpcMainInvokeEvent::new(from.clone());
    let watch = Watch::new("handler", channel);
    let mut pending = None;
    match catch_unwind(AssertUnwindSafe(|| (handler.call)(event, args))) {
        Ok(Flow::Now(outcome)) => reply.settle(logged(channel, outcome)),
        Ok(Flow::Later(future)) => {
            let rest = settled_later(future, reply, channel.into());
            pending = poll_once(Box::pin(rest.instrument(span.clone())), cx);
        }
        Err(payload) => reply.settle(handler_panicked(channel, &*payload)),
    }
    watch.stop();
    pending
}

async fn settled_later(future: BoxFuture<Outcome>, reply: PendingReply, channel: Box<str>) {
    match AssertUnwindSafe(future).catch_unwind().await {
        Ok(outcome) => reply.settle(logged(&channel, outcome)),
        Err(payload) => reply.settle(handler_panicked(&channel, &*payload)),
    }
}

/// Electron prints what its handlers reject with, too.
fn logged(channel: &str, outcome: Outcome) -> Outcome {
    if let Err(error) = &outcome {
        tracing::warn!(channel, error = error.message, "a handler rejected");
    }
    outcome
}

fn handler_panicked(channel: &str, payload: &(dyn Any + Send)) -> Outcome {
    tracing::error!(channel, panic = panic_message(payload), "a handler panicked");
    Err(ErrorInfo::panicked("handler", channel, payload))
}

/// The future, if it isn't ready at once. A panic that comes this far is one of a destructor.
fn poll_once(mut future: BoxFuture<()>, cx: &mut Context<'_>) -> Option<BoxFuture<()>> {
    match catch_unwind(AssertUnwindSafe(|| Pin::new(&mut future).poll(cx))) {
        Ok(Poll::Pending) => Some(future),
        Ok(Poll::Ready(())) => None,
        Err(payload) => {
            tracing::error!(
                panic = panic_message(&*payload),
                "a future panicked while it was dropped"
            );
            None
        }
    }
}

/// Warns about a call that kept the page's runner for longer than [`SLOW`].
struct Watch<'a> {
    role: &'static str,
    channel: &'a str,
    since: Instant,
}

impl<'a> Watch<'a> {
    fn new(role: &'static str, channel: &'a str) -> Self {
        Self { role, channel, since: Instant::now() }
    }

    fn stop(self) {
        let took = self.since.elapsed();
        if took > SLOW {
            tracing::warn!(
                channel = self.channel,
                millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                "a {} kept its page waiting; blocking work goes into `handle_blocking`",
                self.role
            );
        }
    }
}

#[cfg(test)]
mod tests;
