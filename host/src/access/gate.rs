//! The one place where it is decided whether a page's call is made.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use exciton_protocol::{Call, Seq};
use futures_util::FutureExt;

use super::allow::Allow;
use super::request::{AccessRequest, CallKind, Refused, Verdict};
use crate::dispatch::Incoming;
use crate::error::{ErrorInfo, panic_message};
use crate::event::{Outlet, Sender};
use crate::handler::BoxFuture;
use crate::renderer::Renderer;

/// The application's own word on a call.
pub(crate) type Hook = Arc<dyn Fn(AccessRequest) -> BoxFuture<Result<(), Refused>> + Send + Sync>;

/// What an application has set.
#[derive(Clone, Default)]
pub(crate) struct Rules {
    pub(crate) allow: Option<Allow>,
    pub(crate) hook: Option<Hook>,
}

/// What an application lets its pages do.
#[derive(Default)]
pub(crate) struct Gate {
    rules: Rules,
    /// What a page may do that is in no window: what every window may, or a page could come to more by leaving its own.
    strangers: Mutex<Option<Arc<Allow>>>,
    refused: [AtomicU64; 4],
    excesses: AtomicU64,
}

impl CallKind {
    pub(crate) fn of(incoming: Incoming, call: &Call) -> Self {
        match incoming {
            Incoming::Send if call.extra.ports.is_empty() => Self::Send,
            Incoming::Send => Self::PostMessage,
            Incoming::Sync => Self::SendSync,
            Incoming::Invoke => Self::Invoke,
        }
    }
}

impl Gate {
    pub(crate) fn new(rules: Rules) -> Self {
        Self { rules, ..Self::default() }
    }

    /// There is a window with this list, or with none.
    pub(crate) fn window(&self, allow: Option<&Allow>) {
        let Some(allow) = allow else { return };
        let mut strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        let both = strangers.as_ref().map_or_else(|| allow.clone(), |before| before.and(allow));
        *strangers = Some(Arc::new(both));
    }

    /// The list of a page that comes now and is in no window.
    pub(crate) fn strangers(&self) -> Option<Arc<Allow>> {
        self.strangers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the lists allow the call.
    ///
    /// # Errors
    /// They don't. It is counted.
    pub(crate) fn check(
        &self,
        page: &Renderer,
        kind: CallKind,
        channel: &str,
    ) -> Result<(), Refused> {
        let in_all = self.rules.allow.as_ref().is_none_or(|list| list.allows(kind, channel));
        if in_all && page.lets(kind, channel) {
            return Ok(());
        }
        self.count(kind);
        Err(Refused::new())
    }

    /// Whether the application has a word on calls.
    pub(crate) fn asks(&self) -> bool {
        self.rules.hook.is_some()
    }

    /// The application's word on a call that the lists allow; `None` if it has said nothing about calls.
    ///
    /// Whatever its future does, it comes to an end in one way: a panic refuses.
    pub(crate) fn ask(
        self: &Arc<Self>,
        from: impl FnOnce() -> Sender,
        origin: &Arc<str>,
        kind: CallKind,
        call: &Call,
    ) -> Option<BoxFuture<Result<(), Refused>>> {
        let hook = self.rules.hook.clone()?;
        let request = AccessRequest {
            from: from(),
            origin: origin.clone(),
            channel: call.channel.clone(),
            kind,
            size: call.args.text.len()
                + call.args.blobs.iter().map(|blob| blob.len()).sum::<usize>(),
            ports: call.extra.ports.len(),
        };
        let gate = self.clone();
        let asked = catch_unwind(AssertUnwindSafe(|| hook(request)));
        Some(Box::pin(async move {
            let said = match asked {
                Ok(future) => AssertUnwindSafe(future).catch_unwind().await,
                Err(payload) => Err(payload),
            };
            let verdict = said.unwrap_or_else(|payload| {
                let panic = panic_message(&*payload);
                tracing::error!(panic, "the listener of `authorize` panicked: the call is refused");
                Err(Refused::new())
            });
            if verdict.is_err() {
                gate.count(kind);
            }
            verdict
        }))
    }

    fn count(&self, kind: CallKind) {
        self.refused[kind as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// A message was past a limit.
    pub(crate) fn count_excess(&self) {
        self.excesses.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn refused(&self) -> RefusedCalls {
        let of = |kind: CallKind| self.refused[kind as usize].load(Ordering::Relaxed);
        RefusedCalls {
            send: of(CallKind::Send),
            send_sync: of(CallKind::SendSync),
            invoke: of(CallKind::Invoke),
            post_message: of(CallKind::PostMessage),
            too_much: self.excesses.load(Ordering::Relaxed),
        }
    }
}

/// How many calls were refused since the application began: by their ways those that no list allowed or
/// [`App::authorize`](crate::App::authorize) said no to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedCalls {
    /// By `send`.
    pub send: u64,
    /// By `sendSync`.
    pub send_sync: u64,
    /// By `invoke`.
    pub invoke: u64,
    /// By `postMessage` with ports.
    pub post_message: u64,
    /// By whichever way, because the message was past one of its [`Limits`](crate::Limits).
    pub too_much: u64,
}

/// Erases the types of an application's word.
pub(crate) fn hook<F, Fut>(hook: F) -> Hook
where
    F: Fn(AccessRequest) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: Verdict> + Send + 'static,
{
    Arc::new(move |request| {
        let said = hook(request);
        Box::pin(async move { said.await.into_result() })
    })
}

/// Makes nothing of a call: whoever waits for it is told why.
pub(crate) fn refuse(
    outlet: &dyn Outlet,
    incoming: Incoming,
    seq: Seq,
    call: &Call,
    told: impl FnOnce() -> ErrorInfo,
) {
    match incoming {
        Incoming::Invoke => outlet.settle(seq, Err(told())),
        Incoming::Sync => outlet.answer(seq, Err(told())),
        // Taken and dropped, the ports are closed, and the page's ends hear of it.
        Incoming::Send => drop(outlet.ports().receive(&call.extra.ports)),
    }
}

impl Refused {
    /// Nobody hears of the call but the log and, if it waits, the page.
    pub(crate) fn settle(&self, outlet: &dyn Outlet, incoming: Incoming, seq: Seq, call: &Call) {
        let kind = CallKind::of(incoming, call);
        self.log(outlet.renderer(), kind, &call.channel);
        let told = || ErrorInfo::forbidden(kind, &call.channel, self.reason.as_deref());
        refuse(outlet, incoming, seq, call, told);
    }

    /// Writes it into the log, where it has room, without the arguments.
    fn log(&self, renderer: &Renderer, kind: CallKind, channel: &str) {
        let Some(unsaid) = renderer.refusals.admit() else { return };
        let (web_contents, reason) = (renderer.id, self.reason.as_deref());
        tracing::warn!(web_contents, %kind, channel, reason, unsaid, "a call of a page is refused");
    }
}
