//! What a page tells of its window: how far it has come, its title and address, its console, its end.

use std::sync::Arc;

use exciton_protocol::{ArgError, Args, Call, DecodeError};
use serde::de::DeserializeOwned;

use super::super::Document;
use crate::happening::{CONSOLE_MESSAGE, ConsoleLevel, ConsoleMessage, Happening};
use crate::one_line::one_line;

impl Document {
    /// Hears a report of the window's; false if it is none.
    pub(super) fn hear_of_window(self: &Arc<Self>, report: &Call) -> bool {
        let args = &report.args;
        let heard = match &*report.channel {
            "executed" => {
                self.executed(args);
                Ok(())
            }
            "closed" => {
                self.renderer.app.destroy(&self.renderer);
                Ok(())
            }
            "dom-ready" => first(args).map(|title| {
                self.retitled(title);
                self.tell(Happening::DomReady);
            }),
            "load" => {
                self.tell(Happening::DidFinishLoad);
                Ok(())
            }
            "title" => first(args).map(|title| self.retitled(title)),
            "url" => first(args).map(|url| self.tell(Happening::DidNavigateInPage(url))),
            "shown" => two(args).map(|(url, title)| {
                self.tell(Happening::DidNavigate(url));
                self.retitled(title);
            }),
            "console" => console(args).map(|line| {
                if self.renderer.signals.has(CONSOLE_MESSAGE) {
                    self.tell(Happening::ConsoleMessage(line));
                }
            }),
            "preload-error" => two(args).map(|(preload, error): (String, String)| {
                let web_contents = self.renderer.id;
                tracing::error!(web_contents, preload, error, "unable to load a preload script");
                self.tell(Happening::PreloadError(preload, error));
            }),
            _ => return false,
        };
        if let Err(error) = heard {
            tracing::warn!(link = ?self.id, report = &*report.channel, error = %one_line(&error), "a report can't be read");
        }
        true
    }

    /// What a document that isn't shown any more still says, nobody hears.
    fn tell(&self, happening: Happening) {
        if self.renderer.active().is_some_and(|active| active.id == self.id) {
            self.renderer.happened(happening);
        }
    }

    fn retitled(&self, title: String) {
        if self.renderer.title() != title {
            self.tell(Happening::PageTitleUpdated(title));
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error(transparent)]
    List(#[from] DecodeError),
    #[error(transparent)]
    One(#[from] ArgError),
}

fn first<T: DeserializeOwned>(args: &Args) -> Result<T, Unreadable> {
    Ok(args.reader()?.read()?)
}

fn two<A: DeserializeOwned, B: DeserializeOwned>(args: &Args) -> Result<(A, B), Unreadable> {
    let mut reader = args.reader()?;
    Ok((reader.read()?, reader.read()?))
}

fn console(args: &Args) -> Result<ConsoleMessage, Unreadable> {
    let mut reader = args.reader()?;
    Ok(ConsoleMessage {
        level: reader.read::<ConsoleLevel>()?,
        message: reader.read()?,
        line_number: reader.read()?,
        source_id: reader.read()?,
    })
}
