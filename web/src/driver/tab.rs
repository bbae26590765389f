//! What the page knows of its tab, and what it leaves behind for the next document in it.
//!
//! `sessionStorage` outlives the document and is copied when a tab is duplicated. So a document that leaves writes its
//! link's name beside the tab's; the next document of the same tab finds that mark, a copy doesn't. Pages without
//! storage (sandboxed, blocked) have no tab: each load is a new one.

use std::cell::RefCell;

use js_sys::{JsString, Object};
use wasm_bindgen::JsValue;
use web_sys::Storage;

use crate::web;

/// The tab's place in `sessionStorage`.
pub(crate) struct Tab {
    storage: Option<Storage>,
    /// Keeps pages of several hosts behind one origin apart.
    prefix: String,
    /// The JSON of the info that goes with each contact.
    info: RefCell<JsString>,
}

impl Tab {
    /// `base` is the host's base URL.
    pub(crate) fn new(base: &str) -> Self {
        let storage = web_sys::window().and_then(|window| window.session_storage().ok()).flatten();
        Self::with_storage(storage, base)
    }

    fn with_storage(storage: Option<Storage>, base: &str) -> Self {
        let mut prefix = String::from("exciton:");
        prefix.push_str(base);
        Self { storage, prefix, info: RefCell::new(JsString::from("{}")) }
    }

    /// A document has come with a link of this name: takes the info of its tab and the mark of the one before.
    pub(crate) fn arrive(&self, link: &str) {
        let left = self.read(LEFT);
        self.remember(link, &left);
        self.remove(LEFT);
    }

    /// The same document begins another link. It needs no mark to be known as the successor.
    pub(crate) fn renew(&self, link: &str) {
        let previous = self.read(LINK);
        self.remember(link, &previous);
    }

    fn remember(&self, link: &str, left: &str) {
        let info = Object::new();
        let put = |name: &str, value: &str| web::set(&info, name, &JsValue::from_str(value));
        put("tab", &self.read(TAB));
        put("previous", &self.read(LINK));
        put("left", left);
        put("nav", &navigation());
        put("url", &address());
        if let Ok(json) = web::write_json(&info) {
            *self.info.borrow_mut() = json;
        }
        self.write(LINK, link);
    }

    /// The JSON of the tab's info.
    pub(crate) fn info(&self) -> JsString {
        self.info.borrow().clone()
    }

    /// The host has named the tab.
    pub(crate) fn keep(&self, tab: &JsValue) {
        if let Some(tab) = tab.as_string().filter(|tab| *tab != self.read(TAB)) {
            self.write(TAB, &tab);
        }
    }

    /// The document is leaving, for good or into the back/forward cache.
    pub(crate) fn leave(&self, link: &str) {
        self.write(LEFT, link);
    }

    /// The document is back from there.
    pub(crate) fn come_back(&self, link: &str) {
        self.remove(LEFT);
        self.write(LINK, link);
    }

    fn read(&self, name: &str) -> String {
        let stored =
            self.storage.as_ref().and_then(|storage| storage.get_item(&self.key(name)).ok());
        stored.flatten().unwrap_or_default()
    }

    fn write(&self, name: &str, value: &str) {
        if let Some(storage) = &self.storage {
            // A full storage makes the next load a new tab, which is what it is without any.
            let _ = storage.set_item(&self.key(name), value);
        }
    }

    fn remove(&self, name: &str) {
        if let Some(storage) = &self.storage {
            let _ = storage.remove_item(&self.key(name));
        }
    }

    fn key(&self, name: &str) -> String {
        let mut key = self.prefix.clone();
        key.push_str(name);
        key
    }
}

/// How the document came (Navigation Timing).
fn navigation() -> String {
    let entries = web::performance_entries("navigation");
    let entry = entries.map_or(JsValue::UNDEFINED, |entries| entries.get(0));
    web::get(&entry, "type").as_string().unwrap_or_default()
}

fn address() -> String {
    web_sys::window().and_then(|window| window.location().href().ok()).unwrap_or_default()
}

/// The tab's id, as the host gave it.
const TAB: &str = "tab";
/// The link of the document that is in the tab.
const LINK: &str = "link";
/// The link of the document that has left it.
const LEFT: &str = "left";
