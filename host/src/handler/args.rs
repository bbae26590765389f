//! What a listener or handler takes: the event, then 0 to 8 typed arguments.

use exciton_protocol::{ArgError, Args, DecodeError, Value};
use serde::de::DeserializeOwned;

/// A function or closure that can be a listener or a handler: `Fn(event)` to `Fn(event, A, B, C, D, E, F, G, H)`.
///
/// `E` is [`IpcMainEvent`](crate::IpcMainEvent) for listeners and [`IpcMainInvokeEvent`](crate::IpcMainInvokeEvent)
/// for handlers; `A` is the tuple of the arguments' types, which the compiler infers. Each argument is read with serde;
/// [`Value`](crate::Value) takes anything and [`Bytes`](crate::Bytes) takes binary. A missing trailing argument is `None`
/// for an `Option`, arguments beyond the last parameter are ignored, as in JavaScript.
///
/// Name the event's type in a closure that calls its methods, `|event: IpcMainEvent, text: String| …`: a closure's number
/// of parameters is open here, and Rust infers the type of such a parameter only after it has read the body.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be called with an event `{E}` and typed arguments",
    label = "not a listener or handler",
    note = "`on` and `once` take `Fn(IpcMainEvent, A, B, …)`, `handle` takes `Fn(IpcMainInvokeEvent, A, B, …)`, with 0 to 8 arguments",
    note = "each argument owns its data and implements `serde::Deserialize`: `String`, not `&str`",
    note = "the closure is `Send + Sync + 'static`: `move` what it uses into it"
)]
pub trait Callback<E, A>: Send + Sync + 'static {
    /// What the call returns.
    type Output;

    /// Reads the arguments and calls the function.
    #[doc(hidden)]
    fn call(&self, event: E, args: &Args) -> Result<Self::Output, BadArguments>;
}

/// Arguments that don't fit the parameters.
#[derive(Debug, thiserror::Error)]
pub enum BadArguments {
    /// The page sent no list of arguments.
    #[error(transparent)]
    List(#[from] DecodeError),
    /// One of them is of another type, or missing.
    #[error(transparent)]
    One(#[from] ArgError),
}

/// All arguments, however many: `|event: IpcMainEvent, Rest(args): Rest| …` is JavaScript's `(event, ...args) => …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rest(pub Vec<Value>);

impl<Func, Event, Output> Callback<Event, Rest> for Func
where
    Func: Fn(Event, Rest) -> Output + Send + Sync + 'static,
{
    type Output = Output;

    fn call(&self, event: Event, args: &Args) -> Result<Output, BadArguments> {
        Ok(self(event, Rest(args.reader()?.rest()?)))
    }
}

macro_rules! callback {
    ($($arg:ident)*) => {
        impl<Func, Event, Output, $($arg,)*> Callback<Event, ($($arg,)*)> for Func
        where
            Func: Fn(Event, $($arg),*) -> Output + Send + Sync + 'static,
            $($arg: DeserializeOwned,)*
        {
            type Output = Output;

            #[allow(non_snake_case, unused_mut, unused_variables)]
            fn call(&self, event: Event, args: &Args) -> Result<Output, BadArguments> {
                let mut reader = args.reader()?;
                $(let $arg = reader.read::<$arg>()?;)*
                Ok(self(event, $($arg),*))
            }
        }
    };
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
