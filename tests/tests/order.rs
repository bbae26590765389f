//! Order: whatever a page sends, asks and invokes in one task arrives in the order of the calls, whatever happens to its
//! socket meanwhile; and the time that it takes grows with the calls and no faster.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_e2e::{Browser, Engine, HostCommand, HostProcess, Split, Way, in_each_engine, seeded};
use fastrand::Rng;
use serde::Deserialize;
use std::time::{Duration, Instant};

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(120);

const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pages/order");

/// Calls in one task.
const CALLS: usize = 1_000;

/// Per engine; each is run in every [`State`].
const SEEDS: usize = 20;

/// What the page's socket is when the calls begin, or becomes while they go on.
#[derive(Clone, Copy, Debug)]
enum State {
    /// The page's first task: there can be no open socket yet.
    Connecting,
    Open,
    /// Cut amid a frame, several times; and the requests too.
    Cut,
    /// One way of it is stuck until the task is over.
    Stalled,
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_one_task_arrive_in_their_order_whatever_happens_to_the_socket() {
    in_each_engine(ordered).await;
}

async fn ordered(engine: Engine) {
    let mut random = seeded(&format!("order in {engine}"));
    let (split, host, browser) = start(engine).await;
    let began = Instant::now();
    for round in 0..SEEDS {
        for state in [State::Connecting, State::Open, State::Cut, State::Stalled] {
            let name = format!("{engine}, round {round}, {state:?}");
            let seed = random.u32(..);
            run(&browser, &split, state, &name, seed, &mut random).await;
            check(&name, &outcome(&browser, &name, &host).await);
            // What is left of a cut must not come over the next run.
            for proxy in [split.sockets(), split.requests()] {
                proxy.cut_after(Way::ToHost, u64::MAX);
            }
        }
    }
    eprintln!("order in {engine}: {SEEDS} seeds in {:.1?}", began.elapsed());
}

/// A host with an entered browser before it; all that they exchange passes the split.
async fn start(engine: Engine) -> (Split, HostProcess, Browser) {
    let split = Split::start(None).await.unwrap();
    let program = env!("CARGO_BIN_EXE_e2e-host");
    let command = HostCommand::new(program).args(["--no-open", "--ephemeral", "--page", PAGES]);
    let host = command.arg("--origin").arg(split.origin()).start().await.unwrap();
    split.set_host(host.address());
    let browser = Browser::open_unwatched(engine).await.unwrap();
    browser.goto(&host.url_at(&split.origin())).await.unwrap();
    browser.wait_until("document.title === 'order'", LIMIT).await.unwrap();
    (split, host, browser)
}

/// Lets the page make its calls, and meanwhile what the state says.
async fn run(
    browser: &Browser,
    split: &Split,
    state: State,
    name: &str,
    seed: u32,
    random: &mut Rng,
) {
    let (sockets, requests) = (split.sockets(), split.requests());
    let call = format!("setTimeout(() => runNow('{name}', {seed}, {CALLS}))");
    match state {
        State::Connecting => {
            let url = format!(
                "{}/?run={}&seed={seed}&calls={CALLS}",
                split.origin(),
                name.replace(' ', "%20")
            );
            browser.goto(&url).await.unwrap();
        }
        State::Open => {
            let before = sockets.stats().to_host;
            browser.run_in_page(&call).await.unwrap();
            over(browser, name).await;
            assert!(sockets.stats().to_host > before, "{name}: the socket was not used");
        }
        State::Cut => {
            let before = sockets.stats().cuts;
            // As far as every browser writes while its page is blocked.
            sockets.cut_after(Way::ToHost, random.u64(1..60_000));
            if random.bool() {
                requests.cut_after(way(random), random.u64(1..1_000_000));
            }
            browser.run_in_page(&call).await.unwrap();
            sockets.wait(LIMIT, |stats| stats.cuts > before).await.unwrap();
            // Once more on the way back, unless all is there by then.
            sockets.cut_after(Way::ToPage, random.u64(1..20_000));
            over(browser, name).await;
        }
        State::Stalled => {
            let way = way(random);
            sockets.stall(way);
            let passed = || match way {
                Way::ToHost => sockets.stats().to_host,
                Way::ToPage => sockets.stats().to_page,
            };
            let before = passed();
            browser.run_in_page(&call).await.unwrap();
            over(browser, name).await;
            // An acknowledgement may have been on its way.
            assert!(passed() - before < 1_000, "{name}: it was not stuck");
            sockets.resume(way);
        }
    }
}

fn way(random: &mut Rng) -> Way {
    if random.bool() { Way::ToHost } else { Way::ToPage }
}

/// Waits until the task with the calls is over.
async fn over(browser: &Browser, name: &str) {
    let over = format!("window.run && window.run.name === '{name}' && window.run.over");
    browser.wait_until(&over, LIMIT).await.unwrap();
}

/// The number of a call in its run, its channel, and the length and checksum of its payload.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
struct Heard(u32, String, u32, u32);

/// What the page knows of a run when it is over: its calls, and all that came of them.
#[derive(Deserialize)]
struct Outcome {
    name: String,
    called: Vec<Heard>,
    returned: Vec<Heard>,
    replied: Vec<Heard>,
    echoed: Vec<Heard>,
    log: Option<Vec<Heard>>,
    failed: Option<String>,
    left: usize,
}

async fn outcome(browser: &Browser, name: &str, host: &HostProcess) -> Outcome {
    let ended = format!(
        "window.run && window.run.name === '{name}' && (window.run.log || window.run.failed)"
    );
    let waited = browser.wait_until(&ended, LIMIT).await;
    let run = browser.eval("JSON.stringify(window.run)").await.unwrap();
    let outcome: Outcome = serde_json::from_str(run.as_str().unwrap()).unwrap();
    assert!(
        waited.is_ok() && outcome.failed.is_none(),
        "{name}: {} is left with {} calls, {:?}\nhost: {:#?}",
        outcome.left,
        outcome.called.len(),
        outcome.failed,
        host.stderr().all(),
    );
    outcome
}

fn check(name: &str, outcome: &Outcome) {
    assert_eq!(outcome.name, name);
    assert_eq!(outcome.called.len(), CALLS, "{name}");
    let calls = |wanted: &[&str]| -> Vec<Heard> {
        let is_wanted = |call: &&Heard| wanted.contains(&call.1.split(' ').next().unwrap());
        outcome.called.iter().filter(is_wanted).cloned().collect()
    };
    same(name, "the host's log", outcome.log.as_ref().unwrap(), &outcome.called);
    same(name, "return values", &outcome.returned, &calls(&["sync", "sync-later"]));
    for (what, got, kind) in
        [("replies", &outcome.replied, "invoke"), ("echoes", &outcome.echoed, "send")]
    {
        let later = format!("{kind}-later");
        // Who answers later answers in any order.
        let mut sorted = got.clone();
        sorted.sort_by_key(|heard| heard.0);
        same(name, what, &sorted, &calls(&[kind, &later]));
        let at_once: Vec<_> =
            got.iter().filter(|heard| !heard.1.starts_with(&later)).cloned().collect();
        same(name, what, &at_once, &calls(&[kind]));
    }
}

fn same(name: &str, what: &str, got: &[Heard], wanted: &[Heard]) {
    if let Some(at) = (0..got.len().max(wanted.len())).find(|at| got.get(*at) != wanted.get(*at)) {
        panic!("{name}: {what} differ at {at}: {:?} in place of {:?}", got.get(at), wanted.get(at));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_small_calls_grows_with_their_number_and_no_faster() {
    in_each_engine(growth).await;
}

const SIZES: [u32; 5] = [500, 1_000, 2_000, 4_000, 8_000];

/// Of the time, measured on a machine that does other things too.
const STEEPEST: f64 = 1.2;

/// Of the bytes in requests, which nothing disturbs.
const STEEPEST_BYTES: f64 = 1.05;

/// Each size is measured as often, in turns; and as often again, if that was too much for a busy machine.
const ROUNDS: usize = 3;
const MOST_ROUNDS: usize = 9;

async fn growth(engine: Engine) {
    let (split, _host, browser) = start(engine).await;
    measure(&browser, &split, SIZES[0]).await;
    let mut times = SIZES.map(|_| Vec::new());
    let mut bytes = SIZES.map(|_| Vec::new());
    let exponents = loop {
        for (at, calls) in SIZES.into_iter().enumerate() {
            let (time, sent) = measure(&browser, &split, calls).await;
            times[at].push(time);
            bytes[at].push(sent);
        }
        let rounds = times[0].len();
        if rounds < ROUNDS {
            continue;
        }
        let (time, sent) = (exponent(&times), exponent(&bytes));
        eprintln!("{engine}: after {rounds} rounds time grows by {time:.3}, bytes by {sent:.3}");
        if time < STEEPEST || rounds >= MOST_ROUNDS {
            break (time, sent);
        }
    };
    assert!(exponents.0 < STEEPEST, "{engine}: {exponents:?} {times:?}");
    assert!(exponents.1 < STEEPEST_BYTES, "{engine}: {exponents:?} {bytes:?}");
}

/// Milliseconds until so many calls are answered, and the bytes in their requests.
async fn measure(browser: &Browser, split: &Split, calls: u32) -> (f64, f64) {
    let before = split.requests().stats().to_host;
    browser
        .run_in_page(&format!("window.grown = null; setTimeout(() => grow({calls}))"))
        .await
        .unwrap();
    browser.wait_until("window.grown !== null", LIMIT).await.unwrap();
    let time = browser.eval("window.grown").await.unwrap().as_f64().unwrap();
    (time, (split.requests().stats().to_host - before) as f64)
}

/// The slope through the medians, both axes logarithmic, by least squares.
fn exponent(measured: &[Vec<f64>; SIZES.len()]) -> f64 {
    let points: Vec<(f64, f64)> = SIZES
        .iter()
        .zip(measured)
        .map(|(calls, measured)| {
            let mut sorted = measured.clone();
            sorted.sort_by(f64::total_cmp);
            (f64::from(*calls).ln(), sorted[sorted.len() / 2].ln())
        })
        .collect();
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(|point| point.0), mean(|point| point.1));
    let covariance: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    covariance / variance
}
