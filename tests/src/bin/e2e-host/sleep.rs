//! Sleep: time passes for the host as another page says.

use std::time::Duration;

use exciton::testing::pass_time;
use exciton::{App, Result};

/// Registers the listeners.
pub(crate) fn listen(app: &App) -> Result<()> {
    let host = app.clone();
    app.ipc_main().handle("pass-time", move |_event, seconds: u64| {
        pass_time(&host, Duration::from_secs(seconds));
    })?;
    Ok(())
}
