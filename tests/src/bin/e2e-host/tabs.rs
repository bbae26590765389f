//! Windows, tabs and the lives of pages.

use exciton::{App, Result};

/// Registers the listeners.
pub(crate) fn listen(_app: &App) -> Result<()> {
    Ok(())
}
