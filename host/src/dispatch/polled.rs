//! The first look at a future: most are ready then, and need no task.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll};

use crate::error::panic_message;
use crate::handler::BoxFuture;

/// What a future has come to when it was polled once.
pub(super) enum Polled<T> {
    Ready(T),
    /// It is to be polled again: by a task of its own.
    Pending(BoxFuture<T>),
    Panicked(Box<dyn Any + Send>),
}

pub(super) fn poll_once<T>(mut future: BoxFuture<T>, cx: &mut Context<'_>) -> Polled<T> {
    let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
    let polled = match polled {
        Ok(Poll::Pending) => return Polled::Pending(future),
        Ok(Poll::Ready(value)) => Polled::Ready(value),
        Err(payload) => Polled::Panicked(payload),
    };
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(future))) {
        let panic = panic_message(&*payload);
        tracing::error!(panic, "a future panicked while it was dropped");
    }
    polled
}
