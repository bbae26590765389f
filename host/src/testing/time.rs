//! Time that passes without anybody's waiting for it.

use std::time::Duration;

use crate::app::App;

/// Lets so much time pass for an application's links: what is due by then (a page's silence, the end of its grace) happens
/// before this returns. Whatever else measures time, such as a `sendSync` that waits or an invitation, goes on as before.
///
/// Pages that are awake can't answer in a time that nobody waits for. So let less pass at once than a page may be silent
/// ([`Limits::ping`](crate::Limits::ping) and [`Limits::silence`](crate::Limits::silence)), and hear from those that count
/// before the next step.
///
/// Call it in the runtime that the application runs in. Before it serves nothing happens.
pub fn pass_time(app: &App, time: Duration) {
    if let Some(links) = app.running_links() {
        links.pass_time(time);
    }
}
