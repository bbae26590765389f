//! How many messages a second the host takes when native pages on the same machine say all they can.

use std::time::Duration;

use super::Options;
use super::batch::Batch;
use super::clients::Clients;
use crate::results::median;
use crate::table::short;
use crate::{Outcome, idle};

const PAGES: [usize; 3] = [1, 8, 100];

/// Packets that a page says at once: a full message.
const AT_ONCE: u64 = 1_024;

/// Measures calls and one-way messages in turn, round by round, for each number of pages.
pub async fn run(options: &Options) -> Outcome<()> {
    let sizes = if options.pages.is_empty() { PAGES.to_vec() } else { options.pages.clone() };
    idle::raise_files(sizes.iter().sum::<usize>() as u64)?;
    let kinds = [
        ("invokes in batches of 1,024", Batch::invokes(AT_ONCE)),
        ("sends in batches of 1,024", Batch::sends(AT_ONCE)),
        ("single invokes", Batch::invokes(1)),
    ];
    let time = Duration::from_millis(options.millis);
    println!(
        "| pages | what | messages/s | the host's CPUs | µs of the host for each |\n|---|---|---|---|---|"
    );
    for pages in sizes {
        let mut clients = Clients::start(pages, 0).await?;
        eprintln!("{pages} pages: the host is process {}", clients.host());
        let mut found = [const { (Vec::new(), Vec::new(), Vec::new()) }; 3];
        for _ in 0..options.rounds {
            for ((_, batch), (rates, shares, costs)) in kinds.iter().zip(&mut found) {
                let before = clients.computed().await?;
                let (messages, took) = clients.busy(batch, time).await?;
                let computed = (clients.computed().await? - before) as f64;
                rates.push(messages as f64 / took.as_secs_f64());
                shares.push(computed / took.as_micros() as f64);
                costs.push(computed / messages as f64);
            }
        }
        for ((what, _), (rates, shares, costs)) in kinds.iter().zip(&found) {
            let [rate, share, cost] =
                [rates, shares, costs].map(|list| median(list).unwrap_or(f64::NAN));
            println!("| {pages} | {what} | {} | {share:.2} | {} |", short(rate), short(cost));
        }
    }
    Ok(())
}
