//! The run: each contender in turn, in one window, as many rounds as wanted, in another order each time.

use std::time::Instant;

use exciton_e2e::{HostCommand, HostProcess};
use tempfile::TempDir;

use crate::Outcome;
use crate::contender::Contender;
use crate::desk::{Desk, Report};
use crate::options::Options;
use crate::results::{Results, median};
use crate::window::{self, Window};
use crate::{files, host, idle};

/// How often a page is opened in a round to see how it starts.
const STARTS: usize = 3;

/// A contender's program, which serves its page. None where the window itself is the program.
struct Running {
    contender: Contender,
    host: Option<(HostProcess, TempDir)>,
}

impl Running {
    /// Where its page is.
    fn origin(&self) -> String {
        self.host.as_ref().map_or(window::TAURI.to_owned(), |(host, _)| host.origin())
    }
}

/// Measures all of them.
pub async fn run(options: &Options) -> Outcome<Results> {
    let begun = Instant::now();
    let mut desk = Desk::start().await?;
    let window = Window::open(options).await?;
    let mut running = Vec::new();
    for contender in &options.contenders {
        let host = if contender.is_its_own_browser() {
            None
        } else {
            let files = files::of(*contender, options)?;
            let host = command(*contender, &files)?.start().await?;
            // What a page needs to come in; and what it loads is in the browser's cache as in the later rounds.
            window.goto(host.url()).await?;
            Some((host, files))
        };
        running.push(Running { contender: *contender, host });
    }
    let mut results = Results::new(options);
    for round in 0..options.rounds {
        // Nobody is always behind the same one.
        let first = round % running.len();
        for one in running[first..].iter().chain(&running[..first]) {
            measure(one, &window, &mut desk, options, &mut results).await?;
        }
        println!("round {} of {}, {:.0?}", round + 1, options.rounds, begun.elapsed());
    }
    window.quit().await?;
    Ok(results)
}

fn command(contender: Contender, files: &TempDir) -> Outcome<HostCommand> {
    let command = HostCommand::new(std::env::current_exe()?);
    Ok(command.env(host::ROLE, contender.name()).env(host::FILES, files.path()))
}

async fn measure(
    one: &Running,
    window: &Window,
    desk: &mut Desk,
    options: &Options,
    results: &mut Results,
) -> Outcome<()> {
    let contender = one.contender;
    let (mut syncs, mut invokes) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        if contender.answers_synchronously() {
            let report = open(one, window, desk, "sync", options.scale).await?;
            syncs.extend(report.measures.get("start_sync"));
            results.note(contender, &report);
        }
        let report = open(one, window, desk, "invoke", options.scale).await?;
        invokes.extend(report.measures.get("start_invoke"));
        results.note(contender, &report);
    }
    let report = open(one, window, desk, "run", options.scale).await?;
    for (name, value) in &report.measures {
        results.add(contender, name, *value)?;
    }
    results.note(contender, &report);
    // A page that reports nothing more must not go on.
    window.goto("about:blank").await?;
    for (name, starts) in [("start_sync", syncs), ("start_invoke", invokes)] {
        if let Some(start) = median(&starts) {
            results.add(contender, name, start)?;
        }
    }
    if let Some((_, files)) = &one.host {
        let fresh = command(contender, files)?.start().await?;
        let bytes = idle::bytes(contender, &fresh, options.idle).await?;
        results.add(contender, "idle_bytes", bytes)?;
    }
    Ok(())
}

/// Opens the contender's page for one purpose, and waits for what it says.
async fn open(
    one: &Running,
    window: &Window,
    desk: &mut Desk,
    mode: &str,
    scale: f64,
) -> Outcome<Report> {
    let url = format!("{}/?{}", one.origin(), desk.next_page(mode, scale));
    window.goto(&url).await?;
    desk.report().await
}
