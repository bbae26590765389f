//! What an application lets its pages do.

use std::sync::Arc;

use super::{App, lock};
use crate::access::{AccessRequest, Allow, Gate, Verdict};

/// As all settings these are read when the application begins to serve; later changes have no effect.
impl App {
    /// The channels that pages may use, and how: what is not on the list is refused before any listener runs, in every
    /// window and every other tab. A window's own list ([`WindowOptions::allow`](crate::WindowOptions::allow)) can only
    /// take away from it, so that this one place says what the application can be asked at all. Unless set: all.
    ///
    /// The page's `invoke` rejects and its `sendSync` throws, with the code `FORBIDDEN`; of a `send` or `postMessage` it
    /// hears nothing, and the ports that it brought are closed. [`Statistics::refused_calls`](crate::Statistics::refused_calls) counts.
    #[must_use]
    pub fn allow(self, list: Allow) -> Self {
        lock(&self.inner.rules).allow = Some(list);
        self
    }

    /// Asks `hook` about each call that the lists allow, before any listener, handler or observer runs and before the
    /// arguments are read. `false` or [`Refused`](crate::Refused) refuses it as a list does.
    ///
    /// While the answer is on its way, the page's later messages wait, and nobody else's: order stays. A future that is
    /// ready at once costs nothing. One that panics refuses; one that never ends holds its page up, until that goes away:
    /// then it is dropped. Only the last hook counts.
    ///
    /// What a page says by a [`MessagePort`](crate::MessagePortMain) that it was let hand over, or was given, is not asked
    /// about.
    ///
    /// ```
    /// use exciton::{AccessRequest, App, Refused};
    ///
    /// let app = App::new().authorize(|request: AccessRequest| async move {
    ///     if request.channel().starts_with("admin:") && request.window().is_none() {
    ///         return Err(Refused::because("only in a window of the application"));
    ///     }
    ///     Ok(())
    /// });
    /// ```
    #[must_use]
    pub fn authorize<F, Fut>(self, hook: F) -> Self
    where
        F: Fn(AccessRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: Verdict> + Send + 'static,
    {
        lock(&self.inner.rules).hook = Some(crate::access::hook(hook));
        self
    }

    /// What decides from now on.
    pub(crate) fn gate(&self) -> &Arc<Gate> {
        self.inner.gate.get_or_init(|| Arc::new(Gate::new(lock(&self.inner.rules).clone())))
    }
}
