//! A place in a page's frame tree, and a document in it.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use exciton_protocol::{Call, Packet};

use crate::error::SendError;
use crate::event::Outlet;
use crate::ipc_main::IpcMain;
use crate::message_port::{End, Refused};
use crate::renderer::Renderer;

/// A place in the tree: what stays when the document in it is another.
pub(crate) struct Node {
    id: u32,
    process_id: u32,
    renderer: Weak<Renderer>,
    ipc: IpcMain,
    current: Mutex<Weak<Frame>>,
}

impl Node {
    /// A place without a document.
    pub(crate) fn new(process_id: u32, renderer: Weak<Renderer>) -> Arc<Self> {
        Arc::new(Self {
            id: next(&NODES),
            process_id,
            renderer,
            ipc: IpcMain::new(),
            current: Mutex::default(),
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process_id
    }

    /// `None` once nothing holds the tab any more.
    pub(crate) fn renderer(&self) -> Option<Arc<Renderer>> {
        self.renderer.upgrade()
    }

    pub(super) fn renderer_weak(&self) -> Weak<Renderer> {
        self.renderer.clone()
    }

    pub(crate) fn ipc(&self) -> &IpcMain {
        &self.ipc
    }

    /// The document that is shown here.
    pub(crate) fn current(&self) -> Option<Arc<Frame>> {
        lock(&self.current).upgrade()
    }

    /// From now on this one is.
    pub(crate) fn show(&self, frame: &Arc<Frame>) {
        *lock(&self.current) = Arc::downgrade(frame);
    }
}

/// One document in its place.
pub(crate) struct Frame {
    node: Arc<Node>,
    routing_id: u32,
    /// Its page's number for the place; 0 is the main frame's.
    number: u32,
    parent: Option<Arc<Frame>>,
    /// The page's whole conversation, which is the main frame's.
    outlet: Weak<dyn Outlet>,
    facts: Mutex<Facts>,
    /// It has begun to unload, or its link is over.
    left: AtomicBool,
}

/// What a document says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) origin: String,
}

impl Frame {
    pub(super) fn new(
        node: Arc<Node>,
        number: u32,
        parent: Option<Arc<Frame>>,
        outlet: Weak<dyn Outlet>,
        facts: Facts,
    ) -> Arc<Self> {
        Arc::new(Self {
            node,
            routing_id: next(&DOCUMENTS),
            number,
            parent,
            outlet,
            facts: Mutex::new(facts),
            left: AtomicBool::new(false),
        })
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    pub(crate) fn routing_id(&self) -> u32 {
        self.routing_id
    }

    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    pub(crate) fn parent(&self) -> Option<&Arc<Frame>> {
        self.parent.as_ref()
    }

    pub(crate) fn facts(&self) -> Facts {
        lock(&self.facts).clone()
    }

    /// The main frame's document is at this URL.
    pub(crate) fn moved_to(&self, url: &str) {
        let mut facts = lock(&self.facts);
        url.clone_into(&mut facts.url);
        facts.origin = origin_of(url);
    }

    pub(crate) fn set_facts(&self, facts: Facts) {
        *lock(&self.facts) = facts;
    }

    /// The document unloads.
    pub(crate) fn leave(&self) {
        self.left.store(true, Ordering::Release);
    }

    /// It is shown again, from the browser's back/forward cache.
    pub(crate) fn come_back(&self) {
        self.left.store(false, Ordering::Release);
    }

    fn has_left(&self) -> bool {
        self.left.load(Ordering::Acquire) || self.parent.as_ref().is_some_and(|up| up.has_left())
    }

    /// Whether it is out of the tree.
    pub(crate) fn is_detached(&self) -> bool {
        let is_shown = self.node.current().is_some_and(|shown| std::ptr::eq(&*shown, self));
        self.has_left() || !is_shown || self.parent.as_ref().is_some_and(|up| up.is_detached())
    }

    /// The frames right inside it.
    pub(crate) fn children(&self) -> Vec<Arc<Frame>> {
        let Some(outlet) = self.outlet.upgrade() else { return Vec::new() };
        let mut all = outlet.frames().all();
        all.retain(|frame| frame.parent.as_ref().is_some_and(|up| std::ptr::eq(&**up, self)));
        all
    }

    /// It and all inside it.
    pub(crate) fn subtree(self: &Arc<Self>) -> Vec<Arc<Frame>> {
        let mut all = vec![self.clone()];
        for child in self.children() {
            all.extend(child.subtree());
        }
        all
    }

    /// The document of that number in the same page.
    pub(crate) fn find(self: &Arc<Self>, routing_id: u32) -> Option<Arc<Frame>> {
        self.subtree().into_iter().find(|frame| frame.routing_id == routing_id)
    }

    /// Sends to exactly this document, and hands ports over.
    pub(crate) fn send_ports(&self, mut call: Call, ends: Vec<End>) -> Result<(), Refused> {
        let Some(outlet) = self.outlet.upgrade().filter(|_| !self.has_left()) else {
            return Err(Refused { error: SendError::FrameGone, ends });
        };
        call.extra.frame = self.number;
        outlet.ports().send(call, ends)
    }

    /// Sends to exactly this document.
    pub(crate) fn send(&self, mut call: Call) -> Result<(), SendError> {
        let outlet = self.outlet.upgrade().ok_or(SendError::FrameGone)?;
        if self.has_left() {
            return Err(SendError::FrameGone);
        }
        call.extra.frame = self.number;
        outlet.post(&Packet::Send(call))
    }
}

/// The origin of a page's URL, as `location.origin` has it.
fn origin_of(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "null".to_owned() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    format!("{scheme}://{authority}")
}

/// A number that is unique in the process is nothing that two applications could share.
static NODES: AtomicU32 = AtomicU32::new(1);
static DOCUMENTS: AtomicU32 = AtomicU32::new(1);

fn next(counter: &AtomicU32) -> u32 {
    counter.fetch_add(1, Ordering::Relaxed)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
