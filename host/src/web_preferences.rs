//! `WebPreferences`: what the page of a window sees of the renderer, and the script that runs before its own.

use std::path::PathBuf;

use crate::access::Allow;
use crate::browser_window::WindowOptions;

/// Electron's [`WebPreferences`](https://www.electronjs.org/docs/latest/api/structures/web-preferences), as far as a
/// browser can keep them.
///
/// A window without a preload script has `require` and `electron` as global names. With one, Electron's defaults hold: the
/// page sees neither, and of the renderer only what the script exposes by `contextBridge`.
///
/// A browser has one world where Electron has two: a script of the page that sets its mind on it can still find the
/// connection to the main process. What a page must never do, the main process has to refuse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebPreferences {
    /// The script that runs before the page's own: a path, taken from [`App::root`](crate::App::root) or
    /// [`App::assets`](crate::App::assets) if it is relative. An absolute one may lie anywhere.
    pub preload: Option<PathBuf>,
    /// Whether the script's API and the page are kept apart. Unless set: with a preload script.
    pub context_isolation: Option<bool>,
    /// Whether the page has `require`. Unless set: without a preload script. An isolated page never has it.
    pub node_integration: Option<bool>,
    /// The channels that the page may use, of those that [`App::allow`](crate::App::allow) lets all pages use. Unless set:
    /// all of them.
    pub allow: Option<Allow>,
}

impl WebPreferences {
    /// Nothing set.
    pub const fn new() -> Self {
        Self { preload: None, context_isolation: None, node_integration: None, allow: None }
    }

    /// Runs a script before the page's own.
    #[must_use]
    pub fn preload(mut self, script: impl Into<PathBuf>) -> Self {
        self.preload = Some(script.into());
        self
    }

    /// Keeps the preload script's API and the page apart, or lets the script put on `window` what it likes.
    #[must_use]
    pub const fn context_isolation(mut self, isolated: bool) -> Self {
        self.context_isolation = Some(isolated);
        self
    }

    /// Gives the page `require`, `electron` and `process`, or takes them away.
    #[must_use]
    pub const fn node_integration(mut self, integrated: bool) -> Self {
        self.node_integration = Some(integrated);
        self
    }

    /// Takes the channels away from the page that are not on this list. What [`App::allow`](crate::App::allow) doesn't
    /// allow, no window can.
    ///
    /// A page that is in no window, such as a second tab, may do what the application's list and those of all windows so
    /// far allow: a script comes to nothing more by leaving its window.
    #[must_use]
    pub fn allow(mut self, list: Allow) -> Self {
        self.allow = Some(list);
        self
    }

    /// Whether a page sees no difference between the two.
    pub(crate) fn looks_like(&self, other: &Self) -> bool {
        let Self { preload, context_isolation, node_integration, allow: _ } = self;
        (preload, context_isolation, node_integration)
            == (&other.preload, &other.context_isolation, &other.node_integration)
    }

    /// What [`context_isolation`](Self::context_isolation) comes to.
    pub fn is_context_isolated(&self) -> bool {
        self.context_isolation.unwrap_or(self.preload.is_some())
    }
}

impl WindowOptions {
    /// What the page sees of the renderer.
    #[must_use]
    pub fn web_preferences(mut self, preferences: WebPreferences) -> Self {
        self.web_preferences = preferences;
        self
    }

    /// Runs a script before the page's own: see [`WebPreferences::preload`].
    #[must_use]
    pub fn preload(mut self, script: impl Into<PathBuf>) -> Self {
        self.web_preferences.preload = Some(script.into());
        self
    }

    /// See [`WebPreferences::context_isolation`].
    #[must_use]
    pub fn context_isolation(mut self, isolated: bool) -> Self {
        self.web_preferences.context_isolation = Some(isolated);
        self
    }

    /// See [`WebPreferences::node_integration`].
    #[must_use]
    pub fn node_integration(mut self, integrated: bool) -> Self {
        self.web_preferences.node_integration = Some(integrated);
        self
    }

    /// See [`WebPreferences::allow`].
    #[must_use]
    pub fn allow(mut self, list: Allow) -> Self {
        self.web_preferences.allow = Some(list);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preload_script_brings_isolation_unless_said_otherwise() {
        assert!(!WebPreferences::new().is_context_isolated());
        let options = WindowOptions::new().preload("preload.js");
        assert!(options.web_preferences.is_context_isolated());
        let options = options.context_isolation(false).node_integration(true);
        assert!(!options.web_preferences.is_context_isolated());
        let expected = WebPreferences::new()
            .preload("preload.js")
            .context_isolation(false)
            .node_integration(true);
        assert_eq!(options.web_preferences, expected);
    }

    #[test]
    fn lists_of_channels_are_nothing_that_a_page_sees() {
        let plain = WebPreferences::new().preload("preload.js");
        let narrow = plain.clone().allow(Allow::new().send("log"));
        assert_ne!(plain, narrow);
        assert!(plain.looks_like(&narrow) && narrow.looks_like(&plain));
        for other in [
            WebPreferences::new(),
            plain.clone().context_isolation(true),
            plain.clone().node_integration(true),
        ] {
            assert!(!plain.looks_like(&other), "{other:?}");
        }
    }
}
