//! The two files, put together from the glue, the modules and the wasm.

use anyhow::ensure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::glue::{GLUE_NAME, Glue};
use crate::modules::without_comment_lines;

/// Where the host writes what a page must know from the start. A file that is served as it is holds no link's facts.
///
/// `host/src/renderer_files.rs` cuts the files here.
pub(crate) const BOOT_SLOT: &str = "null/*exciton:boot*/";

/// `electron.js`: a classic script in one function's scope.
pub(crate) fn script(glue: &Glue, face: &str) -> anyhow::Result<String> {
    let body = body(glue, face)?;
    Ok(format!("(() => {{\n'use strict';\n{body}bootScript(boot);\n}})();\n"))
}

/// `electron.mjs`: an ES module whose default export is what `require('electron')` gives.
pub(crate) fn module(glue: &Glue, face: &str) -> anyhow::Result<String> {
    let body = body(glue, face)?;
    Ok(format!(
        "{body}const electron = bootModule(boot);\nexport default electron;\nexport const ipcRenderer = electron.ipcRenderer;\n"
    ))
}

fn body(glue: &Glue, face: &str) -> anyhow::Result<String> {
    let js = without_comment_lines(&glue.js).join("\n");
    let wasm = STANDARD.encode(&glue.wasm);
    let text = format!(
        "{js}\n{face}const boot = {{ facts: {BOOT_SLOT}, core: {GLUE_NAME}, wasm: () => '{wasm}' }};\n"
    );
    ensure!(
        text.matches(BOOT_SLOT).count() == 1,
        "the place for the page's facts is not there exactly once"
    );
    Ok(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn glue() -> Glue {
        Glue { js: "/** doc\n */\nlet wasm_bindgen = {};\n".into(), wasm: vec![0, 97, 115, 109] }
    }

    #[test]
    fn a_script_is_one_expression_that_leaves_no_name_behind() {
        let text = script(&glue(), "const a = 1;\n").unwrap();
        assert!(text.starts_with("(() => {\n'use strict';\nlet wasm_bindgen"), "{text}");
        assert!(
            text.contains("'AGFzbQ=='") && text.ends_with("bootScript(boot);\n})();\n"),
            "{text}"
        );
    }

    #[test]
    fn a_module_exports_what_require_gives() {
        let text = module(&glue(), "const a = 1;\n").unwrap();
        assert!(text.contains("export default electron;\nexport const ipcRenderer"), "{text}");
    }

    #[test]
    fn a_second_place_for_the_pages_facts_is_refused() {
        assert!(script(&glue(), "const a = null/*exciton:boot*/;\n").is_err());
    }
}
