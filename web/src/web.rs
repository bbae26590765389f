//! Browser calls whose bindings in web-sys copy text through wasm memory: here strings stay handles.

use js_sys::{Function, JsString, Object, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// A WebSocket, by the methods that take any kind of message.
    pub(crate) type RawSocket;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn send(this: &RawSocket, message: &JsValue) -> Result<(), JsValue>;

    /// An XMLHttpRequest, by the members that hold text.
    pub(crate) type RawRequest;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn send(this: &RawRequest, body: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, getter, catch, js_name = responseText)]
    pub(crate) fn response_text(this: &RawRequest) -> Result<JsString, JsValue>;

    #[wasm_bindgen(catch, js_name = fetch)]
    pub(crate) fn fetch(url: &str, init: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_name = setTimeout)]
    pub(crate) fn set_timeout(then: &Function, delay: f64) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    pub(crate) fn clear_timeout(id: &JsValue);

    #[wasm_bindgen(js_name = queueMicrotask)]
    pub(crate) fn queue_microtask(then: &Function);

    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    pub(crate) fn performance_now() -> f64;

    #[wasm_bindgen(catch, js_namespace = performance, js_name = getEntriesByType)]
    pub(crate) fn performance_entries(kind: &str) -> Result<js_sys::Array, JsValue>;

    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    pub(crate) fn random_values(array: &Uint8Array);

    #[wasm_bindgen(catch, js_namespace = AbortSignal, js_name = timeout)]
    pub(crate) fn abort_after(ms: f64) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = JSON, js_name = parse)]
    pub(crate) fn parse_json(text: &JsString) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = JSON, js_name = stringify)]
    pub(crate) fn write_json(value: &JsValue) -> Result<JsString, JsValue>;

    /// A string, by the methods that web-sys gives Rust text.
    pub(crate) type RawString;

    #[wasm_bindgen(method, js_class = "String", js_name = concat)]
    pub(crate) fn concat2(this: &RawString, second: &JsString, third: &JsString) -> JsString;

    /// A promise, by the method that takes any function.
    pub(crate) type RawPromise;

    #[wasm_bindgen(method)]
    pub(crate) fn then(this: &RawPromise, done: &Function, failed: &Function);

    /// A URL.
    #[wasm_bindgen(js_name = URL)]
    pub(crate) type Url;

    #[wasm_bindgen(constructor, js_class = "URL", catch)]
    pub(crate) fn new(url: &str, base: &str) -> Result<Url, JsValue>;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn href(this: &Url) -> String;

    /// A TextEncoder.
    pub(crate) type TextEncoder;

    #[wasm_bindgen(constructor)]
    pub(crate) fn new() -> TextEncoder;

    #[wasm_bindgen(method)]
    pub(crate) fn encode(this: &TextEncoder, text: &JsString) -> Uint8Array;

    /// A TextDecoder.
    pub(crate) type TextDecoder;

    #[wasm_bindgen(constructor)]
    pub(crate) fn new(label: &str, options: &Object) -> TextDecoder;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn decode(this: &TextDecoder, bytes: &Uint8Array) -> Result<JsString, JsValue>;
}

/// Three texts in one.
pub(crate) fn concat(first: &str, second: &JsString, third: &str) -> JsString {
    let first = JsString::from(first);
    first.unchecked_ref::<RawString>().concat2(second, &JsString::from(third))
}

/// A property of a value, `undefined` if it has none or isn't an object.
pub(crate) fn get(of: &JsValue, key: &str) -> JsValue {
    js_sys::Reflect::get(of, &JsValue::from_str(key)).unwrap_or(JsValue::UNDEFINED)
}

/// Sets a property of an object of ours.
pub(crate) fn set(of: &Object, key: &str, value: &JsValue) {
    // Only a frozen object or one with a setter could refuse.
    let _ = js_sys::Reflect::set(of, &JsValue::from_str(key), value);
}

/// A whole number of JavaScript's within 0 and 2^53.
pub(crate) fn whole(value: &JsValue) -> Option<u64> {
    let number = value.as_f64()?;
    let fits = (0.0..=9_007_199_254_740_992.0).contains(&number) && number.trunc() == number;
    fits.then_some(number as u64)
}

/// Calls back with what a promise comes to, or with why it doesn't.
pub(crate) fn either(promise: &Promise, then: &Closure<dyn Fn(JsValue)>) {
    let then = then.as_ref().unchecked_ref::<Function>();
    promise.unchecked_ref::<RawPromise>().then(then, then);
}

/// Any random number.
pub(crate) fn entropy() -> u32 {
    (js_sys::Math::random() * 4_294_967_296.0) as u32
}
