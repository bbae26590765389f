//! The host's own bounds, held against pages that don't keep to them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use exciton_e2e::{
    Browser, HostCommand, HostProcess, Result, SimulatedBrowser, SimulatedPage, in_each_engine,
};
use exciton_protocol::Packet;
use serde_json::{Value, json};

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

async fn host(limits: &str) -> HostProcess {
    let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host")).pages("tabs");
    host.limits(limits).start().await.unwrap()
}

#[tokio::test]
async fn an_invoke_past_the_limit_is_refused_and_the_next_one_answered() {
    let host = host(r#"{"openInvokes": 3}"#).await;
    let browser = SimulatedBrowser::enter(host.url()).await.unwrap();
    let mut page = browser.open().await.unwrap();
    for _ in 0..2 {
        page.begin_invoke("hold", ("for ever",)).await.unwrap();
    }
    let id = page.invoke::<u32>("who", ()).await.unwrap();
    page.begin_invoke("hold", ("for ever",)).await.unwrap();
    let error = page.invoke::<u32>("who", ()).await.unwrap_err().to_string();
    assert!(error.contains("waits for 4 invokes") && error.contains("3 may be open"), "{error}");
    assert!(error.contains("BUSY"), "{error}");
    page.send("note", ("goes on",)).await.unwrap();
    host.wait_line(&format!("note {id} goes on"), LIMIT).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_before_a_frame_that_is_refused_is_run_and_the_page_goes_on() {
    // No ping, at which the host would look what there is to do.
    let host = host(r#"{"ping": 3600000}"#).await;
    let browser = SimulatedBrowser::enter(host.url()).await.unwrap();
    let mut page = browser.open().await.unwrap();
    let (call, refused) = page.invoke_before_a_gap("who", ()).await.unwrap();
    refused.unwrap_err();
    match tokio::time::timeout(LIMIT, page.next_packet()).await.unwrap().unwrap() {
        Packet::Reply(to, _) => assert_eq!(to, call),
        other => panic!("{other:?} is no answer"),
    }
    page.invoke::<u32>("who", ()).await.unwrap();
}

/// Limits that a test can reach, at which it still works.
const FEW: &str = r#"{"channelBytes": 20, "arguments": 3, "values": 60, "attachments": 2, "depth": 5, "ports": 2}"#;

#[tokio::test]
async fn a_page_past_a_limit_is_told_which_and_goes_on() {
    in_each_engine(|engine| async move {
        let host = host(FEW).await;
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        browser.wait_until("window.id > 0", LIMIT).await.unwrap();
        browser
            .run_in_page(
                "const nested = (depth) => (depth === 0 ? 0 : [nested(depth - 1)]);
                 const buffers = (count) => Array.from({ length: count }, () => new Uint8Array(1));
                 const calls = [
                     ['x'.repeat(20)], ['x'.repeat(21)], ['who', 1, 2, 3], ['who', 1, 2, 3, 4],
                     ['who', Array(57).fill(0)], ['who', Array(60).fill(0)], ['who', ...buffers(2)],
                     ['who', ...buffers(3)], ['who', nested(5)], ['who', nested(6)],
                 ];
                 const of = ({ name, code, data, mayHaveRun, cause }) =>
                     [name, cause?.name, code, data?.kind, data?.bound, data?.found, data?.limit, mayHaveRun];
                 const tried = calls.map((call) => ipcRenderer.invoke(...call).catch(of));
                 let thrown = null;
                 try { ipcRenderer.sendSync('who-sync', 1, 2, 3, 4); } catch (error) { thrown = of(error); }
                 const channels = Array.from({ length: 3 }, () => new MessageChannel());
                 const closed = channels.map(({ port2 }) =>
                     new Promise((done) => port2.addEventListener('close', done)));
                 ipcRenderer.postMessage('keep-port', 'x', channels.map(({ port1 }) => port1));
                 ipcRenderer.send('note', 1, 2, 3, 4);
                 ipcRenderer.send('note', 'goes on');
                 Promise.all([...tried, ...closed]).then((all) => (window.told = [...all.slice(0, 10), thrown]));",
            )
            .await
            .unwrap();
        browser.wait_until("window.told", LIMIT).await.unwrap();
        let told = browser.eval("window.told").await.unwrap();
        let id = browser.eval("window.id").await.unwrap();
        let past = |kind: &str, bound: &str, found: u32, limit: u32| {
            let (name, cause) = if kind == "invoke" { ("Error", json!("RangeError")) } else { ("RangeError", json!(null)) };
            json!([name, cause, "LIMIT", kind, bound, found, limit, false])
        };
        let nobody = json!(["Error", "Error", null, null, null, null, null, null]);
        let expected = json!([
            nobody,
            past("invoke", "channelBytes", 21, 20),
            id,
            past("invoke", "arguments", 4, 3),
            id,
            past("invoke", "values", 61, 60),
            id,
            past("invoke", "attachments", 3, 2),
            id,
            past("invoke", "depth", 6, 5),
            past("sendSync", "arguments", 4, 3),
        ]);
        assert_eq!(told, expected, "in {engine}");
        host.wait_line(&format!("note {id} goes on"), LIMIT).await.unwrap();
        assert_eq!(browser.eval("window.lost").await.unwrap(), json!([]));
    })
    .await;
}

/// The most memory that the process ever had, in MiB.
fn peak(host: &HostProcess) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", host.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1_024
}

/// What the host says to a call in parts that is filled up to so many MiB.
async fn flood(page: &mut SimulatedPage, call: &str, filler: &str) -> Result<Value> {
    let call = call.replace('…', &filler.repeat(12 * MIB / filler.len()));
    let mut envelope = (call.len() as u32).to_le_bytes().to_vec();
    envelope.extend(call.as_bytes());
    let pieces = envelope.chunks(MIB);
    let count = pieces.len();
    for (number, piece) in (1..).zip(pieces) {
        let (last, length) = (number == count, piece.len());
        page.write_raw(1, |seq| format!("[\"part\",{seq},0,{last},{length}]"), piece).await?;
        // No faster than the host takes them.
        page.acknowledged().await?;
    }
    match page.next_packet().await? {
        Packet::Fail(_, error) => Ok(error.deserialize().unwrap()),
        other => panic!("{other:?}"),
    }
}

const MIB: usize = 1_024 * 1_024;

#[tokio::test]
async fn floods_are_refused_by_themselves_and_the_host_stays_small() {
    // Fewer values than by default, so that less is a flood.
    let host = host(r#"{"values": 1000000}"#).await;
    let browser = SimulatedBrowser::enter(host.url()).await.unwrap();
    let mut page = browser.open().await.unwrap();
    let id = page.invoke::<u32>("who", ()).await.unwrap();
    let rows = [
        (r#"["invoke","who",[…0]]"#, "0,", "arguments", 65_536),
        (r#"["invoke","who",[[…0]]]"#, "0,", "values", 1_000_000),
        (r#"["invoke","who",[{…"z":0}]]"#, r#""k":0,"#, "values", 1_000_000),
        (
            r#"["invoke","who",[[…0]]]"#,
            r#"{"$":"def","v":[]},{"$":"ref","v":0},"#,
            "values",
            1_000_000,
        ),
        (r#"["invoke","who",[],[…0]]"#, "0,", "attachments", 65_536),
        (r#"["invoke","who",[],[],{"ports":[…2]}]"#, "2,", "ports", 16_384),
        (r#"["invoke","…",[]]"#, "x", "channelBytes", 1_024),
    ];
    for (call, filler, bound, limit) in rows {
        let error = flood(&mut page, call, filler).await.unwrap();
        assert_eq!(error["code"], "LIMIT", "{call} {error}");
        assert_eq!(
            (&error["data"]["bound"], &error["data"]["limit"]),
            (&json!(bound), &json!(limit))
        );
    }
    let error = flood(&mut page, r#"["invoke","who",[…"#, "[").await.unwrap();
    assert!(error["message"].as_str().unwrap().contains("nested deeper"), "{error}");
    assert_eq!(page.invoke::<u32>("who", ()).await.unwrap(), id);
    // Several times the bytes of a flood, and a little: lists of six million arguments, attachments or ports are more.
    assert!(peak(&host) < 100, "{} MiB", peak(&host));

    // What no page of ours could say at all ends its connection.
    for (text, binary) in [
        (r#"["send","note",[],[4294967295,4294967295]]"#, &b"x"[..]),
        (r#"["send","note",[],[-1]]"#, b""),
        (r#"["send","note",[],[],{"ports":"all"}]"#, b""),
    ] {
        let mut page = browser.open().await.unwrap();
        page.write_raw(1, |seq| format!("[\"data\",{seq},0,[{text}]]"), binary).await.unwrap();
        let ended = page.next_packet().await.unwrap_err().to_string();
        assert!(ended.contains("4400"), "{text}: {ended}");
    }
    let mut page = browser.open().await.unwrap();
    let packets = vec![r#"["send","note",[1]]"#; 16_385].join(",");
    page.write_raw(16_385, |seq| format!("[\"data\",{seq},0,[{packets}]]"), b"").await.unwrap();
    let ended = page.next_packet().await.unwrap_err().to_string();
    assert!(ended.contains("4400"), "{ended}");
    // Parts without an end.
    let mut page = browser.open().await.unwrap();
    let ended = loop {
        let part = page.write_raw(1, |seq| format!("[\"part\",{seq},0,false,1]"), b"x");
        let sent = match part.await {
            Ok(()) => page.acknowledged().await,
            gone => gone,
        };
        if let Err(error) = sent {
            break error.to_string();
        }
    };
    assert!(ended.contains("4409"), "{ended}");
}
