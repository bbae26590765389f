//! THE order in which what a page sent reaches listeners and handlers.
//!
//! A message goes to the channel's listeners, scope by scope and in the order of their registration, an `invoke` to the
//! channel's nearest handler.
//! Each is called, and the future that it returns is polled once, before the next one is called. What is pending then
//! goes on beside the page's next messages.
//!
//! Invariant: whatever user code does, each `sendSync` and each `invoke` is answered exactly once. A panic is caught and
//! becomes the answer; the listeners after it run all the same.

mod polled;
mod watch;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Context;

use exciton_protocol::{Args, Extra, Seq};
use futures_util::FutureExt;
use tracing::{Instrument, Span};

use self::polled::{Polled, poll_once};
pub(crate) use self::watch::Watch;
use crate::emitter::Found;
use crate::error::{ErrorInfo, panic_message};
use crate::event::{IpcMainEvent, IpcMainInvokeEvent, PendingReply, Sender};
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
    /// What listens to it in the application, if that was looked for ahead.
    pub found: Option<Found>,
}

/// What has come of a call.
#[derive(Default)]
pub(crate) struct Called {
    /// Of an `invoke` that is answered already.
    pub(crate) answer: Option<Outcome>,
    /// It is an `invoke` whose future settles it, even if that is dropped.
    settled_later: bool,
    /// Futures that have been polled once and are pending; the caller spawns them.
    pub(crate) pending: Vec<BoxFuture<()>>,
}

/// Calls what listens to the request, in order, on the page's runner. A `sendSync` is answered whatever becomes of the
/// futures that come back.
pub(crate) fn dispatch(
    ipc_main: &IpcMain,
    from: Sender,
    request: Request<'_>,
    watch: &mut Watch,
    cx: &mut Context<'_>,
) -> Called {
    let (outlet, kind) = (from.outlet(), request.kind);
    let span = tracing::debug_span!(
        "dispatch",
        ?kind,
        channel = request.channel,
        web_contents = outlet.renderer().id,
        frame = request.extra.frame,
        seq = request.seq
    );
    let _entered = span.enter();
    let scopes = Scopes::new(from.document(), outlet.renderer(), ipc_main);
    let mut called = Called::default();
    // User code is guarded where it is called; what unwinds to here are destructors of removed closures.
    let through = catch_unwind(AssertUnwindSafe(|| match kind {
        Incoming::Send => {
            let ports = outlet.ports().receive(&request.extra.ports);
            let event = IpcMainEvent::new(from.clone(), ports);
            called.pending = listen(&scopes, &from, event, request, &span, watch, cx);
        }
        Incoming::Sync => {
            let event = IpcMainEvent::sync(from.clone(), request.seq, request.channel);
            called.pending = listen(&scopes, &from, event, request, &span, watch, cx);
        }
        Incoming::Invoke => invoke(&scopes, &from, request, &span, watch, cx, &mut called),
    }));
    if let Err(payload) = through {
        tracing::error!(
            panic = panic_message(&*payload),
            "a listener panicked while it was dropped"
        );
        if kind == Incoming::Invoke && !called.settled_later {
            called.answer.get_or_insert_with(|| Err(ErrorInfo::never_sent()));
        }
    }
    called
}

/// Calls the listeners. A `sendSync` is decided when the last clone of the event is dropped: without a listener here.
fn listen(
    scopes: &Scopes<'_>,
    from: &Sender,
    event: IpcMainEvent,
    request: Request<'_>,
    span: &Span,
    watch: &mut Watch,
    cx: &mut Context<'_>,
) -> Vec<BoxFuture<()>> {
    let Request { kind, channel, args, found, .. } = request;
    let mut calls = Calls { event, channel, span, watch, pending: Vec::new(), count: 0 };
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
    for (emitter, listeners) in scopes.listeners(channel, found) {
        for listener in listeners.iter() {
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
    watch: &'a mut Watch,
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
        match catch_unwind(AssertUnwindSafe(|| listener(event.clone()))) {
            Ok(Ok(Flow::Now(heard))) => log(channel, heard),
            Ok(Ok(Flow::Later(future))) => match poll_once(future, cx) {
                Polled::Ready(heard) => log(channel, heard),
                Polled::Pending(future) => {
                    let rest = heard_later(future, event.clone(), (*channel).into());
                    self.pending.push(Box::pin(rest.instrument((*span).clone())));
                }
                Polled::Panicked(payload) => panicked(event, channel, payload),
            },
            Ok(Err(wrong)) => wrong_argument(event, channel, &wrong),
            Err(payload) => panicked(event, channel, payload),
        }
        self.watch.lap("listener", channel);
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
    watch: &mut Watch,
    cx: &mut Context<'_>,
    called: &mut Called,
) {
    let Request { channel, args, seq, found, .. } = request;
    let Some(handler) = scopes.handler(channel, found) else {
        tracing::debug!("no handler");
        called.answer = Some(Err(ErrorInfo::no_handler(channel)));
        return;
    };
    let event = IpcMainInvokeEvent::new(from.clone());
    match catch_unwind(AssertUnwindSafe(|| (handler.call)(event, args))) {
        Ok(Flow::Now(outcome)) => called.answer = Some(logged(channel, outcome)),
        Ok(Flow::Later(future)) => match poll_once(future, cx) {
            Polled::Ready(outcome) => called.answer = Some(logged(channel, outcome)),
            Polled::Pending(future) => {
                let reply = PendingReply::new(from.outlet().clone(), seq);
                called.settled_later = true;
                let rest = settled_later(future, reply, channel.into());
                called.pending.push(Box::pin(rest.instrument(span.clone())));
            }
            Polled::Panicked(payload) => {
                called.answer = Some(handler_panicked(channel, &*payload));
            }
        },
        Err(payload) => called.answer = Some(handler_panicked(channel, &*payload)),
    }
    watch.lap("handler", channel);
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

#[cfg(test)]
mod tests;
