//! The repository's files, and their text with or without comments and literals.

use std::path::{Path, PathBuf};

/// A file of the repository.
pub struct Source {
    /// From the root, with `/` between the parts.
    pub path: String,
    /// As it stands.
    pub text: String,
    /// Of Rust: comments and literals blanked out, every line in its place.
    pub code: String,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let code = if path.ends_with(".rs") { code_only(text) } else { text.to_owned() };
        Source { path: path.to_owned(), text: text.to_owned(), code }
    }

    pub fn is(&self, extensions: &[&str]) -> bool {
        extensions.iter().any(|extension| self.path.ends_with(&format!(".{extension}")))
    }

    /// Whether this is a test module in a file of its own.
    pub fn is_test_module(&self) -> bool {
        self.path.contains("/src/") && self.path.ends_with("/tests.rs")
    }

    /// Where the tests begin: at the top of a test file, at the test module of another, counted in lines.
    pub fn tests_begin(&self) -> usize {
        if self.is_test_module() || self.path.starts_with("tests/") || self.path.contains("/tests/")
        {
            return 0;
        }
        let module = self.code.lines().position(|line| line.starts_with("#[cfg(test)]"));
        module.unwrap_or(self.code.lines().count())
    }
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All that people wrote: no build products, no lock file.
pub fn repository() -> Vec<Source> {
    let mut sources = Vec::new();
    walk(&root(), "", &mut sources);
    assert!(sources.len() > 30, "only {} files: is this the repository?", sources.len());
    sources
}

fn walk(dir: &Path, path: &str, sources: &mut Vec<Source>) {
    const KINDS: [&str; 11] =
        ["rs", "js", "mjs", "html", "css", "md", "toml", "json", "sh", "yml", "yaml"];
    const NOT_OURS: [&str; 6] = [".git", "target", "dist", "prebuilt", "node_modules", "pkg"];
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let here = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        // Whatever is a file may be gone again: an editor's, another program's.
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && !NOT_OURS.contains(&name.as_str()) {
            walk(&entry.path(), &here, sources);
        } else if kind.is_file() {
            let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
            if (KINDS.contains(&extension) || path == ".ci")
                && let Ok(text) = std::fs::read_to_string(entry.path())
            {
                sources.push(Source::new(&here, &text));
            }
        }
    }
}

/// The numbers, from 1, of the lines that hold these words as whole identifiers.
pub fn lines_with(text: &str, words: &str) -> Vec<usize> {
    let numbered = text.lines().enumerate();
    numbered.filter(|(_, line)| holds(line, words)).map(|(at, _)| at + 1).collect()
}

/// Whether a line holds these words, not as a part of longer ones.
pub fn holds(line: &str, words: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let (first, last) = (words.chars().next(), words.chars().next_back());
    line.match_indices(words).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + words.len()..].chars().next();
        !(part(before) && part(first) || part(after) && part(last))
    })
}

/// Rust without its comments and without what stands in its literals.
fn code_only(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut at) = (String::with_capacity(text.len()), 0);
    while at < chars.len() {
        let after_word = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
        let blank = not_code(&chars[at..], after_word);
        for &c in &chars[at..at + blank] {
            code.push(if c == '\n' { '\n' } else { ' ' });
        }
        at += blank;
        if blank == 0 {
            code.push(chars[at]);
            at += 1;
        }
    }
    code
}

/// How many characters from here are a comment or a literal.
fn not_code(rest: &[char], after_word: bool) -> usize {
    let found = |from: usize, what: &[char]| {
        let windows = rest.get(from..).unwrap_or_default().windows(what.len());
        windows
            .enumerate()
            .find(|(_, window)| *window == what)
            .map_or(rest.len(), |(at, _)| from + at + what.len())
    };
    match rest {
        ['/', '/', ..] => found(2, &['\n']) - usize::from(found(2, &['\n']) < rest.len()),
        ['/', '*', ..] => {
            let (mut depth, mut at) = (1, 2);
            while depth > 0 && at < rest.len() {
                match rest[at..] {
                    ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
                    ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
                    _ => at += 1,
                }
            }
            at
        }
        ['r', '"' | '#', ..] if !after_word => raw(rest, 1, found),
        ['b' | 'c', 'r', '"' | '#', ..] if !after_word => raw(rest, 2, found),
        ['"', ..] => quoted(rest, '"'),
        ['\'', '\\', ..] => quoted(rest, '\''),
        ['\'', _, '\'', ..] => 3,
        _ => 0,
    }
}

fn raw(rest: &[char], prefix: usize, found: impl Fn(usize, &[char]) -> usize) -> usize {
    let hashes = rest[prefix..].iter().take_while(|c| **c == '#').count();
    // `r#type` is a word and no literal.
    if rest.get(prefix + hashes) != Some(&'"') {
        return 0;
    }
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    found(prefix + hashes + 1, &end)
}

fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

#[test]
fn comments_and_literals_are_no_code() {
    let text = "a // b \"c\n/* d /* e */ f */ g\n\"h \\\" i\" j r#\"k \" l\"# m 'n' '\\'' &'o p r#q b\"s\"\n";
    let code = code_only(text);
    assert_eq!(code.split_whitespace().collect::<String>(), "agjm&'opr#qb");
    assert_eq!(code.lines().count(), text.lines().count());
}

#[test]
fn words_are_whole_words() {
    assert!(holds("use std::fs;", "std::fs") && holds("fs::read", "fs::"));
    assert!(!holds("offs::read", "fs::") && !holds("std::fsync", "std::fs"));
}
