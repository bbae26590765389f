//! The answer to an `invoke`, as a future.

use std::cell::RefCell;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use exciton_protocol::Encoded;
use serde::de::DeserializeOwned;

use crate::error::IpcError;

/// An `invoke` under way. The call was made when this was returned, in the order of the calls; this only waits for the
/// answer, and may be dropped.
#[must_use = "an error of the call is found by awaiting it"]
pub struct Invocation<T> {
    slot: Rc<Slot>,
    of: PhantomData<fn() -> T>,
}

/// Where the answer is put.
#[derive(Default)]
pub(crate) struct Slot {
    outcome: RefCell<Option<Result<Encoded, IpcError>>>,
    waker: RefCell<Option<Waker>>,
}

impl Slot {
    pub(crate) fn settle(&self, outcome: Result<Encoded, IpcError>) {
        *self.outcome.borrow_mut() = Some(outcome);
        let waker = self.waker.borrow_mut().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Invocation<T> {
    pub(crate) fn new(slot: Rc<Slot>) -> Self {
        Self { slot, of: PhantomData }
    }
}

impl<T: DeserializeOwned> Future for Invocation<T> {
    type Output = Result<T, IpcError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = self.slot.outcome.borrow_mut().take();
        match outcome {
            Some(outcome) => Poll::Ready(outcome.and_then(|value| read(&value))),
            None => {
                *self.slot.waker.borrow_mut() = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// The answer as the type that was asked for.
pub(crate) fn read<T: DeserializeOwned>(value: &Encoded) -> Result<T, IpcError> {
    value.deserialize().map_err(|error| IpcError::WrongType(error.to_string().into()))
}
