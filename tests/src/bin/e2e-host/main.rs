//! The main process of the end-to-end tests: everything that a page of theirs sends, invokes or asks for.

mod access;
mod attacks;
mod cuts;
mod electron_ipc;
mod killed;
mod memory;
mod order;
mod policy;
mod ports;
mod preload;
mod resumed;
mod scopes;
mod sleep;
mod slow;
mod sync;
mod tabs;
mod values;
mod windows;

use exciton::{App, BrowserWindow, CommandLine, Compression, DoorLimits};

#[tokio::main]
async fn main() -> exciton::Result<()> {
    attacks::log();
    let line = CommandLine::from_env()?;
    let app = App::new().name("e2e-host").command_line(&line).limits(tabs::limits()?);
    let app = app.door_limits(door_limits()).compression(compression());
    let app = policy::set(access::rules(app)?)?;
    access::listen(&app)?;
    attacks::listen(&app)?;
    cuts::listen(&app)?;
    killed::listen(&app)?;
    memory::listen(&app)?;
    order::listen(&app)?;
    resumed::listen(&app)?;
    sleep::listen(&app)?;
    slow::listen(&app);
    sync::listen(&app)?;
    tabs::listen(&app)?;
    values::listen(&app)?;
    windows::listen(&app)?;
    preload::listen(&app)?;
    scopes::listen(&app)?;
    electron_ipc::listen(&app)?;
    ports::listen(&app)?;
    let options = preload::options()?;
    app.on_ready(move |app| BrowserWindow::new(app, options)?.load_url("/"));
    app.run().await
}

/// The usual one, unless a test wants it on loopback as well (`E2E_COMPRESSION`).
fn compression() -> Compression {
    match std::env::var_os("E2E_COMPRESSION") {
        Some(_) => Compression::Always,
        None => Compression::default(),
    }
}

/// The usual ones, unless the test's thousands of pages come from one simulated browser (`E2E_ALL_FROM_ONE`).
fn door_limits() -> DoorLimits {
    let mut limits = DoorLimits::default();
    if std::env::var_os("E2E_ALL_FROM_ONE").is_some() {
        (limits.sockets, limits.links, limits.socket_attempts) = (u32::MAX, u32::MAX, u32::MAX);
    }
    limits
}
