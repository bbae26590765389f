//! Many native pages on one real host: idle ones by the thousand, and busy ones. Run by `cargo xtask load`.
//!
//! The pages speak the wire over real sockets. The host is a process of its own, so that its memory is its own too.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use exciton::{App, CommandLine, DoorLimits};
use exciton_e2e::{HostCommand, HostProcess, SimulatedBrowser, SimulatedPage};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::task::JoinSet;

type Outcome<T> = exciton::Result<T>;

/// Says that this process is the host.
const ROLE: &str = "EXCITON_LOAD_HOST";

#[tokio::main]
async fn main() -> Outcome<()> {
    if std::env::var_os(ROLE).is_some() {
        return host().await;
    }
    let options = Options::from_args()?;
    // The idle ones are gone when the busy ones come.
    raise_files(options.idle.max(options.busy) + 1_000)?;
    let command = HostCommand::new(std::env::current_exe()?).env(ROLE, "1");
    let host = command.args(["--no-open", "--ephemeral"]).start().await?;
    let browser = SimulatedBrowser::enter(host.url()).await?;
    idle(&host, &browser, &options).await?;
    if options.busy > 0 {
        busy(&host, &browser, &options).await?;
    }
    Ok(())
}

/// The main process: it answers.
async fn host() -> Outcome<()> {
    let mut limits = DoorLimits::default();
    // One simulated browser has all the pages.
    (limits.sockets, limits.links, limits.socket_attempts) = (u32::MAX, u32::MAX, u32::MAX);
    let app = App::new().name("load").command_line(&CommandLine::from_env()?).door_limits(limits);
    app.ipc_main().handle("echo", |_event, number: u64| number)?;
    app.run().await
}

struct Options {
    idle: u64,
    busy: u64,
    seconds: u64,
}

impl Options {
    fn from_args() -> Outcome<Self> {
        let mut options = Self { idle: 1_000, busy: 100, seconds: 20 };
        let mut args = std::env::args().skip(1);
        while let Some(name) = args.next() {
            let value = args.next().ok_or_else(|| format!("{name} needs a number"))?.parse()?;
            match name.as_str() {
                "--idle" => options.idle = value,
                "--busy" => options.busy = value,
                "--seconds" => options.seconds = value,
                _ => return Err(format!("there is no option {name}").into()),
            }
        }
        Ok(options)
    }
}

/// Each page is a file here, and one in the host, which has our limits.
fn raise_files(wanted: u64) -> Outcome<()> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    let most = limit.maximum.map_or(wanted, |maximum| maximum.max(wanted));
    setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: Some(most) })
        .map_err(|error| format!("{wanted} open files are needed (ulimit -n): {error}").into())
}

/// Opens pages that do nothing, holds them, and asks each of them whether it is still there.
async fn idle(
    host: &HostProcess,
    browser: &Arc<SimulatedBrowser>,
    options: &Options,
) -> Outcome<()> {
    let before = resident(host)?;
    let mut pages = Vec::new();
    let mut marks = Vec::new();
    for number in 1..=options.idle {
        pages.push(browser.open().await?);
        if number == 1_000 || number == options.idle {
            marks.push((number, resident(host)?));
        }
    }
    for (number, resident) in marks {
        let each = (resident.saturating_sub(before)) / number;
        println!("{number} idle links: {} KiB in all, {each} bytes each", resident / 1_024);
    }
    let mut holding = JoinSet::new();
    let end = Instant::now() + Duration::from_secs(options.seconds);
    for page in pages {
        holding.spawn(hold(page, end));
    }
    let mut lost = 0;
    while let Some(held) = holding.join_next().await {
        if let Err(error) = held? {
            lost += 1;
            eprintln!("a link was lost: {error}");
        }
    }
    println!("{} idle links held for {} s: {lost} lost", options.idle, options.seconds);
    Ok(())
}

/// Takes what comes until the end, and then calls the host.
async fn hold(mut page: SimulatedPage, end: Instant) -> exciton_e2e::Result<()> {
    // An idle page sleeps on purpose.
    let until = tokio::time::sleep_until(end.into());
    tokio::pin!(until);
    loop {
        tokio::select! {
            () = &mut until => break,
            packet = page.next_packet() => drop(packet?),
        }
    }
    page.invoke::<u64>("echo", (1,)).await.map(drop)
}

/// Pages that call the host ten times a second.
async fn busy(
    host: &HostProcess,
    browser: &Arc<SimulatedBrowser>,
    options: &Options,
) -> Outcome<()> {
    let before = resident(host)?;
    let wrong = Arc::new(AtomicU64::new(0));
    let mut calling = JoinSet::new();
    let end = Instant::now() + Duration::from_secs(options.seconds);
    for _ in 0..options.busy {
        let page = browser.open().await?;
        calling.spawn(call(page, end, wrong.clone()));
    }
    let mut latencies = Vec::new();
    let mut failed = 0;
    while let Some(called) = calling.join_next().await {
        match called? {
            Ok(mut more) => latencies.append(&mut more),
            Err(error) => {
                failed += 1;
                eprintln!("a busy link was lost: {error}");
            }
        }
    }
    latencies.sort_unstable();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize];
    if latencies.is_empty() {
        return Err("no call was answered".into());
    }
    println!(
        "{} busy links, 10 calls a second each for {} s: {} answered, {failed} links lost, {} answers wrong; p50 {:?}, p99 {:?}",
        options.busy,
        options.seconds,
        latencies.len(),
        wrong.load(Ordering::Relaxed),
        at(0.5),
        at(0.99),
    );
    let more = resident(host)?.saturating_sub(before) / options.busy;
    println!("{more} bytes more for each busy link");
    Ok(())
}

/// One busy page; the time that each of its calls took.
async fn call(
    mut page: SimulatedPage,
    end: Instant,
    wrong: Arc<AtomicU64>,
) -> exciton_e2e::Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // It sleeps on purpose: pages don't begin at the same moment.
    tokio::time::sleep(Duration::from_millis(fastrand::u64(..100))).await;
    while Instant::now() < end {
        ticks.tick().await;
        let number = latencies.len() as u64;
        let begun = Instant::now();
        if page.invoke::<u64>("echo", (number,)).await? != number {
            wrong.fetch_add(1, Ordering::Relaxed);
        }
        latencies.push(begun.elapsed());
    }
    Ok(latencies)
}

/// Bytes of the host's memory that are in use.
fn resident(host: &HostProcess) -> Outcome<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", host.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmRSS")?;
    Ok(kilobytes.parse::<u64>()? * 1_024)
}
