//! A message of the wire: JSON text, and the binary attachments that it names (as in the protocol crate's envelope).

use js_sys::{Array, ArrayBuffer, JsString, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::web;

/// Puts a text and its attachments together: the text itself if there are none, else one run of bytes.
pub(crate) fn join(json: &JsString, blobs: &[Uint8Array]) -> JsValue {
    if blobs.is_empty() { json.into() } else { bytes(json, blobs).into() }
}

pub(crate) fn bytes(json: &JsString, blobs: &[Uint8Array]) -> Uint8Array {
    let run = Run::joined(json, blobs);
    let out = Uint8Array::new_with_length(run.length());
    run.copy_to(&out);
    out
}

/// Bytes in the buffers that they lie in: of a message, or of the parts of one. A clone is another view of the same.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    buffers: Array,
    /// What is looked at of all that the buffers hold. It is bounded by the limits.
    from: u32,
    end: u32,
}

impl Run {
    pub(crate) fn new() -> Self {
        Self { buffers: Array::new(), from: 0, end: 0 }
    }

    /// A message: the length of the JSON (`u32`, little endian), the JSON in UTF-8, the attachments.
    pub(crate) fn joined(json: &JsString, blobs: &[Uint8Array]) -> Self {
        let json = web::encode(json);
        let mut run = Self::new();
        run.push(&Uint8Array::from(&json.length().to_le_bytes()[..]));
        run.push(&json);
        for blob in blobs {
            run.push(blob);
        }
        run
    }

    pub(crate) fn push(&mut self, buffer: &Uint8Array) {
        self.buffers.push(buffer);
        self.end += buffer.length();
    }

    /// Bytes that are left.
    pub(crate) fn length(&self) -> u32 {
        self.end - self.from
    }

    /// Takes so many bytes off the front, or what there is, without a copy.
    pub(crate) fn cut(&mut self, most: u32) -> Self {
        let end = self.end.min(self.from.saturating_add(most));
        let cut = Self { end, ..self.clone() };
        self.from = end;
        cut
    }

    /// Takes so many bytes, in a buffer of their own. `None` if they aren't there.
    pub(crate) fn take(&mut self, length: u32) -> Option<Uint8Array> {
        if length > self.length() {
            return None;
        }
        let out = Uint8Array::new_with_length(length);
        self.cut(length).copy_to(&out);
        Some(out)
    }

    /// The next attachment, of that many bytes. `None` if they aren't there.
    pub(crate) fn attachment(&mut self, length: &JsValue) -> Option<Uint8Array> {
        self.take(u32::try_from(web::whole(length)?).ok()?)
    }

    /// What is left, if it lies in the first buffer.
    pub(crate) fn view(&self) -> Uint8Array {
        self.buffer(0).subarray(self.from, self.end)
    }

    /// What is left with so many bytes before it, if all of that lies in one buffer.
    pub(crate) fn with_before(&self, before: u32) -> Option<Uint8Array> {
        let from = self.from.checked_sub(before)?;
        let mut start = 0;
        for index in 0..self.buffers.length() {
            let buffer = self.buffer(index);
            let end = start + buffer.length();
            if from < end {
                let fits = from >= start && self.end <= end;
                return fits.then(|| buffer.subarray(from - start, self.end - start));
            }
            start = end;
        }
        None
    }

    fn buffer(&self, index: u32) -> Uint8Array {
        self.buffers.get(index).unchecked_into()
    }

    /// Copies what is left to the front of `out`.
    pub(crate) fn copy_to(&self, out: &Uint8Array) {
        let (mut index, mut start, mut at) = (0, 0, self.from);
        while at < self.end {
            let buffer = self.buffer(index);
            let end = start + buffer.length();
            if at < end {
                let piece = buffer.subarray(at - start, self.end.min(end) - start);
                out.set(&piece, at - self.from);
                at = end;
            }
            start = end;
            index += 1;
        }
    }

    /// Takes the JSON of a message off, and leaves the attachments. `None` if it is shorter than it says, or its text isn't
    /// UTF-8.
    pub(crate) fn text(&mut self) -> Option<JsString> {
        let mut head = [0; HEAD];
        self.take(HEAD as u32)?.copy_to(&mut head);
        let json = self.take(u32::from_le_bytes(head))?;
        web::decode(&json).ok()
    }
}

/// The bytes of a socket's binary message.
pub(crate) fn of_buffer(buffer: &JsValue) -> Option<Run> {
    Some(of_bytes(&Uint8Array::new(buffer.dyn_ref::<ArrayBuffer>()?)))
}

pub(crate) fn of_bytes(bytes: &Uint8Array) -> Run {
    let mut run = Run::new();
    run.push(bytes);
    run
}

/// Bytes before the JSON.
const HEAD: usize = 4;

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
        let mut run = of_bytes(&joined);
        assert_eq!(run.text().unwrap(), json);
        assert_eq!(run.take(3).unwrap().to_vec(), b"abc");
        assert!(run.take(3).is_none());
        assert_eq!(run.take(2).unwrap().to_vec(), b"de");
        assert_eq!(run.length(), 0);
    }

    #[wasm_bindgen_test]
    fn what_is_cut_in_parts_is_the_same_again() {
        let blobs = [&b"abc"[..], b"", b"defgh"].map(Uint8Array::from);
        let json = JsString::from("[1]");
        let whole = bytes(&json, &blobs).to_vec();
        for most in 1..=whole.len() as u32 {
            let mut run = Run::joined(&json, &blobs);
            let mut parts = Run::new();
            while run.length() > 0 {
                let mut part = run.cut(most);
                let length = part.length();
                assert!(length == most || run.length() == 0);
                parts.push(&part.take(length).unwrap());
            }
            let mut back = parts;
            assert_eq!(back.text().unwrap(), json);
            assert_eq!(back.take(3).unwrap().to_vec(), b"abc");
            assert_eq!(back.take(5).unwrap().to_vec(), b"defgh");
        }
    }

    #[wasm_bindgen_test]
    fn what_lies_before_comes_along_where_it_is_one_buffer() {
        let mut run = Run::new();
        for buffer in [&b"abc"[..], b"defgh", b"ij"] {
            run.push(&Uint8Array::from(buffer));
        }
        let mut before = |skip: u32, length: u32, before: u32| {
            let mut run = run.clone();
            run.cut(skip);
            run.cut(length).with_before(before).map(|view| view.to_vec())
        };
        assert_eq!(before(5, 2, 2).as_deref(), Some(&b"defg"[..]));
        assert_eq!(before(5, 3, 1).as_deref(), Some(&b"efgh"[..]));
        assert_eq!(before(9, 1, 1).as_deref(), Some(&b"ij"[..]));
        for (skip, length, length_before) in [(5, 2, 3), (5, 4, 1), (3, 2, 1), (0, 1, 1), (0, 9, 0)]
        {
            assert!(before(skip, length, length_before).is_none(), "{skip} {length}");
        }
    }

    #[wasm_bindgen_test]
    fn a_message_without_attachments_is_its_text() {
        assert_eq!(join(&"[1]".into(), &[]), JsValue::from_str("[1]"));
    }

    #[wasm_bindgen_test]
    fn an_attachment_has_a_buffer_of_its_own() {
        let mut run = of_bytes(&Uint8Array::from(&b"abc"[..]));
        assert_eq!(run.take(2).unwrap().buffer().byte_length(), 2);
    }

    #[wasm_bindgen_test]
    fn bytes_that_are_no_message_are_refused() {
        for bytes in
            [&b""[..], b"\x01\0\0", b"\x02\0\0\0[", b"\xff\xff\xff\xff[]", b"\x01\0\0\0\xff"]
        {
            assert!(of_bytes(&Uint8Array::from(bytes)).text().is_none(), "{bytes:?}");
        }
    }
}
