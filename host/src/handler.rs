//! From a user's closure to something that a table can hold: typed parameters in, any sensible result out.
//!
//! Three traits, each with a marker type parameter that the compiler infers: [`Callback`] for what the closure takes,
//! [`HandlerOutput`] and [`ListenerOutput`] for what it gives.
//!
//! `Result<String, String>` implements `Serialize` itself, so an implementation for `Serialize` beside one for `Result`
//! would be ambiguous. Here the one for `Serialize` takes both, and the [`probe`] tells at run time which it is.

mod args;
mod output;
mod probe;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use exciton_protocol::{Args, Encoded};

use crate::error::ErrorInfo;
use crate::event::{IpcMainEvent, IpcMainInvokeEvent};
use crate::place::may_block;

pub use args::{BadArguments, Callback, Rest};
pub use output::{HandlerOutput, ListenerOutput, Reply};

/// A future that may move between threads.
pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What an `invoke` comes to.
pub type Outcome = Result<Encoded, ErrorInfo>;

/// What a listener comes to; nobody waits for it, so the error is for the log.
pub type Heard = Result<(), String>;

/// The result of a call, or the future of one.
pub enum Flow<T> {
    /// The call is through.
    Now(T),
    /// The call goes on.
    Later(BoxFuture<T>),
}

/// A handler as the table holds it.
pub(crate) type DynHandler = dyn Fn(IpcMainInvokeEvent, Args) -> Flow<Outcome> + Send + Sync;

/// A listener as the table holds it.
pub(crate) type DynListener =
    dyn Fn(IpcMainEvent, &Args) -> Result<Flow<Heard>, BadArguments> + Send + Sync;

/// Takes the types out of a handler.
pub(crate) fn erase_handler<F, A, M>(channel: &str, handler: F) -> Arc<DynHandler>
where
    F: Callback<IpcMainInvokeEvent, A>,
    F::Output: HandlerOutput<M>,
{
    let channel: Box<str> = channel.into();
    Arc::new(move |event, args| {
        let call = || match handler.call(event, &args) {
            Ok(output) => output.into_flow(),
            Err(wrong) => Flow::Now(Err(ErrorInfo::wrong_argument(&channel, &wrong))),
        };
        if F::Output::MAY_BLOCK { may_block(call) } else { call() }
    })
}

/// Takes the types out of a handler that may block: it reads its arguments, runs and writes its result on a thread
/// where that is allowed.
pub(crate) fn erase_blocking<F, A, M>(channel: &str, handler: F) -> Arc<DynHandler>
where
    F: Callback<IpcMainInvokeEvent, A>,
    F::Output: Reply<M>,
{
    let shared: Arc<(Box<str>, F)> = Arc::new((channel.into(), handler));
    Arc::new(move |event, args| {
        let shared = shared.clone();
        let task = tokio::task::spawn_blocking(move || {
            let (channel, handler) = &*shared;
            match handler.call(event, &args) {
                Ok(output) => output.into_outcome(),
                Err(wrong) => Err(ErrorInfo::wrong_argument(channel, &wrong)),
            }
        });
        Flow::Later(Box::pin(async move {
            match task.await {
                Ok(outcome) => outcome,
                Err(error) => match error.try_into_panic() {
                    Ok(payload) => std::panic::resume_unwind(payload),
                    Err(_cancelled) => Err(ErrorInfo::never_sent()),
                },
            }
        }))
    })
}

/// Takes the types out of a listener.
pub(crate) fn erase_listener<F, A, M>(listener: F) -> Arc<DynListener>
where
    F: Callback<IpcMainEvent, A>,
    F::Output: ListenerOutput<M>,
{
    Arc::new(move |event, args| {
        let call = || Ok(listener.call(event, args)?.into_flow());
        if F::Output::MAY_BLOCK { may_block(call) } else { call() }
    })
}
