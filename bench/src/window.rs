//! What shows the pages: a browser, or Tauri's own webview.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use exciton_e2e::{Browser, HostCommand, HostProcess};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::contender::Contender;
use crate::options::Options;
use crate::{Outcome, files, host};

/// Where Tauri's own page is.
pub const TAURI: &str = "tauri://localhost";

/// Longer than the webview waits for a page.
const PATIENCE: Duration = Duration::from_secs(70);

/// One window for all rounds.
pub enum Window {
    /// A browser that is driven through WebDriver.
    Browser(Box<Browser>),
    /// Tauri's program.
    Tauri(Box<HostProcess>),
}

impl Window {
    /// Opens what the options say.
    pub async fn open(options: &Options) -> Outcome<Window> {
        let Some(program) = &options.tauri else {
            let browser = Browser::open_unwatched(options.engine).await?;
            return Ok(Window::Browser(Box::new(browser)));
        };
        // It reads its page before it says that it is there.
        let page = files::of(Contender::Tauri, options)?;
        Ok(Window::Tauri(Box::new(tauri(program, page.path()).await?.start().await?)))
    }

    /// Shows a page, and returns when it has loaded.
    pub async fn goto(&self, url: &str) -> Outcome<()> {
        match self {
            Window::Browser(browser) => Ok(browser.goto(url).await?),
            Window::Tauri(process) => order(process.address(), url).await,
        }
    }

    /// Closes it.
    pub async fn quit(self) -> Outcome<()> {
        match self {
            Window::Browser(browser) => Ok(browser.quit().await?),
            // The process ends with its owner.
            Window::Tauri(_) => Ok(()),
        }
    }
}

async fn tauri(program: &Path, page: &Path) -> Outcome<HostCommand> {
    let command = HostCommand::new(program).env(host::FILES, page);
    Ok(command.env("DISPLAY", exciton_e2e::display().await?))
}

/// An address on a line, answered by a line: `loaded`, or what went wrong.
async fn order(to: SocketAddr, url: &str) -> Outcome<()> {
    let answer = async {
        let mut stream = TcpStream::connect(to).await?;
        stream.write_all(format!("{url}\n").as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = tokio::time::timeout(PATIENCE, answer).await;
    let answer = answer.map_err(|_| format!("Tauri's window said nothing for {PATIENCE:?}"))??;
    match answer.trim() {
        "loaded" => Ok(()),
        "" => Err(format!("Tauri's window hung up before {url} had loaded").into()),
        wrong => Err(format!("Tauri's window: {wrong}").into()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tokio::io::{AsyncBufReadExt, BufReader};
    use tokio::net::TcpListener;

    /// Orders a page of a window that answers so. Returns what the window read, and what came of it.
    async fn ordered(answer: &'static str) -> (String, Outcome<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let window = async {
            let mut stream = BufReader::new(listener.accept().await.unwrap().0);
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            line
        };
        tokio::join!(window, order(address, "tauri://localhost/?mode=run"))
    }

    #[tokio::test]
    async fn a_page_has_loaded_when_the_window_says_so() {
        let (line, outcome) = ordered("loaded\n").await;
        assert_eq!(line, "tauri://localhost/?mode=run\n");
        outcome.unwrap();
    }

    #[tokio::test]
    async fn what_goes_wrong_in_the_window_ends_the_run_with_its_words() {
        let (_, outcome) = ordered("not loaded within 60s\n").await;
        assert!(outcome.unwrap_err().to_string().ends_with("not loaded within 60s"));
        let (_, outcome) = ordered("").await;
        assert!(outcome.unwrap_err().to_string().contains("hung up before tauri://"));
    }
}
