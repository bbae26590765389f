//! The command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What `--help` prints.
pub(crate) const USAGE: &str = "\
usage: exciton-web-bundler --out DIR [options]
  --out DIR          where electron.js and electron.mjs go
  --wasm FILE        an already compiled renderer, instead of compiling web/bundle
  --target-dir DIR   the nested cargo's own target directory (default: target/wasm-bundle of the workspace)
  --offline          the nested cargo stays off the network";

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// The workspace's folder.
    pub(crate) root: PathBuf,
    pub(crate) out: PathBuf,
    pub(crate) wasm: Option<PathBuf>,
    pub(crate) target_dir: PathBuf,
    pub(crate) offline: bool,
}

impl Options {
    /// Reads the arguments after the program's name. The error is a sentence for the user.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let root = workspace();
        let (mut out, mut wasm, mut target_dir) = (None, None, root.join("target/wasm-bundle"));
        let mut offline = false;
        let mut rest = arguments.into_iter();
        while let Some(argument) = rest.next() {
            let mut path = || {
                rest.next()
                    .map(PathBuf::from)
                    .ok_or_else(|| format!("{argument:?} needs a path after it"))
            };
            match argument.to_str() {
                Some("--out") => out = Some(path()?),
                Some("--wasm") => wasm = Some(path()?),
                Some("--target-dir") => target_dir = path()?,
                Some("--offline") => offline = true,
                _ => return Err(format!("unknown argument {argument:?}")),
            }
        }
        let out = out.ok_or("--out is missing")?;
        Ok(Self { root, out, wasm, target_dir, offline })
    }
}

/// The workspace that this program was compiled in; it is never installed anywhere else.
fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn a_line_with_everything_is_read() {
        let options = parse("--out a --wasm b.wasm --target-dir c --offline").unwrap();
        assert_eq!(options.out, Path::new("a"));
        assert_eq!(options.wasm.as_deref(), Some(Path::new("b.wasm")));
        assert_eq!(options.target_dir, Path::new("c"));
        assert!(options.offline);
    }

    #[test]
    fn what_is_wrong_with_a_line_is_named() {
        assert_eq!(parse("").unwrap_err(), "--out is missing");
        assert_eq!(parse("--out").unwrap_err(), "\"--out\" needs a path after it");
        assert_eq!(parse("--out a --fast").unwrap_err(), "unknown argument \"--fast\"");
    }

    #[test]
    fn the_workspace_is_the_one_with_the_renderer() {
        assert!(workspace().join("web/bundle/Cargo.toml").is_file());
    }
}
