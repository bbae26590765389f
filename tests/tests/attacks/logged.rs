//! Who writes into the log: what a client sends begins no line of it, and steers no terminal.

use std::time::Duration;

use exciton_protocol::Frame;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::attempt::hello;
use crate::client;
use crate::request::Base::{Page, Socket, Sync};
use crate::sockets::{frame, said, text};
use crate::target::Target;

/// In JSON: a new line, a colour, and the line that was forged.
const FORGED: &str = r"\n\u001b[31mFORGED";

#[tokio::test]
async fn what_a_client_sends_begins_no_line_of_the_log() {
    let mut target = Target::start_with(&[("E2E_LOG", "1")]).await;
    for said in [
        format!(r#"["x{FORGED}",1]"#),
        format!(r#"["hello",{{"version":1,"link":"{FORGED}"}}]"#),
        format!(r#"["hello",{{"x{FORGED}":1}}]"#),
    ] {
        converse(&target, &[said]).await;
    }
    for packet in [
        format!(r#"["x{FORGED}","prize",[]]"#),
        format!(r#"["send","x{FORGED}",[]]"#),
        format!(r#"["sync","x{FORGED}",[]]"#),
        format!(r#"["invoke","x{FORGED}",[]]"#),
        format!(r#"["report","x{FORGED}",["{FORGED}"]]"#),
        format!(r#"["report","console",["{FORGED}",1,"{FORGED}"]]"#),
        format!(r#"["report","loaded",[{{"x{FORGED}":1}}]]"#),
        format!(r#"["report","title",[{{"x{FORGED}":1}}]]"#),
        format!(r#"["send","note",[{{"x{FORGED}":"{FORGED}"}}]]"#),
        format!(r#"["send","note",[{{"$":"x{FORGED}"}}]]"#),
        format!(r#"["send","prize",[],{{"x{FORGED}":1}}]"#),
    ] {
        let data = format!(r#"["data",0,0,[{packet}]]"#);
        let mut hello = hello(&target);
        hello.tab.url = "http://x/\n\u{1b}[31mFORGED".to_owned();
        converse(&target, &[said(&Frame::Hello(Box::new(hello))), data]).await;
    }
    for body in [format!(r#"{{"version":1,"link":"{FORGED}"}}"#), format!(r#"{{"x{FORGED}":1"#)] {
        let mut request = Sync.request(&target, "");
        request.body = body.into_bytes();
        client::exchange(target.address(), &request.bytes()).await;
    }
    for (name, value) in [("host", "x\u{9b}31mFORGED"), ("origin", "http://x\tFORGED")] {
        let mut request = Page.request(&target, "");
        request.set(name, value);
        client::exchange(target.address(), &request.bytes()).await;
    }
    target.settled().await;
    // What comes last is there last.
    let mut last = Page.request(&target, "");
    last.set("host", "the-last.example");
    client::exchange(target.address(), &last.bytes()).await;
    let log = target.host.stderr();
    let all = |lines: &[String]| {
        lines.iter().any(|line| line.contains("the-last.example")).then(|| lines.to_vec())
    };
    let lines = log.wait("the last line", Duration::from_secs(60), all).await.unwrap();
    assert!(lines.iter().any(|line| line.contains("FORGED")), "nothing of it is logged");
    for line in &lines {
        let odd = line.contains(|c: char| c.is_control());
        assert!(!line.starts_with("FORGED") && !odd, "{line:?}");
    }
}

/// Says this on a connection, one message each, and hangs up.
async fn converse(target: &Target, messages: &[String]) {
    let request = Socket.request(target, "").bytes();
    let (answer, mut stream, mut rest) = client::open(target.address(), &request).await;
    assert_eq!(answer.status, 101);
    for message in messages {
        stream.write_all(&text(message)).await.unwrap();
    }
    stream.write_all(&frame(0x88, true, &1000_u16.to_be_bytes())).await.unwrap();
    while stream.read_buf(&mut rest).await.unwrap_or(0) > 0 {}
}
