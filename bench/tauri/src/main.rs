//! Tauri as a contender: its own window, which goes where it is told, and what every host answers. Run by
//! `cargo xtask bench --tauri`.

#![forbid(unsafe_code)]

mod commands;
mod context;
mod control;

use std::sync::mpsc;

use commands::Counter;
use tauri::webview::PageLoadEvent;
use tauri::{Url, WebviewUrl, WebviewWindowBuilder};

/// What may go wrong ends the program with its text.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let files = std::env::var("EXCITON_BENCH_FILES")?;
    let context = context::of(files.as_ref())?;
    let app = tauri::Builder::default()
        .manage(Counter::default())
        .invoke_handler(tauri::generate_handler![
            commands::echo,
            commands::binary,
            commands::json,
            commands::count,
            commands::counted,
            commands::flood,
        ])
        .setup(|app| {
            let (loaded, loads) = mpsc::channel();
            let blank = WebviewUrl::External(Url::parse("about:blank")?);
            let window = WebviewWindowBuilder::new(app, "main", blank)
                .inner_size(1024.0, 768.0)
                .on_page_load(move |_, load| {
                    if load.event() == PageLoadEvent::Finished {
                        // Nobody may wait for it.
                        let _ = loaded.send(load.url().clone());
                    }
                })
                .build()?;
            control::listen(window, loads)?;
            Ok(())
        });
    Ok(app.run(context)?)
}
