//! The document, without ceremony.

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CssStyleDeclaration, Document, HtmlElement, Window};

/// The page's window.
pub fn window() -> Result<Window, JsValue> {
    web_sys::window().ok_or_else(|| JsValue::from_str("there is no window here"))
}

pub fn document() -> Result<Document, JsValue> {
    window()?.document().ok_or_else(|| JsValue::from_str("there is no document here"))
}

/// The element of that id, and of that kind.
pub fn element<T: JsCast>(id: &str) -> Result<T, JsValue> {
    let found = document()?.get_element_by_id(id).and_then(|found| found.dyn_into().ok());
    found.ok_or_else(|| JsValue::from_str(&format!("the page has no fitting #{id}")))
}

pub fn set_text(id: &str, text: &str) -> Result<(), JsValue> {
    element::<HtmlElement>(id)?.set_text_content(Some(text));
    Ok(())
}

/// Replaces what the element shows by these, each an element's name, class and text.
pub fn set_parts(id: &str, parts: &[(&str, &str, &str)]) -> Result<(), JsValue> {
    let shown = element::<HtmlElement>(id)?;
    shown.set_text_content(None);
    for (name, class, text) in parts {
        let part = document()?.create_element(name)?;
        part.set_class_name(class);
        part.set_text_content(Some(text));
        shown.append_child(&part)?;
    }
    Ok(())
}

/// Leaves a result where tests read it: in the root element's `data-…` attributes.
pub fn tell(name: &str, text: &str) -> Result<(), JsValue> {
    let root = document()?.document_element().and_then(|root| root.dyn_into::<HtmlElement>().ok());
    match root {
        Some(root) => root.dataset().set(name, text),
        None => Ok(()),
    }
}

/// Milliseconds since the page was loaded.
pub fn now() -> f64 {
    window().ok().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now())
}

/// The root element's computed style, which follows light and dark.
pub fn style() -> Result<Option<CssStyleDeclaration>, JsValue> {
    match document()?.document_element() {
        Some(root) => window()?.get_computed_style(&root),
        None => Ok(None),
    }
}

/// As an error of the page.
pub fn report(text: &str) {
    js_sys::global().unchecked_into::<Reporter>().report_error(&js_sys::Error::new(text));
}

/// Calls back at each event, as long as the page lives.
pub fn on_event(
    target: &web_sys::EventTarget,
    name: &str,
    call: impl FnMut() + 'static,
) -> Result<(), JsValue> {
    let call: Closure<dyn FnMut()> = Closure::new(call);
    target.add_event_listener_with_callback(name, call.into_js_value().unchecked_ref())
}

/// Waits for the page's next frame.
pub async fn next_frame() -> Result<(), JsValue> {
    let window = window()?;
    let frame = js_sys::Promise::new(&mut |resolve, reject| {
        if let Err(error) = window.request_animation_frame(&resolve) {
            // A promise's own functions don't throw.
            let _ = reject.call1(&JsValue::UNDEFINED, &error);
        }
    });
    wasm_bindgen_futures::JsFuture::from(frame).await.map(drop)
}

#[wasm_bindgen::prelude::wasm_bindgen]
extern "C" {
    type Reporter;

    #[wasm_bindgen(method, js_name = reportError)]
    fn report_error(this: &Reporter, error: &js_sys::Error);
}
