//! Order: everything that comes is logged, and answered with what it was.

use exciton::{App, Result};

/// Registers the listeners.
pub(crate) fn listen(_app: &App) -> Result<()> {
    Ok(())
}
