//! The Rust face on a page whose link another script has begun: a fake of it, which keeps what it is given.

#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use exciton_web::{
    Bytes, Invocation, IpcError, IpcRenderer, IpcRendererEvent, Value, ipc_renderer,
};
use js_sys::{Array, Function, JSON, Uint8Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = r#"
    const posted = [];
    const faces = [];
    let answer = null;
    export function begin() {
        const name = Symbol.for('exciton');
        globalThis[name] ??= {
            version: 1,
            post(text, blobs, settle) {
                if (answer instanceof Error) throw answer;
                posted.push([text, blobs, settle]);
            },
            sync(text, blobs) {
                if (answer instanceof Error) throw answer;
                posted.push([text, blobs, null]);
                return answer;
            },
            attach(face) { faces.push(face); },
        };
    }
    export function take() { return posted.splice(0); }
    export function answer_with(value) { answer = value; }
    export function arrive(channel, args, blobs) {
        for (const face of faces) face.message(channel, JSON.parse(args), blobs, args.includes('"$"'));
    }
    export function lose(why, unknown) {
        for (const face of faces) face.lost({ why, unknown });
    }
    export function failing(fields) { return Object.assign(new Error('told'), JSON.parse(fields)); }
"#)]
extern "C" {
    fn begin();
    fn take() -> Array;
    fn answer_with(value: &JsValue);
    fn arrive(channel: &str, args: &str, blobs: &JsValue);
    fn lose(why: &str, unknown: f64);
    fn failing(fields: &str) -> JsValue;
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct User {
    name: String,
    age: u64,
}

fn page() -> IpcRenderer {
    begin();
    let ipc_renderer = ipc_renderer();
    ipc_renderer.remove_all_listeners(None);
    answer_with(&JsValue::NULL);
    take();
    ipc_renderer
}

fn posted() -> Vec<String> {
    take().iter().map(|entry| Array::from(&entry).get(0).as_string().unwrap()).collect()
}

/// What the last invoke gave to be called with its answer.
fn settle() -> Function {
    Array::from(&take().pop()).get(2).unchecked_into()
}

fn parsed(json: &str) -> JsValue {
    JSON::parse(json).unwrap()
}

#[wasm_bindgen_test]
fn arguments_are_written_as_the_wire_has_them() {
    let page = page();
    let user = User { name: "ä".into(), age: (1 << 53) + 1 };
    page.send("none", ()).unwrap();
    page.send("a \"b\"", (1, "x", Some(2.5), None::<u8>, user)).unwrap();
    page.send("kept", (Value::Undefined, f64::NAN)).unwrap();
    assert_eq!(
        posted(),
        [
            r#"["send","none",[]]"#,
            r#"["send","a \"b\"",[1,"x",2.5,null,{"name":"ä","age":{"$":"bigint","v":"9007199254740993"}}]]"#,
            r#"["send","kept",[{"$":"undefined"},{"$":"number","v":"NaN"}]]"#,
        ]
    );
}

#[wasm_bindgen_test]
fn binary_goes_beside_the_text() {
    page().send("blob", (Bytes(b"abc".to_vec().into()),)).unwrap();
    let entry = Array::from(&take().get(0));
    assert!(entry.get(0).as_string().unwrap().ends_with(",[3]]"));
    let blobs = Array::from(&entry.get(1));
    assert_eq!(blobs.get(0).unchecked_into::<Uint8Array>().to_vec(), b"abc");
}

#[wasm_bindgen_test]
fn listeners_take_typed_arguments_in_the_order_of_their_registration() {
    let page = page();
    let heard = Rc::new(RefCell::new(Vec::new()));
    let log = heard.clone();
    page.on("x", move |_event, user: User, more: Option<String>| {
        log.borrow_mut().push(format!("{} {} {more:?}", user.name, user.age));
    });
    let log = heard.clone();
    page.once("x", move |_event: IpcRendererEvent| log.borrow_mut().push("once".to_owned()));
    let log = heard.clone();
    page.on("x", move |_event, bytes: Value| {
        log.borrow_mut().push(format!("{}", bytes.as_str().is_none()));
        Ok::<_, std::fmt::Error>(())
    });
    arrive("x", r#"[{"name":"n","age":1},"more","ignored"]"#, &JsValue::NULL);
    arrive("x", r#"[{"name":"n","age":2}]"#, &JsValue::NULL);
    arrive("y", "[]", &JsValue::NULL);
    assert_eq!(*heard.borrow(), ["n 1 Some(\"more\")", "once", "true", "n 2 None", "true"]);
}

#[wasm_bindgen_test]
fn a_listener_of_another_type_is_passed_over() {
    let page = page();
    let heard = Rc::new(Cell::new(0));
    let count = heard.clone();
    page.on("x", move |_event, number: u8| count.set(number));
    arrive("x", r#"["text"]"#, &JsValue::NULL);
    arrive("x", "[300]", &JsValue::NULL);
    arrive("x", "[]", &JsValue::NULL);
    assert_eq!(heard.get(), 0);
    arrive("x", "[7]", &JsValue::NULL);
    assert_eq!(heard.get(), 7);
}

#[wasm_bindgen_test]
fn a_listener_that_removes_others_leaves_the_message_that_is_under_way_alone() {
    let page = page();
    let heard = Rc::new(Cell::new(0));
    page.on("x", |event: IpcRendererEvent| event.sender().remove_all_listeners("x"));
    let count = heard.clone();
    let id = page.on("x", move |_event| count.set(count.get() + 1));
    arrive("x", "[]", &JsValue::NULL);
    arrive("x", "[]", &JsValue::NULL);
    assert_eq!(heard.get(), 1);
    assert!(!page.off("x", id));
    assert_eq!(page.listener_count("x"), 0);
}

#[wasm_bindgen_test]
async fn an_answer_is_read_as_the_type_that_was_asked_for() {
    let page = page();
    let sum = page.invoke::<i64>("add", (1, 2));
    let settle = settle();
    settle.call3(&JsValue::NULL, &true.into(), &parsed("3"), &JsValue::NULL).unwrap();
    assert_eq!(sum.await.unwrap(), 3);
}

#[wasm_bindgen_test]
async fn an_answer_of_another_type_is_an_error() {
    let sum = page().invoke::<i64>("add", (1, 2));
    settle().call3(&JsValue::NULL, &true.into(), &parsed("\"3\""), &JsValue::NULL).unwrap();
    assert!(matches!(sum.await, Err(IpcError::WrongType(_))));
}

#[wasm_bindgen_test]
async fn a_failure_reads_as_in_electron_and_keeps_code_and_data() {
    let page = page();
    let failed: Invocation<()> = page.invoke("read", ());
    let error = parsed(r#"{"name":"TypeError","message":"no","code":"E1","data":[1]}"#);
    settle().call3(&JsValue::NULL, &false.into(), &error, &JsValue::NULL).unwrap();
    let error = failed.await.unwrap_err();
    assert_eq!(error.to_string(), "Error invoking remote method 'read': TypeError: no");
    let IpcError::Remote(remote) = error else { panic!("{error:?}") };
    assert_eq!(remote.code.as_deref(), Some("E1"));
    assert_eq!(remote.data.unwrap().as_array().unwrap().len(), 1);
}

#[wasm_bindgen_test]
async fn a_call_that_may_have_run_says_so() {
    let lost = page().invoke::<()>("x", ());
    let error = parsed(r#"{"message":"gone","code":"HOST_RESTARTED","mayHaveRun":true}"#);
    settle().call3(&JsValue::NULL, &false.into(), &error, &JsValue::NULL).unwrap();
    let error = lost.await.unwrap_err();
    assert!(
        matches!(error, IpcError::NoAnswer(no) if no.may_have_run && &*no.code == "HOST_RESTARTED")
    );
}

#[wasm_bindgen_test]
fn a_synchronous_call_returns_its_value_or_its_error() {
    let page = page();
    answer_with(&parsed(r#"{"answer":"pong","blobs":null}"#));
    assert_eq!(page.send_sync::<String>("ping", ()).unwrap(), "pong");
    answer_with(&parsed(r#"{"error":{"name":"Error","message":"no"},"blobs":null}"#));
    assert_eq!(page.send_sync::<String>("ping", ()).unwrap_err().to_string(), "Error: no");
    answer_with(&failing(r#"{"mayHaveRun":false,"code":"UNREACHABLE"}"#));
    let error = page.send_sync::<String>("ping", ()).unwrap_err();
    assert!(matches!(error, IpcError::NoAnswer(no) if !no.may_have_run));
}

#[wasm_bindgen_test]
async fn a_limit_is_an_error_with_both_numbers() {
    let page = page();
    answer_with(&failing(r#"{"queued":11,"limit":10}"#));
    let error = page.send("x", ()).unwrap_err();
    assert!(matches!(error, IpcError::Limit(limit) if (limit.size, limit.limit) == (11, 10)));
    let error = page.invoke::<()>("x", ()).await.unwrap_err();
    assert!(matches!(error, IpcError::Limit(_)));
}

#[wasm_bindgen_test]
fn whatever_javascript_throws_becomes_an_error() {
    let thrown = [
        JsValue::NULL,
        JsValue::UNDEFINED,
        5.into(),
        "text".into(),
        js_sys::Symbol::for_("s").into(),
        js_sys::Object::<JsValue>::create(JsValue::NULL.unchecked_ref()).into(),
        failing("{}"),
    ];
    for value in thrown {
        assert!(!IpcError::from(value).to_string().is_empty());
    }
    assert!(size_of::<IpcError>() <= 32);
}

#[wasm_bindgen_test]
fn a_lost_link_is_told() {
    let page = page();
    let told = Rc::new(Cell::new(None));
    let slot = told.clone();
    page.on_link_lost(move |loss| slot.set(Some((loss.why, loss.unknown))));
    lose("host-restarted", 3.0);
    assert_eq!(told.get(), Some((exciton_web::LinkLost::HostRestarted, 3)));
}
