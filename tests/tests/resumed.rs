//! Big messages over a slow network: what had arrived before a cut is not sent again.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_e2e::{
    Browser, Engine, HostCommand, HostProcess, Proxy, Split, Way, behind_split, in_each_engine,
};
use std::time::Duration;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(400);

/// Bytes each way; `EXCITON_BIG` sets another number.
const BIG: u64 = 6 * 1_024 * 1_024;

/// Bytes a second: 4 Mbit/s.
const PACE: u32 = 500_000;

/// What a cut may cost: the part that it hit, and one that had arrived and was not acknowledged yet.
const AGAIN: u64 = 2 * 1_024 * 1_024;

#[tokio::test(flavor = "multi_thread")]
async fn a_big_message_goes_on_after_a_cut_where_it_was() {
    let big = std::env::var("EXCITON_BIG").map_or(BIG, |text| text.parse().unwrap());
    in_each_engine(move |engine| async move {
        let (split, _host, browser) = start(engine).await;
        let proxy = split.sockets();
        for (way, call) in [(Way::ToHost, "up"), (Way::ToPage, "down")] {
            let passed = |proxy: &Proxy| match way {
                Way::ToHost => proxy.stats().to_host,
                Way::ToPage => proxy.stats().to_page,
            };
            let before = passed(proxy);
            proxy.throttle(way, PACE);
            browser.run_in_page(&format!("{call}({big})")).await.unwrap();
            // Amid a part, wherever that begins.
            let middle = before + big * 3 / 5;
            let counted = |stats: &exciton_e2e::Stats| match way {
                Way::ToHost => stats.to_host >= middle,
                Way::ToPage => stats.to_page >= middle,
            };
            proxy.wait(LIMIT, counted).await.unwrap();
            proxy.cut();
            browser.wait_until(&format!("window.{call}Done"), LIMIT).await.unwrap();
            proxy.throttle(way, 0);
            assert_eq!(
                browser.eval(&format!("window.{call}Done")).await.unwrap(),
                "whole",
                "{engine}"
            );
            let cost = passed(proxy) - before;
            eprintln!("{engine}: {big} bytes {call} took {cost}");
            assert!(cost < big + AGAIN, "{engine}: {big} bytes {call} took {cost}");
        }
        assert_eq!(browser.eval("window.lost").await.unwrap(), serde_json::json!([]), "{engine}");
    })
    .await;
}

async fn start(engine: Engine) -> (Split, HostProcess, Browser) {
    let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host")).pages("resumed");
    behind_split(engine, host).await.unwrap()
}
