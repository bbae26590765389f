//! The browser's interfaces, in few bindings.
//!
//! Each typed binding costs about 130 compressed bytes of the bundle, and those of web-sys copy text through wasm's
//! memory. So what a page does rarely goes through [`get`], [`call`] and [`construct`] by name, and what it does for
//! each message has a binding of its own in which strings stay handles.

use std::cell::RefCell;

use js_sys::{Array, Function, JsString, Object, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Anything that takes a message or a body: a WebSocket, an XMLHttpRequest.
    pub(crate) type Sender;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn send(this: &Sender, message: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(js_name = setTimeout)]
    pub(crate) fn set_timeout(then: &Function, delay: f64) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    pub(crate) fn clear_timeout(id: &JsValue);

    #[wasm_bindgen(js_name = queueMicrotask)]
    pub(crate) fn queue_microtask(then: &Function);

    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    pub(crate) fn performance_now() -> f64;

    #[wasm_bindgen(catch, js_namespace = JSON, js_name = parse)]
    pub(crate) fn parse_json(text: &JsString) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = JSON, js_name = stringify)]
    pub(crate) fn write_json(value: &JsValue) -> Result<JsString, JsValue>;

    /// A string, by the method that js-sys has for two parts only.
    pub(crate) type RawString;

    #[wasm_bindgen(method, js_class = "String")]
    pub(crate) fn includes(this: &RawString, part: &JsValue) -> bool;

    #[wasm_bindgen(method, js_class = "String", js_name = concat)]
    fn concat2(this: &RawString, second: &JsString, third: &JsString) -> JsString;

    /// The global object.
    #[wasm_bindgen(js_namespace = globalThis, js_name = valueOf)]
    pub(crate) fn global() -> JsValue;
}

/// A text of the program as JavaScript has it, made once: each that crosses the boundary is decoded.
pub(crate) fn text(text: &'static str) -> JsValue {
    thread_local! {
        static MADE: RefCell<Vec<(&'static str, JsValue)>> = const { RefCell::new(Vec::new()) };
    }
    MADE.with_borrow_mut(|made| {
        // There are a few dozen of them, and comparing where they lie is enough.
        if let Some((_, value)) = made.iter().find(|(known, _)| std::ptr::eq(*known, text)) {
            return value.clone();
        }
        let value = JsValue::from_str(text);
        made.push((text, value.clone()));
        value
    })
}

/// A property of a value, `undefined` if it has none, or throws, or isn't an object.
pub(crate) fn get(of: &JsValue, key: &'static str) -> JsValue {
    js_sys::Reflect::get(of, &text(key)).unwrap_or(JsValue::UNDEFINED)
}

/// A property that is text.
pub(crate) fn get_text(of: &JsValue, key: &'static str) -> Option<String> {
    get(of, key).as_string()
}

/// A property of the global object.
pub(crate) fn get_global(key: &'static str) -> JsValue {
    get(&global(), key)
}

/// Sets a property.
pub(crate) fn set(of: &JsValue, key: &str, value: &JsValue) {
    // Only a frozen object or one with a setter could refuse, and ours are neither.
    let _ = js_sys::Reflect::set(of, &JsValue::from_str(key), value);
}

/// Whether an object has the property.
pub(crate) fn has(object: &JsValue, key: &str) -> bool {
    js_sys::Reflect::has(object, &JsValue::from_str(key)).unwrap_or(false)
}

/// Calls a method. An error if it throws, or there is none.
pub(crate) fn call(
    of: &JsValue,
    method: &'static str,
    arguments: &[&JsValue],
) -> Result<JsValue, JsValue> {
    js_sys::Reflect::apply(get(of, method).unchecked_ref::<Function>(), of, &list(arguments))
}

/// Makes an object of a global class.
pub(crate) fn construct(class: &'static str, arguments: &[&JsValue]) -> Result<JsValue, JsValue> {
    js_sys::Reflect::construct(get_global(class).unchecked_ref::<Function>(), &list(arguments))
}

fn list(items: &[&JsValue]) -> Array {
    let list = Array::new();
    for item in items {
        list.push(item);
    }
    list
}

/// An object of the given properties.
pub(crate) fn object(properties: &[(&str, &JsValue)]) -> JsValue {
    let object = Object::new().into();
    for (key, value) in properties {
        set(&object, key, value);
    }
    object
}

/// A closure as JavaScript takes it.
pub(crate) fn function<T: ?Sized>(closure: &Closure<T>) -> &Function {
    closure.as_ref().unchecked_ref()
}

/// Calls back with what a promise comes to, or with why it doesn't.
pub(crate) fn either(promise: &JsValue, then: &Closure<dyn Fn(JsValue)>) {
    let then = function(then);
    // A promise that isn't one has nothing to say.
    let _ = call(promise, "then", &[then, then]);
}

/// Three texts in one.
pub(crate) fn concat(first: &str, second: &JsString, third: &'static str) -> JsString {
    join(&first.into(), second, text(third).unchecked_ref())
}

/// The same of texts that are JavaScript's already.
pub(crate) fn join(first: &JsString, second: &JsString, third: &JsString) -> JsString {
    first.unchecked_ref::<RawString>().concat2(second, third)
}

/// Whether any character is beyond ASCII.
pub(crate) fn beyond_ascii(text: &JsString) -> bool {
    thread_local! {
        static BEYOND: js_sys::RegExp = js_sys::RegExp::new("[^\\x00-\\x7f]", "");
    }
    BEYOND.with(|beyond| text.search(beyond)) >= 0
}

/// The UTF-8 of a text.
pub(crate) fn encode(text: &JsString) -> Uint8Array {
    let bytes = construct("TextEncoder", &[]).and_then(|encoder| call(&encoder, "encode", &[text]));
    // No browser is without it, and it takes every text.
    bytes.map_or_else(|_| Uint8Array::new_with_length(0), JsCast::unchecked_into)
}

/// The text of UTF-8; an error if it is none.
pub(crate) fn decode(bytes: &Uint8Array) -> Result<JsString, JsValue> {
    let options = object(&[("fatal", &JsValue::TRUE), ("ignoreBOM", &JsValue::TRUE)]);
    let decoder = construct("TextDecoder", &[&"utf-8".into(), &options])?;
    Ok(call(&decoder, "decode", &[bytes])?.unchecked_into())
}

/// Gives the memory under the bytes back at once, where the browser can: the next message of that length gets it, still in the
/// processor's caches. What waits for the collector instead is new memory for each, page by page.
pub(crate) fn free(bytes: &Uint8Array) {
    let _ = call(&bytes.buffer(), "transfer", &[&0.into()]);
}

/// A whole number of JavaScript's within 0 and 2^53.
pub(crate) fn whole(value: &JsValue) -> Option<u64> {
    let number = value.as_f64()?;
    let fits = (0.0..=9_007_199_254_740_992.0).contains(&number) && number.trunc() == number;
    fits.then_some(number as u64)
}

/// Any random number.
pub(crate) fn entropy() -> u32 {
    (js_sys::Math::random() * 4_294_967_296.0) as u32
}

/// As if the error had been thrown in a task of its own.
pub(crate) fn report(error: &JsValue) {
    if call(&global(), "reportError", &[error]).is_err() {
        let _ = call(&get_global("console"), "error", &[error]);
    }
}

/// Writes a line to the console.
pub(crate) fn complain(text: &str) {
    let _ = call(&get_global("console"), "error", &[&text.into()]);
}

/// Runs the call soon, after all that is on its way now. Not by a timer: those of a hidden page wait for a second.
pub(crate) fn later(closure: &Closure<dyn Fn()>) {
    let channel = construct("MessageChannel", &[]).unwrap_or(JsValue::UNDEFINED);
    set(&get(&channel, "port1"), "onmessage", function(closure));
    if call(&get(&channel, "port2"), "postMessage", &[&JsValue::NULL]).is_err() {
        set_timeout(function(closure), 0.0);
    }
}
