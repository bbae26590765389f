//! Messages that have too much of something, from a page that doesn't keep to its limits.

use tokio::sync::oneshot;

use super::*;
use crate::document::Refusal;

/// The usual limits, with others in their place.
fn with(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

fn limits() -> Limits {
    with(|limits| {
        limits.channel_bytes = 4;
        limits.depth = 2;
        limits.arguments = 3;
        limits.values = 7;
        limits.attachments = 2;
        limits.ports = 2;
    })
}

fn scene() -> Scene {
    let asked = Log::default();
    let ask = move |request: AccessRequest| {
        asked.lock().unwrap().push(request.channel().to_owned());
        // Nobody may be asked about what is refused anyway.
        let may = request.channel() == "x";
        async move { if may { Ok(()) } else { Err(Refused::because("it was asked about")) } }
    };
    Scene::limited(Rules { allow: None, hook: Some(hook(ask)) }, limits())
}

/// A frame of packets as it stands on the wire.
fn decoded(packets: &str, limits: &Limits) -> Vec<Packet> {
    let text = format!("[\"data\",0,0,[{packets}]]");
    let message = exciton_protocol::Message::Text(text.into());
    match Frame::decode_within(&message, limits).unwrap() {
        Frame::Data { packets, .. } => packets,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_past_a_limit_is_refused_by_itself_before_anybody_is_asked() {
    let scene = scene();
    let text = |packet: &str| packet.to_owned();
    let rows = [
        (text(r#"["sync","longer",[]]"#), "channelBytes", 6, 4, "long"),
        (text(r#"["sync","y",[[[[]]]]]"#), "depth", 3, 2, "y"),
        (text(r#"["sync","y",[1,2,3,4]]"#), "arguments", 4, 3, "y"),
        (text(r#"["sync","y",[[1,2,3,4,5,6,7]]]"#), "values", 8, 7, "y"),
        (text(r#"["sync","y",[],[0,0,0]]"#), "attachments", 3, 2, "y"),
    ];
    for (seq, (packet, bound, found, limit, channel)) in (0..).zip(rows) {
        scene.send(decoded(&packet, &limits()));
        scene.consumed(seq + 1).await;
        let error = sync_error(&scene.document, seq);
        assert_eq!(error["name"], "RangeError", "{packet}");
        assert_eq!((&error["code"], &error["mayHaveRun"]), (&"LIMIT".into(), &false.into()));
        let data = serde_json::json!({ "channel": channel, "kind": "sendSync", "bound": bound,
            "found": found, "limit": limit });
        assert_eq!(error["data"], data, "{packet}");
        let message = error["message"].as_str().unwrap();
        let both = [format!("has {found} "), format!("the limit is {limit}")];
        assert!(both.iter().all(|part| message.contains(part)), "{message}");
    }
    assert_eq!(scene.links.gate.refused().too_much, 5);
    assert_eq!(scene.refused(), [0; 4]);
    // At each limit.
    for packet in [
        r#"["send","x",["1"],[],{"ports":[2,4]}]"#,
        r#"["send","x",["2",[[1,2]]]]"#,
        r#"["send","x",["3",2,3],[0,0]]"#,
        r#"["send","x",["4",[1,2,3,4]]]"#,
    ] {
        scene.send(decoded(packet, &limits()));
    }
    scene.consumed(9).await;
    assert_eq!(scene.heard(), ["x 1 2", "x 2 0", "x 3 0", "x 4 0"]);
    assert_eq!(scene.links.gate.refused().too_much, 5);
}

#[tokio::test]
async fn a_refused_invoke_is_settled_and_a_message_with_too_many_ports_leaves_none_open() {
    let scene = scene();
    scene.send(decoded(
        r#"["invoke","x",[[[[]]]]],["send","x",["a"],[],{"ports":[2,4,6]}],["send","x",["b"]]"#,
        &limits(),
    ));
    scene.consumed(3).await;
    assert_eq!(scene.heard(), ["x b 0"]);
    let state = scene.document.lock();
    assert_eq!((state.link.open_invokes(), scene.document.ports().len()), (0, 0));
    assert_eq!(scene.links.gate.refused().too_much, 2);
}

fn part(document: &Arc<Document>, last: bool, piece: Vec<u8>) -> Result<(), Refusal> {
    let mut state = document.lock();
    let seq = state.link.admitted();
    let frame = Frame::Part { seq, ack: 0, last, piece: piece.into() };
    document.take(&mut state, Way::Sync, false, frame, 100)
}

#[tokio::test]
async fn a_packet_in_parts_has_so_many_bytes_and_parts_and_no_more() {
    let few = with(|limits| (limits.packet_bytes, limits.part_bytes) = (4_000, 2_000));
    assert_eq!(few.parts(), 4);
    let scene = Scene::limited(Rules::default(), few);
    let sent = Packet::Send(call("x", "in parts")).to_parts();
    let pieces: Vec<_> = sent.chunks(sent.len().div_ceil(4)).map(<[u8]>::to_vec).collect();
    // As many as there may be, twice: the count begins anew.
    for _ in 0..2 {
        for (number, piece) in (1..).zip(&pieces) {
            part(&scene.document, number == 4, piece.clone()).unwrap();
        }
    }
    scene.consumed(8).await;
    assert_eq!(scene.heard(), ["x in parts 0", "x in parts 0"]);
    for _ in 0..4 {
        part(&scene.document, false, vec![b' ']).unwrap();
    }
    let refused = part(&scene.document, true, vec![b' ']).unwrap_err().to_string();
    assert!(refused.contains("has 5 parts") && refused.contains("limit is 4"), "{refused}");

    let scene = Scene::limited(Rules::default(), few);
    part(&scene.document, false, vec![b' '; 3_000]).unwrap();
    part(&scene.document, false, vec![b' '; 2_024]).unwrap();
    let refused = part(&scene.document, true, vec![b' ']).unwrap_err().to_string();
    assert!(refused.contains("has 5025 bytes") && refused.contains("limit is 5024"), "{refused}");
}

#[tokio::test]
async fn a_packet_in_parts_that_nobody_can_read_is_answered_whatever_it_was() {
    let scene = Scene::new(Rules::default());
    let mut garbage = 60_000_u32.to_le_bytes().to_vec();
    garbage.extend("[".repeat(60_000).bytes());
    part(&scene.document, true, garbage).unwrap();
    scene.consumed(1).await;
    let error = sync_error(&scene.document, 0);
    assert!(error["message"].as_str().unwrap().contains("nested deeper than any message"));
    assert_eq!(scene.document.lock().link.open_invokes(), 0);
}

#[tokio::test]
async fn a_script_whose_result_is_too_much_fails_and_a_port_that_brings_too_much_is_closed() {
    let scene = scene();
    let (sender, result) = oneshot::channel();
    scene.document.expect_results(vec![(7, sender)]);
    scene.send(decoded(
        r#"["report","port-message-that-nobody-knows",[[[[]]]]],["report","executed",[7,true,[[[]]]]]"#,
        &with(|limits| limits.depth = 2),
    ));
    let told = tokio::time::timeout(LIMIT, result).await.unwrap().unwrap().unwrap_err();
    assert!(format!("{told:?}").contains("levels of nesting"), "{told:?}");

    scene.send(decoded(r#"["send","x",["a"],[],{"ports":[2]}]"#, &limits()));
    scene.consumed(3).await;
    // The listener has kept none.
    assert_eq!(scene.heard(), ["x a 1"]);
    let kept = scene.document.ports().receive(&[4]);
    assert_eq!(scene.document.ports().len(), 1);
    scene.send(decoded(r#"["report","port",[4,[[[[]]]]]]"#, &limits()));
    scene.consumed(4).await;
    assert_eq!(scene.document.ports().len(), 0);
    drop(kept);
}

#[tokio::test]
async fn a_page_has_so_many_frames_and_keeps_so_much_of_each_and_no_more() {
    let scene = Scene::limited(Rules::default(), with(|limits| limits.frames = 2));
    let frame = |number: u32, url: &str| {
        let facts = (number, 0, "", url, "");
        Packet::Report(Call::new("frame", Args::from_serialize(&facts).unwrap()))
    };
    let url = "u".repeat(64 * 1_024);
    scene.send(vec![frame(1, &format!("{url}u")), frame(2, &url), frame(3, "b"), frame(4, "c")]);
    // One of those that are there may load another document.
    scene.send(vec![frame(3, "d"), Packet::Send(call("x", "end"))]);
    scene.consumed(6).await;
    let all = scene.document.frames().all();
    let urls: Vec<_> = all.iter().map(|frame| frame.facts().url).collect();
    assert_eq!(urls, [url, "d".to_owned()]);
}
