//! What was posted in this task and waits for its end: a call into the link costs more than a small message does.

use std::collections::HashMap;

use exciton_protocol::{Limits, Seq};
use js_sys::{Function, JsString, Uint8Array};
use wasm_bindgen::JsValue;

use crate::driver::Packets;
use crate::web;

/// Packets in the order of their posting.
#[derive(Default)]
pub(super) struct Batch {
    text: Option<JsString>,
    blobs: Vec<Uint8Array>,
    blob_bytes: usize,
    /// One per packet: who waits for its answer.
    settles: Vec<Option<Function>>,
    /// Units of the texts.
    text_length: usize,
    pub(super) invokes: usize,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.settles.is_empty()
    }

    pub(super) fn add(&mut self, packet: Packets, settle: Option<Function>) {
        self.text_length += packet.text.length() as usize;
        self.text = Some(match self.text.take() {
            Some(text) => web::join(&text, &",".into(), &packet.text),
            None => packet.text,
        });
        self.blob_bytes += blob_bytes(&packet.blobs);
        self.blobs.extend(packet.blobs);
        self.invokes += usize::from(settle.is_some());
        self.settles.push(settle);
    }

    /// The most bytes that it may have.
    pub(super) fn most_bytes(&self) -> usize {
        3 * self.text_length + self.blob_bytes
    }

    /// Whether it is to go at once: one message of the socket carries no more.
    pub(super) fn is_full(&self, limits: &Limits) -> bool {
        self.most_bytes() >= limits.batch_bytes as usize
            || self.settles.len() >= limits.batch_packets as usize
    }

    /// The packets, their number, an upper bound of their bytes, and who waits for each.
    pub(super) fn take(&mut self) -> Option<(Packets, u32, usize, Vec<Option<Function>>)> {
        let batch = std::mem::take(self);
        let text = batch.text?;
        let size = utf8_bound(&text) + batch.blob_bytes;
        // Bounded by `batch_packets`.
        let count = batch.settles.len() as u32;
        Some((Packets { text, blobs: batch.blobs }, count, size, batch.settles))
    }
}

/// Who waits for the answers to invokes, by seq.
#[derive(Default)]
pub(super) struct Unsettled {
    functions: HashMap<Seq, Function>,
}

impl Unsettled {
    pub(super) fn len(&self) -> usize {
        self.functions.len()
    }

    /// Those of packets whose last has the seq before `next`.
    pub(super) fn add(&mut self, next: Seq, settles: Vec<Option<Function>>) {
        let first = next - settles.len() as Seq;
        for (seq, settle) in (first..).zip(settles) {
            if let Some(settle) = settle {
                self.functions.insert(seq, settle);
            }
        }
    }

    pub(super) fn take(&mut self, seq: Seq) -> Option<Function> {
        self.functions.remove(&seq)
    }

    /// All of them, in the order of their calls.
    pub(super) fn take_all(&mut self) -> Vec<(Seq, Function)> {
        let mut all: Vec<_> = self.functions.drain().collect();
        all.sort_unstable_by_key(|(seq, _)| *seq);
        all
    }
}

/// Calls what waits for an answer.
pub(super) fn settle(
    settle: &Function,
    ok: bool,
    value: &JsValue,
    blobs: &JsValue,
    tagged: bool,
) -> Result<(), JsValue> {
    let arguments = js_sys::Array::of4(&ok.into(), value, blobs, &tagged.into());
    settle.apply(&JsValue::UNDEFINED, &arguments).map(drop)
}

/// At least the bytes that the packet has in UTF-8.
pub(super) fn packet_bytes(packet: &Packets) -> usize {
    utf8_bound(&packet.text) + blob_bytes(&packet.blobs)
}

/// At least the bytes that the text has in UTF-8, without writing it out.
fn utf8_bound(text: &JsString) -> usize {
    let length = text.length() as usize;
    if web::beyond_ascii(text) { 3 * length } else { length }
}

/// Bytes of all of them.
pub(super) fn blob_bytes(blobs: &[Uint8Array]) -> usize {
    blobs.iter().map(|blob| blob.length() as usize).sum()
}
