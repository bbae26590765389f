//! What the page knows of its tab, and what it leaves behind for the next document in it.
//!
//! `sessionStorage` outlives the document and is copied when a tab is duplicated. So a document that leaves writes its
//! link's name beside the tab's; the next document of the same tab finds that mark, a copy doesn't. Pages without
//! storage (sandboxed, blocked) have no tab: each load is a new one.

use std::cell::RefCell;

use js_sys::JsString;
use wasm_bindgen::JsValue;

use crate::web;

/// The tab's place in `sessionStorage`.
pub(crate) struct Tab {
    /// The storage, `undefined` where the browser gives none.
    storage: JsValue,
    /// Keeps pages of several hosts behind one origin apart.
    prefix: String,
    /// The JSON of the info that goes with each contact.
    info: RefCell<JsString>,
}

impl Tab {
    /// `base` is the host's base URL.
    pub(crate) fn new(base: &str) -> Self {
        Self::with_storage(web::get_global("sessionStorage"), base)
    }

    fn with_storage(storage: JsValue, base: &str) -> Self {
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
        let info = web::object(&[
            ("tab", &self.read(TAB).into()),
            ("previous", &self.read(LINK).into()),
            ("left", &left.into()),
            ("nav", &navigation().into()),
            ("url", &address().into()),
            ("opener", &has_opener().into()),
        ]);
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
        let stored = web::call(&self.storage, "getItem", &[&self.key(name)]);
        stored.ok().and_then(|stored| stored.as_string()).unwrap_or_default()
    }

    /// A full storage makes the next load a new tab, which is what it is without any.
    fn write(&self, name: &str, value: &str) {
        let _ = web::call(&self.storage, "setItem", &[&self.key(name), &value.into()]);
    }

    fn remove(&self, name: &str) {
        let _ = web::call(&self.storage, "removeItem", &[&self.key(name)]);
    }

    fn key(&self, name: &str) -> JsValue {
        let mut key = self.prefix.clone();
        key.push_str(name);
        key.into()
    }
}

/// How the document came (Navigation Timing).
fn navigation() -> String {
    let entries =
        web::call(&web::get_global("performance"), "getEntriesByType", &[&"navigation".into()]);
    let entry = web::get(&entries.unwrap_or(JsValue::UNDEFINED), "0");
    web::get_text(&entry, "type").unwrap_or_default()
}

/// Whether another page has opened this one and is there.
fn has_opener() -> bool {
    web::get_global("opener").is_object()
}

fn address() -> String {
    web::get_text(&web::get_global("location"), "href").unwrap_or_default()
}

/// The tab's id, as the host gave it.
const TAB: &str = "tab";
/// The link of the document that is in the tab.
const LINK: &str = "link";
/// The link of the document that has left it.
const LEFT: &str = "left";

#[cfg(all(test, target_arch = "wasm32"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::*;

    wasm_bindgen_test_configure!(run_in_browser);

    fn field(tab: &Tab, name: &'static str) -> String {
        web::get(&web::parse_json(&tab.info()).unwrap(), name).as_string().unwrap()
    }

    #[wasm_bindgen_test]
    fn the_next_document_of_a_tab_finds_the_mark_of_the_one_before() {
        let first = Tab::new("next/");
        first.arrive("1");
        first.keep(&"t".into());
        first.leave("1");
        let second = Tab::new("next/");
        second.arrive("2");
        assert_eq!(field(&second, "tab"), "t");
        assert_eq!((field(&second, "previous"), field(&second, "left")), ("1".into(), "1".into()));
    }

    #[wasm_bindgen_test]
    fn a_copy_of_a_tab_that_is_still_there_finds_no_mark() {
        let first = Tab::new("copy/");
        first.arrive("1");
        let copy = Tab::new("copy/");
        copy.arrive("2");
        assert_eq!((field(&copy, "previous"), field(&copy, "left")), ("1".into(), String::new()));
    }

    #[wasm_bindgen_test]
    fn a_document_that_comes_back_takes_the_tab_again() {
        let first = Tab::new("back/");
        first.arrive("1");
        first.leave("1");
        let second = Tab::new("back/");
        second.arrive("2");
        second.leave("2");
        first.come_back("1");
        first.leave("1");
        let third = Tab::new("back/");
        third.arrive("3");
        assert_eq!((field(&third, "previous"), field(&third, "left")), ("1".into(), "1".into()));
    }

    #[wasm_bindgen_test]
    fn another_link_of_the_same_document_is_its_successor() {
        let tab = Tab::new("renew/");
        tab.arrive("1");
        tab.renew("2");
        assert_eq!((field(&tab, "previous"), field(&tab, "left")), ("1".into(), "1".into()));
    }

    #[wasm_bindgen_test]
    fn a_page_without_storage_has_no_tab() {
        let tab = Tab::with_storage(JsValue::UNDEFINED, "none/");
        tab.arrive("1");
        tab.keep(&"t".into());
        tab.leave("1");
        assert_eq!((field(&tab, "tab"), field(&tab, "previous")), (String::new(), String::new()));
        assert_eq!(field(&tab, "url"), address());
    }
}
