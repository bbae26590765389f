//! What a browser writes, with each compressed message turned into one that isn't.
//!
//! Nothing is refused here that tungstenite refuses: it gets such a frame as it came. A message's size is its affair too:
//! what is inflated goes to it in pieces, and it takes no more of them than a message may have.

use std::io;

use flate2::{Decompress, FlushDecompress, Status};

use super::deflating::TAIL;

/// Frames on their way in (RFC 6455 §5.2, RFC 7692 §6.2).
pub(super) struct Frames {
    part: Part,
    /// The compressed message that has begun.
    message: Option<Message>,
    /// Bytes that a compressed message may have.
    limit: usize,
}

/// What the next byte belongs to.
enum Part {
    /// The head of a frame.
    Head(Head),
    /// A frame that is passed on.
    Plain { left: u64 },
    /// A frame of a compressed message.
    Deflated { left: u64, mask: [u8; 4], at: usize, is_last: bool },
    /// The end of a message, which compressors leave out.
    Tail { at: usize },
}

#[derive(Default)]
struct Head {
    bytes: [u8; 14],
    has: usize,
}

struct Message {
    inflate: Box<Decompress>,
    /// The first byte of the next piece's head, without its end.
    kind: u8,
    /// Its compressed bytes so far.
    size: usize,
}

impl Frames {
    pub(super) fn new(limit: usize) -> Self {
        Self { part: Part::Head(Head::default()), message: None, limit }
    }

    /// Whether nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.message.is_none() && matches!(&self.part, Part::Head(head) if head.has == 0)
    }

    /// Takes some of `input`, says how much, and puts what comes of it behind `out`: at most [`PIECE`] and a head beyond what
    /// it takes. There is more to come for as long as something was taken or put.
    pub(super) fn step(&mut self, input: &[u8], out: &mut Vec<u8>) -> io::Result<usize> {
        match &mut self.part {
            Part::Head(head) => {
                let taken = head.fill(input);
                if head.is_whole() {
                    let head = std::mem::take(head);
                    self.begin(&head, out)?;
                }
                Ok(taken)
            }
            Part::Plain { left } => {
                let taken = at_most(input, *left);
                out.extend_from_slice(&input[..taken]);
                *left -= taken as u64;
                if *left == 0 {
                    self.part = Part::Head(Head::default());
                }
                Ok(taken)
            }
            Part::Deflated { left, mask, at, is_last } => {
                let Some(message) = &mut self.message else {
                    return Err(wrong("nothing to go on with"));
                };
                let mut plain = [0; TAKEN];
                let input = &input[..at_most(input, *left).min(TAKEN)];
                for (offset, (plain, byte)) in plain.iter_mut().zip(input).enumerate() {
                    *plain = byte ^ mask[(*at + offset) % 4];
                }
                let taken = message.inflate(&plain[..input.len()], out)?;
                message.size += taken;
                if message.size > self.limit {
                    return Err(wrong(&format!(
                        "it has more than the {} bytes of the longest one",
                        self.limit
                    )));
                }
                *left -= taken as u64;
                *at = (*at + taken) % 4;
                if *left == 0 {
                    self.part =
                        if *is_last { Part::Tail { at: 0 } } else { Part::Head(Head::default()) };
                }
                Ok(taken)
            }
            Part::Tail { at } => {
                let Some(message) = &mut self.message else { return Err(wrong("nothing to end")) };
                let before = out.len();
                *at += message.inflate(&TAIL[*at..], out)?;
                while out.len() == before {
                    if *at == TAIL.len() {
                        // All of it is out.
                        out.extend([FINAL | message.kind, MASKED, 0, 0, 0, 0]);
                        self.message = None;
                        self.part = Part::Head(Head::default());
                        return Ok(0);
                    }
                    *at += message.inflate(&TAIL[*at..], out)?;
                }
                Ok(0)
            }
        }
    }

    /// A frame's head is whole.
    fn begin(&mut self, head: &Head, out: &mut Vec<u8>) -> io::Result<()> {
        let [first, second] = [head.bytes[0], head.bytes[1]];
        let (kind, left) = (first & KIND, head.length());
        let starts = kind == TEXT || kind == BINARY;
        if starts && self.message.is_some() {
            return Err(wrong("a message begins within another"));
        }
        let compressed = match first & RESERVED {
            DEFLATED => starts,
            0 => kind == CONTINUES && self.message.is_some(),
            _ => false,
        };
        if !compressed || second & MASKED == 0 {
            out.extend_from_slice(&head.bytes[..head.has]);
            self.part = if left > 0 { Part::Plain { left } } else { Part::Head(Head::default()) };
            return Ok(());
        }
        if starts {
            let inflate = Box::new(Decompress::new(false));
            self.message = Some(Message { inflate, kind, size: 0 });
        }
        let is_last = first & FINAL != 0;
        self.part = match left {
            0 if is_last => Part::Tail { at: 0 },
            0 => Part::Head(Head::default()),
            _ => Part::Deflated { left, mask: head.mask(), at: 0, is_last },
        };
        Ok(())
    }
}

impl Message {
    /// Inflates some of `input`, and puts what comes of it behind `out` as a frame that isn't the last one. How much of the
    /// input was taken.
    fn inflate(&mut self, input: &[u8], out: &mut Vec<u8>) -> io::Result<usize> {
        let mut piece = [0; PIECE];
        let (read, made) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self
            .inflate
            .decompress(input, &mut piece, FlushDecompress::Sync)
            .map_err(|_| wrong("it can't be inflated"))?;
        let [read, made] =
            [self.inflate.total_in() - read, self.inflate.total_out() - made].map(|n| n as usize);
        if status == Status::StreamEnd {
            // A block that said it was the last one; others may follow (RFC 7692 §7.2.3.4).
            self.inflate.reset(false);
        } else if read + made == 0 && !input.is_empty() {
            return Err(wrong("it can't be inflated"));
        }
        if let Some(made) = piece.get(..made).filter(|made| !made.is_empty()) {
            // A mask of zeros changes nothing.
            out.extend([self.kind, MASKED | 126]);
            out.extend((made.len() as u16).to_be_bytes());
            out.extend([0; 4]);
            out.extend_from_slice(made);
            self.kind = CONTINUES;
        }
        Ok(read)
    }
}

impl Head {
    fn fill(&mut self, input: &[u8]) -> usize {
        let mut taken = 0;
        while let Some(byte) = input.get(taken).filter(|_| !self.is_whole()) {
            self.bytes[self.has] = *byte;
            self.has += 1;
            taken += 1;
        }
        taken
    }

    fn is_whole(&self) -> bool {
        self.has >= 2 && self.has == 2 + self.extended() + self.masked()
    }

    /// How many bytes of the length come behind the first two.
    fn extended(&self) -> usize {
        match self.bytes[1] & !MASKED {
            126 => 2,
            127 => 8,
            _ => 0,
        }
    }

    fn masked(&self) -> usize {
        if self.bytes[1] & MASKED == 0 { 0 } else { 4 }
    }

    fn length(&self) -> u64 {
        let long = &self.bytes[2..2 + self.extended()];
        if long.is_empty() {
            return u64::from(self.bytes[1] & !MASKED);
        }
        long.iter().fold(0, |length, byte| length << 8 | u64::from(*byte))
    }

    fn mask(&self) -> [u8; 4] {
        let mut mask = [0; 4];
        mask.copy_from_slice(&self.bytes[self.has - 4..self.has]);
        mask
    }
}

fn at_most(input: &[u8], left: u64) -> usize {
    usize::try_from(left).unwrap_or(usize::MAX).min(input.len())
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a compressed message of the page: {what}"))
}

const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
const DEFLATED: u8 = 0x40;
const KIND: u8 = 0x0f;
const CONTINUES: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const MASKED: u8 = 0x80;

/// Bytes that are inflated at once, at most; they fit into a frame's short length.
pub(super) const PIECE: usize = 16 * 1_024;
/// Compressed bytes that are looked at at once.
const TAKEN: usize = 4 * 1_024;

#[cfg(test)]
mod tests;
