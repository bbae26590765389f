//! How a window is made.

use crate::web_preferences::WebPreferences;

/// How a window looks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WindowOptions {
    /// Width in CSS pixels. Heeded where the window is one of its own, and not a tab of the user's browser.
    pub width: u32,
    /// Height in CSS pixels.
    pub height: u32,
    /// What the page sees of the renderer.
    pub web_preferences: WebPreferences,
}

impl WindowOptions {
    /// Electron's default: 800 × 600.
    pub const fn new() -> Self {
        Self { width: 800, height: 600, web_preferences: WebPreferences::new() }
    }

    /// The size in CSS pixels.
    #[must_use]
    pub const fn size(mut self, width: u32, height: u32) -> Self {
        self.width = width;
        self.height = height;
        self
    }
}

impl Default for WindowOptions {
    fn default() -> Self {
        Self::new()
    }
}
