//! Synchronous calls and blocking listeners.

use exciton::{App, Result};

/// Registers the listeners.
pub(crate) fn listen(_app: &App) -> Result<()> {
    Ok(())
}
