//! The two files, put together from the glue, the modules and the wasm.

use std::fmt::Write as _;

use anyhow::ensure;

use crate::glue::{GLUE_NAME, Glue};
use crate::modules::without_comment_lines;

/// `electron.js`: a classic script in one function's scope.
pub(crate) fn script(glue: &Glue, face: &str) -> anyhow::Result<String> {
    let body = body(glue, face)?;
    Ok(format!("(() => {{\n'use strict';\n{body}bootScript(boot);\n}})();\n"))
}

/// `electron.mjs`: an ES module whose default export is what `require('electron')` gives.
pub(crate) fn module(glue: &Glue, face: &str) -> anyhow::Result<String> {
    let body = body(glue, face)?;
    Ok(format!(
        "{body}const electron = bootModule(boot);\nexport default electron;\nexport const {{ contextBridge, ipcRenderer, webUtils }} = electron;\n"
    ))
}

/// A part of the renderer that is served by itself: a classic script in one function's scope.
pub(crate) fn part(face: &str) -> anyhow::Result<String> {
    Ok(format!("(() => {{\n'use strict';\n{}}})();\n", packed(face)?))
}

fn body(glue: &Glue, face: &str) -> anyhow::Result<String> {
    let js = without_comment_lines(&glue.js).join("\n");
    let mut text = packed(&format!("{js}\n{face}"))?;
    let wasm = literal(&glue.wasm);
    writeln!(text, "const boot = {{ core: {GLUE_NAME}, wasm: () => {wasm} }};")?;
    Ok(text)
}

/// The lines without their indentation.
fn packed(code: &str) -> anyhow::Result<String> {
    let several_lines = code.lines().find(|line| line.matches('`').count() % 2 == 1);
    ensure!(several_lines.is_none(), "a template literal spans lines: {several_lines:?}");

    Ok(code.lines().flat_map(|line| [line.trim_start(), "\n"]).collect())
}

/// A JavaScript string with a character for each byte, its code the byte.
///
/// Base64 would hide from gzip what repeats in the wasm, and cost a fifth more.
fn literal(bytes: &[u8]) -> String {
    let mut text = String::from("'");
    for &byte in bytes {
        match byte {
            // Not `\0`: a digit after it would make it another character.
            0 => text.push_str("\\x00"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\'' | b'\\' => text.extend(['\\', char::from(byte)]),
            _ => text.push(char::from(byte)),
        }
    }
    text.push('\'');
    text
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
            text.contains(r"'\x00asm'") && text.ends_with("bootScript(boot);\n})();\n"),
            "{text}"
        );
    }

    #[test]
    fn a_module_exports_what_require_gives() {
        let text = module(&glue(), "const a = 1;\n").unwrap();
        assert!(
            text.contains(
                "export default electron;\nexport const { contextBridge, ipcRenderer, webUtils }"
            ),
            "{text}"
        );
    }

    #[test]
    fn a_part_is_one_expression_too() {
        let text = part("  a();\n").unwrap();
        assert_eq!(text, "(() => {\n'use strict';\na();\n})();\n");
    }

    #[test]
    fn each_byte_is_one_character_of_the_literal() {
        assert_eq!(literal(b"a'\\\n\r\x000\x7f\x80\xff"), "'a\\'\\\\\\n\\r\\x000\x7f\u{80}\u{ff}'");
    }

    #[test]
    fn lines_lose_their_indentation_and_no_template_literal_its_spaces() {
        assert!(script(&glue(), "{\n  a();\n}\n").unwrap().contains("{\na();\n}\n"));
        assert!(script(&glue(), "const a = `\n  b`;\n").is_err());
    }
}
