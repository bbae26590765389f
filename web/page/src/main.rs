//! The Rust half of the project's own page: a long computation in the main process while an animation goes on.
//!
//! It shares the page's one link with the scripts in JavaScript beside it, whoever came first.

#![forbid(unsafe_code)]

mod count;
mod dom;
mod gaps;
mod pair;
/// The main process's own file: what runs there also runs here.
#[path = "../../../host/src/demo/sieve.rs"]
#[allow(dead_code, reason = "a page that counts can't show how far it is")]
mod sieve;
mod stage;

use std::rc::Rc;

use exciton_web::{IpcError, ipc_renderer};
use serde::Deserialize;
use wasm_bindgen::JsValue;

fn main() {
    wasm_bindgen_futures::spawn_local(async {
        if let Err(error) = begin().await {
            dom::report(&error.to_string());
        }
    });
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct About {
    web_contents: u32,
}

async fn begin() -> Result<(), Trouble> {
    let stage = Rc::new(stage::Stage::new()?);
    stage::run(&stage)?;
    count::prepare(&stage)?;
    let about: About = ipc_renderer().invoke("about", ()).await?;
    dom::set_text("fact-rust", &about.web_contents.to_string())?;
    dom::tell("rustWebContents", &about.web_contents.to_string())?;
    Ok(())
}

/// What can go wrong here.
#[derive(Debug)]
enum Trouble {
    /// The main process, or the way to it.
    Ipc(IpcError),
    /// The document is not the one that this belongs to, or the browser lacks something.
    Page(String),
}

impl From<IpcError> for Trouble {
    fn from(error: IpcError) -> Self {
        Self::Ipc(error)
    }
}

impl From<JsValue> for Trouble {
    fn from(thrown: JsValue) -> Self {
        Self::Page(format!("{thrown:?}"))
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ipc(error) => error.fmt(f),
            Self::Page(text) => text.fmt(f),
        }
    }
}
