//! Options that a program with pages usually offers.

use std::path::PathBuf;

use crate::config::Opening;
use crate::origin::PublicUrl;

/// The options of the examples and of the demo, for any program that likes them: `--page DIR`, `--port N`, `--no-open`,
/// `--app-window`, `--origin URL`, `--ephemeral`. [`App::command_line`](crate::App::command_line) applies them.
///
/// ```
/// let line = exciton::CommandLine::parse(["--port", "0", "--no-open"])?;
/// let app = exciton::App::new().command_line(&line);
/// # Ok::<(), exciton::BadOption>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommandLine {
    /// `--page DIR`: serve that folder's `index.html` in place of the program's own page.
    pub page: Option<PathBuf>,
    /// `--port N`: the port to listen on; 0 takes any free one.
    pub port: Option<u16>,
    /// `--no-open` or `--app-window`: how windows are brought to the user's eyes.
    pub opening: Option<Opening>,
    /// `--origin URL`, may be repeated: a further address at which browsers find the program, for a proxy in front.
    pub origins: Vec<PublicUrl>,
    /// `--ephemeral`: the key of the cookies is made anew at each start.
    pub ephemeral: bool,
}

/// An option that can't be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadOption {
    /// No such option.
    #[error("there is no option {0:?}\n{USAGE}")]
    Unknown(String),
    /// The option wants a value behind it, and there is none that it can use.
    #[error("{option} wants {wanted}, not {found:?}\n{USAGE}")]
    Value {
        /// The option.
        option: &'static str,
        /// What it wants.
        wanted: &'static str,
        /// What stands there.
        found: String,
    },
}

impl CommandLine {
    /// Reads the options of this process.
    ///
    /// # Errors
    /// [`BadOption`], whose text says what the options are.
    pub fn from_env() -> Result<Self, BadOption> {
        Self::parse(std::env::args().skip(1))
    }

    /// Reads options, without the program's name in front.
    ///
    /// # Errors
    /// [`BadOption`], whose text says what the options are.
    pub fn parse<T: Into<String>>(
        arguments: impl IntoIterator<Item = T>,
    ) -> Result<Self, BadOption> {
        let mut line = Self::default();
        let mut arguments = arguments.into_iter().map(Into::into);
        while let Some(option) = arguments.next() {
            match option.as_str() {
                "--page" => {
                    let found = arguments.next().unwrap_or_default();
                    if found.is_empty() {
                        return Err(BadOption::Value {
                            option: "--page",
                            wanted: "a folder",
                            found,
                        });
                    }
                    line.page = Some(found.into());
                }
                "--port" => line.port = Some(value("--port", "a port number", arguments.next())?),
                "--origin" => line.origins.push(value(
                    "--origin",
                    "an address such as https://app.example.com",
                    arguments.next(),
                )?),
                "--no-open" => line.opening = Some(Opening::Nothing),
                "--app-window" => line.opening = Some(Opening::AppWindow),
                "--ephemeral" => line.ephemeral = true,
                _ => return Err(BadOption::Unknown(option)),
            }
        }
        Ok(line)
    }
}

fn value<T: std::str::FromStr>(
    option: &'static str,
    wanted: &'static str,
    found: Option<String>,
) -> Result<T, BadOption> {
    let found = found.unwrap_or_default();
    found.parse().map_err(|_| BadOption::Value { option, wanted, found })
}

const USAGE: &str = "\
options:
  --page DIR     serve that folder's index.html
  --port N       listen on that port; 0 takes any free one
  --no-open      open no browser
  --app-window   open a window of its own in a browser of the Chromium family
  --origin URL   a further address at which browsers find this program; may be repeated
  --ephemeral    let no cookie outlive this process";

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn all_options_are_read() {
        let words = "--page ui --port 0 --no-open --origin http://127.0.0.1:8080 --origin https://app.example --ephemeral";
        let line = CommandLine::parse(words.split(' ')).unwrap();
        assert_eq!((line.page, line.port), (Some("ui".into()), Some(0)));
        assert_eq!(
            (line.opening, line.origins.len(), line.ephemeral),
            (Some(Opening::Nothing), 2, true)
        );
    }

    #[test]
    fn a_wrong_option_is_named_with_the_usage() {
        for (words, part) in [
            ("--pages", "--pages"),
            ("--port", "a port number"),
            ("--port x", "\"x\""),
            ("--origin nowhere", "nowhere"),
        ] {
            let text = CommandLine::parse(words.split(' ')).unwrap_err().to_string();
            assert!(text.contains(part) && text.contains("options:"), "{text}");
        }
    }
}
