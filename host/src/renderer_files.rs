//! The renderer that the host serves to JavaScript pages, as its build script made it.
//!
//! No file knows the host: what a page must know before its first packet is put on it by the lines that the host
//! serves before them, and a page without those asks the host.

use crate::server::Renderer;

/// All of them, for the server.
pub(crate) const RENDERER: Renderer = Renderer {
    script: ELECTRON_JS,
    module: ELECTRON_MJS,
    bridge: BRIDGE_JS,
    attendance: ATTENDANCE_JS,
};

/// A classic script: when it has run, `require('electron')` and `window.electron` work.
const ELECTRON_JS: &str = include_str!(concat!(env!("OUT_DIR"), "/electron.js"));

/// What comes before it where there is a preload script: a classic script too.
const BRIDGE_JS: &str = include_str!(concat!(env!("OUT_DIR"), "/bridge.js"));

/// What comes before them where pages are to do something about their connection: a classic script that a module may
/// begin with.
const ATTENDANCE_JS: &str = include_str!(concat!(env!("OUT_DIR"), "/attendance.js"));

/// The same as an ES module: `import { ipcRenderer } from '…/_exciton/electron.mjs'`.
const ELECTRON_MJS: &str = include_str!(concat!(env!("OUT_DIR"), "/electron.mjs"));

/// What runs a script of the host in a page that forbids eval: it goes with the script.
pub(crate) const EXECUTE_JS: &str = include_str!(concat!(env!("OUT_DIR"), "/execute.js"));
