//! The frames of one page, by the numbers that the page has for them.
//!
//! Its lock is a leaf: nothing else is locked under it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::frame::{Facts, Frame, Node};
use crate::event::Outlet;
use crate::renderer::Renderer;

/// A page's main frame and those inside it.
pub(crate) struct Frames {
    main: Arc<Frame>,
    outlet: Weak<dyn Outlet>,
    inside: Mutex<BTreeMap<u32, Arc<Frame>>>,
}

impl Frames {
    /// Those of a page that has just come.
    pub(crate) fn new(renderer: &Arc<Renderer>, outlet: Weak<dyn Outlet>) -> Self {
        let main = Frame::new(renderer.main().clone(), 0, None, outlet.clone(), Facts::default());
        Self { main, outlet, inside: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, Arc<Frame>>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn main(&self) -> &Arc<Frame> {
        &self.main
    }

    /// The document that a call of this number is from.
    pub(crate) fn get(&self, number: u32) -> Option<Arc<Frame>> {
        if number == 0 { Some(self.main.clone()) } else { self.lock().get(&number).cloned() }
    }

    /// All but the main frame.
    pub(crate) fn all(&self) -> Vec<Arc<Frame>> {
        self.lock().values().cloned().collect()
    }

    /// A document has come in the frame of this number. Of a main frame only the name was not known before. False if it
    /// is one frame too many.
    pub(crate) fn came(&self, number: u32, parent: u32, facts: Facts, limit: u32) -> bool {
        if number == 0 {
            self.main.set_facts(Facts { name: facts.name, ..self.main.facts() });
            return true;
        }
        let parent = self.get(parent).unwrap_or_else(|| self.main.clone());
        let mut inside = self.lock();
        let before = inside.get(&number);
        if before.is_none() && inside.len() >= limit as usize {
            return false;
        }
        let main = self.main.node();
        let node = before.map_or_else(
            || Node::new(main.process_id(), main.renderer_weak()),
            |before| before.node().clone(),
        );
        let frame = Frame::new(node.clone(), number, Some(parent), self.outlet.clone(), facts);
        let before = inside.insert(number, frame.clone());
        drop(inside);
        node.show(&frame);
        drop(before);
        true
    }

    /// The document in the frame of this number unloads.
    pub(crate) fn left(&self, number: u32) {
        if let Some(frame) = self.get(number) {
            frame.leave();
        }
    }

    /// The frame of this number is no more.
    pub(crate) fn gone(&self, number: u32) {
        let gone = self.lock().remove(&number);
        if let Some(frame) = gone {
            frame.leave();
            frame.node().ipc().emitter().clear();
        }
    }

    /// The page is no more. What listens to its main frame listens to the tab's next page.
    pub(crate) fn end(&self) {
        self.main.leave();
        let inside = std::mem::take(&mut *self.lock());
        for frame in inside.values() {
            frame.leave();
            frame.node().ipc().emitter().clear();
        }
    }
}
