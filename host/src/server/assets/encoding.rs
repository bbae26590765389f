//! The encoding that a page's text is in.
//!
//! Source: HTML §13.2.3 (determining the character encoding), as far as the bytes themselves decide it.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};
use html5gum::{Token, Tokenizer};

/// A page's text, and the encoding as the answer names it; `None` if the page says nothing, and the browser guesses.
pub(super) fn text(bytes: &[u8]) -> (Cow<'_, str>, Option<&'static str>) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (text.into(), Some("utf-8"));
    }
    let named = declared(bytes);
    let encoding = named.unwrap_or(WINDOWS_1252);
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    (text, named.map(Encoding::name))
}

/// What a `<meta>` of the page says.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let encoding = Tokenizer::new(bytes).flatten().find_map(|token| {
        let Token::StartTag(tag) = token else { return None };
        if tag.name.as_slice() != b"meta" {
            return None;
        }
        let value = |name: &[u8]| tag.attributes.get(name).map(|value| value.value.as_slice());
        let is_type =
            || value(b"http-equiv").is_some_and(|name| name.eq_ignore_ascii_case(b"content-type"));
        let content = || value(b"content").filter(|_| is_type()).and_then(charset);
        Encoding::for_label(value(b"charset").or_else(content)?)
    })?;
    Some(match encoding {
        // Who could read that far reads no UTF-16.
        wide if wide == UTF_16LE || wide == UTF_16BE => UTF_8,
        odd if odd == X_USER_DEFINED => WINDOWS_1252,
        other => other,
    })
}

/// `text/html; charset=koi8-r`.
fn charset(content: &[u8]) -> Option<&[u8]> {
    let lower = content.to_ascii_lowercase();
    let at = lower.windows(7).position(|part| part == b"charset")? + 7;
    let rest = content[at..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (rest, ends): (_, fn(&u8) -> bool) = match rest.first()? {
        b'"' => (&rest[1..], |byte| *byte == b'"'),
        b'\'' => (&rest[1..], |byte| *byte == b'\''),
        _ => (rest, |byte| *byte == b';' || byte.is_ascii_whitespace()),
    };
    Some(&rest[..rest.iter().position(ends).unwrap_or(rest.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_in_the_encoding_that_it_names() {
        for (head, name, read) in [
            ("", None, "ü"),
            ("<meta charset=latin1>", Some("windows-1252"), "ü"),
            ("<meta charset=' KOI8-R '>", Some("KOI8-R"), "Э"),
            ("<meta charset=utf-16>", Some("UTF-8"), "\u{fffd}"),
            ("<meta charset=x-user-defined>", Some("windows-1252"), "ü"),
            ("<meta charset=unheard-of><meta charset=koi8-r>", Some("KOI8-R"), "Э"),
            (
                "<META HTTP-EQUIV=Content-Type CONTENT='text/html; charset = \"koi8-r\"'>",
                Some("KOI8-R"),
                "Э",
            ),
            (
                "<meta http-equiv=content-type content='text/html;charset=koi8-r;x'>",
                Some("KOI8-R"),
                "Э",
            ),
            ("<meta name=content-type content='text/html; charset=koi8-r'>", None, "ü"),
            ("<!-- <meta charset=koi8-r> -->", None, "ü"),
        ] {
            let page = [head.as_bytes(), b"\xfc"].concat();
            assert_eq!(text(&page), (format!("{head}{read}").into(), name), "{head}");
        }
    }

    #[test]
    fn what_can_be_utf_8_is() {
        let page = "<meta charset=koi8-r>ü";
        assert_eq!(text(page.as_bytes()), (page.into(), Some("utf-8")));
    }
}
