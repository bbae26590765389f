//! What `generate_context!` would make of a configuration file, for a page that lies in a folder. The macro would need a
//! build script of Tauri's, and an icon.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use tauri::utils::acl::resolved::Resolved;
use tauri::utils::assets::{AssetKey, AssetsIter, CspHash};
use tauri::{Assets, Config, Context, PackageInfo, Pattern, Wry};

use crate::Outcome;

/// An application whose page is `index.html` in that folder. It has no policy, so Tauri changes nothing in the page.
pub fn of(folder: &Path) -> Outcome<Context<Wry>> {
    let config: Config = serde_json::from_value(serde_json::json!({
        "identifier": "exciton.bench.tauri",
    }))?;
    let page = std::fs::read(folder.join("index.html"))?;
    let pages = Pages(HashMap::from([("/index.html".to_owned(), page)]));
    let package = PackageInfo {
        name: env!("CARGO_PKG_NAME").into(),
        version: env!("CARGO_PKG_VERSION").parse()?,
        authors: env!("CARGO_PKG_AUTHORS"),
        description: env!("CARGO_PKG_DESCRIPTION"),
        crate_name: env!("CARGO_PKG_NAME"),
    };
    // An application's own commands may be called by its own pages, where no list says otherwise.
    let authority = tauri::runtime_authority!(Default::default(), Resolved::default());
    let pattern = Pattern::Brownfield;
    Ok(Context::new(config, Box::new(pages), None, None, package, pattern, authority, None))
}

/// Files by their paths.
struct Pages(HashMap<String, Vec<u8>>);

impl Assets<Wry> for Pages {
    fn get(&self, key: &AssetKey) -> Option<Cow<'_, [u8]>> {
        self.0.get(key.as_ref()).map(|page| Cow::Borrowed(page.as_slice()))
    }

    fn iter(&self) -> Box<AssetsIter<'_>> {
        let files = self.0.iter();
        Box::new(
            files.map(|(key, page)| (Cow::Borrowed(key.as_str()), Cow::Borrowed(page.as_slice()))),
        )
    }

    fn csp_hashes(&self, _page: &AssetKey) -> Box<dyn Iterator<Item = CspHash<'_>> + '_> {
        Box::new(std::iter::empty())
    }
}
