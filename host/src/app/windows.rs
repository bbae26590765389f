//! The application's windows.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::App;
use crate::browser_window::BrowserWindow;
use crate::web_contents::WebContents;

/// The windows that there are, in the order of their making.
#[derive(Default)]
pub(super) struct Windows(Mutex<(u32, Vec<BrowserWindow>)>);

impl App {
    /// All windows, in the order of their making: Electron's `BrowserWindow.getAllWindows()`.
    pub fn windows(&self) -> Vec<BrowserWindow> {
        self.registry().1.clone()
    }

    /// The window that a page is in: Electron's `BrowserWindow.fromWebContents()`. A page that nobody opened, such as a
    /// second tab, is in none.
    pub fn window_of(&self, page: &WebContents) -> Option<BrowserWindow> {
        self.registry().1.iter().find(|window| window.web_contents() == *page).cloned()
    }

    /// The window of that id: Electron's `BrowserWindow.fromId()`.
    pub fn window_from_id(&self, id: u32) -> Option<BrowserWindow> {
        self.registry().1.iter().find(|window| window.id() == id).cloned()
    }

    pub(crate) fn next_window_id(&self) -> u32 {
        let mut registry = self.registry();
        registry.0 += 1;
        registry.0
    }

    pub(crate) fn keep_window(&self, window: BrowserWindow) {
        self.registry().1.push(window);
    }

    pub(crate) fn forget_window(&self, id: u32) {
        let mut registry = self.registry();
        let forgotten: Vec<_> = registry.1.extract_if(.., |window| window.id() == id).collect();
        drop(registry);
        // What a listener has captured goes with it.
        drop(forgotten);
    }

    pub(crate) fn has_opened(&self) {
        self.inner.quitting.opened();
    }

    fn registry(&self) -> MutexGuard<'_, (u32, Vec<BrowserWindow>)> {
        self.inner.windows.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
