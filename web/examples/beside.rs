//! A page's Rust beside its JavaScript: both have an `ipcRenderer`, and the two have one link with one order.
//!
//! It gives the page's script a function, `rustCall(way, text)`, which sends a text by one of the three ways, and keeps
//! what comes in the script's own list, `heard`.

use exciton_web::{IpcError, ipc_renderer};
use js_sys::{Array, Error, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

fn main() -> Result<(), JsValue> {
    let page = js_sys::global();
    let heard: Array = Reflect::get(&page, &"heard".into())?.dyn_into()?;
    ipc_renderer().on("pushed", move |_event, text: String| {
        heard.push(&format!("rust {text}").into());
    });
    let call = |way: String, text: String| {
        by(&way, text).map_err(|error| JsValue::from(Error::new(&error.to_string())))
    };
    let call: Closure<dyn Fn(String, String) -> Result<(), JsValue>> = Closure::new(call);
    Reflect::set(&page, &"rustCall".into(), &call.into_js_value())?;
    wasm_bindgen_futures::spawn_local(async move {
        let id = match ipc_renderer().invoke::<u32>("who", ()).await {
            Ok(id) => id.into(),
            Err(error) => error.to_string().into(),
        };
        // A global object takes any name.
        let _ = Reflect::set(&page, &"rustId".into(), &id);
    });
    Ok(())
}

fn by(way: &str, text: String) -> Result<(), IpcError> {
    match way {
        "send" => ipc_renderer().send("note", (text,)),
        "invoke" => {
            // It leaves whether or not anybody waits for its answer.
            drop(ipc_renderer().invoke::<()>("note-and-answer", (text,)));
            Ok(())
        }
        _ => ipc_renderer().send_sync::<String>("note-sync", (text,)).map(drop),
    }
}
