//! One quick pass over JSON text, to tell whether serde_json may read it.

use super::{DecodeError, Value};

/// What a pass over text found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scan {
    /// The deepest nesting.
    pub depth: u32,
    /// Whether there is nothing in it that only our own reader understands: tags, lone surrogates, and integers that
    /// JavaScript has rounded and serde_json would take for exact.
    pub plain: bool,
    /// Whether a number has an exponent or so many digits that it may be past all doubles.
    pub exponent: bool,
    /// Whether there may be a reference in it to what came before.
    pub refers: bool,
}

impl Scan {
    pub const NOTHING: Scan = Scan { depth: 0, plain: true, exponent: false, refers: false };

    /// Whether serde_json reads this text as our own reader would.
    pub fn is_plain(self) -> bool {
        self.plain && self.depth < PLAIN_DEPTH
    }
}

/// Goes over the text once, and calls `mark` for each comma, colon and closing bracket of the outermost container.
/// `mark` sees what was found so far, and may reset it.
///
/// The text need not be good JSON: whatever is read afterwards is checked then.
///
/// # Errors
/// [`DecodeError::Syntax`] if a string or a bracket isn't closed.
pub(super) fn scan(
    text: &[u8],
    mut mark: impl FnMut(usize, &mut Scan),
) -> Result<Scan, DecodeError> {
    let mut found = Scan::NOTHING;
    let mut level: u32 = 0;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => {
                at = string(text, at, &mut found)?;
                continue;
            }
            b'[' | b'{' => {
                level = level.saturating_add(1);
                found.depth = found.depth.max(level);
            }
            b']' | b'}' => {
                if level == 1 {
                    mark(at, &mut found);
                }
                let unopened =
                    DecodeError::Syntax { offset: at, what: "a bracket that nothing opened" };
                level = level.checked_sub(1).ok_or(unopened)?;
            }
            b',' | b':' if level == 1 => mark(at, &mut found),
            b'0'..=b'9' => {
                at = digits(text, at, &mut found);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    if level > 0 {
        return Err(DecodeError::Syntax { offset: at, what: "a bracket without its end" });
    }
    Ok(found)
}

/// Past a string that starts at `start`.
fn string(text: &[u8], start: usize, found: &mut Scan) -> Result<usize, DecodeError> {
    let mut at = start + 1;
    loop {
        match text.get(at) {
            Some(b'"') => break,
            Some(b'\\') => {
                if let Some([b'u', hex @ ..]) = text.get(at + 1..at + 6) {
                    let dollar = hex == b"0024";
                    // Our own ends escape no letter.
                    found.refers |= matches!(hex, [b'0', b'0', b'6' | b'7', _]);
                    let surrogate =
                        matches!(hex, [b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F', ..]);
                    found.plain &= !dollar && !surrogate;
                }
                at += 2;
            }
            Some(_) => at += 1,
            None => {
                return Err(DecodeError::Syntax { offset: start, what: "text without its end" });
            }
        }
    }
    match &text[start + 1..at] {
        b"$" => found.plain = false,
        b"ref" => found.refers = true,
        _ => {}
    }
    Ok(at + 1)
}

/// Past the digits that start at `start`.
fn digits(text: &[u8], start: usize, found: &mut Scan) -> usize {
    let count = text[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    found.exponent |= count > SAFE_DIGITS || matches!(text.get(start + count), Some(b'e' | b'E'));
    if count >= ROUNDED_DIGITS {
        let fraction = start > 0 && text[start - 1] == b'.';
        let float = fraction || matches!(text.get(start + count), Some(b'.' | b'e' | b'E'));
        let safe = std::str::from_utf8(&text[start..start + count])
            .is_ok_and(|digits| digits.parse::<u64>().is_ok_and(|n| n <= Value::SAFE_INTEGER));
        found.plain &= float || safe;
    }
    start + count
}

/// An integer of fewer digits is below 2^53.
const ROUNDED_DIGITS: usize = 16;

/// No double has more before its point.
const SAFE_DIGITS: usize = 300;

/// serde_json reads up to 127 levels.
const PLAIN_DEPTH: u32 = 100;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn found(text: &str) -> Scan {
        scan(text.as_bytes(), |_, _| {}).unwrap()
    }

    #[test]
    fn what_only_our_reader_understands_is_found() {
        for text in [
            r#"[{"$":"undefined"}]"#,
            r#"[{"\u0024":"undefined"}]"#,
            r#"["\ud800"]"#,
            r#"["\\\uDFFF"]"#,
            "[9007199254740992]",
            "[-1152921504606847000]",
        ] {
            assert!(!found(text).plain, "{text}");
        }
        for text in [
            r#"["$$", "a$", "\\ud800", "\u00e9", "\"$\""]"#,
            "[9007199254740991, -9007199254740991]",
            "[0.1234567890123456789, 1234567890123456789.5, 1234567890123456789e3]",
        ] {
            assert!(found(text).plain, "{text}");
        }
    }

    #[test]
    fn references_are_found() {
        for text in [r#"[{"$":"ref","v":0}]"#, r#"[{"$":"r\u0065f","v":0}]"#] {
            assert!(found(text).refers && !found(text).plain, "{text}");
        }
        assert!(!found(r#"[{"$":"def","v":[]},"\u000a"]"#).refers);
    }

    #[test]
    fn depth_is_counted_outside_of_strings() {
        assert_eq!(found(r#"[[{"[[[[":1}],"]]]"]"#).depth, 3);
    }

    #[test]
    fn the_outermost_marks_are_called() {
        let mut marks = Vec::new();
        scan(br#"[1,[2,3],{"a":4}, "x,y"]"#, |at, _| marks.push(at)).unwrap();
        assert_eq!(marks, [2, 8, 16, 23]);
    }

    #[test]
    fn bad_brackets_are_errors() {
        for text in ["[", "]", "[\"", "[\"\\", "{]]"] {
            assert!(scan(text.as_bytes(), |_, _| {}).is_err(), "{text}");
        }
    }
}
