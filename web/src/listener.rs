//! From a user's closure to something that a table can hold: typed parameters in, any sensible result out.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use exciton_protocol::{ArgError, ArgReader, Args};
use serde::de::DeserializeOwned;

use crate::ipc_renderer::IpcRendererEvent;

/// A function or closure that can be a listener: `Fn(event)` to `Fn(event, A, B, C, D, E, F, G, H)`.
///
/// `A` is the tuple of the arguments' types, which the compiler infers. Each argument is read with serde;
/// [`Value`](crate::Value) takes anything and [`Bytes`](crate::Bytes) takes binary. A missing trailing argument is `None`
/// for an `Option`, arguments beyond the last parameter are ignored, as in JavaScript.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be called with an `IpcRendererEvent` and typed arguments",
    label = "not a listener",
    note = "`on` and `once` take `Fn(IpcRendererEvent, A, B, …)` with 0 to 8 arguments",
    note = "each argument owns its data and implements `serde::Deserialize`: `String`, not `&str`",
    note = "the closure is `'static`: `move` what it uses into it"
)]
pub trait Callback<A>: 'static {
    /// What the call returns.
    type Output;

    /// Reads the arguments and calls the function.
    #[doc(hidden)]
    fn call(&self, event: IpcRendererEvent, args: &Args) -> Result<Self::Output, ArgError>;
}

macro_rules! callback {
    ($($arg:ident)*) => {
        impl<Func, Output, $($arg,)*> Callback<($($arg,)*)> for Func
        where
            Func: Fn(IpcRendererEvent, $($arg),*) -> Output + 'static,
            $($arg: DeserializeOwned,)*
        {
            type Output = Output;

            #[allow(non_snake_case, unused_mut, unused_variables)]
            fn call(&self, event: IpcRendererEvent, args: &Args) -> Result<Output, ArgError> {
                let mut reader = read(args)?;
                $(let $arg = reader.read::<$arg>()?;)*
                Ok(self(event, $($arg),*))
            }
        }
    };
}

fn read(args: &Args) -> Result<ArgReader<'_>, ArgError> {
    args.reader().map_err(|source| ArgError { position: 0, source })
}

callback!();
callback!(A);
callback!(A B);
callback!(A B C);
callback!(A B C D);
callback!(A B C D E);
callback!(A B C D E F);
callback!(A B C D E F G);
callback!(A B C D E F G H);

/// What a listener comes to; nobody waits for it, so the error is for the console.
pub(crate) type Heard = Result<(), Box<str>>;

/// The result of a call, or the future of one.
pub enum Flow {
    /// The call is through.
    #[doc(hidden)]
    Now(Result<(), Box<str>>),
    /// The call goes on.
    #[doc(hidden)]
    Later(Pin<Box<dyn Future<Output = Result<(), Box<str>>>>>),
}

/// What a listener may return: `()`, or a `Result` whose error is logged, or a future of those.
#[diagnostic::on_unimplemented(
    message = "a listener can't return `{Self}`",
    note = "it returns `()`, or a `Result` whose error implements `Display` and is logged, or a future of those",
    note = "end the closure with `;` to drop a value that nobody reads"
)]
pub trait ListenerOutput<M> {
    /// The result, or its future.
    #[doc(hidden)]
    fn into_flow(self) -> Flow;
}

/// Markers, one per implementation: they keep the compiler from seeing an overlap where no real type has one.
mod by {
    pub struct Unit;
    pub struct Result;
    pub struct Now<M>(M);
    pub struct Later<M>(M);
}

/// What a listener may return at once.
pub trait Hear<M> {
    fn into_heard(self) -> Heard;
}

impl Hear<by::Unit> for () {
    fn into_heard(self) -> Heard {
        Ok(())
    }
}

impl<T, E: Display> Hear<by::Result> for Result<T, E> {
    fn into_heard(self) -> Heard {
        match self {
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string().into_boxed_str()),
        }
    }
}

impl<T: Hear<M>, M> ListenerOutput<by::Now<M>> for T {
    fn into_flow(self) -> Flow {
        Flow::Now(self.into_heard())
    }
}

impl<F, M> ListenerOutput<by::Later<M>> for F
where
    F: Future + 'static,
    F::Output: Hear<M>,
{
    fn into_flow(self) -> Flow {
        Flow::Later(Box::pin(async move { self.await.into_heard() }))
    }
}

/// A listener as the table holds it.
pub(crate) type DynListener = dyn Fn(IpcRendererEvent, &Args) -> Result<Flow, ArgError>;

/// Takes the types out of a listener.
pub(crate) fn erase<F, A, M>(listener: F) -> Rc<DynListener>
where
    F: Callback<A>,
    F::Output: ListenerOutput<M>,
{
    Rc::new(move |event, args| Ok(listener.call(event, args)?.into_flow()))
}
