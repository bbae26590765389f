//! JSON's strings, lone surrogates included.

use super::Reader;
use crate::value::{DecodeError, Text};

impl Reader<'_> {
    /// Text from its opening quote on.
    pub(super) fn string(&mut self) -> Result<Text, DecodeError> {
        self.at += 1;
        let start = self.at;
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b'"' => {
                    let text = self.utf8(start, self.at)?.into();
                    self.at += 1;
                    return Ok(text);
                }
                b'\\' => return self.escaped_string(start),
                0..=0x1f => return Err(self.syntax("a control character in text")),
                _ => self.at += 1,
            }
        }
        Err(self.syntax("text without its end"))
    }

    /// Text from its first backslash on.
    fn escaped_string(&mut self, start: usize) -> Result<Text, DecodeError> {
        let mut text = self.utf8(start, self.at)?.to_owned();
        // UTF-16 from the first lone surrogate on.
        let mut wide: Option<Vec<u16>> = None;
        let mut chunk = self.at;
        loop {
            let byte = self.text.get(self.at).copied();
            let chunk_ends = matches!(byte, Some(b'"' | b'\\'));
            if chunk_ends && chunk < self.at {
                let plain = self.utf8(chunk, self.at)?;
                match &mut wide {
                    Some(units) => units.extend(plain.encode_utf16()),
                    None => text.push_str(plain),
                }
            }
            match byte {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(wide.map_or_else(|| text.into(), |units| Text::from_utf16(&units)));
                }
                Some(b'\\') => {
                    self.at += 1;
                    let unit = self.escape()?;
                    match (&mut wide, char::from_u32(unit.into())) {
                        (Some(units), _) => units.push(unit),
                        (None, Some(char)) => text.push(char),
                        (None, None) => match self.low_half(unit) {
                            Some(char) => text.push(char),
                            None => wide = Some(text.encode_utf16().chain([unit]).collect()),
                        },
                    }
                    chunk = self.at;
                }
                Some(0..=0x1f) => return Err(self.syntax("a control character in text")),
                Some(_) => self.at += 1,
                None => return Err(self.syntax("text without its end")),
            }
        }
    }

    /// One escape after its backslash, as a UTF-16 code unit.
    fn escape(&mut self) -> Result<u16, DecodeError> {
        let byte = self.text.get(self.at).copied();
        self.at += 1;
        Ok(match byte {
            Some(b'"') => 0x22,
            Some(b'\\') => 0x5c,
            Some(b'/') => 0x2f,
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(b'n') => 0x0a,
            Some(b'r') => 0x0d,
            Some(b't') => 0x09,
            Some(b'u') => {
                let unit = self.hex(self.at).ok_or_else(|| self.syntax("a bad \\u escape"))?;
                self.at += 4;
                unit
            }
            _ => {
                self.at -= 1;
                return Err(self.syntax("there is no such escape"));
            }
        })
    }

    /// The character of which `high` is the first half, if the second half follows.
    fn low_half(&mut self, high: u16) -> Option<char> {
        if self.text.get(self.at..self.at + 2)? != b"\\u" {
            return None;
        }
        let low = self.hex(self.at + 2)?;
        let char = char::decode_utf16([high, low]).next()?.ok()?;
        self.at += 6;
        Some(char)
    }

    fn hex(&self, at: usize) -> Option<u16> {
        let digits = self.text.get(at..at + 4)?;
        digits.iter().try_fold(0, |unit: u16, digit| {
            Some(unit << 4 | char::from(*digit).to_digit(16)? as u16)
        })
    }

    pub(super) fn utf8(&self, start: usize, end: usize) -> Result<&str, DecodeError> {
        std::str::from_utf8(&self.text[start..end]).map_err(|error| DecodeError::Syntax {
            offset: start + error.valid_up_to(),
            what: "text that isn't UTF-8",
        })
    }
}
