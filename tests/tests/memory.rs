//! What the host's process takes of the machine's memory, whatever its pages do: no more than `Limits` says, and 30 %.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use axum::body::Bytes;
use exciton_e2e::{Flood, HostCommand, HostProcess, Kind, SimulatedBrowser, SimulatedPage};
use exciton_protocol::Packet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Pages that misbehave, at once.
const PAGES: usize = 8;

const MIB: usize = 1_024 * 1_024;

/// What waits for a page that doesn't read: of messages, and of answers.
const CAP: usize = 8 * MIB;
const ANSWERS: usize = 4 * MIB;

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_stop_reading_cost_what_may_wait_for_them() {
    for bytes in [1, 1_000, 300_000] {
        let stage = Stage::start().await;
        let mut pages = stage.pages().await;
        for page in &mut pages {
            page.send("memory-fill", (bytes,)).await.unwrap();
        }
        stage.lines("full ", PAGES).await;
        stage.check(&format!("{bytes} bytes each"), CAP).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_dropped_shares_the_room_of_what_may_not() {
    let stage = Stage::start().await;
    let mut pages = stage.pages().await;
    for page in &mut pages {
        page.send("memory-fill", (100_000,)).await.unwrap();
        page.send("memory-log-me", (200_000, 1)).await.unwrap();
    }
    stage.lines("logged ", PAGES).await;
    stage.check("a log", CAP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_a_page_does_not_take_hold_its_calls_up() {
    for (bytes, count) in [(1_000, 15_000), (100_000, 300)] {
        let stage = Stage::start().await;
        let floods = stage.pages().await.into_iter().map(|mut page| async move {
            let flood = Flood {
                kind: Kind::Invoke,
                channel: "memory-answer",
                count,
                batch: 50,
                window: Some(1_000),
            };
            for _ in 0..2 {
                page.flood(&flood, (bytes,)).await.unwrap();
                page.come_back().await.unwrap();
            }
            page
        });
        let _pages = futures_util::future::join_all(floods).await;
        stage.check(&format!("answers of {bytes} bytes"), CAP).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_flood_a_slow_listener_cost_a_window_each() {
    for (bytes, count, batch) in [(1, 20_000, 1_000), (60_000, 5_000, 1)] {
        let stage = Stage::start().await;
        let floods = stage.pages().await.into_iter().map(|mut page| async move {
            page.send("block-until", ()).await.unwrap();
            let text = "x".repeat(bytes);
            for window in [Some(16_384), None, None] {
                let flood = Flood { kind: Kind::Send, channel: "nobody", count, batch, window };
                page.flood(&flood, (&text,)).await.unwrap();
                page.come_back().await.unwrap();
            }
            page
        });
        let _pages = futures_util::future::join_all(floods).await;
        stage.check(&format!("floods of {bytes} bytes by {batch}"), CAP).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_one_browser_have_the_room_of_one_however_many_there_are() {
    let stage = Stage::start().await;
    let body = Bytes::from(vec![b'['; CAP]);
    let requests = (0..16 * PAGES).map(|_| stage.browser.put_raw(body.clone()));
    let statuses = futures_util::future::try_join_all(requests).await.unwrap();
    assert!(statuses.iter().all(|status| *status == 400), "{statuses:?}");
    stage.check("requests", CAP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_take_their_answers_late_get_all_of_them_and_their_synchronous_calls_are_answered()
 {
    let stage = Stage::start().await;
    let pages = stage.pages().await.into_iter().map(take_late);
    futures_util::future::join_all(pages).await;
    stage.check("answers that are taken late", CAP + ANSWERS).await;
}

async fn take_late(mut page: SimulatedPage) {
    // More than may wait of messages, and less than of both. The page is blocked until all of them have run.
    let (count, bytes) = (100, 100_000);
    let flood =
        Flood { kind: Kind::Invoke, channel: "memory-answer", count, batch: 0, window: None };
    let answer = page.flood_and_send_sync::<String>(&flood, (bytes,), "sync-echo", ("now",));
    let (first, answer) = answer.await.unwrap();
    assert_eq!(answer, "now");
    // Now it isn't, and calls on: these wait until it has taken enough.
    for _ in 0..count {
        page.begin_invoke("memory-answer", (bytes,)).await.unwrap();
    }
    for number in 0..2 * u64::from(count) {
        // The synchronous call has a number, too.
        let call = first + number + u64::from(number >= u64::from(count));
        let length = match page.next_packet().await.unwrap() {
            Packet::Reply(to, value) if to == call => value.deserialize::<String>().unwrap().len(),
            other => panic!("{other:?} is no answer to call {call}"),
        };
        assert_eq!(length, bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_to_a_page_that_is_blocked_become_errors_where_their_room_ends() {
    let stage = Stage::start().await;
    let (count, bytes) = (200, 100_000);
    let pages = stage.pages().await.into_iter().map(|mut page| async move {
        let flood =
            Flood { kind: Kind::Invoke, channel: "memory-answer", count, batch: 0, window: None };
        let answer = page.flood_and_send_sync::<String>(&flood, (bytes,), "sync-echo", ("now",));
        let (_, answer) = answer.await.unwrap();
        assert_eq!(answer, "now");
        let mut answered = 0;
        for _ in 0..count {
            answered += usize::from(matches!(page.next_packet().await.unwrap(), Packet::Reply(..)));
        }
        answered
    });
    for answered in futures_util::future::join_all(pages).await {
        assert_eq!(answered, (CAP + ANSWERS) / (bytes + AROUND), "of {count}");
    }
    stage.check("answers to blocked pages", CAP + ANSWERS).await;
}

/// What the wire has around an answer of a text, about.
const AROUND: usize = 30;

/// A host, and one page that behaves, and is answered all the while.
struct Stage {
    host: HostProcess,
    browser: Arc<SimulatedBrowser>,
    /// What the host's process took before there were other pages.
    base: usize,
    over: Arc<AtomicBool>,
    calls: JoinHandle<u32>,
}

impl Stage {
    async fn start() -> Stage {
        let limits = r#"{
            "outboxBytes": 8388608, "answerBytes": 4194304, "windowBytes": 1048576, "packetBytes": 4194304,
            "batchBytes": 65536, "wholeBytes": 131072, "partBytes": 65536
        }"#;
        let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"))
            .args(["--no-open", "--ephemeral", "--page"])
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/pages/tabs"))
            .env("E2E_LIMITS", limits)
            // Beyond two, glibc keeps what was freed once more for each thread; that is no bound of ours.
            .env("MALLOC_ARENA_MAX", "2")
            .start()
            .await
            .unwrap();
        let browser = SimulatedBrowser::enter(host.url()).await.unwrap();
        let mut page = browser.open().await.unwrap();
        page.invoke::<u32>("answer", (0,)).await.unwrap();
        let base = resident(&host, "VmRSS:");
        let over = Arc::new(AtomicBool::new(false));
        let ending = over.clone();
        let calls = tokio::spawn(async move {
            let mut number = 0;
            while !ending.load(Ordering::Relaxed) {
                number += 1;
                assert_eq!(page.invoke::<u32>("answer", (number,)).await.unwrap(), number);
            }
            number
        });
        Stage { host, browser, base, over, calls }
    }

    async fn pages(&self) -> Vec<SimulatedPage> {
        let mut pages = Vec::new();
        for _ in 0..PAGES {
            pages.push(self.browser.open().await.unwrap());
        }
        pages
    }

    /// Waits until the host has printed so many lines that begin so.
    async fn lines(&self, prefix: &str, count: usize) {
        let found = |lines: &[String]| {
            (lines.iter().filter(|line| line.starts_with(prefix)).count() == count).then_some(())
        };
        self.host.stdout().wait(&format!("{count} lines {prefix:?}"), LIMIT, found).await.unwrap();
    }

    /// At no moment did the host take more than `cap` for each page, and 30 % of that; the other page was answered.
    async fn check(self, what: &str, cap: usize) {
        self.over.store(true, Ordering::Relaxed);
        let calls = self.calls.await.unwrap();
        let most = resident(&self.host, "VmHWM:") - self.base;
        let allowed = cap * PAGES * 13 / 10;
        eprintln!(
            "{what}: {} MiB at most, {} of {} allowed; {calls} calls answered meanwhile",
            (most + self.base) / MIB,
            most / MIB,
            allowed / MIB
        );
        assert!(most <= allowed, "{what}: {most} bytes more than before, {allowed} are allowed");
    }
}

/// What the process has in memory (`VmRSS:`), or had at most (`VmHWM:`), in bytes.
fn resident(host: &HostProcess, field: &str) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", host.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1_024
}
