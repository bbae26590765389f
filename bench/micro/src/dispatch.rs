//! From a call to its listener, and from a handler to its answer, in the host and without a socket.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use exciton::testing::TestPage;
use exciton::{IpcMain, Value};
use futures_util::FutureExt;

/// A page, and a main process with as many channels as an application may have.
pub struct Page {
    page: TestPage,
    heard: Arc<AtomicU64>,
}

impl Page {
    /// With so many channels beside the ones that are called; `None` if one of them was there before.
    pub fn among(channels: u64) -> Option<Page> {
        let (ipc_main, heard) = (IpcMain::new(), Arc::new(AtomicU64::new(0)));
        for channel in 0..channels {
            ipc_main.on(&format!("channel-{channel}"), |_event, _number: u64| ());
            ipc_main.handle(&format!("channel-{channel}"), |_event, number: u64| number).ok()?;
        }
        let counting = heard.clone();
        ipc_main.on("heard", move |_event, number: u64| {
            counting.fetch_add(number, Ordering::Relaxed);
        });
        ipc_main.handle("echo", |_event, number: u64| number).ok()?;
        Some(Page { page: TestPage::new(&ipc_main), heard })
    }

    /// Sends so many ones; returns what the listener has heard since the page was made.
    pub fn send(&self, messages: u64) -> Option<u64> {
        for _ in 0..messages {
            self.page.send("heard", (1,)).now_or_never()?.ok()?;
        }
        Some(self.heard.load(Ordering::Relaxed))
    }

    /// Invokes so often; returns the last answer.
    pub fn invoke(&self, calls: u64) -> Option<Value> {
        let mut answer = None;
        for number in 0..calls {
            answer = Some(self.page.invoke("echo", (number,)).now_or_never()?.ok()?);
        }
        answer
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_listens_is_called_at_once() {
        let page = Page::among(10).unwrap();
        assert_eq!(page.send(7), Some(7));
        assert_eq!(page.invoke(7), Some(Value::from(6)));
    }
}
