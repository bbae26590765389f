//! The scripts that stand in a page itself, hashed as a browser hashes them.
//!
//! Sources: CSP Level 3 §6.7.3 (the hash is that of the element's text, in UTF-8), HTML §13.2 (what that text is: without
//! carriage returns and NULs, references only resolved in foreign content) and §4.12.1.1 (which scripts run).

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use html5gum::{
    DefaultEmitter, HtmlString, Spanned, StartTag, State, Token, Tokenizer, naive_next_state,
};
use sha2::{Digest, Sha256};

use crate::content_security_policy::Inline;

/// What kind of text the page is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Html,
    /// XHTML, SVG, or other XML.
    Xml,
}

/// The scripts and event handlers in `page`, those of its templates and of frames that it writes in `srcdoc` among them.
///
/// A tokenizer doesn't know each place where a tree can't have a script. What is hashed in vain harms nothing: it is a text
/// that the application's own file holds.
pub(super) fn inline(page: &str, kind: Kind) -> Inline {
    let mut inline = Inline::default();
    scan(page, kind, SRCDOC_DEPTH, &mut inline);
    for hashes in [&mut inline.scripts, &mut inline.handlers] {
        hashes.sort();
        hashes.dedup();
    }
    inline
}

fn scan(page: &str, kind: Kind, depth: usize, inline: &mut Inline) {
    let mut tokens = Tokenizer::new_with_emitter(page, DefaultEmitter::<()>::default());
    let mut foreign = Foreign { xml: kind == Kind::Xml, open: Vec::new() };
    // The text of the script that is open, if it is one that runs.
    let mut script: Option<String> = None;
    while let Some(Ok(token)) = tokens.next() {
        match token {
            Token::StartTag(tag) => {
                let is_foreign = foreign.is_here();
                if let Some(state) = text_state(&tag, is_foreign) {
                    tokens.set_state(state);
                }
                foreign.start(&tag);
                let runs = tag.name.as_slice() == b"script" && runs(&tag.attributes, is_foreign);
                script = runs.then(String::new);
                for (name, value) in &tag.attributes {
                    if name.starts_with(b"on") {
                        inline.handlers.extend(hash(&String::from_utf8_lossy(&value.value)));
                    }
                    if tag.name.as_slice() == b"iframe" && name.as_slice() == b"srcdoc" && depth > 0
                    {
                        scan(&String::from_utf8_lossy(&value.value), Kind::Html, depth - 1, inline);
                    }
                }
            }
            Token::String(text) => {
                if let Some(script) = &mut script {
                    script.push_str(&String::from_utf8_lossy(&text.value));
                }
            }
            Token::EndTag(tag) => {
                // One that the page's end cuts off doesn't run.
                if let Some(text) = script.take().filter(|_| tag.name.as_slice() == b"script") {
                    inline.scripts.extend(hash(&text));
                    if foreign.is_here() {
                        inline.scripts.extend(hash(&resolved(&text)));
                    }
                }
                foreign.end(&tag.name);
            }
            _ => {}
        }
    }
}

/// The elements of SVG and MathML that are open, and those in them that hold HTML again.
struct Foreign {
    xml: bool,
    open: Vec<HtmlString>,
}

impl Foreign {
    fn is_here(&self) -> bool {
        let inner = self.open.last().map(|name| name.as_slice());
        inner.map_or(self.xml, |name| matches!(name, b"svg" | b"math"))
    }

    fn start(&mut self, tag: &StartTag<()>) {
        let holds_html = matches!(
            tag.name.as_slice(),
            b"foreignobject" | b"desc" | b"title" | b"annotation-xml"
        );
        let opens = matches!(tag.name.as_slice(), b"svg" | b"math") || holds_html && self.is_here();
        if opens && !tag.self_closing && !self.xml {
            self.open.push(tag.name.clone());
        }
    }

    fn end(&mut self, name: &HtmlString) {
        if let Some(at) = self.open.iter().rposition(|open| open == name) {
            self.open.truncate(at);
        }
    }
}

/// How the text in an element is read, where that isn't as markup.
fn text_state(tag: &StartTag<()>, is_foreign: bool) -> Option<State> {
    match tag.name.as_slice() {
        // Only there is a tag closed by a slash. Its text is read raw there too, see `resolved`.
        b"script" if is_foreign => (!tag.self_closing).then_some(State::ScriptData),
        _ if is_foreign => None,
        b"noframes" => Some(State::RawText),
        name => naive_next_state(name),
    }
}

/// Whether a script with these attributes runs what stands in it.
fn runs(attributes: &BTreeMap<HtmlString, Spanned<HtmlString, ()>>, is_foreign: bool) -> bool {
    let value = |name: &[u8]| attributes.get(name).map(|value| value.value.as_slice());
    // Of SVG's own the source is another attribute; one that has it is hashed in vain.
    if !is_foreign && value(b"src").is_some() {
        return false;
    }
    let Some(kind) = value(b"type") else { return true };
    let kind = kind.trim_ascii().to_ascii_lowercase();
    kind.is_empty() || TYPES.contains(&kind.as_slice())
}

/// A script's text in foreign content, where references and CDATA sections are markup.
fn resolved(raw: &str) -> String {
    let mut text = String::new();
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once("<![CDATA[") {
        let (inside, behind) = after.split_once("]]>").unwrap_or((after, ""));
        text.push_str(&without_references(before));
        text.push_str(inside);
        rest = behind;
    }
    text + &without_references(rest)
}

fn without_references(text: &str) -> String {
    let mut plain = String::new();
    for token in Tokenizer::new(text).flatten() {
        if let Token::String(text) = token {
            plain.push_str(&String::from_utf8_lossy(&text.value));
        }
    }
    plain
}

/// As a policy names it; nothing for what is empty and never runs.
fn hash(text: &str) -> Option<String> {
    let digest = || BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()));
    (!text.is_empty()).then(|| format!("'sha256-{}'", digest()))
}

/// How deep a frame within a frame is looked for.
const SRCDOC_DEPTH: usize = 4;

/// Classic scripts by their types (HTML §4.12.1.1, MIME Sniffing §4.6), modules, and what else runs or is checked.
const TYPES: &[&[u8]] = &[
    b"application/ecmascript",
    b"application/javascript",
    b"application/x-ecmascript",
    b"application/x-javascript",
    b"text/ecmascript",
    b"text/javascript",
    b"text/javascript1.0",
    b"text/javascript1.1",
    b"text/javascript1.2",
    b"text/javascript1.3",
    b"text/javascript1.4",
    b"text/javascript1.5",
    b"text/jscript",
    b"text/livescript",
    b"text/x-ecmascript",
    b"text/x-javascript",
    b"module",
    b"importmap",
    b"speculationrules",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(texts: &[&str]) -> Vec<String> {
        let mut hashes: Vec<_> = texts.iter().filter_map(|text| hash(text)).collect();
        hashes.sort();
        hashes
    }

    #[test]
    fn a_hash_is_that_of_the_specification() {
        // The example of CSP Level 3 §8.4.
        let known = "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='";
        assert_eq!(hash("alert('Hello, world.');").as_deref(), Some(known));
        assert_eq!(inline("<script>alert('Hello, world.');</script>", Kind::Html).scripts, [known]);
    }

    #[test]
    fn scripts_of_a_page_are_found_as_a_browser_reads_them() {
        let rows: &[(&str, &[&str])] = &[
            ("<script>a</script>", &["a"]),
            ("<SCRIPT\n>a</SCRIPT\t>", &["a"]),
            ("<script> a \n</script><script>b</script><script>b</script>", &[" a \n", "b"]),
            ("<script>\r\na\rb\n\r</script>", &["\na\nb\n\n"]),
            ("<script>a\0b</script>", &["a\u{fffd}b"]),
            ("<script>&amp;</script>", &["&amp;"]),
            ("<script>ü\u{1f600}</script>", &["ü\u{1f600}"]),
            ("<script></script><script> </script>", &[" "]),
            ("<script>a</scrip></script>", &["a</scrip>"]),
            ("<script>a</scripts></script>", &["a</scripts>"]),
            ("<script>'</script>'</script>", &["'"]),
            ("<script><!-- a --></script>", &["<!-- a -->"]),
            ("<script><!-- <script>a</script> --></script>", &["<!-- <script>a</script> -->"]),
            ("<script><!-- a</script><script>b</script>", &["<!-- a", "b"]),
            ("<script>a", &[]),
            ("<script>a</script", &[]),
            // What runs, by its type.
            ("<script type=''>a</script>", &["a"]),
            ("<script type=' Text/JavaScript '>a</script>", &["a"]),
            ("<script type=module>a</script>", &["a"]),
            ("<script type=importmap>{}</script>", &["{}"]),
            ("<script type=application/json>{}</script>", &[]),
            ("<script type='text/javascript; charset=utf-8'>a</script>", &[]),
            ("<script type=text/template><b></b></script>", &[]),
            ("<script type=module type=x>a</script>", &["a"]),
            ("<script src=a.js>a</script>", &[]),
            ("<script src>a</script>", &[]),
            ("<script async defer nomodule data-src=a>a</script>", &["a"]),
            // Where nothing runs.
            ("<!-- <script>a</script> --><script>b</script>", &["b"]),
            ("<!--><script>a</script>-->", &["a"]),
            ("<title><script>a</script></title>", &[]),
            ("<textarea><script>a</script></textarea>", &[]),
            ("<style><script>a</script></style>", &[]),
            ("<noscript><script>a</script></noscript>", &[]),
            ("<noframes><script>a</script></noframes>", &[]),
            ("<iframe><script>a</script></iframe>", &[]),
            ("<p title='<script>a</script>'>", &[]),
            ("<plaintext><script>a</script>", &[]),
            // A clone of it would run.
            ("<template><script>a</script></template>", &["a"]),
            // A frame has its page's policy.
            ("<iframe srcdoc='&lt;script>a&amp;amp;b&lt;/script>'></iframe>", &["a&amp;b"]),
            ("<iframe srcdoc='<iframe srcdoc=\"<script>a</script>\">'>", &["a"]),
        ];
        for (page, texts) in rows {
            assert_eq!(inline(page, Kind::Html).scripts, hashes(texts), "{page}");
        }
    }

    #[test]
    fn scripts_in_pictures_are_found_raw_and_resolved() {
        let rows: &[(&str, &[&str])] = &[
            ("<svg><script>a</script></svg>", &["a"]),
            ("<svg><script>a &lt; b</script></svg>", &["a &lt; b", "a < b"]),
            ("<svg><script><![CDATA[a && b]]></script></svg>", &["<![CDATA[a && b]]>", "a && b"]),
            ("<svg><script href='a.js'/></svg><script>b</script>", &["b"]),
            ("<svg><style/><script>a</script></svg>", &["a"]),
            ("<svg><title><script>a</script></title></svg>", &["a"]),
            ("<svg><foreignObject><title><script>a</script></title></foreignObject></svg>", &[]),
            ("<svg/><title><script>a</script></title>", &[]),
            ("<svg></svg><script>&lt;</script>", &["&lt;"]),
        ];
        for (page, texts) in rows {
            assert_eq!(inline(page, Kind::Html).scripts, hashes(texts), "{page}");
        }
        let picture = "<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='b()'><script>a&amp;b</script></svg>";
        let found = inline(picture, Kind::Xml);
        assert_eq!(found.scripts, hashes(&["a&amp;b", "a&b"]));
        assert_eq!(found.handlers, hashes(&["b()"]));
    }

    #[test]
    fn event_handlers_are_hashed_by_their_values() {
        let page = "<body ONLOAD=\"a('&quot;')\r\n\"><p onclick='b'><p onclick='b' data-on=c><p once=\"\"></body>";
        assert_eq!(inline(page, Kind::Html).handlers, hashes(&["a('\"')\n", "b"]));
    }

    #[test]
    fn a_page_cut_anywhere_or_nested_deep_is_no_trouble() {
        let page = "<svg><script><![CDATA[a]]></script><title></svg><iframe srcdoc=\"<script>ü</script>\" onload=b>";
        for end in (0..=page.len()).filter(|end| page.is_char_boundary(*end)) {
            inline(&page[..end], Kind::Html);
            inline(&page[..end], Kind::Xml);
        }
        let mut page = "<script>a</script>".to_owned();
        for _ in 0..8 {
            page = format!(
                "<iframe srcdoc=\"{}\">",
                page.replace('&', "&amp;").replace('"', "&quot;")
            );
        }
        assert!(inline(&page, Kind::Html).scripts.is_empty());
        assert!(inline(&"<svg>".repeat(100_000), Kind::Html).scripts.is_empty());
    }
}
