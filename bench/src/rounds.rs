//! The run: each contender in turn, in one browser, as many rounds as wanted, in another order each time.

use std::time::Instant;

use exciton_e2e::{Browser, HostCommand, HostProcess};
use tempfile::TempDir;

use crate::Outcome;
use crate::contender::Contender;
use crate::desk::{Desk, Report};
use crate::options::Options;
use crate::results::{Results, median};
use crate::{files, host, idle};

/// How often a page is opened in a round to see how it starts.
const STARTS: usize = 3;

/// A contender's program, and its page's address.
struct Running {
    contender: Contender,
    host: HostProcess,
    files: TempDir,
}

/// Measures all of them.
pub async fn run(options: &Options) -> Outcome<Results> {
    let begun = Instant::now();
    let mut desk = Desk::start().await?;
    let browser = Browser::open_unwatched(options.engine).await?;
    let mut running = Vec::new();
    for contender in &options.contenders {
        let files = files::of(*contender, options)?;
        let host = command(*contender, &files)?.start().await?;
        // What a page needs to come in; and what it loads is in the browser's cache as in the later rounds.
        browser.goto(host.url()).await?;
        running.push(Running { contender: *contender, host, files });
    }
    let mut results = Results::new(options);
    for round in 0..options.rounds {
        // Nobody is always behind the same one.
        let first = round % running.len();
        for one in running[first..].iter().chain(&running[..first]) {
            measure(one, &browser, &mut desk, options, &mut results).await?;
        }
        println!("round {} of {}, {:.0?}", round + 1, options.rounds, begun.elapsed());
    }
    browser.quit().await?;
    Ok(results)
}

fn command(contender: Contender, files: &TempDir) -> Outcome<HostCommand> {
    let command = HostCommand::new(std::env::current_exe()?);
    Ok(command.env(host::ROLE, contender.name()).env(host::FILES, files.path()))
}

async fn measure(
    one: &Running,
    browser: &Browser,
    desk: &mut Desk,
    options: &Options,
    results: &mut Results,
) -> Outcome<()> {
    let contender = one.contender;
    let (mut syncs, mut invokes) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        if contender.answers_synchronously() {
            let report = open(one, browser, desk, "sync", options.scale).await?;
            syncs.extend(report.measures.get("start_sync"));
            results.note(contender, &report);
        }
        let report = open(one, browser, desk, "invoke", options.scale).await?;
        invokes.extend(report.measures.get("start_invoke"));
        results.note(contender, &report);
    }
    let report = open(one, browser, desk, "run", options.scale).await?;
    for (name, value) in &report.measures {
        results.add(contender, name, *value)?;
    }
    results.note(contender, &report);
    // A page that reports nothing more must not go on.
    browser.goto("about:blank").await?;
    for (name, starts) in [("start_sync", syncs), ("start_invoke", invokes)] {
        if let Some(start) = median(&starts) {
            results.add(contender, name, start)?;
        }
    }
    let fresh = command(contender, &one.files)?.start().await?;
    results.add(contender, "idle_bytes", idle::bytes(contender, &fresh, options.idle).await?)
}

/// Opens the contender's page for one purpose, and waits for what it says.
async fn open(
    one: &Running,
    browser: &Browser,
    desk: &mut Desk,
    mode: &str,
    scale: f64,
) -> Outcome<Report> {
    let url = format!("{}/?{}", one.host.origin(), desk.next_page(mode, scale));
    browser.goto(&url).await?;
    desk.report().await
}
