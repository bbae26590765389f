//! What a handler or listener may return.

use std::error::Error as StdError;
use std::fmt::Display;
use std::future::Future;
use std::ops::Deref;

use serde::Serialize;

use super::{Flow, Heard, Outcome, probe};
use crate::error::{Causes, Error, ErrorInfo};

/// What a handler may return at once.
///
/// - any `T: Serialize`; `()` is `undefined`, `None` is `null`;
/// - `Result<T, E>` with `E` an [`Error`], a `String`, a `&'static str`, or any other `Serialize` type;
/// - `Result<T, E>` with `E` a [`std::io::Error`], an `anyhow::Error`, or a `Box<dyn std::error::Error + Send + Sync>`.
///
/// In a function that returns [`exciton::Result`](crate::Result), `?` takes every other error.
#[diagnostic::on_unimplemented(
    message = "a handler can't return `{Self}`",
    note = "it returns a `serde::Serialize` value or a `Result` of one; in the error place stand `exciton::Error`, `String`, `&'static str`, `std::io::Error`, `anyhow::Error` or a `Serialize` type",
    note = "with `exciton::Result<T>` as its return type, `?` turns any error into an `exciton::Error`"
)]
pub trait Reply<M> {
    /// Writes the value, or the error.
    #[doc(hidden)]
    fn into_outcome(self) -> Outcome;
}

/// What a handler may return: anything that is a [`Reply`], or a future of one.
#[diagnostic::on_unimplemented(
    message = "a handler can't return `{Self}`",
    note = "it returns, at once or as a `Send` future, a `serde::Serialize` value or a `Result` of one; in the error place stand `exciton::Error`, `String`, `&'static str`, `std::io::Error`, `anyhow::Error` or a `Serialize` type",
    note = "with `exciton::Result<T>` as its return type, `?` turns any error into an `exciton::Error`"
)]
pub trait HandlerOutput<M> {
    /// Whether what returns it may block its thread: what returns a future must not.
    #[doc(hidden)]
    const MAY_BLOCK: bool;

    /// The outcome, or its future.
    #[doc(hidden)]
    fn into_flow(self) -> Flow<Outcome>;
}

/// What a listener may return: `()`, or a `Result` whose error is logged, or a `Send` future of those.
#[diagnostic::on_unimplemented(
    message = "a listener can't return `{Self}`",
    note = "it returns `()`, or a `Result` whose error implements `Display` and is logged, or a `Send` future of those",
    note = "end the closure with `;` to drop a value that nobody reads"
)]
pub trait ListenerOutput<M> {
    /// Whether what returns it may block its thread: what returns a future must not.
    #[doc(hidden)]
    const MAY_BLOCK: bool;

    /// The result, or its future.
    #[doc(hidden)]
    fn into_flow(self) -> Flow<Heard>;
}

/// Markers, one per implementation: they keep the compiler from seeing an overlap where no real type has one.
mod by {
    pub struct Serialize;
    pub struct Boxed;
    pub struct Io;
    pub struct Never;
    pub struct Unit;
    pub struct Result;
    pub struct Now<M>(M);
    pub struct Later<M>(M);
}

impl<T: Serialize> Reply<by::Serialize> for T {
    fn into_outcome(self) -> Outcome {
        probe::outcome(&self)
    }
}

/// `anyhow::Error`, `eyre::Report` and the boxed error of std all point to a `dyn Error`, and none of them is `Serialize`.
impl<T, E> Reply<by::Boxed> for Result<T, E>
where
    T: Serialize,
    E: Deref<Target = dyn StdError + Send + Sync>,
{
    fn into_outcome(self) -> Outcome {
        match self {
            Ok(value) => probe::outcome(&value),
            Err(error) => {
                if error.source().is_some() {
                    tracing::warn!("an error for a page: {}", Causes(&*error));
                }
                Err(ErrorInfo::plain(error.to_string()))
            }
        }
    }
}

impl<T: Serialize> Reply<by::Io> for std::io::Result<T> {
    fn into_outcome(self) -> Outcome {
        self.map_err(Error::from).into_outcome()
    }
}

/// The type of `panic!()` and `todo!()`, which has no stable name of its own.
type Never = <fn() -> ! as Returns>::Output;

pub trait Returns {
    type Output;
}

impl<T> Returns for fn() -> T {
    type Output = T;
}

impl Reply<by::Never> for Never {
    fn into_outcome(self) -> Outcome {
        self
    }
}

impl<T: Reply<M>, M> HandlerOutput<by::Now<M>> for T {
    const MAY_BLOCK: bool = true;

    fn into_flow(self) -> Flow<Outcome> {
        Flow::Now(self.into_outcome())
    }
}

impl<F, M> HandlerOutput<by::Later<M>> for F
where
    F: Future + Send + 'static,
    F::Output: Reply<M>,
{
    const MAY_BLOCK: bool = false;

    fn into_flow(self) -> Flow<Outcome> {
        Flow::Later(Box::pin(async move { self.await.into_outcome() }))
    }
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
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Hear<by::Never> for Never {
    fn into_heard(self) -> Heard {
        self
    }
}

impl<T: Hear<M>, M> ListenerOutput<by::Now<M>> for T {
    const MAY_BLOCK: bool = true;

    fn into_flow(self) -> Flow<Heard> {
        Flow::Now(self.into_heard())
    }
}

impl<F, M> ListenerOutput<by::Later<M>> for F
where
    F: Future + Send + 'static,
    F::Output: Hear<M>,
{
    const MAY_BLOCK: bool = false;

    fn into_flow(self) -> Flow<Heard> {
        Flow::Later(Box::pin(async move { self.await.into_heard() }))
    }
}
