//! Options that a program with pages usually offers.

use std::path::PathBuf;

use crate::config::{Opening, Reach};
use crate::origin::PublicUrl;
use crate::tls::Certificate;

/// The options of the examples and of the demo, for any program that likes them: `--page DIR`, `--port N`, `--no-open`,
/// `--app-window`, `--origin URL`, `--reach ADDRESS`, `--tls-cert FILE`, `--tls-key FILE`, `--ephemeral`. [`App::command_line`](crate::App::command_line) applies them.
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
    /// `--reach ADDRESS`: the machine's address to listen on, `0.0.0.0` for all: other machines can reach the program then.
    pub reach: Option<Reach>,
    /// `--tls-cert FILE` with `--tls-key FILE`, both PEM: listen on `https`.
    pub tls: Option<Certificate>,
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
        let (mut chain, mut key) = (None, None);
        let mut arguments = arguments.into_iter().map(Into::into);
        while let Some(option) = arguments.next() {
            match option.as_str() {
                "--page" => line.page = Some(path("--page", "a folder", arguments.next())?),
                "--port" => line.port = Some(value("--port", "a port number", arguments.next())?),
                "--origin" => line.origins.push(value(
                    "--origin",
                    "an address such as https://app.example.com",
                    arguments.next(),
                )?),
                "--reach" => {
                    let wanted = "an address of this machine, such as 0.0.0.0";
                    line.reach = Some(Reach::Network(value("--reach", wanted, arguments.next())?));
                }
                "--tls-cert" => chain = Some(path("--tls-cert", "a file", arguments.next())?),
                "--tls-key" => key = Some(path("--tls-key", "a file", arguments.next())?),
                "--no-open" => line.opening = Some(Opening::Nothing),
                "--app-window" => line.opening = Some(Opening::AppWindow),
                "--ephemeral" => line.ephemeral = true,
                _ => return Err(BadOption::Unknown(option)),
            }
        }
        line.tls = match (chain, key) {
            (None, None) => None,
            (Some(chain), Some(key)) => Some(Certificate::Files { chain, key }),
            (Some(_), None) => return Err(missing("--tls-key", "the file of --tls-cert's key")),
            (None, Some(_)) => {
                return Err(missing("--tls-cert", "the file of --tls-key's certificate"));
            }
        };
        Ok(line)
    }
}

fn missing(option: &'static str, wanted: &'static str) -> BadOption {
    BadOption::Value { option, wanted, found: String::new() }
}

fn path(
    option: &'static str,
    wanted: &'static str,
    found: Option<String>,
) -> Result<PathBuf, BadOption> {
    let found = found.unwrap_or_default();
    if found.is_empty() { Err(missing(option, wanted)) } else { Ok(found.into()) }
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
  --reach ADDRESS
                 listen on that address of this machine, 0.0.0.0 for all: other machines can reach this program then
  --tls-cert FILE, --tls-key FILE
                 speak https, with that certificate and its private key
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
    fn who_can_reach_it_and_how_is_read() {
        let words = "--reach 0.0.0.0 --tls-key key.pem --tls-cert chain.pem";
        let line = CommandLine::parse(words.split(' ')).unwrap();
        assert_eq!(line.reach, Some(Reach::Network([0, 0, 0, 0].into())));
        let (chain, key) = ("chain.pem".into(), "key.pem".into());
        assert_eq!(line.tls, Some(Certificate::Files { chain, key }));
    }

    #[test]
    fn a_wrong_option_is_named_with_the_usage() {
        for (words, part) in [
            ("--pages", "--pages"),
            ("--port", "a port number"),
            ("--port x", "\"x\""),
            ("--origin nowhere", "nowhere"),
            ("--page", "a folder"),
            ("--reach everywhere", "an address of this machine"),
            ("--reach 127.0.0.1:80", "127.0.0.1:80"),
            ("--tls-cert a.pem", "--tls-key wants the file of --tls-cert's key"),
            ("--tls-key a.pem", "--tls-cert wants the file of --tls-key's certificate"),
        ] {
            let text = CommandLine::parse(words.split(' ')).unwrap_err().to_string();
            assert!(text.contains(part) && text.contains("options:"), "{text}");
        }
    }
}
