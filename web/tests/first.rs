//! The Rust face on a page without any other: it begins the link itself. There is no host behind this page.

#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_web::{Bytes, IpcError, ipc_renderer};
use js_sys::{Function, Object, Reflect, Symbol};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn link() -> JsValue {
    ipc_renderer();
    Reflect::get(&js_sys::global(), &Symbol::for_("exciton").into()).unwrap()
}

fn method(name: &str) -> Function {
    Reflect::get(&link(), &name.into()).unwrap().dyn_into().unwrap()
}

#[wasm_bindgen_test]
fn the_link_stands_where_a_later_face_finds_it() {
    assert_eq!(Reflect::get(&link(), &"version".into()).unwrap(), 1);
    for name in ["post", "sync", "attach"] {
        method(name);
    }
    assert!(Object::is_extensible::<JsValue>(link().unchecked_ref()));
}

#[wasm_bindgen_test]
fn a_host_that_is_not_there_is_an_error_of_the_call() {
    let error = ipc_renderer().send_sync::<String>("ping", ()).unwrap_err();
    let IpcError::NoAnswer(no) = error else { panic!("{error:?}") };
    assert_eq!((&*no.code, no.may_have_run), ("UNREACHABLE", false));
}

#[wasm_bindgen_test]
fn what_is_sent_before_the_host_is_known_waits() {
    ipc_renderer().send("x", (1,)).unwrap();
    method("post")
        .call3(&link(), &"[\"send\",\"x\",[]]".into(), &JsValue::NULL, &JsValue::NULL)
        .unwrap();
}

#[wasm_bindgen_test]
fn more_than_the_outbox_holds_is_refused_with_both_numbers() {
    let bytes = |size| Bytes(vec![0; size].into());
    for _ in 0..3 {
        ipc_renderer().send("x", (bytes(40 << 20),)).unwrap();
    }
    let error = ipc_renderer().send("x", (bytes(40 << 20),)).unwrap_err();
    let IpcError::Limit(limit) = error else { panic!("{error:?}") };
    assert_eq!(limit.limit, 136 << 20);
    assert!(limit.size > limit.limit);
    let error = ipc_renderer().send("x", (bytes(80 << 20),)).unwrap_err();
    assert!(matches!(error, IpcError::Limit(limit) if limit.size > 80 << 20));
}
