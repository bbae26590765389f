//! The measured page in Rust: the workloads of `bench.js`, as calls of `exciton-web`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use exciton_web::{Bytes, IpcError, ipc_renderer};
use js_sys::Promise;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::{JsFuture, spawn_local};

fn main() {}

thread_local! {
    static PUSHES: Pushes = const { Pushes { heard: Cell::new(0), wanted: Cell::new(0), all: RefCell::new(None) } };
}

/// Messages that came since the last flood began, and whom to tell when they are all there.
struct Pushes {
    heard: Cell<u32>,
    wanted: Cell<u32>,
    all: RefCell<Option<js_sys::Function>>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    id: u32,
    name: String,
    active: bool,
    score: f64,
    tags: Vec<String>,
    note: String,
}

type Outcome<T> = Result<T, JsValue>;

/// Listens to the host.
#[wasm_bindgen]
pub fn open() {
    ipc_renderer().on("push", |_event, _number: u32| {
        PUSHES.with(|pushes| {
            let heard = pushes.heard.get() + 1;
            pushes.heard.set(heard);
            if heard == pushes.wanted.get()
                && let Some(all) = pushes.all.take()
            {
                // It settles a promise, which throws nothing.
                let _ = all.call1(&JsValue::NULL, &now().into());
            }
        });
    });
}

/// The times of calls that wait for each other, in milliseconds.
#[wasm_bindgen]
pub async fn sequential(count: u32) -> Outcome<Vec<f64>> {
    let mut times = Vec::new();
    for number in 0..count {
        let begun = now();
        let answer: u32 = ipc_renderer().invoke("echo", (number,)).await.map_err(thrown)?;
        times.push(now() - begun);
        equal(answer, number)?;
    }
    Ok(times)
}

/// Calls at once: how long they took, how many were answered, and how many there were.
#[wasm_bindgen]
pub async fn pipelined(count: u32) -> Outcome<Vec<f64>> {
    let answered = Rc::new(Cell::new(0));
    let begun = now();
    let calls: Vec<_> =
        (0..count).map(|number| ipc_renderer().invoke::<u32>("echo", (number,))).collect();
    let done = promise(|all| {
        for (number, call) in calls.into_iter().enumerate() {
            let (answered, all) = (answered.clone(), all.clone());
            spawn_local(async move {
                if call.await.is_ok_and(|answer| answer as usize == number) {
                    answered.set(answered.get() + 1);
                    if answered.get() == count {
                        // It settles a promise, which throws nothing.
                        let _ = all.call1(&JsValue::NULL, &now().into());
                    }
                }
            });
        }
    });
    finished(done, begun, count).await
}

/// One-way messages, until the host has had them.
#[wasm_bindgen]
pub async fn sends(count: u32) -> Outcome<Vec<f64>> {
    let counted = async |wanted: u32| {
        ipc_renderer().invoke::<u32>("counted", (wanted,)).await.map_err(thrown)
    };
    counted(0).await?;
    let begun = now();
    for number in 0..count {
        ipc_renderer().send("count", (number,)).map_err(thrown)?;
    }
    // The answer comes behind all of them.
    let had = counted(count).await?;
    Ok(vec![now() - begun, had.into(), count.into()])
}

/// Messages of the host, until the last listener has run.
#[wasm_bindgen]
pub async fn pushes(count: u32) -> Outcome<Vec<f64>> {
    let done = promise(|all| {
        PUSHES.with(|pushes| {
            pushes.heard.set(0);
            pushes.wanted.set(count);
            pushes.all.replace(Some(all));
        });
    });
    let begun = now();
    ipc_renderer().send("flood", (count,)).map_err(thrown)?;
    finished(done, begun, count).await
}

/// Echoes of bytes: how long all took, in milliseconds.
#[wasm_bindgen]
pub async fn binary(bytes: Vec<u8>, count: u32) -> Outcome<f64> {
    let bytes = Bytes::from(bytes);
    let begun = now();
    for _ in 0..count {
        let back: Bytes = ipc_renderer().invoke("binary", (&bytes,)).await.map_err(thrown)?;
        equal(back.len() as u32, bytes.len() as u32)?;
    }
    Ok(now() - begun)
}

/// Echoes of typed rows: how long all took, in milliseconds.
#[wasm_bindgen]
pub async fn json(count: u32) -> Outcome<f64> {
    let rows: Vec<Row> = (0..10_000).map(row).collect();
    let begun = now();
    for _ in 0..count {
        let back: Vec<Row> = ipc_renderer().invoke("json", (&rows,)).await.map_err(thrown)?;
        equal(back.len() as u32, rows.len() as u32)?;
    }
    Ok(now() - begun)
}

/// The times of synchronous calls, in milliseconds.
#[wasm_bindgen]
pub fn sync(count: u32) -> Outcome<Vec<f64>> {
    let mut times = Vec::new();
    for number in 0..count {
        let begun = now();
        let answer: u32 = ipc_renderer().send_sync("sync", (number,)).map_err(thrown)?;
        times.push(now() - begun);
        equal(answer, number)?;
    }
    Ok(times)
}

/// As `makeRows` of the script.
fn row(id: u32) -> Row {
    Row {
        id,
        name: format!("row number {id}"),
        active: id.is_multiple_of(3),
        score: f64::from(id) / 8.0,
        tags: vec!["first".to_owned(), "second".to_owned()],
        note: "some words about this row".to_owned(),
    }
}

/// A promise that `begin` has settled with the time of its end.
fn promise(begin: impl FnOnce(js_sys::Function)) -> Promise {
    let mut begin = Some(begin);
    Promise::new(&mut |resolve, _reject| {
        if let Some(begin) = begin.take() {
            begin(resolve);
        }
    })
}

/// Waits for all; what never comes makes the script's time run out.
async fn finished(done: Promise, begun: f64, count: u32) -> Outcome<Vec<f64>> {
    let ended = JsFuture::from(done).await?.as_f64().unwrap_or(f64::NAN);
    Ok(vec![ended - begun, count.into(), count.into()])
}

fn now() -> f64 {
    web_sys::window().and_then(|page| page.performance()).map_or(f64::NAN, |clock| clock.now())
}

fn equal(answer: u32, wanted: u32) -> Outcome<()> {
    match answer == wanted {
        true => Ok(()),
        false => Err(js_sys::Error::new(&format!("{answer} is no echo of {wanted}")).into()),
    }
}

fn thrown(error: IpcError) -> JsValue {
    js_sys::Error::new(&error.to_string()).into()
}
