//! The two files, put together from the glue, the modules and the wasm.

use std::fmt::Write as _;

use crate::glue::{GLUE_NAME, Glue};
use crate::modules::without_comment_lines;
use crate::tight::tight;

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
    Ok(format!("(() => {{\n'use strict';\n{}}})();\n", tight(face)?))
}

fn body(glue: &Glue, face: &str) -> anyhow::Result<String> {
    let js = without_comment_lines(&glue.js).join("\n");
    let mut text = tight(&format!("{js}\n{face}"))?;
    let shift = shortest(&glue.wasm);
    let wasm = literal(glue.wasm.iter().map(|byte| byte.wrapping_add(shift)));
    writeln!(text, "const boot = {{ core: {GLUE_NAME}, shift: {shift}, wasm: () => {wasm} }};")?;
    Ok(text)
}

/// What is added to each byte so that the literal is shortest: what wasm has most of, zeros above all, is then neither
/// escaped nor beyond ASCII.
fn shortest(bytes: &[u8]) -> u8 {
    let mut counts = [0_usize; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let length = |shift: &u8| -> usize {
        let lengths = (0..=u8::MAX).map(|byte| written(byte.wrapping_add(*shift)).len());
        lengths.zip(&counts).map(|(length, count)| length * count).sum()
    };
    (0..=u8::MAX).min_by_key(length).unwrap_or_default()
}

/// A JavaScript string with a character for each byte, its code the byte.
///
/// Base64 would hide from gzip what repeats in the wasm, and cost a fifth more.
fn literal(bytes: impl Iterator<Item = u8>) -> String {
    let mut text = String::from("'");
    text.extend(bytes.map(written));
    text.push('\'');
    text
}

/// A byte as it stands in the literal.
fn written(byte: u8) -> String {
    match byte {
        // Not `\0`: a digit after it would make it another character.
        0 => "\\x00".to_owned(),
        b'\n' => "\\n".to_owned(),
        b'\r' => "\\r".to_owned(),
        b'\'' | b'\\' => format!("\\{}", char::from(byte)),
        _ => char::from(byte).to_string(),
    }
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
        assert!(text.starts_with("(() => {\n'use strict';\nlet wasm_bindgen={};"), "{text}");
        assert!(
            text.contains("shift: 1, wasm: () => '\u{1}btn'")
                && text.ends_with("bootScript(boot);\n})();\n"),
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
        let text = literal(b"a'\\\n\r\x000\x7f\x80\xff".iter().copied());
        assert_eq!(text, "'a\\'\\\\\\n\\r\\x000\x7f\u{80}\u{ff}'");
    }

    #[test]
    fn bytes_are_shifted_to_where_their_characters_are_short() {
        assert_eq!(shortest(b"abc"), 0);
        assert_eq!(shortest(&[0, 1, 0, 1]), 1);
        // Past the end it goes on at the beginning.
        assert_eq!(shortest(&[200, 255]), 57);
        assert_eq!(literal([255_u8.wrapping_add(57)].into_iter()), "'8'");
    }

    #[test]
    fn code_is_tight_and_no_template_literal_loses_its_spaces() {
        assert!(script(&glue(), "{\n  a();\n}\n").unwrap().contains("{a();}\n"));
        assert!(script(&glue(), "a(`b  c`);\n").unwrap().contains("a(`b  c`);\n"));
        assert!(script(&glue(), "const a = `\n  b`;\n").is_err());
    }
}
