//! `WebFrameMain`: the main process' handle to one frame of a page.

mod frame;
mod frames;
pub(crate) mod reports;

use std::fmt;
use std::sync::Arc;

use exciton_protocol::{Args, Call, Packet};
use serde::Serialize;

pub(crate) use self::frame::{Facts, Frame, Node};
pub(crate) use self::frames::Frames;
use crate::app::App;
use crate::error::SendError;
use crate::ipc_main::IpcMain;
use crate::message_port::{MessagePortMain, PortError, Refused, Transfer};
use crate::renderer::Renderer;
use crate::send_args::SendArgs;

/// A frame: a page's own document, or that of an `<iframe>` in it that has an `ipcRenderer`. Electron's
/// [`WebFrameMain`](https://www.electronjs.org/docs/latest/api/web-frame-main).
///
/// A frame keeps its place in the tree, its [`ipc`](Self::ipc) and its [`frame_tree_node_id`](Self::frame_tree_node_id)
/// over reloads and navigations; each document in it has a [`routing_id`](Self::routing_id) of its own. A handle of
/// [`WebContents::main_frame`](crate::WebContents::main_frame), [`parent`](Self::parent) or [`frames`](Self::frames) leads
/// to the document that the frame shows when it is asked; one of an event or of [`from_id`](Self::from_id) stays with its
/// document. Two are equal if they lead to the same document.
///
/// Of what a page says, `url`, `origin` and `name` are the page's own word.
#[derive(Clone)]
pub struct WebFrameMain {
    node: Arc<Node>,
    /// The document that the handle stays with.
    pinned: Option<Arc<Frame>>,
}

impl WebFrameMain {
    /// Whatever the frame shows.
    pub(crate) fn of(node: Arc<Node>) -> Self {
        Self { node, pinned: None }
    }

    /// This document in its frame.
    pub(crate) fn pinned(frame: Arc<Frame>) -> Self {
        Self { node: frame.node().clone(), pinned: Some(frame) }
    }

    /// The document with these ids: an event's [`process_id`](crate::IpcMainEvent::process_id) and
    /// [`frame_id`](crate::IpcMainEvent::frame_id).
    pub fn from_id(app: &App, process_id: u32, routing_id: u32) -> Option<Self> {
        let renderers = app.links().ok()?.renderers();
        let renderer = renderers.into_iter().find(|renderer| renderer.id == process_id)?;
        Some(Self::pinned(renderer.main().current()?.find(routing_id)?))
    }

    fn frame(&self) -> Option<Arc<Frame>> {
        self.pinned.clone().or_else(|| self.node.current())
    }

    fn is_main(&self, renderer: &Renderer) -> bool {
        Arc::ptr_eq(&self.node, renderer.main())
    }

    /// Listeners and handlers for what this frame sends. Its messages go here first, then to
    /// [`WebContents::ipc`](crate::WebContents::ipc), then to [`App::ipc_main`](crate::App::ipc_main); an `invoke` is
    /// answered by the first of the three that has a handler for its channel.
    pub fn ipc(&self) -> IpcMain {
        self.node.ipc().clone()
    }

    /// The document's URL when it was loaded; empty before one has come.
    pub fn url(&self) -> String {
        self.frame().map(|frame| frame.facts().url).unwrap_or_default()
    }

    /// The document's origin, such as `http://127.0.0.1:8080`, or `null` for one that has none.
    pub fn origin(&self) -> String {
        self.frame().map(|frame| frame.facts().origin).unwrap_or_default()
    }

    /// The frame's name: the `name` of the `<iframe>`, or `window.name`, when the document was loaded.
    pub fn name(&self) -> String {
        self.frame().map(|frame| frame.facts().name).unwrap_or_default()
    }

    /// The frame that this one is in; `None` for a main frame. A frame without an `ipcRenderer` is nobody's parent.
    pub fn parent(&self) -> Option<Self> {
        Some(Self::of(self.frame()?.parent()?.node().clone()))
    }

    /// The main frame of the tree; `None` if this frame is detached.
    pub fn top(&self) -> Option<Self> {
        if self.is_detached() {
            return None;
        }
        Some(Self::of(self.node.renderer()?.main().clone()))
    }

    /// The frames right inside this one, in the order in which they came.
    pub fn frames(&self) -> Vec<Self> {
        let Some(frame) = self.frame() else { return Vec::new() };
        frame.children().iter().map(|child| Self::of(child.node().clone())).collect()
    }

    /// This frame and all inside it, each before those inside it.
    pub fn frames_in_subtree(&self) -> Vec<Self> {
        let Some(frame) = self.frame() else { return vec![self.clone()] };
        frame.subtree().iter().map(|frame| Self::of(frame.node().clone())).collect()
    }

    /// The document's number, which no other document of this process has or had; 0 before one has come.
    pub fn routing_id(&self) -> u32 {
        self.frame().map_or(0, |frame| frame.routing_id())
    }

    /// The number of the page's process: in a browser each tab counts as one, so it is the id of the WebContents.
    pub fn process_id(&self) -> u32 {
        self.node.process_id()
    }

    /// The frame's number, which no other frame of this process has or had.
    pub fn frame_tree_node_id(&self) -> u32 {
        self.node.id()
    }

    /// Whether the frame is out of the tree: its document has begun to unload, another has taken its place, or its
    /// element was removed. Electron's `frame.detached`.
    pub fn is_detached(&self) -> bool {
        match self.frame() {
            Some(frame) => frame.is_detached(),
            // A main frame whose page is still to come is in its tree.
            None => {
                !self.node.renderer().is_some_and(|tab| self.is_main(&tab) && !tab.is_destroyed())
            }
        }
    }

    /// Sends a message to the frame's `ipcRenderer`, as [`WebContents::send`](crate::WebContents::send) does to the main
    /// frame's.
    ///
    /// # Errors
    /// As [`WebContents::send`](crate::WebContents::send), and [`SendError::FrameGone`] if the document is no more.
    pub fn send(&self, channel: &str, args: impl SendArgs) -> Result<(), SendError> {
        self.send_call(Call::new(channel, args.into_args()?))
    }

    /// Sends one value to the frame and hands ports over, as
    /// [`WebContents::post_message`](crate::WebContents::post_message) does to the main frame.
    ///
    /// # Errors
    /// As [`WebContents::post_message`](crate::WebContents::post_message), and [`SendError::FrameGone`] if the document is
    /// no more.
    pub fn post_message(
        &self,
        channel: &str,
        message: impl Serialize,
        ports: &[MessagePortMain],
    ) -> Result<(), PortError> {
        let call = Call::new(channel, Args::from_serialize(&(message,))?);
        let renderer = self.node.renderer().ok_or(SendError::Destroyed)?;
        let (transfer, ends) = Transfer::of(ports)?;
        let sent = if self.pinned.is_none() && self.is_main(&renderer) {
            renderer.send_ports(call, ends)
        } else {
            match self.frame() {
                Some(frame) => frame.send_ports(call, ends),
                None => Err(Refused { error: SendError::FrameGone, ends }),
            }
        };
        sent.map_err(|refused| transfer.refused(refused))
    }

    /// The same for a call that may hand something over.
    pub(crate) fn send_call(&self, call: Call) -> Result<(), SendError> {
        let renderer = self.node.renderer().ok_or(SendError::Destroyed)?;
        // A main frame keeps messages until its page comes.
        if self.pinned.is_none() && self.is_main(&renderer) {
            return renderer.push(Packet::Send(call));
        }
        self.frame().ok_or(SendError::FrameGone)?.send(call)
    }
}

impl PartialEq for WebFrameMain {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.node, &other.node) && self.routing_id() == other.routing_id()
    }
}

impl Eq for WebFrameMain {}

impl fmt::Debug for WebFrameMain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebFrameMain")
            .field("process_id", &self.process_id())
            .field("routing_id", &self.routing_id())
            .finish_non_exhaustive()
    }
}

/// Names a document for [`WebContents::send_to_frame`](crate::WebContents::send_to_frame): its routing id, or
/// `(process_id, routing_id)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameId {
    pub(crate) process: Option<u32>,
    pub(crate) routing: u32,
}

impl From<u32> for FrameId {
    fn from(routing: u32) -> Self {
        Self { process: None, routing }
    }
}

impl From<(u32, u32)> for FrameId {
    fn from((process, routing): (u32, u32)) -> Self {
        Self { process: Some(process), routing }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::event::{IpcMainEvent, IpcMainInvokeEvent};
    use crate::testing::TestPage;

    fn page() -> (IpcMain, TestPage) {
        let ipc_main = IpcMain::new();
        let page = TestPage::new(&ipc_main);
        (ipc_main, page)
    }

    #[tokio::test]
    async fn an_event_says_which_frame_it_is_from() {
        let (ipc_main, page) = page();
        ipc_main
            .handle("who", |event: IpcMainInvokeEvent| {
                let frame = event.sender_frame().unwrap();
                assert_eq!(
                    (event.process_id(), event.frame_id()),
                    (event.sender().id(), frame.routing_id())
                );
                (
                    frame.name(),
                    frame.parent().map(|up| up.name()),
                    frame.top() == Some(event.sender().main_frame()),
                )
            })
            .unwrap();
        let inside = page.frame("a");
        let answer = page.invoke("who", ()).await.unwrap();
        assert_eq!(format!("{answer:?}"), r#"["", null, true]"#);
        let answer = inside.frame("b").invoke("who", ()).await.unwrap();
        assert_eq!(format!("{answer:?}"), r#"["b", "a", true]"#);
    }

    #[test]
    fn the_tree_has_every_frame_before_those_inside_it() {
        let (_ipc_main, page) = page();
        let (a, b) = (page.frame("a"), page.frame("b"));
        let _ = a.frame("c");
        let main = page.web_contents().main_frame();
        let names = |frames: Vec<WebFrameMain>| -> Vec<String> {
            frames.iter().map(WebFrameMain::name).collect()
        };
        assert_eq!(names(main.frames()), ["a", "b"]);
        assert_eq!(names(main.frames_in_subtree()), ["", "a", "c", "b"]);
        assert_eq!(main.frames()[1], b.web_frame_main());
        assert_eq!(main.parent(), None);
        assert_ne!(a.web_frame_main(), main);
    }

    #[tokio::test]
    async fn a_reply_goes_to_the_frame_that_sent_and_a_send_to_the_main_frame() {
        let (ipc_main, page) = page();
        ipc_main.on("x", |event: IpcMainEvent| {
            event.sender().send("to-main", ())?;
            event.reply("to-sender", ())
        });
        let inside = page.frame("a");
        inside.send("x", ()).await.unwrap();
        assert_eq!(inside.take_received(), [("to-sender".to_owned(), vec![])]);
        assert_eq!(page.take_received(), [("to-main".to_owned(), vec![])]);
    }

    #[tokio::test]
    async fn a_frame_keeps_its_place_over_a_reload_and_its_document_does_not() {
        let (ipc_main, page) = page();
        let senders = Arc::new(Mutex::new(Vec::new()));
        let log = senders.clone();
        ipc_main.on("x", move |event: IpcMainEvent| {
            log.lock().unwrap().push(event.sender_frame().unwrap());
        });
        let inside = page.frame("a");
        let heard = Arc::new(Mutex::new(0));
        let count = heard.clone();
        inside.web_frame_main().ipc().on("x", move |_event| *count.lock().unwrap() += 1);
        inside.send("x", ()).await.unwrap();
        inside.reload_frame();
        inside.send("x", ()).await.unwrap();
        let senders = senders.lock().unwrap();
        let [before, after] = &senders[..] else { panic!("not two messages") };
        assert_eq!(before.frame_tree_node_id(), after.frame_tree_node_id());
        assert_ne!(before.routing_id(), after.routing_id());
        assert_eq!((before.is_detached(), after.is_detached()), (true, false));
        assert_eq!(before.send("y", ()), Err(SendError::FrameGone));
        assert_eq!(after.name(), "a");
        assert_eq!(*after, inside.web_frame_main());
        assert_eq!(*heard.lock().unwrap(), 2);
        let contents = page.web_contents();
        contents.send_to_frame(after.routing_id(), "y", ()).unwrap();
        contents.send_to_frame((after.process_id(), after.routing_id()), "z", ()).unwrap();
        let gone = contents.send_to_frame(before.routing_id(), "y", ());
        assert_eq!(gone, Err(SendError::FrameGone));
        let elsewhere =
            contents.send_to_frame((after.process_id() + 1, after.routing_id()), "y", ());
        assert_eq!(elsewhere, Err(SendError::FrameGone));
        let received = inside.take_received();
        assert_eq!(received, [("y".to_owned(), vec![]), ("z".to_owned(), vec![])]);
    }

    #[tokio::test]
    async fn what_an_unloading_page_sends_comes_from_a_detached_frame() {
        let (ipc_main, page) = page();
        let told = Arc::new(Mutex::new(Vec::new()));
        let log = told.clone();
        ipc_main.on("x", move |event: IpcMainEvent| {
            let frame = event.sender_frame().unwrap();
            log.lock().unwrap().push((frame.name(), frame.is_detached(), frame.top().is_none()));
            assert_eq!(event.reply("y", ()).is_err(), frame.is_detached());
        });
        let inside = page.frame("a");
        inside.send("x", ()).await.unwrap();
        page.unload();
        page.send("x", ()).await.unwrap();
        inside.send("x", ()).await.unwrap();
        let told = told.lock().unwrap();
        let name = |name: &str| name.to_owned();
        assert_eq!(
            *told,
            [(name("a"), false, false), (name(""), true, true), (name("a"), true, true)]
        );
    }

    #[test]
    fn a_page_has_no_more_frames_than_it_may() {
        let (_ipc_main, page) = page();
        let outlet = page.outlet();
        let frames = outlet.frames();
        assert!(frames.came(1, 0, Facts::default(), 2) && frames.came(7, 1, Facts::default(), 2));
        assert!(!frames.came(3, 0, Facts::default(), 2));
        assert!(frames.came(7, 1, Facts::default(), 2));
        frames.gone(1);
        assert!(frames.came(3, 0, Facts::default(), 2));
        // It is inside a frame that was removed.
        assert!(frames.get(7).unwrap().is_detached());
    }
}
