//! What the page may call. None of it waits, so none is asynchronous: Tauri answers such commands at once, without a task.

use std::sync::atomic::{AtomicU64, Ordering};

use tauri::State;
use tauri::ipc::{Channel, InvokeBody, Request, Response};

/// The one-way messages that came. There is one page at a time.
#[derive(Default)]
pub struct Counter(AtomicU64);

#[tauri::command]
pub fn echo(number: u64) -> u64 {
    number
}

/// Bytes as they came, past JSON.
#[tauri::command]
pub fn binary(request: Request<'_>) -> Result<Response, &'static str> {
    match request.body() {
        InvokeBody::Raw(bytes) => Ok(Response::new(bytes.clone())),
        InvokeBody::Json(_) => Err("no bytes"),
    }
}

/// Tauri reads each call's JSON. Out of the request, what it has read is not copied once more.
#[tauri::command]
pub fn json(request: Request<'_>) -> Result<Response, String> {
    let InvokeBody::Json(arguments) = request.body() else { return Err("no JSON".into()) };
    let text = serde_json::to_string(&arguments["rows"]).map_err(|error| error.to_string())?;
    Ok(Response::new(text))
}

#[tauri::command]
pub fn count(counter: State<'_, Counter>) {
    counter.0.fetch_add(1, Ordering::Relaxed);
}

/// How many came; where they are as many as wanted, it begins anew.
#[tauri::command]
pub fn counted(wanted: u64, counter: State<'_, Counter>) -> u64 {
    let count = counter.0.load(Ordering::Relaxed);
    if count >= wanted {
        counter.0.store(0, Ordering::Relaxed);
    }
    count
}

/// By a channel, Tauri's fastest way to a page.
#[tauri::command]
pub fn flood(count: u64, heard: Channel<u64>) -> tauri::Result<()> {
    (0..count).try_for_each(|number| heard.send(number))
}
