//! The JavaScript modules of the renderer, laid one after the other into one scope.
//!
//! This is not a bundler for any JavaScript: the modules are ours, and they keep to what is checked here. Imports are
//! `import { a, b } from './x.js';` (or a folder down, never up), exports are `export` before a declaration, top-level names are unique.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};

/// Reads `entry` in `folder` and all that it imports, imported modules first. Comments on lines of their own are left out.
pub(crate) fn load(folder: &Path, entry: &str) -> anyhow::Result<String> {
    let mut reader = Reader { folder, state: HashMap::new(), text: String::new() };
    reader.add(entry)?;
    let mut names = HashSet::new();
    match reader.text.lines().flat_map(declared).find(|name| !names.insert(*name)) {
        Some(twice) => bail!("two modules declare `{twice}`, and all share one scope"),
        None => Ok(reader.text),
    }
}

struct Reader<'a> {
    folder: &'a Path,
    /// False while the module's own imports are being read.
    state: HashMap<String, bool>,
    text: String,
}

impl Reader<'_> {
    fn add(&mut self, name: &str) -> anyhow::Result<()> {
        match self.state.get(name) {
            Some(true) => return Ok(()),
            Some(false) => bail!("{name} imports itself by way of others"),
            None => self.state.insert(name.to_owned(), false),
        };
        let path = self.folder.join(name);
        let source =
            fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
        let (imports, body) = split(&source).with_context(|| format!("in {}", path.display()))?;
        let beside = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        for import in imports {
            self.add(Path::new(beside).join(import).to_str().context("a name that is no text")?)?;
        }
        self.text.push_str(&body);
        self.state.insert(name.to_owned(), true);
        Ok(())
    }
}

/// The names of the imported modules, and the source without imports, the word `export` and comment lines.
fn split(source: &str) -> anyhow::Result<(Vec<String>, String)> {
    let mut imports = Vec::new();
    let mut body = String::new();
    let mut lines = without_comment_lines(source).into_iter();
    while let Some(line) = lines.next() {
        if line.starts_with("import ") {
            let mut statement = line.to_owned();
            while !statement.ends_with(';') {
                statement.push_str(lines.next().context("an import has no end")?.trim());
            }
            imports.push(imported(&statement)?);
        } else if let Some(declaration) = line.strip_prefix("export ") {
            if !DECLARATIONS.iter().any(|word| declaration.starts_with(word)) {
                bail!("`{line}`: only declarations are exported");
            }
            body.push_str(declaration);
            body.push('\n');
        } else {
            body.push_str(line);
            body.push('\n');
        }
    }
    Ok((imports, body))
}

fn imported(statement: &str) -> anyhow::Result<String> {
    let names = statement.strip_prefix("import {").and_then(|rest| rest.split_once("} from './"));
    let Some((names, file)) = names else {
        bail!("`{statement}`: write import {{ a }} from './x.js';")
    };
    if names.contains(" as ") {
        bail!("`{statement}`: an import can't be renamed, all modules share one scope");
    }
    file.strip_suffix("';")
        .filter(|file| !file.contains(".."))
        .map(str::to_owned)
        .with_context(|| format!("`{statement}`: write './x.js' in single quotes"))
}

/// The names that a line declares in the scope of all modules.
fn declared(line: &str) -> Vec<&str> {
    let Some(rest) = DECLARATIONS.iter().find_map(|word| line.strip_prefix(word)) else {
        return Vec::new();
    };
    let part =
        |character: char| character.is_alphanumeric() || character == '_' || character == '$';
    let Some(members) = rest.strip_prefix('{').and_then(|rest| rest.split('}').next()) else {
        return rest.split(|character| !part(character)).take(1).collect();
    };
    // `a` declares a, `a: b` declares b.
    members.split(',').filter_map(|member| member.split(':').next_back()).map(str::trim).collect()
}

const DECLARATIONS: [&str; 5] = ["async function ", "function ", "class ", "const ", "let "];

/// Leaves out lines that are nothing but a comment. A line inside a longer text can't look like one as long as no
/// template literal spans lines, which the modules' own rule (and a test) forbids.
pub(crate) fn without_comment_lines(source: &str) -> Vec<&str> {
    let mut inside = false;
    source
        .lines()
        .filter(|line| {
            let line = line.trim();
            if inside {
                inside = !line.ends_with("*/");
                return false;
            }
            if line.starts_with("/*") {
                let closed = line.find("*/");
                inside = closed.is_none();
                return closed.is_some_and(|at| at + 2 < line.len());
            }
            !line.is_empty() && !line.starts_with("//")
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ours() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../bundle/js")
    }

    #[test]
    fn imports_exports_and_comment_lines_are_taken_out() {
        let source = "// why\nimport { a } from './a.js';\nimport {\n  b,\n} from './b.js';\n/** doc\n * more\n */\nexport const c = a + b; // kept\n";
        let (imports, body) = split(source).unwrap();
        assert_eq!(imports, ["a.js", "b.js"]);
        assert_eq!(body, "const c = a + b; // kept\n");
    }

    #[test]
    fn what_one_scope_can_not_hold_is_refused() {
        for (source, part) in [
            ("import { a as b } from './a.js';", "renamed"),
            ("import a from './a.js';", "write import"),
            ("import { a } from './b/../a.js';", "write './x.js'"),
            ("export { a };", "only declarations"),
            ("export default a;", "only declarations"),
            ("import { a }\n", "no end"),
        ] {
            let error = split(source).unwrap_err().to_string();
            assert!(error.contains(part), "{source}: {error}");
        }
    }

    #[test]
    fn each_module_comes_once_and_after_its_imports() {
        let text = load(&ours(), "boot.js").unwrap();
        assert_eq!(text.matches("class EventEmitter").count(), 1);
        assert!(text.find("class EventEmitter").unwrap() < text.find("class IpcRenderer").unwrap());
        assert_eq!(text.matches("class LimitError").count(), 1);
    }

    #[test]
    fn the_names_of_a_declaration_are_found() {
        for (line, names) in [
            ("function a(b) {", &["a"][..]),
            ("async function $b() {", &["$b"][..]),
            ("const C_1 = 5;", &["C_1"][..]),
            ("class D extends A {", &["D"][..]),
            ("const { f, g: h } = Object;", &["f", "h"]),
            ("let e;", &["e"][..]),
            ("  const inner = 1;", &[]),
            ("f();", &[]),
        ] {
            assert_eq!(declared(line), names, "{line}");
        }
    }

    #[test]
    fn no_template_literal_of_ours_spans_lines() {
        let folders = [ours(), ours().join("clone")];
        let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
        for path in files.map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
            for (number, line) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
                assert!(
                    line.matches('`').count() % 2 == 0,
                    "{}:{}: {line}",
                    path.display(),
                    number + 1
                );
            }
        }
    }
}
