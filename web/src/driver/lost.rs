//! Why a link is over, in each way that it is told.

use exciton_protocol::LinkLost;
use wasm_bindgen::JsValue;

/// THE table: a reason, its name on the wire, the code of an error, and its words.
const LOST: [(LinkLost, &str, &str, &str); 7] = [
    (LinkLost::Expired, "expired", "EXPIRED", "the main process had given this page up"),
    (LinkLost::HostRestarted, "host-restarted", "HOST_RESTARTED", "the main process was restarted"),
    (LinkLost::Replaced, "replaced", "REPLACED", "the page was replaced by a newer document"),
    (LinkLost::Quit, "quit", "QUIT", "the main process has quit"),
    (LinkLost::Closed, "closed", "CLOSED", "the window was closed"),
    (LinkLost::TooSlow, "too-slow", "TOO_SLOW", "the page took messages too slowly"),
    (LinkLost::Unauthorized, "unauthorized", "UNAUTHORIZED", "this browser was shut out"),
];

fn row(why: LinkLost) -> &'static (LinkLost, &'static str, &'static str, &'static str) {
    LOST.iter().find(|row| row.0 == why).unwrap_or(&LOST[0])
}

/// The reason of that name.
pub(crate) fn lost_reason(name: &JsValue) -> Option<LinkLost> {
    let name = name.as_string()?;
    LOST.iter().find(|row| row.1 == name).map(|row| row.0)
}

/// The name of a reason on the wire.
pub fn lost_name(why: LinkLost) -> &'static str {
    row(why).1
}

/// The code of an error that comes of it.
pub(crate) fn lost_code(why: LinkLost) -> &'static str {
    row(why).2
}

/// What has become of a link, in words.
pub(crate) fn lost_text(why: LinkLost) -> &'static str {
    row(why).3
}
