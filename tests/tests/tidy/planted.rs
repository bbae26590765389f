//! Planted bad examples: each rule can fail, and leaves good code alone.

use crate::rules::*;
use crate::source::Source;

/// The complaints about a file of this path and text.
fn about(rule: fn(&Source) -> Vec<String>, path: &str, text: &str) -> Vec<String> {
    rule(&Source::new(path, text))
}

#[test]
fn a_forbidden_crate_in_the_code_is_found() {
    let rule = knows_too_much;
    assert_eq!(
        about(rule, "host/src/a.rs", "\nuse exciton_web::Page;\n"),
        ["host/src/a.rs:2: must not know exciton_web"]
    );
    assert_eq!(about(rule, "web/src/a.rs", "fn a() { exciton::App::new(); }").len(), 1);
    assert_eq!(about(rule, "protocol/src/a/b.rs", "use exciton_web as w;").len(), 1);
    assert!(
        about(rule, "web/src/a.rs", "use exciton_protocol::Limits; // exciton::App\n").is_empty()
    );
    assert!(about(rule, "web/bundle/src/a.rs", "use exciton_web::js;").is_empty());
}

#[test]
fn an_export_or_a_start_function_is_found_and_an_import_is_not() {
    let lines = |text: &str| about(exports_to_javascript, "web/src/a.rs", text);
    assert_eq!(
        lines("\n#[wasm_bindgen]\npub fn f() {}\n"),
        ["web/src/a.rs:2: exports to JavaScript"]
    );
    assert_eq!(lines("#[wasm_bindgen(start)]\nfn main() {}").len(), 1);
    assert_eq!(
        lines(
            "#[wasm_bindgen::prelude::wasm_bindgen(js_name = \"x\")]\n#[derive(Debug)]\nstruct S;"
        )
        .len(),
        1
    );
    assert_eq!(lines("#[cfg_attr(target_arch = \"wasm32\", wasm_bindgen)]\nimpl S {}").len(), 1);
    let import = "#[wasm_bindgen(inline_js = \"export { x }\")]\n#[allow(dead_code)]\nextern \"C\" {\n    \
                  #[wasm_bindgen(js_name = f)]\n    fn f();\n    type T;\n}\n";
    assert!(lines(import).is_empty());
    assert_eq!(lines(&format!("{import}\n#[wasm_bindgen]\npub struct S;\n")).len(), 1);
    assert!(lines(&import.replace("extern", "unsafe extern")).is_empty());
    assert!(
        lines("#[wasm_bindgen_test]\nfn t() {}\n// #[wasm_bindgen]\nuse wasm_bindgen::prelude::*;")
            .is_empty()
    );
}

#[test]
fn a_long_file_is_found_and_its_tests_dont_count() {
    let long = "fn f() {}\n".repeat(501);
    assert_eq!(about(too_long, "host/src/a.rs", &long).len(), 1);
    assert_eq!(about(too_long, "tests/tests/a.rs", &long).len(), 1);
    assert!(about(too_long, "host/src/a/tests.rs", &long).is_empty());
    let tests = format!("{}#[cfg(test)]\nmod tests {{\n{long}}}\n", "\n".repeat(500));
    assert!(about(too_long, "host/src/a.rs", &tests).is_empty());
}

#[test]
fn an_ignored_or_sleeping_test_is_found() {
    let complaints = |path: &str, text: &str| about(lazy_tests, path, text).len();
    assert_eq!(
        complaints("host/src/a.rs", concat!("#[test]\n#[", "ignore = \"slow\"]\nfn t() {}\n")),
        1
    );
    assert_eq!(complaints("tests/src/a.rs", "fn t() { std::thread::sleep(a); }\n"), 1);
    assert_eq!(complaints("web/tests/a.rs", "use tokio::time::sleep;\n"), 1);
    let product = "async fn wait() { tokio::time::sleep(a).await }\n";
    assert_eq!(complaints("host/src/a.rs", product), 0);
    assert_eq!(
        complaints("host/src/a.rs", &format!("#[cfg(test)]\nmod tests {{\n{product}}}\n")),
        1
    );
    let subject =
        "// This listener sleeps on purpose: others go on meanwhile.\nstd::thread::sleep(a);\n";
    assert_eq!(complaints("tests/tests/a.rs", subject), 0);
    assert_eq!(complaints("tests/tests/a.rs", "let asleep = Sleep::new(\"sleep(1)\");\n"), 0);
}

#[test]
fn leftovers_are_found() {
    let complaints = |text: &str| about(leftovers, "README.md", text).len();
    assert_eq!(complaints(concat!("see `/ho", "me/mel/x`")), 1);
    assert_eq!(complaints("in `/home/me/.local` and \"/home/me\""), 0);
    assert_eq!(complaints(concat!("cp /wo", "rk/a b")), 1);
    assert_eq!(complaints(concat!("// TO", "DO: more")), 1);
    assert_eq!(complaints(concat!("fixes #", "12")), 1);
    assert_eq!(complaints(concat!("see Issue", " 7")), 1);
    assert_eq!(
        complaints(
            "electron/electron#11506, https://example.org/home/x, ./tmp/a, #[test], # 1. One, issues"
        ),
        0
    );
}

#[test]
fn input_and_output_in_the_protocol_are_found() {
    let complaints = |text: &str| about(does_io, "protocol/src/a.rs", text).len();
    for bad in [
        "use std::net::TcpStream;",
        "use std::{collections::BTreeMap, fs};",
        "let now = std::time::Instant::now();",
        "use std::time;",
        "std::thread::spawn(f);",
        "let x = rand::random();",
        "use tokio::sync::mpsc;",
        "web_sys::window();",
        "std::env::var(\"X\")",
    ] {
        assert_eq!(complaints(bad), 1, "{bad}");
    }
    let good = "use std::time::Duration;\nlet operand = \"std::fs\"; // std::net\n#[cfg(test)]\nmod tests {\nuse std::fs;\n}\n";
    assert_eq!(complaints(good), 0);
}

#[test]
fn what_wants_a_secure_context_is_found() {
    let lines = |text: &str| about(needs_a_secure_context, "web/bundle/js/a.js", text);
    assert_eq!(
        lines("\nconst id = crypto.randomUUID();"),
        ["web/bundle/js/a.js:2: randomUUID wants a secure context"]
    );
    for text in
        ["crypto.subtle.digest(a)", "navigator.locks", "window.crypto().unwrap().random_uuid()"]
    {
        assert_eq!(lines(text).len(), 1, "{text}");
    }
    assert!(lines("crypto.getRandomValues(a); const locks = a.locksmith; subtle(a)").is_empty());
}

#[test]
fn a_debug_build_that_differs_is_found() {
    let lines = |text: &str| about(depends_on_the_build, "host/src/a.rs", text);
    assert_eq!(
        lines("\nif cfg!(debug_assertions) {"),
        ["host/src/a.rs:2: debug_assertions makes two programs of one"]
    );
    assert_eq!(
        lines("debug_assert!(a);\n#[cfg(not(debug_assertions))]\ndebug_assert_eq!(a, b)").len(),
        3
    );
    assert!(lines("assert!(a); #[cfg(test)] mod tests;").is_empty());
}

#[test]
fn a_limit_without_a_word_is_found() {
    let lines = |text: &str| about(undocumented_limits, "protocol/src/limits.rs", text).len();
    assert_eq!(
        lines(
            "/// L.\npub struct Limits {\n    /// Bytes.\n    #[serde(default)]\n    pub a: u64,\n}\n"
        ),
        0
    );
    assert_eq!(
        lines("pub struct Limits {\n    /// Bytes.\n    pub a: u64,\n    pub b: u64,\n}\n"),
        1
    );
    assert_eq!(lines("pub struct Limits {\n}\n"), 1);
    assert_eq!(lines("struct Other;\n"), 1);
}

#[test]
fn build_scripts_that_fetch_are_found() {
    use crate::supply::{fetches, is_build_script, stated};
    for (path, is) in [
        ("host/build.rs", true),
        ("host/build/page.rs", true),
        ("build.rs", true),
        ("host/src/building.rs", false),
        ("xtask/src/build.rs", false),
    ] {
        assert_eq!(is_build_script(&Source::new(path, "")), is, "{path}");
    }
    for bad in [
        "let stream = std::net::TcpStream::connect(a);",
        "Command::new(\"curl\")",
        "let url = \"https://example.org/a.wasm\";",
        "let cargo = std::env::var_os(\"CARGO\");",
    ] {
        assert_eq!(about(fetches, "host/build.rs", bad).len(), 1, "{bad}");
    }
    let good = "// see https://example.org\nlet cargo = std::env::var_os(\"CARGO\");\ncommand.arg(\"--locked\");\n";
    assert_eq!(about(fetches, "host/build.rs", good).len(), 0);
    assert_eq!(stated("It uses\n17 crates directly, 123 in all."), Some((17, 123)));
    assert_eq!(stated("It uses many."), None);
}
