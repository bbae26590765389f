//! wasm-bindgen, as a library: the compiled renderer becomes a smaller wasm and the JavaScript that talks to it.

use std::path::Path;

use anyhow::{Context as _, ensure};
use wasm_bindgen_cli_support::{Bindgen, Output};

/// The name under which the generated script keeps its exports.
pub(crate) const GLUE_NAME: &str = "wasm_bindgen";

/// What wasm-bindgen makes of the renderer.
pub(crate) struct Glue {
    /// A script that defines [`GLUE_NAME`].
    pub(crate) js: String,
    pub(crate) wasm: Vec<u8>,
}

/// Binds the wasm at `path`, for a classic script (the target `no-modules`).
pub(crate) fn generate(path: &Path) -> anyhow::Result<Glue> {
    let mut bindgen = Bindgen::new();
    let mut output = bindgen
        .input_path(path)
        .no_modules(true)
        .and_then(|bindgen| bindgen.no_modules_global(GLUE_NAME))
        .and_then(|bindgen| {
            bindgen
                .typescript(false)
                .remove_name_section(true)
                .remove_producers_section(true)
                .generate_output()
        })
        .with_context(|| format!("wasm-bindgen can't bind {}", path.display()))?;
    let snippets: usize = output.snippets().values().map(Vec::len).sum();
    let files = snippets + output.local_modules().len() + output.npm_dependencies().len();
    ensure!(
        files == 0,
        "the renderer imports {files} JavaScript files of its own, which one script can't hold"
    );
    let js = without_loading(&with_short_names(&mut output)?)?;
    let js = without_fallbacks(&js)?;
    let wasm = output.wasm_mut().emit_wasm();
    Ok(Glue { js, wasm })
}

/// The script without what loads a wasm by a URL: ours is always at hand, and begins by `initSync`.
fn without_loading(js: &str) -> anyhow::Result<String> {
    let (rest, exports) = split(js, "return Object.assign(__wbg_init, { initSync }, exports);")?;
    let (rest, _init) = split(rest, "let __wbg_init_promise;")?;
    let (before, rest) = split(rest, "async function __wbg_load(")?;
    let (_load, init_sync) = split(rest, "function initSync(")?;
    Ok(format!(
        "{before}function initSync({init_sync}return Object.assign({{ initSync }}, exports);{exports}"
    ))
}

/// The script without what it does for browsers that can't run such a wasm, for callers that we aren't, and by two
/// statements in place of one.
fn without_fallbacks(js: &str) -> anyhow::Result<String> {
    let mut js: String = js.lines().flat_map(|line| [line.trim_start(), "\n"]).collect();
    for (from, to, instead) in [
        ("let script_src;\n", "function came", ""),
        ("cachedTextDecoder.decode();\n", "function decodeText", ""),
        ("if (!('encodeInto' in cachedTextEncoder)) {\n", "let WASM_VECTOR_LEN", ""),
        ("let wasmModule, wasmInstance, wasm;\n", "return Object.assign(", INIT),
        ("if (cachedDataViewMemory0 === null || ", ") {\n", FRESH),
        ("const CLOSURE_DTORS = ", "function getArrayU8FromWasm0", ""),
        ("CLOSURE_DTORS.unregister(state);\n", "}", ""),
        ("CLOSURE_DTORS.register(real, state, state);\n", "return real", ""),
        ("function passStringToWasm0(arg, malloc, realloc) {\n", "function takeFrom", PASS),
    ] {
        let (before, rest) = split(&js, from)?;
        let (_cut, after) = rest.split_once(to).with_context(|| format!("no `{to}`"))?;
        js = format!("{before}{instead}{to}{after}");
    }
    let mut short = String::with_capacity(js.len());
    let mut lines = js.lines().peekable();
    while let Some(line) = lines.next() {
        match line.strip_prefix("const ret = ").filter(|_| lines.peek() == Some(&"return ret;")) {
            Some(value) => {
                lines.next();
                short.extend(["return ", value]);
            }
            None => short.push_str(line),
        }
        short.push('\n');
    }
    Ok(short)
}

/// Of `initSync`: from the wasm's bytes.
const INIT: &str = "let wasm;
function initSync({ module }) {
module = new WebAssembly.Module(module);
wasm = new WebAssembly.Instance(module, __wbg_get_imports()).exports;
wasm.__wbindgen_start();
}
";

/// Text into wasm's memory, at most three bytes for each unit.
const PASS: &str = "function passStringToWasm0(arg, malloc, realloc) {
const most = arg.length * 3;
const ptr = malloc(most, 1) >>> 0;
const view = getUint8ArrayMemory0().subarray(ptr, ptr + most);
WASM_VECTOR_LEN = cachedTextEncoder.encodeInto(arg, view).written;
return most > 0 ? realloc(ptr, most, WASM_VECTOR_LEN, 1) >>> 0 : ptr;
}
";

/// Whether wasm's memory has another buffer by now.
const FRESH: &str = "if (cachedDataViewMemory0?.buffer !== wasm.memory.buffer";

/// What is before and after a mark.
fn split<'a>(js: &'a str, mark: &str) -> anyhow::Result<(&'a str, &'a str)> {
    ensure!(js.matches(mark).count() == 1, "no single `{mark}` in the script of wasm-bindgen");
    js.split_once(mark).with_context(|| format!("no `{mark}`"))
}

/// The wasm's imports under short names. Each has a hash in its name, twice in the script, and hashes don't compress:
/// together they are a tenth of it.
fn with_short_names(output: &mut Output) -> anyhow::Result<String> {
    let mut js = output.js().to_owned();
    for (number, import) in output.wasm_mut().imports.iter_mut().enumerate() {
        let (long, short) = (format!("{}: function(", import.name), format!("i{number}"));
        ensure!(js.matches(&long).count() == 1, "no single `{long}` in the script of wasm-bindgen");
        js = js.replacen(&long, &format!("{short}: function("), 1);
        import.name = short;
    }
    for (number, export) in output.wasm_mut().exports.iter_mut().enumerate() {
        // What calls a closure is named after its type and a hash.
        if export.name.starts_with("wasm_bindgen__") {
            let short = format!("e{number}");
            ensure!(
                js.contains(&export.name),
                "no `{}` in the script of wasm-bindgen",
                export.name
            );
            js = js.replace(&export.name, &short);
            export.name = short;
        }
    }
    Ok(js)
}
