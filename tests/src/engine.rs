//! The browser engines that everything must work in.

use crate::error::{Error, Result};
use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};

/// A browser engine, driven through its own WebDriver.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Engine {
    /// Chromium or Chrome, with chromedriver.
    Chromium,
    /// Firefox, with geckodriver.
    Firefox,
    /// WebKitGTK's MiniBrowser, with WebKitWebDriver.
    WebKit,
}

impl Engine {
    /// The engines to test in: all three, or those that `EXCITON_ENGINES` names
    /// (`EXCITON_ENGINES=chromium,firefox`). One that isn't installed is still among them, so that its
    /// tests fail.
    ///
    /// # Panics
    /// When `EXCITON_ENGINES` names something else, or nothing: tests that ran in no browser must not
    /// pass.
    pub fn all() -> Vec<Engine> {
        match std::env::var("EXCITON_ENGINES") {
            Err(_) => vec![Engine::Chromium, Engine::Firefox, Engine::WebKit],
            Ok(given) => match parse(&given) {
                Ok(engines) => engines,
                Err(error) => panic!("{error}"),
            },
        }
    }

    /// The WebDriver server's program.
    pub(crate) fn driver(self) -> Result<PathBuf> {
        match self {
            Engine::Chromium => program(
                "chromedriver",
                "EXCITON_CHROMEDRIVER",
                &["chromedriver", "/usr/lib/chromium-browser/chromedriver"],
            ),
            Engine::Firefox => program(
                "geckodriver",
                "EXCITON_GECKODRIVER",
                &["geckodriver", "~/.cargo/bin/geckodriver"],
            ),
            Engine::WebKit => program(
                "WebKitWebDriver",
                "EXCITON_WEBKITDRIVER",
                &["WebKitWebDriver", "/usr/lib/webkit2gtk-4.1/WebKitWebDriver"],
            ),
        }
    }

    /// The browser's program.
    pub(crate) fn browser(self) -> Result<PathBuf> {
        match self {
            Engine::Chromium => program(
                "Chromium",
                "EXCITON_CHROMIUM",
                &["chromium", "google-chrome", "chromium-browser"],
            ),
            Engine::Firefox => program("Firefox", "EXCITON_FIREFOX", &["firefox-esr", "firefox"]),
            Engine::WebKit => program(
                "WebKitGTK's MiniBrowser",
                "EXCITON_MINIBROWSER",
                &[
                    "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
                    "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
                    "/usr/lib64/webkit2gtk-4.1/MiniBrowser",
                    "/usr/libexec/webkit2gtk-4.1/MiniBrowser",
                    "/usr/lib/webkit2gtk-4.1/MiniBrowser",
                ],
            ),
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Engine::Chromium => "chromium",
            Engine::Firefox => "firefox",
            Engine::WebKit => "webkit",
        })
    }
}

/// Runs `body` in every engine of [`Engine::all`] at once (the browsers' number stays bounded), each in
/// a task of its own.
///
/// # Panics
/// When any of them panicked, after all have ended, with the names of those engines.
pub async fn in_each_engine<F, Done>(body: F)
where
    F: Fn(Engine) -> Done,
    Done: Future<Output = ()> + Send + 'static,
{
    let running: Vec<_> =
        Engine::all().into_iter().map(|engine| (engine, tokio::spawn(body(engine)))).collect();
    let mut failed = Vec::new();
    for (engine, task) in running {
        if task.await.is_err() {
            failed.push(engine.to_string());
        }
    }
    assert!(failed.is_empty(), "failed in {}", failed.join(", "));
}

fn parse(given: &str) -> Result<Vec<Engine>> {
    given
        .split(',')
        .map(|part| match part.trim().to_ascii_lowercase().as_str() {
            "chromium" => Ok(Engine::Chromium),
            "firefox" => Ok(Engine::Firefox),
            "webkit" => Ok(Engine::WebKit),
            part => Err(Error::UnknownEngine { given: given.to_owned(), part: part.to_owned() }),
        })
        .collect()
}

/// Finds a program: the one that the environment `variable` names, or the first of `tried` that is
/// there. A name without a slash is looked for in `PATH`.
pub(crate) fn program(
    program: &'static str,
    variable: &'static str,
    tried: &[&str],
) -> Result<PathBuf> {
    let named = std::env::var(variable).ok();
    let tried: Vec<String> = match &named {
        Some(named) => vec![named.clone()],
        None => tried.iter().map(|name| (*name).to_owned()).collect(),
    };
    tried.iter().find_map(|name| locate(name)).ok_or(Error::Missing { program, tried, variable })
}

fn locate(name: &str) -> Option<PathBuf> {
    if let Some(below) = name.strip_prefix("~/") {
        return Some(Path::new(&std::env::var_os("HOME")?).join(below))
            .filter(|path| path.is_file());
    }
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|path| path.is_file());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(name)).find(|path| path.is_file())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn engines_are_named_with_commas() {
        assert_eq!(parse("webkit, Chromium").unwrap(), [Engine::WebKit, Engine::Chromium]);
    }

    #[test]
    fn an_unknown_or_empty_name_is_refused_and_never_skipped() {
        for given in ["", "opera", "chromium,", "chromium;firefox"] {
            let error = parse(given).unwrap_err().to_string();
            assert!(error.contains(&format!("{given:?}")), "{error}");
        }
    }

    #[test]
    fn a_missing_program_is_an_error_that_names_what_was_tried() {
        let error = program("Nothing", "EXCITON_NOTHING", &["no-such-program"]).unwrap_err();
        assert!(error.to_string().contains("no-such-program"));
        assert!(error.to_string().contains("EXCITON_NOTHING"));
    }
}
