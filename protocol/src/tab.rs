//! What a page knows of the tab that it is in.

use serde::{Deserialize, Serialize};

/// Travels with a page's first contact. Ids are empty texts where the page has none.
///
/// A tab's id lives in the page's `sessionStorage`, which a duplicated tab copies. So the document that leaves writes
/// its link's id there as `left`, and the next document of the same tab finds it: a copy doesn't.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TabInfo {
    /// The tab's id, as the host gave it.
    pub tab: String,
    /// The link of the document that was in the tab before.
    pub previous: String,
    /// The link of the document that said that it left.
    pub left: String,
    /// How the document came: `navigate`, `reload`, `back_forward` or `prerender`
    /// (Navigation Timing's `PerformanceNavigationTiming.type`).
    pub nav: String,
    /// The document's address.
    pub url: String,
    /// Another page has opened the tab, by `window.open` or a link, and can be reached as `window.opener`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub opener: bool,
}
