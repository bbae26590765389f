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

/// What is told of a text while it is gone over. A stop ends that.
pub(super) trait Visitor {
    type Stop: From<DecodeError>;

    /// `byte`, at `at`, is a comma, a colon or the closing bracket of the outermost container. It sees what was found so far,
    /// and may reset it.
    fn mark(&mut self, at: usize, byte: u8, found: &mut Scan);

    /// A value begins that is no container, or a key.
    fn value(&mut self) -> Result<(), Self::Stop> {
        Ok(())
    }

    /// A container begins, with its bracket at the beginning of the text that is left.
    fn opened(&mut self, _rest: &[u8]) -> Result<(), Self::Stop> {
        Ok(())
    }

    /// A container ends.
    fn closed(&mut self) {}
}

/// Goes over the text once, and calls `mark` as a [`Visitor`]'s is called.
///
/// The text need not be good JSON: whatever is read afterwards is checked then.
///
/// # Errors
/// [`DecodeError::Syntax`] if a string or a bracket isn't closed.
pub(super) fn scan(text: &[u8], mark: impl FnMut(usize, &mut Scan)) -> Result<Scan, DecodeError> {
    visit(text, &mut Marks(mark))
}

struct Marks<F>(F);

impl<F: FnMut(usize, &mut Scan)> Visitor for Marks<F> {
    type Stop = DecodeError;

    fn mark(&mut self, at: usize, _byte: u8, found: &mut Scan) {
        (self.0)(at, found);
    }
}

/// The same for any visitor.
///
/// # Errors
/// The visitor's stop, which a string or a bracket that isn't closed is, too.
pub(super) fn visit<V: Visitor>(text: &[u8], visitor: &mut V) -> Result<Scan, V::Stop> {
    let mut found = Scan::NOTHING;
    let mut level: u32 = 0;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => {
                visitor.value()?;
                at = string(text, at, &mut found)?;
                continue;
            }
            b'[' | b'{' => {
                visitor.opened(&text[at..])?;
                level = level.saturating_add(1);
                found.depth = found.depth.max(level);
            }
            b']' | b'}' => {
                if level == 1 {
                    visitor.mark(at, byte, &mut found);
                }
                visitor.closed();
                let unopened =
                    DecodeError::Syntax { offset: at, what: "a bracket that nothing opened" };
                level = level.checked_sub(1).ok_or(unopened)?;
            }
            b',' | b':' if level == 1 => visitor.mark(at, byte, &mut found),
            b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' => {}
            _ => {
                visitor.value()?;
                at = word(text, at, &mut found);
                continue;
            }
        }
        at += 1;
    }
    if level > 0 {
        Err(DecodeError::Syntax { offset: at, what: "a bracket without its end" })?;
    }
    Ok(found)
}

/// Past a string that starts at `start`.
fn string(text: &[u8], start: usize, found: &mut Scan) -> Result<usize, DecodeError> {
    let mut at = start + 1;
    loop {
        at += letters(text.get(at..).unwrap_or_default());
        match text.get(at) {
            Some(b'"') => break,
            Some(_) => {}
            None => {
                return Err(DecodeError::Syntax { offset: start, what: "text without its end" });
            }
        }
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
    match at - start {
        2 if text[start + 1] == b'$' => found.plain = false,
        4 if text[start + 1..at] == *b"ref" => found.refers = true,
        _ => {}
    }
    Ok(at + 1)
}

/// How many bytes there are before a quote or a backslash, or in all. Texts in JSON are short, so eight at a time are looked
/// through faster than by what is made for long ones.
pub(crate) fn letters(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(chunk) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*chunk);
        let found = zeros(word ^ (EACH * b'"' as u64)) | zeros(word ^ (EACH * b'\\' as u64));
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\')).count()
}

/// The highest bit of the first byte that is zero, and nothing before it.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(EACH) & !word & (EACH << 7)
}

/// Past a number, `true`, `false` or `null` that starts at `start`, or past what is none of JSON.
fn word(text: &[u8], start: usize, found: &mut Scan) -> usize {
    let mut at = start;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'0'..=b'9' => at = digits(text, at, found),
            b'a'..=b'z' | b'A'..=b'Z' | b'.' | b'+' | b'-' => at += 1,
            _ => break,
        }
    }
    at.max(start + 1)
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

/// A one in each byte.
const EACH: u64 = 0x0101_0101_0101_0101;
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
    fn a_text_ends_at_its_first_quote_or_backslash() {
        for other in 0..=u8::MAX {
            for length in 0..20 {
                for (at, end) in (0..=length).zip([b'"', b'\\'].into_iter().cycle()) {
                    let mut text = vec![other; length];
                    text.insert(at, end);
                    let first = text.iter().position(|byte| matches!(byte, b'"' | b'\\'));
                    assert_eq!(Some(letters(&text)), first, "{text:?}");
                }
            }
        }
        assert_eq!(letters(b"eight by and more"), 17);
    }

    #[test]
    fn bad_brackets_are_errors() {
        for text in ["[", "]", "[\"", "[\"\\", "{]]"] {
            assert!(scan(text.as_bytes(), |_, _| {}).is_err(), "{text}");
        }
    }
}
