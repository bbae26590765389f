//! Bringing a page into a tab.

use std::sync::Arc;

use exciton_protocol::Args;

use super::App;
use crate::application::Target;
use crate::error::Error;
use crate::renderer::Renderer;
use crate::secret::Landing;
use crate::web_contents::WebContents;

impl App {
    /// Takes the page of a tab to another one. A window without a page is opened.
    pub(super) fn load(&self, tab: &Arc<Renderer>, target: Target<'_>) -> Result<(), Error> {
        let path = self.path_of(target)?;
        if tab.active().is_some() {
            return Ok(tab.order("navigate", Args::from_serialize(&(path,))?)?);
        }
        if tab.is_destroyed() {
            return Err(crate::error::SendError::Destroyed.into());
        }
        let window = self.window_of(&WebContents::new(tab.clone()));
        let size = window.map_or((800, 600), |window| window.size());
        let landing = Landing { path, tab: Some(tab.tab) };
        let state = self.server()?;
        // Whoever comes in first by a printed address gets the window; others get tabs of their own.
        state.set_start_page(landing.clone());
        if crate::open::open(state, landing, size)? {
            self.has_opened();
        }
        Ok(())
    }

    /// The path of a page below the application's address, without a slash at its start.
    fn path_of(&self, target: Target<'_>) -> Result<String, Error> {
        let state = self.server()?;
        let url = match target {
            Target::File(path) => return Ok(state.assets.url_of(path)?),
            Target::Url(url) => url,
        };
        let inside = state
            .addresses()
            .iter()
            .find_map(|address| url.strip_prefix(address.as_str()).map(str::to_owned));
        let path = inside.unwrap_or_else(|| url.to_owned());
        match path.strip_prefix('/').filter(|path| !path.starts_with(['/', '\\'])) {
            Some(path) => Ok(path.to_owned()),
            None => Err(Error::from(format!(
                "{url:?} is not a page of this application: give a path such as \"/index.html\""
            ))),
        }
    }
}
