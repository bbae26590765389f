//! Objects as lists of entries: those with a key `$`, and those whose order must be that of the text.

use serde::ser::Error as _;

use crate::value::EncodeError;
use crate::value::scan::scan;

/// Start of such an object.
pub(in crate::value) const ESCAPED: &str = r#"{"$":"object","entries":["#;

/// Writes an object so far, `{"a":1,"b":2`, as a list of entries.
pub(in crate::value) fn escape(object: &[u8]) -> Result<Vec<u8>, EncodeError> {
    let mut closed = object.to_vec();
    closed.push(b'}');
    let mut escaped = ESCAPED.as_bytes().to_vec();
    let mut start = 1;
    let split = scan(&closed, |at, _| {
        if start == at {
            return;
        }
        let part = &closed[start..at];
        match closed[at] {
            b':' => {
                escaped.extend_from_slice(if start == 1 { b"[" } else { b",[" });
                escaped.extend_from_slice(part);
                escaped.push(b',');
            }
            _ => {
                escaped.extend_from_slice(part);
                escaped.push(b']');
            }
        }
        start = at + 1;
    });
    split.map_err(EncodeError::custom)?;
    Ok(escaped)
}
