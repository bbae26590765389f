//! CPU time of the host's process for each message, at one rate of messages and in batches of one size: by the number of
//! pages that they come from, and by the number of channels that they go to.

use std::time::Duration;

use serde::Serialize;

use super::Options;
use super::batch::Batch;
use super::clients::Clients;
use crate::results::median;
use crate::table::short;
use crate::{Outcome, idle};

const PAGES: [usize; 4] = [1, 10, 100, 1_000];
const CHANNELS: [u64; 3] = [10, 1_000, 100_000];

/// Packets in a batch, and how often one comes.
const BATCHES: [(u64, Duration); 2] =
    [(64, Duration::from_millis(2)), (1, Duration::from_millis(1))];

/// A size, and what it cost in each round: for each of [`BATCHES`], in microseconds.
struct Size {
    pages: usize,
    channels: u64,
    clients: Clients,
    costs: [Vec<f64>; BATCHES.len()],
}

/// One line of the result.
#[derive(Serialize)]
struct Row {
    pages: usize,
    channels: u64,
    batch: u64,
    unit: &'static str,
    median: f64,
    min: f64,
    max: f64,
    /// By the median of the smallest size of its kind.
    ratio: f64,
}

/// Measures all sizes in turn, round by round.
pub async fn run(options: &Options) -> Outcome<()> {
    let pages = if options.pages.is_empty() { PAGES.to_vec() } else { options.pages.clone() };
    idle::raise_files(pages.iter().sum::<usize>() as u64)?;
    let channels = CHANNELS.into_iter().map(|channels| (1, channels));
    let kinds = [
        pages.into_iter().map(|pages| (pages, CHANNELS[0])).collect(),
        channels.collect::<Vec<_>>(),
    ];
    let mut rows = Vec::new();
    for kind in kinds {
        let mut sizes = Vec::new();
        for (pages, channels) in kind {
            let clients = Clients::start(pages, channels).await?;
            sizes.push(Size { pages, channels, clients, costs: Default::default() });
        }
        // The first one warms all up and doesn't count.
        for round in 0..=options.rounds {
            let first = round % sizes.len();
            sizes.rotate_left(first);
            for size in &mut sizes {
                measure(size, Duration::from_millis(options.millis), round as u64).await?;
            }
            sizes.rotate_right(first);
        }
        rows.extend(table(&sizes));
    }
    if let Some(path) = &options.json {
        std::fs::write(path, serde_json::to_string_pretty(&rows)? + "\n")?;
    }
    Ok(())
}

async fn measure(size: &mut Size, time: Duration, round: u64) -> Outcome<()> {
    for ((packets, pace), costs) in BATCHES.into_iter().zip(&mut size.costs) {
        let batches: Vec<Batch> = (0..BATCHES_MADE)
            .map(|batch| {
                Batch::mixed(packets, size.channels, (round * BATCHES_MADE + batch) * packets)
            })
            .collect();
        let before = size.clients.computed().await?;
        let sent = size.clients.paced(&batches, pace, time).await?;
        let computed = size.clients.computed().await? - before;
        if round > 0 {
            costs.push(computed as f64 / sent as f64);
        }
    }
    Ok(())
}

/// More than come in a second: in a round no channel of 100,000 is called twice.
const BATCHES_MADE: u64 = 1_500;

fn table(sizes: &[Size]) -> Vec<Row> {
    println!(
        "| pages | channels | batches of {} | ratio | single messages | ratio |",
        BATCHES[0].0
    );
    println!("|---|---|---|---|---|---|");
    let smallest = sizes.iter().map(|size| (size.pages, size.channels)).min();
    let base = sizes.iter().find(|size| Some((size.pages, size.channels)) == smallest);
    let mut rows = Vec::new();
    for size in sizes {
        print!("| {} | {} |", size.pages, size.channels);
        for (at, costs) in size.costs.iter().enumerate() {
            let middle = median(costs).unwrap_or(f64::NAN);
            let ratio = base
                .and_then(|base| median(&base.costs[at]))
                .map_or(f64::NAN, |base| middle / base);
            let min = costs.iter().copied().fold(f64::INFINITY, f64::min);
            let max = costs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            print!(" {} µs ({}–{}) | {ratio:.2} |", short(middle), short(min), short(max));
            let (pages, channels, batch) = (size.pages, size.channels, BATCHES[at].0);
            rows.push(Row { pages, channels, batch, unit: "µs", median: middle, min, max, ratio });
        }
        println!();
    }
    println!();
    rows
}
