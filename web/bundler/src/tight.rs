//! The same program with less white space. Every page gets it, and it is hardly shorter when it is compressed otherwise.
//!
//! This reads JavaScript as far as it has to: what is a text, a template, a pattern or a comment. Names and statements stay as they
//! are, and so does a line's end behind which JavaScript might put a semicolon of its own.

use anyhow::{Context as _, bail};

/// Leaves out comments, and the white space that separates nothing.
pub(crate) fn tight(code: &str) -> anyhow::Result<String> {
    let mut out = String::with_capacity(code.len());
    let mut open = Vec::new();
    let mut rest = code;
    let mut gap = Gap::None;
    while let Some(next) = rest.chars().next() {
        let length = match next {
            '\n' | ' ' => {
                gap = gap.max(if next == '\n' { Gap::Line } else { Gap::Space });
                1
            }
            _ if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => {
                rest.find("*/").context("a comment has no end")? + "*/".len()
            }
            _ => {
                let length = token(rest, next, &mut open)
                    .with_context(|| format!("in `{}`", rest.lines().next().unwrap_or_default()))?;
                if let Some(before) = out.chars().next_back() {
                    out.push_str(gap.between(before, next));
                }
                out.push_str(&rest[..length]);
                gap = Gap::None;
                length
            }
        };
        rest = &rest[length..];
    }
    if open.contains(&Brace::OfTemplate) {
        bail!("a template has no end");
    }
    out.push('\n');
    Ok(out)
}

/// What was between two tokens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Line,
}

impl Gap {
    /// What has to stay of it, between these characters.
    fn between(self, before: char, after: char) -> &'static str {
        // No statement ends behind the ones, and none begins with the others.
        let goes_on = "{([,;=&|?:<".contains(before) || ")]},.?:".contains(after);
        let parts = match (before, after) {
            // Together they would be something else.
            ('+', '+') | ('-', '-') | ('<', '!') | ('-', '>') | ('/', _) | (_, '/') => true,
            ('0'..='9', '.') => true,
            _ => is_of_word(before) && is_of_word(after),
        };
        match self {
            Self::Line if !goes_on => "\n",
            Self::Space | Self::Line if parts => " ",
            _ => "",
        }
    }
}

#[derive(PartialEq, Eq)]
enum Brace {
    OfCode,
    /// A template goes on behind it.
    OfTemplate,
}

/// How long the token is that `code` begins with, in bytes.
fn token(code: &str, first: char, open: &mut Vec<Brace>) -> anyhow::Result<usize> {
    match first {
        '\'' | '"' => quoted(code, first),
        '`' => template(code, open),
        '}' if open.pop() == Some(Brace::OfTemplate) => template(code, open),
        // What divides has a space behind it.
        '/' if !code.starts_with("/ ") && !code.starts_with("/=") => pattern(code),
        _ if is_of_word(first) => Ok(code.find(|next| !is_of_word(next)).unwrap_or(code.len())),
        _ => {
            if first == '{' {
                open.push(Brace::OfCode);
            }
            Ok(first.len_utf8())
        }
    }
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}

/// A text up to its second quotation mark.
fn quoted(code: &str, mark: char) -> anyhow::Result<usize> {
    let (at, _) = plain(code).find(|(_, next)| *next == mark).context("a text has no end")?;
    Ok(at + 1)
}

/// A template, or what follows an expression in it, up to its end or the next expression.
fn template(code: &str, open: &mut Vec<Brace>) -> anyhow::Result<usize> {
    for (at, next) in plain(code) {
        if next == '`' {
            return Ok(at + 1);
        }
        if code[at..].starts_with("${") {
            open.push(Brace::OfTemplate);
            return Ok(at + "${".len());
        }
    }
    bail!("a template has no end in its line")
}

/// A regular expression up to its second slash.
fn pattern(code: &str) -> anyhow::Result<usize> {
    let mut in_class = false;
    for (at, next) in plain(code) {
        match next {
            '[' => in_class = true,
            ']' => in_class = false,
            '/' if !in_class => return Ok(at + 1),
            _ => {}
        }
    }
    bail!("a pattern has no end, or what divides has no space behind it")
}

/// The characters behind the first one in its line, without those behind a backslash.
fn plain(code: &str) -> impl Iterator<Item = (usize, char)> {
    let mut escaped = false;
    code.char_indices().skip(1).take_while(|(_, next)| *next != '\n').filter(move |(_, next)| {
        let plain = !escaped && *next != '\\';
        escaped = !escaped && *next == '\\';
        plain
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn white_space_that_separates_nothing_goes() {
        for (code, tighter) in [
            ("{\n  a(b, c);\n  d = e;\n}\n", "{a(b,c);d=e;}"),
            ("const { a, b: c } = d ?? {};\n", "const{a,b:c}=d??{};"),
            ("x\n  .y()\n  .z();\n", "x.y().z();"),
            ("return a ? b : c;", "return a?b:c;"),
            ("if (a) b(); // why\nelse c();\n", "if(a)b();else c();"),
            ("/* one\n * two */ a();\n", "a();"),
            ("ä b();", "ä b();"),
        ] {
            assert_eq!(tight(code).unwrap(), format!("{tighter}\n"));
        }
    }

    #[test]
    fn what_would_be_something_else_without_it_stays() {
        for code in [
            "a + +b - -c;",
            "a++\n++b\nc",
            "return\na;",
            "f = () => {}\n(g)();",
            "a = b\n[c] = d;",
            "let a\nlet b",
            "1 .toString();",
            "a / b / c;",
            "x < !--y;",
            "x-- > y;",
            "class A {\n  static b\n  c() {}\n}",
        ] {
            let text = tight(code).unwrap();
            let kept: String = text.split_whitespace().collect();
            assert_eq!(kept, code.split_whitespace().collect::<String>());
            assert_eq!(tight(&text).unwrap(), text);
        }
        assert_eq!(tight("a + +b - -c;").unwrap(), "a+ +b- -c;\n");
        assert_eq!(tight("a++\n++b\nc").unwrap(), "a++\n++b\nc\n");
        assert_eq!(tight("return\na;").unwrap(), "return\na;\n");
        assert_eq!(tight("f = () => {}\n(g)();").unwrap(), "f=()=>{}\n(g)();\n");
        assert_eq!(tight("x-- > y < !--z;").unwrap(), "x-- >y< !--z;\n");
        assert_eq!(
            tight("class A {\n  static b\n  c() {}\n}").unwrap(),
            "class A{static b\nc(){}}\n"
        );
    }

    #[test]
    fn texts_templates_and_patterns_stay_as_they_are() {
        for (code, tighter) in [
            (r"a = 'b  \' // c' + d;", r"a='b  \' // c'+d;"),
            ("a = \"it's  b\" ;", "a=\"it's  b\";"),
            ("`a  ${ b + `  c ${ { d: 1 } }  ` }  e` + f", "`a  ${b+`  c ${{d:1}}  `}  e`+f"),
            (r"a(/[/'] +\/ {2}/g, b)", r"a(/[/'] +\/ {2}/g,b)"),
            ("a = b / c; d = '  ';", "a=b / c;d='  ';"),
        ] {
            assert_eq!(tight(code).unwrap().trim_end(), tighter);
        }
    }

    #[test]
    fn what_has_no_end_is_refused() {
        for code in ["'a\n'", "`a ${b", "`a\n`", "/a\n", "a(/* b", "x = a/b;"] {
            assert!(tight(code).is_err(), "{code}");
        }
    }
}
