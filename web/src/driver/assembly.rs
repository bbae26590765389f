//! Puts the attachments of a packet together, each in a buffer of its own: those of one that comes in parts while they come.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;

use super::envelope::Run;
use super::inbound::{self, Delivery};
use crate::web;

/// A packet, and how much of it has come.
pub(crate) struct Assembly {
    /// What has come and has no place yet.
    rest: Run,
    begun: Option<Delivery>,
    /// Attachments that are full, and bytes of the next one.
    full: usize,
    filled: u32,
    /// Bytes that have come, for the bounds.
    pub(crate) size: usize,
}

impl Assembly {
    pub(crate) fn new() -> Self {
        Self { rest: Run::new(), begun: None, full: 0, filled: 0, size: 0 }
    }

    /// All of a message whose text was read.
    pub(crate) fn of(attachments: Run, begun: Delivery) -> Self {
        let mut whole = Self { rest: attachments, begun: Some(begun), ..Self::new() };
        whole.fill();
        whole
    }

    /// Takes a part. What the whole may have is `most`.
    pub(crate) fn take(&mut self, piece: &Uint8Array, most: usize) {
        self.size += piece.length() as usize;
        self.rest.push(piece);
        if self.begun.is_none() {
            self.begin(most);
        }
        self.fill();
        if self.rest.length() == 0 {
            // All of it has its place.
            self.rest = Run::new();
            web::free(piece);
        }
    }

    /// Reads the text, if all of it is there.
    fn begin(&mut self, most: usize) -> Option<()> {
        let mut rest = self.rest.clone();
        let text = rest.text()?;
        let packet = web::parse_json(&text).ok()?.dyn_into::<Array>().ok()?;
        self.begun = Some(inbound::begin(Array::of1(&packet), &text, most)?);
        self.rest = rest;
        None
    }

    fn fill(&mut self) {
        let Some(begun) = &self.begun else { return };
        while let Some(blob) = begun.blobs.get(self.full) {
            let piece = self.rest.cut(blob.length() - self.filled);
            piece.copy_to(&blob.subarray(self.filled, blob.length()));
            self.filled += piece.length();
            if self.filled < blob.length() {
                return;
            }
            self.full += 1;
            self.filled = 0;
        }
    }

    /// All of it. `None` if it is garbled.
    pub(crate) fn finish(self) -> Option<Delivery> {
        self.begun.filter(|begun| self.full == begun.blobs.len() && self.rest.length() == 0)
    }
}

#[cfg(all(test, target_arch = "wasm32"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::*;

    wasm_bindgen_test_configure!(run_in_browser);

    fn in_parts(size: usize, text: &str, attachments: &[u8], most: usize) -> Option<Delivery> {
        let mut run = Run::joined(&text.into(), &[Uint8Array::from(attachments)]);
        let whole = run.take(run.length()).unwrap().to_vec();
        let mut assembly = Assembly::new();
        for piece in whole.chunks(size) {
            assembly.take(&Uint8Array::from(piece), most);
        }
        assert_eq!(assembly.size, whole.len());
        assembly.finish()
    }

    #[wasm_bindgen_test]
    fn a_packet_in_parts_is_the_same_wherever_it_is_cut() {
        let text = "[\"send\",\"a\",[],[2,0,3,0]]";
        for size in 1..40 {
            let delivery = in_parts(size, text, b"xyabc", 99).unwrap();
            assert_eq!(delivery.packets.length(), 1);
            let blobs: Vec<_> = delivery.blobs.iter().map(Uint8Array::to_vec).collect();
            assert_eq!(blobs, [&b"xy"[..], b"", b"abc", b""], "{size}");
        }
        assert_eq!(in_parts(3, "[\"send\",\"a\",[]]", b"", 99).unwrap().blobs.len(), 0);
    }

    #[wasm_bindgen_test]
    fn what_has_more_or_less_than_it_says_is_none() {
        for size in 1..30 {
            for attachments in [&b"x"[..], b"xyz"] {
                let text = "[\"send\",\"a\",[],[2]]";
                assert!(in_parts(size, text, attachments, 99).is_none(), "{size}");
            }
            assert!(in_parts(size, "[\"send\",\"a\",[]", b"", 99).is_none(), "{size}");
        }
    }

    #[wasm_bindgen_test]
    fn a_part_that_has_its_place_gives_its_memory_back() {
        let mut assembly = Assembly::new();
        let mut run = Run::joined(&"[\"send\",\"a\",[],[2]]".into(), &[]);
        let text = run.take(run.length()).unwrap();
        let (half, bytes) = (text.slice(0, 9), Uint8Array::from(&b"xy"[..]));
        for part in [&half, &text.slice(9, text.length()), &bytes] {
            assembly.take(part, 99);
        }
        // Of a text that is not all there yet, nothing is.
        assert_eq!((half.length(), bytes.length()), (9, 0));
        assert_eq!(assembly.finish().unwrap().blobs[0].to_vec(), b"xy");
    }

    #[wasm_bindgen_test]
    fn no_room_is_made_for_more_than_may_come() {
        let text = "[\"send\",\"a\",[],[2]]";
        assert!(in_parts(9, text, b"xy", text.len() + 2).is_some());
        assert!(in_parts(9, text, b"xy", text.len() + 1).is_none());
    }
}
