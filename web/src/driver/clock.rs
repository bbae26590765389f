//! The page's clock: the moment, and one timer.

use std::cell::{Cell, RefCell};

use exciton_protocol::Millis;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use crate::web;

/// The moment, counted from the start of the document.
pub(crate) fn now() -> Millis {
    Millis(web::performance_now() as u64)
}

/// One timer, armed for the earliest moment that was asked for.
pub(crate) struct Clock {
    wake: Closure<dyn Fn()>,
    /// The timer that runs.
    id: RefCell<JsValue>,
    /// When it fires. Invariant: none while no timer runs.
    armed: Cell<Option<Millis>>,
}

impl Clock {
    /// Calls `wake` at the moments that [`Self::arm`] is given.
    pub(crate) fn new(wake: impl Fn() + 'static) -> Self {
        Self { wake: Closure::new(wake), id: RefCell::default(), armed: Cell::new(None) }
    }

    /// Asks for a call at `due`. A timer that fires earlier is left alone: whoever it wakes asks again, and an
    /// acknowledgement every few milliseconds would otherwise make and cancel a timer each.
    pub(crate) fn arm(&self, due: Option<Millis>) {
        let Some(due) = due else { return };
        if self.armed.get().is_none_or(|armed| armed > due) {
            self.start(due);
        }
    }

    #[cold]
    #[inline(never)]
    fn start(&self, due: Millis) {
        if self.armed.get().is_some() {
            web::clear_timeout(&self.id.borrow());
        }
        self.armed.set(Some(due));
        // One more, because the browser's clock is finer than ours and the timer must not be early.
        let delay = due.since(now()).min(LONGEST) + 1;
        *self.id.borrow_mut() = web::set_timeout(web::function(&self.wake), delay as f64);
    }

    /// The timer has fired.
    pub(crate) fn fired(&self) {
        self.armed.set(None);
    }
}

/// Browsers take a delay of 2^31 ms and more for none at all.
const LONGEST: u64 = 1_000_000_000;
