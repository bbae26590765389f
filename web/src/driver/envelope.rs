//! A message of the wire: JSON text, and the binary attachments that it names (as in the protocol crate's envelope).

use js_sys::{ArrayBuffer, JsString, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::web;

/// Puts a text and its attachments together: the text itself if there are none, else one run of bytes.
pub(crate) fn join(json: &JsString, blobs: &[Uint8Array]) -> JsValue {
    if blobs.is_empty() { json.into() } else { bytes(json, blobs).into() }
}

/// The run of bytes: the length of the JSON (`u32`, little endian), the JSON in UTF-8, the attachments.
pub(crate) fn bytes(json: &JsString, blobs: &[Uint8Array]) -> Uint8Array {
    let json = web::encode(json);
    let size = blobs.iter().fold(HEAD + json.length(), |size, blob| size + blob.length());
    let out = Uint8Array::new_with_length(size);
    for (place, byte) in json.length().to_le_bytes().into_iter().enumerate() {
        out.set_index(place as u32, byte);
    }
    out.set(&json, HEAD);
    let mut at = HEAD + json.length();
    for blob in blobs {
        out.set(blob, at);
        at += blob.length();
    }
    out
}

/// Takes a run of bytes apart: its JSON, and its attachments in one run. `None` if it is shorter than it says, or its
/// text isn't UTF-8.
pub(crate) fn split(bytes: &Uint8Array) -> Option<(JsString, Uint8Array)> {
    if bytes.length() < HEAD {
        return None;
    }
    let mut head = [0; 4];
    bytes.subarray(0, HEAD).copy_to(&mut head);
    let end = u32::from_le_bytes(head).checked_add(HEAD)?;
    if end > bytes.length() {
        return None;
    }
    let json = web::decode(&bytes.subarray(HEAD, end)).ok()?;
    Some((json, bytes.subarray(end, bytes.length())))
}

/// Cuts attachments off a run, each into a buffer of its own.
pub(crate) struct Cutter {
    run: Uint8Array,
    at: u32,
}

impl Cutter {
    pub(crate) fn new(run: Uint8Array) -> Self {
        Self { run, at: 0 }
    }

    /// The next attachment, of that many bytes. `None` if they aren't there.
    pub(crate) fn cut(&mut self, length: &JsValue) -> Option<Uint8Array> {
        let length = u32::try_from(web::whole(length)?).ok()?;
        let end = self.at.checked_add(length).filter(|end| *end <= self.run.length())?;
        let blob = self.run.slice(self.at, end);
        self.at = end;
        Some(blob)
    }

    /// Whether nothing is left over.
    pub(crate) fn is_empty(&self) -> bool {
        self.at == self.run.length()
    }
}

/// The bytes of a socket's binary message.
pub(crate) fn of_buffer(buffer: &JsValue) -> Option<Uint8Array> {
    buffer.dyn_ref::<ArrayBuffer>().map(|buffer| Uint8Array::new(buffer))
}

/// Bytes before the JSON.
const HEAD: u32 = 4;

#[cfg(all(test, target_arch = "wasm32"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::*;

    wasm_bindgen_test_configure!(run_in_browser);

    #[wasm_bindgen_test]
    fn a_message_with_attachments_splits_into_what_was_joined() {
        let blobs = [Uint8Array::from(&b"abc"[..]), Uint8Array::from(&b"de"[..])];
        let json = JsString::from("[\"ä\"]");
        let joined: Uint8Array = join(&json, &blobs).dyn_into().unwrap();
        assert_eq!(joined.to_vec(), "\u{6}\0\0\0[\"ä\"]abcde".as_bytes());
        let (text, run) = split(&joined).unwrap();
        assert_eq!(text, json);
        let mut cutter = Cutter::new(run);
        assert_eq!(cutter.cut(&3.into()).unwrap().to_vec(), b"abc");
        assert!(!cutter.is_empty());
        assert!(cutter.cut(&3.into()).is_none());
        assert_eq!(cutter.cut(&2.into()).unwrap().to_vec(), b"de");
        assert!(cutter.is_empty());
    }

    #[wasm_bindgen_test]
    fn a_message_without_attachments_is_its_text() {
        assert_eq!(join(&"[1]".into(), &[]), JsValue::from_str("[1]"));
    }

    #[wasm_bindgen_test]
    fn an_attachment_has_a_buffer_of_its_own() {
        let mut cutter = Cutter::new(Uint8Array::from(&b"abc"[..]));
        assert_eq!(cutter.cut(&2.into()).unwrap().buffer().byte_length(), 2);
    }

    #[wasm_bindgen_test]
    fn bytes_that_are_no_message_are_refused() {
        for bytes in
            [&b""[..], b"\x01\0\0", b"\x02\0\0\0[", b"\xff\xff\xff\xff[]", b"\x01\0\0\0\xff"]
        {
            assert!(split(&Uint8Array::from(bytes)).is_none(), "{bytes:?}");
        }
    }
}
