//! What a sender does that is faster than its page: it waits.

use std::sync::atomic::Ordering;

use crate::renderer::Renderer;
use crate::web_contents::WebContents;

impl WebContents {
    /// Waits until the page takes messages again after [`SendError::Full`](crate::SendError::Full): until what was refused
    /// fits, and no more than half of what may wait does. At once if it does already, or if the page is destroyed.
    ///
    /// Other senders may be first, so ask again:
    ///
    /// ```
    /// # use exciton::{SendError, WebContents};
    /// async fn send_patiently(page: &WebContents, number: u32) -> Result<(), SendError> {
    ///     loop {
    ///         match page.send("number", (number,)) {
    ///             Err(SendError::Full(_)) => page.ready().await,
    ///             sent => return sent,
    ///         }
    ///     }
    /// }
    /// ```
    pub async fn ready(&self) {
        let renderer = self.renderer();
        loop {
            let notified = renderer.room.notified();
            tokio::pin!(notified);
            // From here on nothing is missed, though it is looked for only now.
            notified.as_mut().enable();
            if renderer.has_room() {
                return;
            }
            notified.await;
        }
    }
}

impl Renderer {
    fn has_room(&self) -> bool {
        let refused = self.refused.load(Ordering::Relaxed);
        self.waiting().is_none_or(|(queued, cap)| {
            queued <= cap / 2 && (queued == 0 || queued.saturating_add(refused) <= cap)
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Waker};

    use exciton_protocol::TabId;

    use super::*;
    use crate::application::Nobody;
    use crate::error::SendError;

    /// A page that keeps so many bytes until it comes.
    fn page(limit: usize) -> (Arc<Renderer>, WebContents) {
        let renderer = Renderer::new(1, TabId::from_bits(1), limit, Arc::new(Nobody));
        (renderer.clone(), WebContents::new(renderer))
    }

    fn is_done(future: std::pin::Pin<&mut impl Future<Output = ()>>) -> bool {
        future.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn a_sender_waits_until_half_of_what_waits_has_gone() {
        let (renderer, page) = page(1_000);
        assert!(is_done(pin!(page.ready())));
        let mut sent = 0;
        while page.send("number", (sent,)).is_ok() {
            sent += 1;
        }
        assert!(matches!(page.send("number", (sent,)), Err(SendError::Full(_))));
        let mut ready = pin!(page.ready());
        assert!(!is_done(ready.as_mut()));
        assert_eq!(renderer.take_early().len(), sent);
        assert!(is_done(ready.as_mut()));
        page.send("number", (sent,)).unwrap();
    }

    #[test]
    fn a_big_message_waits_for_room_of_its_size() {
        let (renderer, page) = page(1_000);
        page.send("small", ("x".repeat(300),)).unwrap();
        assert!(is_done(pin!(page.ready())));
        assert!(matches!(page.send("big", ("x".repeat(800),)), Err(SendError::Full(_))));
        let mut ready = pin!(page.ready());
        assert!(!is_done(ready.as_mut()));
        renderer.take_early();
        assert!(is_done(ready.as_mut()));
    }

    #[test]
    fn nobody_waits_for_a_page_that_is_gone() {
        let (renderer, page) = page(1_000);
        page.send("first", ("x".repeat(900),)).unwrap();
        let mut ready = pin!(page.ready());
        assert!(!is_done(ready.as_mut()));
        renderer.destroy();
        assert!(is_done(ready.as_mut()));
        assert_eq!(page.send("last", ()), Err(SendError::Destroyed));
    }
}
