//! The renderer that the host serves to JavaScript pages, as its build script made it.

/// A classic script: when it has run, `require('electron')` and `window.electron` work.
///
/// `facts` is a JSON object with what a page must know before its first packet (epoch, limits, tab).
pub(crate) fn electron_js(facts: &str) -> String {
    with_facts(ELECTRON_JS, facts)
}

/// The same as an ES module: `import { ipcRenderer } from '…/_exciton/electron.mjs'`.
pub(crate) fn electron_mjs(facts: &str) -> String {
    with_facts(ELECTRON_MJS, facts)
}

fn with_facts(file: &str, facts: &str) -> String {
    file.replacen(SLOT, facts, 1)
}

const ELECTRON_JS: &str = include_str!(concat!(env!("OUT_DIR"), "/electron.js"));
const ELECTRON_MJS: &str = include_str!(concat!(env!("OUT_DIR"), "/electron.mjs"));

/// What the facts take the place of; the bundler (`web/bundler/src/assemble.rs`) writes it.
const SLOT: &str = "null/*exciton:boot*/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_has_one_place_for_the_facts() {
        assert_eq!(ELECTRON_JS.matches(SLOT).count(), 1);
        assert_eq!(ELECTRON_MJS.matches(SLOT).count(), 1);
    }

    #[test]
    fn the_facts_take_their_place() {
        assert_eq!(
            with_facts("a(null/*exciton:boot*/);", r#"{"epoch":"e"}"#),
            r#"a({"epoch":"e"});"#
        );
        assert!(electron_js(r#"{"epoch":"e"}"#).contains(r#"facts: {"epoch":"e"},"#));
        assert!(electron_mjs(r#"{"epoch":"e"}"#).contains(r#"facts: {"epoch":"e"},"#));
    }
}
