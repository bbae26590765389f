//! Who is called for what a page sends: first those that hear of every message, then the listeners of the sending frame,
//! of its page and of the application, in this order. An `invoke` goes to the first of the three that handles its channel.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use exciton_protocol::Value;

use crate::emitter::{Emitter, Found, Handler, Listeners};
use crate::event::IpcMainEvent;
use crate::handler::{Flow, Heard, ListenerOutput};
use crate::ipc_main::IpcMain;
use crate::place::may_block;
use crate::renderer::Renderer;
use crate::web_frame_main::Frame;

/// The tables that a call goes through.
pub(crate) struct Scopes<'a> {
    frame: Option<&'a IpcMain>,
    page: &'a IpcMain,
    application: &'a IpcMain,
}

impl<'a> Scopes<'a> {
    pub(crate) fn new(
        frame: Option<&'a Arc<Frame>>,
        renderer: &'a Renderer,
        application: &'a IpcMain,
    ) -> Self {
        Self { frame: frame.map(|frame| frame.node().ipc()), page: &renderer.ipc, application }
    }

    /// The listeners to call, the nearest scope's first, each as they are when it is their turn. `found` is what the
    /// application's table had.
    pub(crate) fn listeners(
        &self,
        channel: &str,
        mut found: Option<Found>,
    ) -> impl Iterator<Item = (&'a Emitter, Listeners)> {
        let scopes = self.near().map(|scope| (scope, false)).chain([(self.application, true)]);
        scopes.filter_map(move |(scope, is_last)| {
            let emitter = scope.emitter();
            let found = if is_last { found.take() } else { None };
            Some((emitter, emitter.snapshot(channel, found)?))
        })
    }

    /// The handler to call for an `invoke`.
    pub(crate) fn handler(&self, channel: &str, found: Option<Found>) -> Option<Handler> {
        let near = self.near().find_map(|scope| scope.emitter().handler(channel, None));
        near.or_else(|| self.application.emitter().handler(channel, found))
    }

    fn near(&self) -> impl Iterator<Item = &'a IpcMain> + use<'a> {
        self.frame.into_iter().chain([self.page])
    }
}

/// Hears of a message whatever its channel.
pub(crate) type Observer = dyn Fn(IpcMainEvent, &str, &[Value]) -> Flow<Heard> + Send + Sync;

/// Those of one page, for `send` and for `sendSync`.
#[derive(Default)]
pub(crate) struct Observers {
    messages: List,
    syncs: List,
}

/// Mostly empty, and then no lock is taken.
#[derive(Default)]
struct List {
    /// Invariant: changes with the lock only.
    any: AtomicBool,
    observers: RwLock<Vec<Arc<Observer>>>,
}

impl Observers {
    pub(crate) fn add_message<F, R, M>(&self, observer: F)
    where
        F: Fn(IpcMainEvent, &str, &[Value]) -> R + Send + Sync + 'static,
        R: ListenerOutput<M>,
    {
        add(&self.messages, observer);
    }

    pub(crate) fn add_sync<F, R, M>(&self, observer: F)
    where
        F: Fn(IpcMainEvent, &str, &[Value]) -> R + Send + Sync + 'static,
        R: ListenerOutput<M>,
    {
        add(&self.syncs, observer);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.of(false).len() + self.of(true).len()
    }

    /// Takes all away.
    pub(crate) fn clear(&self) {
        for list in [&self.messages, &self.syncs] {
            let removed = list.change(std::mem::take);
            drop(removed);
        }
    }

    /// Those to call now. User code runs without a lock.
    pub(crate) fn of(&self, is_sync: bool) -> Vec<Arc<Observer>> {
        let list = if is_sync { &self.syncs } else { &self.messages };
        if !list.any.load(Ordering::Acquire) {
            return Vec::new();
        }
        list.observers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl List {
    fn change<T>(&self, change: impl FnOnce(&mut Vec<Arc<Observer>>) -> T) -> T {
        let mut observers = self.observers.write().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&mut observers);
        self.any.store(!observers.is_empty(), Ordering::Release);
        changed
    }
}

fn add<F, R, M>(list: &List, observer: F)
where
    F: Fn(IpcMainEvent, &str, &[Value]) -> R + Send + Sync + 'static,
    R: ListenerOutput<M>,
{
    let observer: Arc<Observer> = Arc::new(move |event, channel, args| {
        may_block(|| observer(event, channel, args).into_flow())
    });
    list.change(|observers| observers.push(observer));
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::event::IpcMainInvokeEvent;
    use crate::testing::TestPage;

    type Log = Arc<Mutex<Vec<String>>>;

    /// Writes down who was called.
    fn note(log: &Log, name: &'static str) -> impl Fn(IpcMainEvent) + Send + Sync + use<> {
        let log = log.clone();
        move |_event| log.lock().unwrap().push(name.to_owned())
    }

    fn page() -> (IpcMain, TestPage, Log) {
        let ipc_main = IpcMain::new();
        let page = TestPage::new(&ipc_main);
        (ipc_main, page, Log::default())
    }

    #[tokio::test]
    async fn a_message_goes_to_the_frame_then_to_its_page_then_to_the_application() {
        let (ipc_main, page, log) = page();
        let contents = page.web_contents();
        ipc_main.on("x", note(&log, "application"));
        contents.ipc().on("x", note(&log, "page"));
        contents.main_frame().ipc().on("x", note(&log, "frame"));
        page.send("x", ()).await.unwrap();
        assert_eq!(*log.lock().unwrap(), ["frame", "page", "application"]);
        log.lock().unwrap().clear();
        page.send_sync("x", ()).await.unwrap();
        assert_eq!(*log.lock().unwrap(), ["frame", "page", "application"]);
    }

    #[tokio::test]
    async fn a_frame_inside_has_a_scope_of_its_own_and_its_pages() {
        let (_ipc_main, page, log) = page();
        let frame = page.frame("inside");
        page.web_contents().main_frame().ipc().on("x", note(&log, "main frame"));
        page.web_contents().ipc().on("x", note(&log, "page"));
        frame.web_frame_main().ipc().on("x", note(&log, "inside"));
        frame.send("x", ()).await.unwrap();
        assert_eq!(*log.lock().unwrap(), ["inside", "page"]);
    }

    #[tokio::test]
    async fn an_invoke_is_answered_by_the_nearest_handler() {
        let (ipc_main, page, _log) = page();
        let contents = page.web_contents();
        ipc_main.handle("x", |_event| "application").unwrap();
        assert_eq!(page.invoke("x", ()).await.unwrap(), Value::from("application"));
        contents.ipc().handle("x", |_event| "page").unwrap();
        assert_eq!(page.invoke("x", ()).await.unwrap(), Value::from("page"));
        assert_eq!(page.frame("inside").invoke("x", ()).await.unwrap(), Value::from("page"));
        contents.main_frame().ipc().handle_once("x", |_event| "frame").unwrap();
        assert_eq!(page.invoke("x", ()).await.unwrap(), Value::from("frame"));
        assert_eq!(page.invoke("x", ()).await.unwrap(), Value::from("page"));
    }

    #[tokio::test]
    async fn observers_hear_every_message_before_its_listeners() {
        let (ipc_main, page, log) = page();
        let (messages, syncs) = (log.clone(), log.clone());
        page.web_contents().on_ipc_message(move |_event, channel, args| {
            messages.lock().unwrap().push(format!("message {channel} {args:?}"));
        });
        page.web_contents().on_ipc_message_sync(move |event, channel, args| {
            syncs.lock().unwrap().push(format!("sync {channel} {args:?}"));
            event.set_return_value("observed")
        });
        ipc_main.on("x", note(&log, "listener"));
        ipc_main.handle("x", |_event: IpcMainInvokeEvent| ()).unwrap();
        page.send("x", (1, "two")).await.unwrap();
        page.frame("inside").send("y", ()).await.unwrap();
        assert_eq!(page.send_sync("z", (3,)).await.unwrap(), Value::from("observed"));
        page.invoke("x", ()).await.unwrap();
        assert_eq!(
            *log.lock().unwrap(),
            ["message x [1, \"two\"]", "listener", "message y []", "sync z [3]"]
        );
    }

    #[tokio::test]
    async fn an_observer_that_panics_fails_the_sync_call_and_nobody_else() {
        let (ipc_main, page, log) = page();
        page.web_contents().on_ipc_message_sync(|_event, channel, _args| {
            assert_eq!(channel, "y", "not y");
        });
        ipc_main.on("x", note(&log, "listener"));
        let failed = page.send_sync("x", ()).await.unwrap_err();
        assert!(failed.message.starts_with("the listener of 'x' panicked"), "{failed}");
        assert_eq!(*log.lock().unwrap(), ["listener"]);
    }
}
