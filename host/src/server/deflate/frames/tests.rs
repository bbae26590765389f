#![allow(clippy::unwrap_used)]

use super::*;
use flate2::{Compress, Compression, FlushCompress};

const MASK: [u8; 4] = [1, 2, 3, 4];

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..=125 => bytes.push(MASKED | short as u8),
        medium @ 126..=0xffff => {
            bytes.push(MASKED | 126);
            bytes.extend((medium as u16).to_be_bytes());
        }
        long => {
            bytes.push(MASKED | 127);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 1_024);
    let mut compress = Compress::new(Compression::default(), false);
    compress.compress_vec(bytes, &mut out, FlushCompress::Sync).unwrap();
    out.strip_suffix(&TAIL).unwrap().to_vec()
}

/// What comes of bytes that arrive in pieces of that size.
fn pass(bytes: &[u8], size: usize, limit: usize) -> io::Result<Vec<u8>> {
    let (mut frames, mut out) = (Frames::new(limit), Vec::new());
    for piece in bytes.chunks(size) {
        let mut taken = 0;
        loop {
            let (before, some) = (out.len(), frames.step(&piece[taken..], &mut out)?);
            assert!(out.len() - before <= PIECE.max(some) + 14);
            taken += some;
            if some == 0 && out.len() == before {
                break;
            }
        }
        assert_eq!(taken, piece.len());
    }
    assert!(frames.is_idle());
    Ok(out)
}

/// The kinds and payloads of frames that are passed on, those of one message together.
fn messages(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let (mut all, mut open) = (Vec::new(), None::<(u8, Vec<u8>)>);
    while let [first, second, ..] = *bytes {
        let short = usize::from(second & !MASKED);
        let head = if short == 126 { 4 } else { 2 };
        let long = if short == 126 {
            usize::from(u16::from_be_bytes([bytes[2], bytes[3]]))
        } else {
            short
        };
        assert!(second & MASKED != 0 && first & RESERVED == 0 && short < 127);
        let mask = &bytes[head..head + 4];
        let payload = &bytes[head + 4..head + 4 + long];
        let payload: Vec<u8> =
            payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        bytes = &bytes[head + 4 + long..];
        let kind = first & KIND;
        if kind >= 8 {
            all.push((kind, payload));
            continue;
        }
        match &mut open {
            Some((_, whole)) => {
                assert_eq!(kind, CONTINUES);
                whole.extend(payload);
            }
            None => open = Some((kind, payload)),
        }
        if first & FINAL != 0 {
            all.extend(open.take());
        }
    }
    assert!(bytes.is_empty() && open.is_none());
    all
}

fn text(size: usize) -> Vec<u8> {
    (0..size).map(|at| b'a' + ((at * at / 7) % 26) as u8).collect()
}

const LIMIT: usize = 1 << 20;

#[test]
fn compressed_messages_come_out_as_they_were_among_others_and_in_order() {
    let (long, longer) = (text(70_000), text(200_000));
    let (small, nothing) = (deflate(b"[\"ack\",1]"), deflate(b""));
    let packed = deflate(&longer);
    let (first, rest) = packed.split_at(packed.len() / 3);
    let (second, third) = rest.split_at(rest.len() / 2);
    let bytes = [
        frame(FINAL | TEXT, b"plain"),
        frame(FINAL | DEFLATED | TEXT, &small),
        frame(FINAL | 9, b"ping"),
        frame(FINAL | DEFLATED | BINARY, &deflate(&long)),
        frame(FINAL | BINARY, &text(300)),
        frame(FINAL | DEFLATED | TEXT, &nothing),
        frame(DEFLATED | TEXT, first),
        frame(FINAL | 10, b"pong between its frames"),
        frame(CONTINUES, second),
        frame(CONTINUES, b""),
        frame(FINAL | CONTINUES, third),
        frame(TEXT, b"in two "),
        frame(FINAL | CONTINUES, b"frames"),
        frame(FINAL | 8, &[3, 232]),
    ]
    .concat();
    let wanted = vec![
        (TEXT, b"plain".to_vec()),
        (TEXT, b"[\"ack\",1]".to_vec()),
        (9, b"ping".to_vec()),
        (BINARY, long),
        (BINARY, text(300)),
        (TEXT, Vec::new()),
        (10, b"pong between its frames".to_vec()),
        (TEXT, longer),
        (TEXT, b"in two frames".to_vec()),
        (8, vec![3, 232]),
    ];
    for size in [1, 2, 3, 7, 1_000, 4_096, bytes.len()] {
        assert_eq!(messages(&pass(&bytes, size, LIMIT).unwrap()), wanted, "in pieces of {size}");
    }
}

#[test]
fn a_message_may_have_blocks_that_say_they_are_the_last() {
    // RFC 7692 §7.2.3.4 and §7.2.3.5.
    let ends = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
    let blocks = [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00];
    for payload in [&ends[..], &blocks] {
        let bytes = frame(FINAL | DEFLATED | TEXT, payload);
        for size in [1, bytes.len()] {
            let got = messages(&pass(&bytes, size, LIMIT).unwrap());
            assert_eq!(got, [(TEXT, b"Hello".to_vec())], "{payload:?}");
        }
    }
}

#[test]
fn what_is_no_stream_is_refused_with_the_page_named() {
    for (payload, why) in [
        (&[0xff, 0xff, 0xff][..], "can't be inflated"),
        // A block whose two lengths don't fit.
        (&[0, 5, 0, 0, 0], "can't be inflated"),
        // A block of no kind.
        (&[0x06, 0, 0, 0], "can't be inflated"),
    ] {
        let error = pass(&frame(FINAL | DEFLATED | TEXT, payload), 4_096, LIMIT).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        let text = error.to_string();
        assert!(text.contains("of the page") && text.contains(why), "{payload:?}: {text}");
    }
}

#[test]
fn whatever_a_message_holds_comes_to_an_end() {
    let packed = deflate(&text(3_000));
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for cut in 0..packed.len() {
        let mut payload = packed[..cut].to_vec();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if let Some(byte) = payload.get_mut(state as usize % packed.len()) {
            *byte ^= state.to_le_bytes()[7];
        }
        for payload in [&packed[..cut], &payload] {
            if let Ok(bytes) = pass(&frame(FINAL | DEFLATED | TEXT, payload), 4_096, LIMIT) {
                assert_eq!(messages(&bytes).len(), 1);
            }
        }
    }
}

#[test]
fn a_stream_that_never_says_anything_ends_at_the_limit() {
    // Empty blocks.
    let blocks = [0, 0, 0, 0xff, 0xff].repeat(1_001);
    let error = pass(&frame(FINAL | DEFLATED | TEXT, &blocks), 4_096, 5_000).unwrap_err();
    assert!(error.to_string().contains("5000 bytes"), "{error}");
    let got = pass(&frame(FINAL | DEFLATED | TEXT, &blocks[..5_000]), 4_096, 5_000).unwrap();
    assert_eq!(messages(&got), [(TEXT, Vec::new())]);
}

#[test]
fn a_bomb_comes_out_in_small_pieces_and_as_slowly_as_they_are_taken() {
    let bomb = frame(FINAL | DEFLATED | BINARY, &deflate(&vec![0; 50 << 20]));
    assert!(bomb.len() < 60_000);
    let mut frames = Frames::new(LIMIT);
    let (mut taken, mut all) = (0, 0);
    let mut out = Vec::new();
    // Who takes no more than a megabyte has had no more made.
    while all < 1 << 20 {
        out.clear();
        taken += frames.step(&bomb[taken..], &mut out).unwrap();
        assert!(out.len() <= PIECE + 14, "{}", out.len());
        all += out.len();
    }
    assert!(taken < bomb.len() / 40, "{taken} of {}", bomb.len());
}

#[test]
fn what_is_compressed_against_the_rules_is_left_to_be_refused() {
    let packed = deflate(b"some text");
    let mut unmasked = frame(FINAL | DEFLATED | TEXT, &packed);
    unmasked[1] &= !MASKED;
    for bytes in [
        frame(FINAL | DEFLATED | CONTINUES, &packed),
        frame(FINAL | DEFLATED | 9, &packed),
        frame(FINAL | DEFLATED | 3, &packed),
        frame(FINAL | 0x20 | TEXT, &packed),
        frame(FINAL | DEFLATED | 0x10 | TEXT, &packed),
    ] {
        assert_eq!(pass(&bytes, 4_096, LIMIT).unwrap(), bytes);
    }
    let mut out = Vec::new();
    Frames::new(LIMIT).step(&unmasked, &mut out).unwrap();
    assert_eq!(out, unmasked[..2]);
    for second in [frame(FINAL | TEXT, b"x"), frame(DEFLATED | TEXT, &packed)] {
        let bytes = [frame(DEFLATED | TEXT, &packed), second].concat();
        let error = pass(&bytes, 4_096, LIMIT).unwrap_err();
        assert!(error.to_string().contains("within another"), "{error}");
    }
}
