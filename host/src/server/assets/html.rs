//! Puts the bootstrap script into a page, as the first thing in it that can run.
//!
//! Source: HTML §13.2.5 (tokenization) and §13.2.6.4 (the insertion modes up to "in head"), as far as they decide where that is.

use std::path::Path;

/// Whether a file is a page that gets the script. XHTML is not: it has its own ways, and says itself what it loads.
pub(super) fn is_html(file: &Path) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        ["html", "htm"].iter().any(|html| extension.eq_ignore_ascii_case(html))
    })
}

/// Which of a page's own ways to load the renderer is enough.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    /// The classic script, or the module.
    Any,
    /// The classic script.
    Script,
}

/// The page with a blocking classic script of the URL `src` at its top, or as it is if it loads the renderer itself. The
/// tag that does it has the nonce, unless that is empty: by it the renderer may run scripts of the main process.
///
/// A byte order mark, comments and the doctype stay in front, or the page would be another: in another encoding, in quirks mode.
/// Text in UTF-16 becomes UTF-8.
pub(super) fn with_script(bytes: Vec<u8>, src: &str, enough: Own, nonce: &str) -> Vec<u8> {
    let mut bytes = from_utf16(bytes);
    let nonce = match nonce {
        "" => String::new(),
        nonce => format!(" nonce=\"{nonce}\""),
    };
    let (at, text) = match own_tag(&bytes, enough) {
        Some(tag) => (tag, nonce),
        None => (place(&bytes), format!("<script src=\"{src}\"{nonce}></script>")),
    };
    bytes.splice(at..at, text.into_bytes());
    bytes
}

/// After `<head …>` if the page has one, else after `<html …>`, else after the doctype, else at the top.
fn place(html: &[u8]) -> usize {
    let mut at = if html.starts_with(BOM) { BOM.len() } else { 0 };
    let mut place = at;
    loop {
        at += html[at..].iter().take_while(|byte| is_space(**byte)).count();
        match token(html, at) {
            Some(Token::Comment { end }) => at = end,
            Some(Token::Doctype { end }) => (at, place) = (end, end),
            Some(Token::Tag { name, end, .. }) if name.eq_ignore_ascii_case(b"html") => {
                (at, place) = (end, end)
            }
            Some(Token::Tag { name, end, .. }) if name.eq_ignore_ascii_case(b"head") => return end,
            Some(Token::Tag { .. }) | None => return place,
        }
    }
}

/// Where the attributes begin of a script tag that names one of the renderer's files that are enough, or has a module in it
/// that imports one.
fn own_tag(html: &[u8], enough: Own) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = html[at..].iter().position(|byte| *byte == b'<') {
        at += found;
        let Some(token) = token(html, at) else {
            at += 1;
            continue;
        };
        at = match token {
            Token::Comment { end } | Token::Doctype { end } => end,
            Token::Tag { name, attributes, end } => {
                let content = content(html, name, end);
                if name.eq_ignore_ascii_case(b"script") {
                    let value = |key: &[u8]| {
                        attributes
                            .iter()
                            .find(|(name, _)| name.eq_ignore_ascii_case(key))
                            .map(|(_, value)| *value)
                    };
                    let module =
                        value(b"type").is_some_and(|kind| kind.eq_ignore_ascii_case(b"module"));
                    let named = match value(b"src") {
                        Some(src) => is_renderer(src, enough),
                        None => {
                            enough == Own::Any
                                && module
                                && contains(&without_comments(content), MODULE)
                        }
                    };
                    if named {
                        return Some(at + 1 + name.len());
                    }
                }
                end + content.len()
            }
        };
    }
    None
}

enum Token<'a> {
    /// A comment, or what the tokenizer takes for one; also an end tag, which means nothing before the body.
    Comment {
        end: usize,
    },
    Doctype {
        end: usize,
    },
    Tag {
        name: &'a [u8],
        attributes: Vec<(&'a [u8], &'a [u8])>,
        end: usize,
    },
}

/// The token that starts at `at`; `None` for text, and for what the page's end cuts off.
fn token(html: &[u8], at: usize) -> Option<Token<'_>> {
    let rest = &html[at..];
    let to = |end: &[u8]| find(rest, end).map(|found| at + found + end.len());
    if rest.starts_with(b"<!--") {
        if rest.starts_with(b"<!-->") || rest.starts_with(b"<!--->") {
            return Some(Token::Comment { end: to(b">")? });
        }
        let after = |end: &[u8]| find(&rest[4..], end).map(|found| at + 4 + found + end.len());
        let end = [after(b"-->"), after(b"--!>")].into_iter().flatten().min()?;
        return Some(Token::Comment { end });
    }
    if rest.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"<!doctype")) {
        return Some(Token::Doctype { end: to(b">")? });
    }
    match rest {
        [b'<', b'!' | b'?' | b'/', ..] => Some(Token::Comment { end: to(b">")? }),
        [b'<', first, ..] if first.is_ascii_alphabetic() => tag(html, at + 1),
        _ => None,
    }
}

fn tag(html: &[u8], start: usize) -> Option<Token<'_>> {
    let ends_name = |byte: &u8| is_space(*byte) || matches!(byte, b'/' | b'>');
    let mut at = start + html[start..].iter().position(ends_name)?;
    let name = &html[start..at];
    let mut attributes = Vec::new();
    loop {
        at += html[at..].iter().position(|byte| !is_space(*byte) && *byte != b'/')?;
        if html[at] == b'>' {
            return Some(Token::Tag { name, attributes, end: at + 1 });
        }
        // An equals sign at its start belongs to the name.
        let ends = html[at + 1..].iter().position(|byte| ends_name(byte) || *byte == b'=')?;
        let key = &html[at..at + 1 + ends];
        at += 1 + ends;
        let equals = at + html[at..].iter().position(|byte| !is_space(*byte))?;
        if html[equals] != b'=' {
            attributes.push((key, &b""[..]));
            continue;
        }
        let value = equals + 1 + html[equals + 1..].iter().position(|byte| !is_space(*byte))?;
        let (from, length, skip) = match html[value] {
            quote @ (b'"' | b'\'') => {
                (value + 1, html[value + 1..].iter().position(|byte| *byte == quote)?, 1)
            }
            _ => {
                (value, html[value..].iter().position(|byte| is_space(*byte) || *byte == b'>')?, 0)
            }
        };
        attributes.push((key, &html[from..from + length]));
        at = from + length + skip;
    }
}

/// What stands in an element whose content is text to its end tag; empty for every other element.
fn content<'a>(html: &'a [u8], name: &[u8], start: usize) -> &'a [u8] {
    if !RAW.iter().any(|raw| name.eq_ignore_ascii_case(raw)) {
        return &[];
    }
    let rest = &html[start..];
    let is_end = |at: &usize| {
        let tail = &rest[at + 2..];
        tail.len() >= name.len() && tail[..name.len()].eq_ignore_ascii_case(name)
    };
    let mut ends = (0..rest.len().saturating_sub(1)).filter(|at| rest[*at..].starts_with(b"</"));
    &rest[..ends.find(is_end).unwrap_or(rest.len())]
}

/// A script's text without its comments. It may take too much for one; the page then gets the script twice, which does no harm.
fn without_comments(script: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(script.len());
    let mut at = 0;
    while at < script.len() {
        let rest = &script[at..];
        let skip = if rest.starts_with(b"//") {
            rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
        } else if rest.starts_with(b"/*") {
            find(&rest[2..], b"*/").map_or(rest.len(), |end| end + 4)
        } else {
            kept.push(rest[0]);
            1
        };
        at += skip;
    }
    kept
}

/// Whether a URL is that of one of the renderer's files, wherever it is mounted.
fn is_renderer(url: &[u8], enough: Own) -> bool {
    let url = url.trim_ascii();
    let end = url.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(url.len());
    url[..end].ends_with(SCRIPT) || enough == Own::Any && url[..end].ends_with(MODULE)
}

fn from_utf16(bytes: Vec<u8>) -> Vec<u8> {
    let unit = match bytes.get(..2) {
        Some([0xff, 0xfe]) => u16::from_le_bytes,
        Some([0xfe, 0xff]) => u16::from_be_bytes,
        _ => return bytes,
    };
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units)
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect::<String>()
        .into_bytes()
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    find(text, part).is_some()
}

const BOM: &[u8] = b"\xef\xbb\xbf";
const SCRIPT: &[u8] = b"_exciton/electron.js";
const MODULE: &[u8] = b"_exciton/electron.mjs";
const RAW: &[&[u8]] = &[
    b"script",
    b"style",
    b"textarea",
    b"title",
    b"xmp",
    b"iframe",
    b"noembed",
    b"noframes",
    b"noscript",
];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn with(html: &str) -> String {
        String::from_utf8(with_script(html.as_bytes().to_vec(), "S", Own::Any, "")).unwrap()
    }

    /// In each row `|` stands where the script belongs.
    #[test]
    fn the_script_is_the_first_thing_that_can_run() {
        for row in [
            "|",
            "|text",
            "|<script>1</script>",
            "|<title>a</title><script>1</script>",
            "<!doctype html>|",
            "<!DOCTYPE html>\n<html lang=en>\n<head>|<title>a</title></head><body><script>1</script>",
            "<!doctype html><html><head a='>' b=\">\" c=d>|<script>1</script></head>",
            "<!doctype html><html>|<body><script>1</script>",
            "<!doctype html>|<body><script>1</script>",
            "<!doctype html>|<script>1</script><head></head>",
            "<!doctype html>|<header></header>",
            "<!doctype html>|<p>a<head>",
            "<!doctype html>|text<head>",
            "<html\n>\n<HEAD\n>|",
            "<html/><head/>|",
            "\u{feff}|<p>",
            "\u{feff}<!doctype html><head>|",
            "<!-- a <head> --><!doctype html><!-- b --><html><!-- <head> --><head>|",
            "<!--><!doctype html><head>|<!-- a -->",
            "<!---><head>|-->",
            "<!-- a --!><head>|",
            "<?xml version='1.0'?><!doctype html><head>|",
            "<!-- a --><!doctype html>|<!-- never ended <head>",
            "|<!-- never ended <head>",
            "<!doctype html></p><head>|",
            "<!doctype html>|<head never ended",
            "<html a=b\">|\"<head>",
            "|<",
        ] {
            let html = row.replacen('|', "", 1);
            let expected = row.replacen('|', "<script src=\"S\"></script>", 1);
            assert_eq!(with(&html), expected, "{row}");
        }
    }

    #[test]
    fn a_page_that_loads_the_renderer_itself_stays_as_it_is() {
        for html in [
            "<head><script src=\"/_exciton/electron.js\"></script>",
            "<head><SCRIPT defer SRC = '../_exciton/electron.js?a#b'></SCRIPT>",
            "<head><script src=_exciton/electron.mjs type=module></script>",
            "<p>a < b</p><script type=module>import { ipcRenderer } from '/_exciton/electron.mjs';</script>",
            "<script>'<!--'</script><script src=/sub/_exciton/electron.js></script>",
        ] {
            assert_eq!(with(html), html);
        }
    }

    #[test]
    fn where_a_preload_script_runs_the_module_alone_comes_too_late() {
        let with = |html: &str| with_script(html.as_bytes().to_vec(), "S", Own::Script, "");
        for html in [
            "<script src=_exciton/electron.mjs type=module></script>",
            "<script type=module>import '/_exciton/electron.mjs';</script>",
        ] {
            assert!(with(html).starts_with(b"<script src=\"S\"></script>"), "{html}");
        }
        let html = "<script src=_exciton/electron.js></script>";
        assert_eq!(with(html), html.as_bytes());
    }

    #[test]
    fn the_tag_of_the_renderer_has_the_nonce_whoever_wrote_it() {
        for (html, expected) in [
            ("<head><p>", "<head><script src=\"S\" nonce=\"N\"></script><p>"),
            (
                "<p><SCRIPT\nsrc=_exciton/electron.js></SCRIPT>",
                "<p><SCRIPT nonce=\"N\"\nsrc=_exciton/electron.js></SCRIPT>",
            ),
            (
                "<script type=module>import '/_exciton/electron.mjs'</script>",
                "<script nonce=\"N\" type=module>import '/_exciton/electron.mjs'</script>",
            ),
        ] {
            let page = with_script(html.as_bytes().to_vec(), "S", Own::Any, "N");
            assert_eq!(String::from_utf8(page).unwrap(), expected);
        }
    }

    #[test]
    fn a_page_that_only_speaks_of_the_renderer_gets_it() {
        for html in [
            "<!-- <script src=\"/_exciton/electron.js\"></script> -->",
            "<title><script src=\"/_exciton/electron.js\"></script></title>",
            "<p>_exciton/electron.js</p>",
            "<script>'/_exciton/electron.mjs'</script>",
            "<script type=module>// import '/_exciton/electron.mjs'\n/* '/_exciton/electron.mjs' */</script>",
            "<script src=\"/other/electron.js\"></script>",
            "<script data-src=\"/_exciton/electron.js\"></script>",
            "<a href=\"/_exciton/electron.js\">",
            "<textarea><script src=\"/_exciton/electron.js\">",
        ] {
            assert!(with(html).starts_with("<script src=\"S\"></script>"), "{html}");
        }
    }

    #[test]
    fn a_page_in_utf_16_becomes_utf_8() {
        for (mark, bytes) in
            [(0xfeffu16, u16::to_le_bytes as fn(u16) -> [u8; 2]), (0xfeff, u16::to_be_bytes)]
        {
            let html = std::iter::once(mark)
                .chain("<!doctype html><p>ü".encode_utf16())
                .flat_map(bytes)
                .collect();
            let text = String::from_utf8(with_script(html, "S", Own::Any, "")).unwrap();
            assert_eq!(text, "\u{feff}<!doctype html><script src=\"S\"></script><p>ü");
        }
    }

    #[test]
    fn a_page_in_another_encoding_keeps_its_bytes() {
        let html = b"<head><meta charset=latin1><p>\xfc".to_vec();
        let text = with_script(html, "S", Own::Any, "");
        assert_eq!(text, b"<head><script src=\"S\"></script><meta charset=latin1><p>\xfc");
    }

    #[test]
    fn a_page_cut_anywhere_is_no_trouble() {
        let html = "\u{feff}<!-- a --><!doctype html><html a=\"b\" c='d' e=f g><head><script type=module src='x'>// a /* b */</script></head></html>".as_bytes();
        for end in 0..=html.len() {
            let got = with_script(html[..end].to_vec(), "S", Own::Any, "");
            assert_eq!(got.len(), end + "<script src=\"S\"></script>".len(), "{end}");
        }
    }

    #[test]
    fn only_html_gets_the_script() {
        assert!(is_html("a.html".as_ref()) && is_html("a.HTM".as_ref()));
        assert!(
            !is_html("a.xhtml".as_ref()) && !is_html("html".as_ref()) && !is_html("a.js".as_ref())
        );
    }
}
