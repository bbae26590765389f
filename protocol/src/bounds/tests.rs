use bytes::Bytes;

use crate::envelope::Message;
use crate::excess::{Bound, Excess};
use crate::{Call, Frame, FrameError, Limits, Packet, SyncRequest};

fn limits() -> Limits {
    Limits {
        channel_bytes: 4,
        attachments: 2,
        ports: 3,
        packet_bytes: 12,
        window_packets: 5,
        batch_packets: 5,
        sync_packets: 6,
        ..Limits::default()
    }
}

fn text(text: String) -> Message {
    Message::Text(text.into())
}

/// The calls of a frame with these packets and this binary.
fn calls(packets: &str, run: &'static [u8]) -> Vec<Call> {
    let message = Message::join(&format!("[\"data\",0,0,[{packets}]]"), [&Bytes::from_static(run)]);
    let message =
        if run.is_empty() { text(format!("[\"data\",0,0,[{packets}]]")) } else { message };
    let Frame::Data { packets, .. } = Frame::decode_within(&message, &limits()).unwrap() else {
        panic!("no data");
    };
    let call = |packet| match packet {
        Packet::Send(call) | Packet::Invoke(call) | Packet::Sync(call) | Packet::Report(call) => {
            call
        }
        other => panic!("{other:?}"),
    };
    packets.into_iter().map(call).collect()
}

fn excess(packet: &str, run: &'static [u8]) -> Option<(Bound, u64, u64)> {
    // Behind it one that shows that the attachments are told apart all the same.
    let calls = calls(&format!("{packet},[\"send\",\"x\",[],[1]]"), run);
    assert_eq!(calls[1].args.blobs, [Bytes::from_static(b"!")]);
    let excess = calls[0].extra.excess.as_deref().copied();
    if excess.is_some() {
        assert_eq!(calls[0].args.blobs, Vec::<Bytes>::new());
    }
    excess.map(|Excess { bound, found, limit }| (bound, found, limit))
}

#[test]
fn each_bound_of_a_call_holds_at_itself_and_not_one_past_it() {
    assert_eq!(excess(r#"["send","äÄ",[]]"#, b"!"), None);
    let long = Some((Bound::ChannelBytes, 5, 4));
    assert_eq!(excess(r#"["send","äÄx",[]]"#, b"!"), long);
    assert_eq!(excess(r#"["invoke","abcd",[1],[4,5]]"#, b"123456789!"), None);
    let many = Some((Bound::Attachments, 3, 2));
    assert_eq!(excess(r#"["invoke","abcd",[1],[4,4,1]]"#, b"123456789!"), many);
    let large = Some((Bound::Bytes, 13, 12));
    assert_eq!(excess(r#"["sync","abcd",[1],[4,6]]"#, b"1234567890!"), large);
    assert_eq!(excess(r#"["sync","abcd",["34567890"]]"#, b"!"), None);
    assert_eq!(excess(r#"["report","a",["345678901"]]"#, b"!"), large);
    assert_eq!(excess(r#"["send","a",[],[],{"ports":[2,4,6],"frame":1}]"#, b"!"), None);
    let ports = Some((Bound::Ports, 4, 3));
    assert_eq!(excess(r#"["send","a",[],[],{"ports":[2,4,6,8]}]"#, b"!"), ports);
}

#[test]
fn what_is_too_much_is_not_kept_and_the_channel_is_cut_between_characters() {
    let call = &calls(r#"["send","xyzä",[1],[],{"frame":7,"ports":[2,4,6,8,10,12,14]}]"#, b"")[0];
    assert_eq!((&*call.channel, call.extra.frame), ("xyz", 7));
    // Twice as many as there may be, to be closed.
    assert_eq!(call.extra.ports, [2, 4, 6, 8, 10, 12]);
}

#[test]
fn attachments_that_are_not_there_are_a_fault_however_many_are_named() {
    let named = |packet: &str| {
        let message =
            Message::join(&format!("[\"data\",0,0,[{packet}]]"), [&Bytes::from_static(b"12")]);
        Frame::decode_within(&message, &limits())
    };
    let fault = |named| Err(FrameError::Attachments { named, there: 2 });
    assert_eq!(named(r#"["send","a",[],[4294967295]]"#), fault(4_294_967_295));
    let most = 4_294_967_295;
    assert_eq!(named(r#"["send","a",[],[4294967295,4294967295,4294967295]]"#), fault(3 * most));
    assert!(matches!(named(r#"["send","a",[],[4294967296]]"#), Err(FrameError::Json { .. })));
}

#[test]
fn a_frame_and_a_request_have_so_many_packets_and_no_more() {
    let packets = |count: usize| vec![r#"["send","a",[]]"#; count].join(",");
    let frame = |count| text(format!("[\"data\",0,0,[{}]]", packets(count)));
    assert_eq!(Frame::decode_within(&frame(5), &limits()).unwrap().count(), 5);
    assert!(Frame::decode_within(&frame(6), &limits()).is_err());
    let request = |frames: &[usize]| {
        let frames: Vec<_> =
            frames.iter().map(|count| format!("[\"data\",0,0,[{}]]", packets(*count))).collect();
        let head = r#""version":1,"link":"00000000000000000000000000000007","epoch":"0000000000000009","ack":0"#;
        let body = text(format!("{{{head},\"frames\":[{}]}}", frames.join(",")));
        SyncRequest::decode_within(&body, &limits())
    };
    assert_eq!(request(&[2, 2]).unwrap().frames.len(), 2);
    let error = request(&[2, 3]).unwrap_err().to_string();
    assert!(error.contains("more packets than one request may have"), "{error}");
    assert!(request(&[0, 0, 0, 0, 0, 0]).is_ok());
    assert!(request(&[0, 0, 0, 0, 0, 0, 0]).is_err());
}

#[test]
fn a_request_whose_head_is_a_flood_is_refused_before_anything_is_made_of_it() {
    let request = |got: usize| {
        let got = vec!["1"; got].join(",");
        let head = r#""version":1,"link":"00000000000000000000000000000007","epoch":"0000000000000009","ack":0"#;
        SyncRequest::decode_within(&text(format!("{{{head},\"got\":[{got}]}}")), &limits())
    };
    assert_eq!(request(1_000).unwrap().head.got.len(), 1_000);
    let error = request(2_200_000).unwrap_err().to_string();
    assert!(error.contains("a request whose head is too long"), "{error}");
}

#[test]
fn a_flood_of_brackets_is_refused_before_it_is_read() {
    let json = "[".repeat(60_000_000);
    let mut bytes = (json.len() as u32).to_le_bytes().to_vec();
    bytes.extend(json.as_bytes());
    let refused = |error: FrameError| match error {
        FrameError::Json { column, what, .. } => {
            assert_eq!((column, &*what), (super::BRACKETS + 1, super::TOO_DEEP));
        }
        other => panic!("{other}"),
    };
    let limits = Limits::default();
    refused(Packet::from_parts_within(bytes.into(), &limits).unwrap_err());
    refused(SyncRequest::decode_within(&text(json), &limits).unwrap_err());
    // The deepest that a page may send is none.
    let value = r#"{"$":"def","v":{"$":"map","entries":[["#.repeat(1_000);
    let packet = format!("[\"send\",\"a\",[{value}");
    assert_eq!(super::Bounds::of(&limits).hold_nesting(packet.as_bytes()), Ok(()));
}
