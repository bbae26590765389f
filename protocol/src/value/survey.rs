//! What is known of the text of big arguments, so that it isn't gone over again.

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use bytes::Bytes;
use smallvec::SmallVec;

use super::lazy::Lazy;
use super::scan::Scan;

/// Where the elements of a list are, and what was found in each. Most calls have few.
pub(super) type Elements = SmallVec<[(Range<usize>, Scan); 3]>;

/// What is known of a text: nothing, or that it is good JSON and perhaps where its elements are.
#[derive(Clone, Default)]
pub(super) struct Known(Option<Box<Survey>>);

#[derive(Clone)]
struct Survey {
    /// The text that all of it is about.
    text: Bytes,
    elements: OnceLock<Elements>,
}

impl Known {
    /// Of a text that a JSON reader has taken. A short one is gone over faster than this is kept.
    pub fn good(text: &Bytes) -> Self {
        let is_long = text.len() >= Lazy::<()>::LEAST;
        Self(is_long.then(|| Box::new(Survey { text: text.clone(), elements: OnceLock::new() })))
    }

    /// Keeps where the elements of the text are, if it is one that is worth it.
    pub fn keep(&self, text: &Bytes, split: Split) {
        if let Some(survey) = self.of(text)
            && let Some(elements) = split.finish(text)
        {
            let _ = survey.elements.set(elements);
        }
    }

    pub fn elements(&self, text: &Bytes) -> Option<&Elements> {
        self.of(text)?.elements.get()
    }

    /// Whether the text is good JSON, and each piece of it that is one value.
    pub fn is_good(&self, text: &Bytes) -> bool {
        self.of(text).is_some()
    }

    /// Whoever has put another text in its place knows nothing of that.
    fn of(&self, text: &Bytes) -> Option<&Survey> {
        self.0.as_deref().filter(|survey| {
            (survey.text.as_ptr(), survey.text.len()) == (text.as_ptr(), text.len())
        })
    }
}

/// It is no part of what the arguments are.
impl PartialEq for Known {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Known {}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("_")
    }
}

/// The elements of a list while it is gone over, from its opening bracket on.
pub(super) struct Split {
    elements: Elements,
    most: usize,
    start: usize,
    ends: u32,
}

impl Split {
    /// Of a list with any number of elements.
    pub fn all() -> Self {
        Self { elements: Elements::new(), most: usize::MAX, start: 1, ends: 0 }
    }

    /// Of a list with few elements: so many that it is worth it to keep them.
    pub fn few() -> Self {
        Self { most: FEW, ..Self::all() }
    }

    /// A comma, a colon or a bracket of the list itself, and what was found since the last one.
    pub fn mark(&mut self, at: usize, byte: u8, found: &mut Scan) {
        if byte == b':' {
            return;
        }
        if self.elements.len() < self.most {
            // The list's own bracket is no level of the elements.
            let element = Scan { depth: found.depth.saturating_sub(1), ..*found };
            self.elements.push((self.start..at, element));
        } else {
            self.most = 0;
        }
        *found = Scan::NOTHING;
        self.start = at + 1;
        self.ends += u32::from(byte != b',');
    }

    /// `None` if they are too many, or there was more than one list: a second one after the first would have been split alike.
    pub fn finish(mut self, list: &[u8]) -> Option<Elements> {
        if self.ends != 1 || self.most == 0 {
            return None;
        }
        // Between the brackets of a list without elements there is nothing, and that is none.
        if let [(range, _)] = self.elements.as_slice()
            && list.get(range.clone()).is_some_and(|inner| inner.trim_ascii().is_empty())
        {
            self.elements.clear();
        }
        Some(self.elements)
    }

    /// Where the last element ended.
    pub fn end(&self) -> usize {
        self.start
    }
}

/// Of a longer list the elements' places take more memory than it takes time to find them.
const FEW: usize = 1_024;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::value::{Args, Value};

    fn text(item: &str) -> Bytes {
        let items = vec![item; Lazy::<()>::LEAST / item.len()].join(",");
        format!("[[{items}],{{\"a\":[{items}]}},7]").into()
    }

    fn surveyed(item: &str) -> Args {
        let args = Args::read(text(item), Vec::new());
        assert_eq!(args.within(&Limits::default()), Ok(()));
        args
    }

    #[test]
    fn what_was_measured_is_read_without_another_look_for_its_elements() {
        for item in ["[1,{\"b\":null}]", "{\"$\":\"undefined\"}", "1e400"] {
            let args = surveyed(item);
            assert!(args.known.elements(&args.text).is_some_and(|elements| elements.len() == 3));
            let fresh = Args::new(args.text.clone(), Vec::new());
            assert!(fresh.known.elements(&fresh.text).is_none());
            let read = |args: &Args| args.reader().unwrap().rest();
            assert_eq!(read(&args), read(&fresh), "{item}");
        }
    }

    #[test]
    fn what_is_known_of_one_text_is_not_said_of_another() {
        let mut args = surveyed("1");
        args.text = text("[1]").slice(1..);
        assert!(args.known.elements(&args.text).is_none() && !args.known.is_good(&args.text));
        assert!(args.reader().is_err());
        args.text = Bytes::from_static(b"[8]");
        assert_eq!(args.reader().unwrap().rest().unwrap(), [Value::from(8)]);
    }

    #[test]
    fn a_list_of_nothing_has_no_elements_however_long_it_is() {
        for (inner, count) in [("", 0), (" ", 0), (" 1", 1), (" \n,", 2)] {
            let blank = " ".repeat(Lazy::<()>::LEAST);
            let args = Args::read(format!("[{inner}{blank}]").into(), Vec::new());
            assert_eq!(args.within(&Limits::default()), Ok(()));
            let kept = args.known.elements(&args.text).map(|elements| elements.len());
            assert_eq!((kept, args.reader().unwrap().len()), (Some(count), count), "{inner:?}");
            let fresh = Args::new(args.text, Vec::new());
            assert_eq!(fresh.reader().unwrap().len(), count, "{inner:?}");
        }
    }

    #[test]
    fn the_places_of_many_elements_are_not_kept() {
        for (count, is_kept) in [(FEW, true), (FEW + 1, false), (5 * FEW, false)] {
            let items = vec![format!("\"{}\"", "a".repeat(100)); count].join(",");
            let args = Args::read(format!("[{items}]").into(), Vec::new());
            assert_eq!(args.within(&Limits::default()), Ok(()));
            assert_eq!(args.known.elements(&args.text).is_some(), is_kept, "{count}");
            assert_eq!(args.reader().unwrap().len(), count);
        }
    }

    #[test]
    fn short_texts_are_not_kept() {
        let args = Args::read(Bytes::from_static(b"[1,2,3]"), Vec::new());
        let limits = Limits { depth: 1, ..Limits::default() };
        assert_eq!(args.within(&limits), Ok(()));
        assert!(!args.known.is_good(&args.text));
    }
}
