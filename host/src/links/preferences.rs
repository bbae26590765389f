//! What the server asks of the windows.

use std::sync::Arc;

use exciton_protocol::TabId;

use super::Links;
use crate::server::Windows;
use crate::web_preferences::WebPreferences;

impl Windows for Links {
    fn preferences_of(&self, tab: TabId) -> Option<Arc<WebPreferences>> {
        self.lock().tabs.renderer(tab)?.preferences()
    }

    fn all_preferences(&self) -> Vec<Arc<WebPreferences>> {
        let renderers = self.renderers();
        renderers.iter().filter_map(|renderer| renderer.preferences()).collect()
    }
}
