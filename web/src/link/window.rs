//! The window around the page, where the page's link is Rust's: what `js/window.js` does, but for scripts and the console.

use std::rc::Rc;

use js_sys::{Array, JsString};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use super::own::OwnLink;
use crate::web;

impl OwnLink {
    /// Tells the host how far the page has come. A page in Rust starts when it is parsed.
    pub(super) fn watch_page(self: &Rc<Self>) {
        let document = web::get_global("document");
        self.report("dom-ready", &[&web::get(&document, "title")]);
        if web::get_text(&document, "readyState").as_deref() == Some("complete") {
            self.report("load", &[]);
        } else {
            self.when("load", |link| link.report("load", &[]));
        }
    }

    /// Does what the host wants of the window; `None` if it is something else.
    pub(super) fn obey_window(
        self: &Rc<Self>,
        name: &str,
        args: &JsValue,
    ) -> Option<Result<(), JsValue>> {
        let first = web::get(args, "0");
        let location = web::get_global("location");
        Some(match name {
            "navigate" => {
                let url = self.below_base(&first.as_string().unwrap_or_default());
                web::call(&location, "assign", &[&url]).map(drop)
            }
            "reload" => web::call(&location, "reload", &[]).map(drop),
            "focus" => web::call(&web::global(), "focus", &[]).map(drop),
            "title" => {
                web::set(&web::get_global("document"), "title", &first);
                self.report("title", &[&first]);
                Ok(())
            }
            "close" => {
                self.when("pagehide", |link| link.report("closed", &[]));
                self.close_page()
            }
            "execute" => {
                let error = web::object(&[("name", &"Error".into()), ("message", &SCRIPTS.into())]);
                self.report("executed", &[&first, &JsValue::FALSE, &error]);
                Ok(())
            }
            // The page goes on telling nothing of it.
            "console" => Ok(()),
            _ => return None,
        })
    }

    /// A tab that no program opened can't be closed by one.
    pub(super) fn close_page(&self) -> Result<(), JsValue> {
        web::call(&web::global(), "close", &[])?;
        if web::get_global("closed").is_truthy() {
            return Ok(());
        }
        let url = self.below_base("_exciton/closed");
        web::call(&web::get_global("location"), "replace", &[&url]).map(drop)
    }

    fn when(self: &Rc<Self>, event: &str, then: fn(&Self)) {
        let link = self.clone();
        let listener: Closure<dyn Fn()> = Closure::new(move || then(&link));
        let listener = listener.into_js_value();
        // Before the driver's own, which says goodbye.
        let first = web::object(&[("capture", &JsValue::TRUE), ("once", &JsValue::TRUE)]);
        let _ = web::call(&web::global(), "addEventListener", &[&event.into(), &listener, &first]);
    }

    /// The values are JSON's.
    fn report(&self, name: &str, values: &[&JsValue]) {
        let list = Array::new();
        for value in values {
            list.push(value);
        }
        let packet = Array::of3(&"report".into(), &name.into(), &list);
        let posted = web::write_json(&packet)
            .and_then(|text: JsString| self.post(text, &JsValue::NULL, None));
        if let Err(error) = posted {
            web::report(&error);
        }
    }
}

const SCRIPTS: &str =
    "this page's renderer is Rust alone, which runs no scripts: load the host's electron.js, too";

#[cfg(all(test, target_arch = "wasm32"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::*;

    wasm_bindgen_test_configure!(run_in_browser);

    #[wasm_bindgen_test]
    fn a_title_of_the_hosts_is_the_pages_and_other_orders_are_not_the_windows() {
        let link = OwnLink::start().unwrap();
        let args = Array::of1(&"by the host".into());
        assert_eq!(link.obey_window("title", &args), Some(Ok(())));
        let title = web::get(&web::get_global("document"), "title");
        assert_eq!(title.as_string().as_deref(), Some("by the host"));
        assert_eq!(link.obey_window("execute", &Array::of2(&1.into(), &"1".into())), Some(Ok(())));
        assert_eq!(link.obey_window("dance", &Array::new()), None);
    }
}
