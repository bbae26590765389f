//! Rules for one file at a time. Each answers with its complaints, `path:line: what`.

use crate::source::{Source, holds, lines_with};

fn complain(source: &Source, line: usize, what: &str) -> String {
    format!("{}:{line}: {what}", source.path)
}

/// In code, too, protocol knows none of our crates, and host and web don't know each other.
pub fn knows_too_much(source: &Source) -> Vec<String> {
    let forbidden: &[&str] = match source.path.split("/src/").next().unwrap_or_default() {
        "protocol" => &["exciton::", "exciton_protocol", "exciton_web"],
        "host" => &["exciton_web"],
        "web" => &["exciton::", "use exciton"],
        _ => &[],
    };
    let mut found = Vec::new();
    for name in forbidden {
        let about = format!("must not know {name}");
        found.extend(
            lines_with(&source.code, name).iter().map(|line| complain(source, *line, &about)),
        );
    }
    found
}

/// A library's exports and start function would end up in every page that depends on it; imports are fine.
pub fn exports_to_javascript(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let (mut depth, mut import) = (0, None);
    let code = &source.code;
    for (at, c) in code.char_indices() {
        match c {
            '{' => {
                depth += 1;
                let opener = code[..at].trim_end();
                if import.is_none() && opener.ends_with("extern") {
                    import = Some(depth);
                }
            }
            '}' => {
                import = import.filter(|opened| *opened != depth);
                depth -= 1;
            }
            '#' if import.is_none() && bindgen_attribute(&code[at..]) && !imports(&code[at..]) => {
                let line = code[..at].matches('\n').count() + 1;
                found.push(complain(source, line, "exports to JavaScript"));
            }
            _ => {}
        }
    }
    found
}

/// Whether an attribute that begins here is wasm-bindgen's, on its own or inside `cfg_attr`.
fn bindgen_attribute(code: &str) -> bool {
    code.starts_with("#[")
        && holds(attribute(code), "wasm_bindgen")
        && !holds(attribute(code), "derive")
}

/// The text of the attribute that begins here.
fn attribute(code: &str) -> &str {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '[' => depth += 1,
            ']' if depth == 1 => return &code[..=at],
            ']' => depth -= 1,
            _ => {}
        }
    }
    code
}

/// Whether what the attribute stands on is a block of imports.
fn imports(code: &str) -> bool {
    let mut rest = code;
    while rest.starts_with("#[") {
        if holds(attribute(rest), "start") {
            return false;
        }
        rest = rest[attribute(rest).len()..].trim_start();
    }
    let rest = rest.strip_prefix("unsafe").map_or(rest, str::trim_start);
    rest.strip_prefix("extern").is_some_and(|block| block.trim_start().starts_with('{'))
}

/// One idea a file: at most 500 lines before its tests; of a test file, in all.
pub fn too_long(source: &Source) -> Vec<String> {
    let lines = match source.tests_begin() {
        0 if source.is_test_module() => 0,
        0 => source.text.lines().count(),
        tests => tests,
    };
    let too_long = format!("{lines} lines, 500 are the most");
    if lines > 500 { vec![complain(source, lines, &too_long)] } else { Vec::new() }
}

/// Says on or above a line why it sleeps: in a test whose very subject is a listener that blocks.
const ON_PURPOSE: &str = "sleeps on purpose";

/// A test is run, and waits for what it needs, not for time to pass.
pub fn lazy_tests(source: &Source) -> Vec<String> {
    let begin = source.tests_begin();
    let text: Vec<&str> = source.text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in source.code.lines().enumerate() {
        if line.contains(concat!("#[", "ignore")) {
            found.push(complain(source, at + 1, "an ignored test"));
        }
        let sleeps = ["sleep", "sleep_until", "sleep_ms"].iter().any(|name| {
            let called = format!("{name}(");
            holds(line, &called)
                || holds(line, &format!("time::{name}"))
                || holds(line, &format!("thread::{name}"))
        });
        let said = text[at.saturating_sub(3)..=at].iter().any(|line| line.contains(ON_PURPOSE));
        if at >= begin && sleeps && !said {
            found.push(complain(source, at + 1, "a test that sleeps"));
        }
    }
    found
}

/// Nobody's: the folder of examples.
const NOBODY: &str = concat!("/ho", "me/me");
/// Folders that only one machine has. In pieces, or this file would hold them.
const MACHINE_FOLDERS: [&str; 6] = ["home", "root", "work", "farm", "Users", "tmp"];
const LATER: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Nothing of one machine, of a tracker or of a plan belongs into the sources.
pub fn leftovers(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for (at, line) in source.text.lines().enumerate() {
        let mut complain = |what: &str| found.push(complain(source, at + 1, what));
        if MACHINE_FOLDERS.iter().any(|folder| machine_path(line, folder)) {
            complain("a path of one machine");
        }
        if LATER.iter().any(|word| holds(line, word)) {
            complain("a note for later");
        }
        if !source.is(&["css", "html", "json"]) && issue_number(line) {
            complain("an issue's number");
        }
    }
    found
}

fn machine_path(line: &str, folder: &str) -> bool {
    let path = format!("/{folder}/");
    line.match_indices(&path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let rest = line[at..].strip_prefix(NOBODY);
        let example = rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
        !example && !before.is_some_and(|c| c.is_alphanumeric() || ".~/_-})>$*".contains(c))
    })
}

fn issue_number(line: &str) -> bool {
    let digit = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    let numbered = line.match_indices('#').any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| c.is_whitespace() || "([".contains(c)) && digit(&line[at + 1..])
    });
    let lower = line.to_lowercase();
    numbered || lower.match_indices("issue ").any(|(at, word)| digit(&lower[at + word.len()..]))
}

/// No I/O, no clock, no randomness: whoever drives the protocol brings them. A `Duration` is only a number.
pub fn does_io(source: &Source) -> Vec<String> {
    const MODULES: [&str; 6] = ["net", "fs", "thread", "env", "process", "io"];
    const WORDS: [&str; 8] = [
        "tokio",
        "web_sys",
        "js_sys",
        "rand",
        "getrandom",
        "Instant",
        "SystemTime",
        "wasm_bindgen",
    ];
    let mut found = Vec::new();
    for (at, line) in source.code.lines().take(source.tests_begin()).enumerate() {
        let grouped = line.contains("std::{");
        let module =
            |name: &&&str| holds(line, &format!("std::{name}")) || grouped && holds(line, name);
        let time = line.replace("time::Duration", "");
        let clock = holds(&time, "std::time") || holds(&time, "core::time");
        let word = WORDS.iter().find(|word| holds(line, word)).or(MODULES.iter().find(module));
        if let Some(word) = word.or(clock.then_some(&"time")) {
            found.push(complain(source, at + 1, &format!("{word} in the protocol")));
        }
    }
    found
}

fn is_of_limits(line: &str) -> bool {
    ["pub struct Limits ", "pub struct DoorLimits "].iter().any(|begin| line.starts_with(begin))
}

/// What browsers have on `https` and on loopback only. A page in a LAN on plain `http` has none of it.
const SECURE_CONTEXTS: [&str; 16] = [
    "subtle",
    "randomUUID",
    "random_uuid",
    "isSecureContext",
    "is_secure_context",
    "locks",
    "serviceWorker",
    "service_worker",
    "clipboard",
    "caches",
    "cookieStore",
    "mediaDevices",
    "geolocation",
    "wakeLock",
    "userAgentData",
    "showOpenFilePicker",
];

/// What runs in every page needs no secure context.
pub fn needs_a_secure_context(source: &Source) -> Vec<String> {
    let found = SECURE_CONTEXTS.iter().flat_map(|name| {
        lines_with(&source.text, &format!(".{name}"))
            .into_iter()
            .map(move |line| complain(source, line, &format!("{name} wants a secure context")))
    });
    found.collect()
}

/// What tells a debug build from a release.
const BUILDS: [&str; 4] =
    ["debug_assertions", "debug_assert", "debug_assert_eq", "debug_assert_ne"];

/// What a page may do is the same in a debug build and in a release.
pub fn depends_on_the_build(source: &Source) -> Vec<String> {
    let found = BUILDS.iter().flat_map(|name| {
        lines_with(&source.text, name)
            .into_iter()
            .map(move |line| complain(source, line, &format!("{name} makes two programs of one")))
    });
    found.collect()
}

/// Every limit says what it limits.
pub fn undocumented_limits(source: &Source) -> Vec<String> {
    let lines: Vec<&str> = source.text.lines().map(str::trim).collect();
    let Some(begin) = lines.iter().position(|line| is_of_limits(line)) else {
        return vec![complain(source, 1, "no `pub struct Limits`")];
    };
    let (mut found, mut documented, mut fields) = (Vec::new(), false, 0);
    for (at, line) in lines.iter().enumerate().skip(begin + 1).take_while(|(_, line)| **line != "}")
    {
        if line.starts_with("pub ") {
            fields += 1;
            if !documented {
                found.push(complain(source, at + 1, "a limit without a word about it"));
            }
            documented = false;
        } else if !line.starts_with("#[") {
            documented = line.starts_with("/// ");
        }
    }
    if fields == 0 {
        found.push(complain(source, begin + 1, "no limits"));
    }
    found
}
