//! One pass over the text of arguments, before anything is made of them: how deep they are, and how many.
//!
//! It keeps a byte for each bracket that is open, up to the limit of depth, and where the first elements are. Depth is
//! counted as the reader counts it, in values: the brackets that only a tag has are none.

use super::scan::{Scan, Visitor, visit};
use super::survey::Split;
use super::{Args, DecodeError};
use crate::excess::{Bound, Excess};
use crate::limits::Limits;

impl Args {
    /// Whether the arguments keep to the limits: `depth`, `arguments` and `values`. Of a text that is no good JSON, nothing is
    /// measured behind its first error; whoever reads it says what is wrong with it.
    ///
    /// # Errors
    /// The first limit that they are past.
    pub fn within(&self, limits: &Limits) -> Result<(), Excess> {
        let least = limits.depth.min(limits.arguments).min(limits.values) as usize;
        // Each level and each value has a character at least.
        if self.text.len() <= least {
            return Ok(());
        }
        let mut pass = Pass::new(limits);
        match visit(&self.text, &mut pass) {
            Ok(_) => self.known.keep(&self.text, pass.elements),
            Err(Stop::Excess(excess)) => return Err(excess),
            Err(Stop::Bad) => {}
        }
        Ok(())
    }
}

/// Why a pass ended early.
enum Stop {
    Excess(Excess),
    /// That is for the reader to say.
    Bad,
}

impl From<Excess> for Stop {
    fn from(excess: Excess) -> Self {
        Self::Excess(excess)
    }
}

impl From<DecodeError> for Stop {
    fn from(_: DecodeError) -> Self {
        Self::Bad
    }
}

/// What an open bracket is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// An array or an object: a level.
    Level,
    /// A tag with a list of values in it: a level, and the list is none.
    Listing,
    /// A tag with a list of entries: a level; the list and each entry are none.
    Entering,
    /// That list, and one entry of the other.
    List,
    Entries,
    /// A tag without values in it, or one that stands around another value.
    Tag,
}

impl Open {
    const fn is_level(self) -> bool {
        matches!(self, Self::Level | Self::Listing | Self::Entering)
    }
}

struct Pass<'a> {
    limits: &'a Limits,
    open: Vec<Open>,
    level: usize,
    values: usize,
    arguments: usize,
    elements: Split,
}

impl Visitor for Pass<'_> {
    type Stop = Stop;

    fn mark(&mut self, at: usize, byte: u8, found: &mut Scan) {
        self.elements.mark(at, byte, found);
    }

    fn value(&mut self) -> Result<(), Stop> {
        Ok(self.count()?)
    }

    fn opened(&mut self, rest: &[u8]) -> Result<(), Stop> {
        let open = if rest.starts_with(b"[") { self.array() } else { object(&rest[1..]) };
        Ok(self.enter(open)?)
    }

    fn closed(&mut self) {
        if let Some(open) = self.open.pop() {
            self.level -= usize::from(open.is_level());
        }
    }
}

impl<'a> Pass<'a> {
    fn new(limits: &'a Limits) -> Self {
        let elements = Split::few();
        Pass { limits, open: Vec::new(), level: 0, values: 0, arguments: 0, elements }
    }

    /// What an array is where it stands.
    fn array(&self) -> Open {
        match self.open.last() {
            Some(Open::Listing) => Open::List,
            Some(Open::Entering) => Open::Entries,
            Some(Open::Entries) => Open::List,
            _ => Open::Level,
        }
    }

    fn enter(&mut self, open: Open) -> Result<(), Excess> {
        self.count()?;
        // The list of the arguments itself is no level of them.
        self.level += usize::from(open.is_level());
        let depth = self.limits.depth as usize;
        Bound::Depth.hold(self.level.saturating_sub(1), depth)?;
        self.open.push(open);
        // Tags within tags are no levels, and nothing that an end of ours writes.
        Bound::Depth.hold(self.open.len() / MOST_PER_LEVEL, depth.saturating_add(1))
    }

    /// A value begins, or a key.
    fn count(&mut self) -> Result<(), Excess> {
        if self.open.len() == 1 {
            self.arguments += 1;
            Bound::Arguments.hold(self.arguments, self.limits.arguments as usize)?;
        }
        self.values += 1;
        Bound::Values.hold(self.values, self.limits.values as usize)
    }
}

/// What an object is that goes on like this: a tag says so first.
fn object(rest: &[u8]) -> Open {
    let Some(rest) = rest.trim_ascii_start().strip_prefix(b"\"$\"") else { return Open::Level };
    let rest = rest.trim_ascii_start().strip_prefix(b":").unwrap_or_default().trim_ascii_start();
    let name = rest.strip_prefix(b"\"").unwrap_or_default();
    let end = name.iter().take(LONGEST_TAG).position(|byte| matches!(byte, b'"' | b'\\'));
    // One that is written otherwise than our ends write it may be any: it counts as what has most levels.
    let Some(end) = end.filter(|end| name[*end] == b'"') else { return Open::Level };
    match &name[..end] {
        b"set" => Open::Listing,
        b"map" | b"object" | b"array" => Open::Entering,
        b"error" => Open::Level,
        _ => Open::Tag,
    }
}

/// Brackets of one level: a `def`, a tag, its list, and an entry.
const MOST_PER_LEVEL: usize = 4;
/// No tag's name is longer.
const LONGEST_TAG: usize = 16;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::value::{
        DecodeError, ErrorKind, ErrorValue, Graph, Map, Object, Set, Sparse, Value,
    };

    fn limits(depth: u32, arguments: u32, values: u32) -> Limits {
        Limits { depth, arguments, values, ..Limits::default() }
    }

    fn within(text: impl Into<Vec<u8>>, limits: &Limits) -> Result<(), Excess> {
        Args::new(Bytes::from(text.into()), Vec::new()).within(limits)
    }

    fn over(bound: Bound, found: u64, limit: u64) -> Result<(), Excess> {
        Err(Excess { bound, found, limit })
    }

    #[test]
    fn each_limit_holds_at_itself_and_not_one_past_it() {
        let few = limits(3, 4, 9);
        for text in ["[]", "[1,2,3,4]", "[[[[]]]]", "[[1,2,3,4,5,6,7]]", r#"["[[[[[",",,,,,"]"#] {
            assert_eq!(within(text, &few), Ok(()), "{text}");
        }
        assert_eq!(within("[1,2,3,4,5]", &few), over(Bound::Arguments, 5, 4));
        assert_eq!(within("[[[[[]]]]]", &few), over(Bound::Depth, 4, 3));
        assert_eq!(within("[[1,2,3,4,5,6,7,8]]", &few), over(Bound::Values, 10, 9));
        // A key is one, too.
        assert_eq!(within(r#"[{"a":1,"b":2,"c":3}]"#, &few), Ok(()));
        assert_eq!(within(r#"[{"a":1,"b":2,"c":3,"d":4}]"#, &few), over(Bound::Values, 10, 9));
    }

    #[test]
    fn floods_are_refused_after_the_limit_and_not_after_the_text() {
        let usual = Limits::default();
        let deep = "[".repeat(60_000_000);
        assert_eq!(within(deep, &usual), over(Bound::Depth, 1_001, 1_000));
        let deep = "{\"a\":".repeat(10_000_000);
        assert_eq!(within(deep, &usual), over(Bound::Depth, 1_001, 1_000));
        let many = format!("[{}0]", "0,".repeat(10_000_000));
        let most = u64::from(usual.arguments);
        assert_eq!(within(many, &usual), over(Bound::Arguments, most + 1, most));
        let many = format!("[[{}0]]", "0,".repeat(10_000_000));
        let most = u64::from(usual.values);
        assert_eq!(within(many, &usual), over(Bound::Values, most + 1, most));
        let defined = r#"{"$":"def","v":"#.repeat(4_000_000);
        let error = within(format!("[{defined}"), &usual).unwrap_err();
        assert_eq!((error.bound, error.limit), (Bound::Depth, 1_001));
    }

    /// One level of each kind around the value.
    fn around(value: Value, kind: usize) -> Value {
        match kind % 7 {
            0 => Value::from(vec![value]),
            1 => Object::from_iter([("a", value)]).into(),
            2 => Map::from_iter([(value, Value::Null)]).into(),
            3 => Set::from_iter([value]).into(),
            4 => {
                let mut array = Sparse::new(3);
                array.insert("1", value);
                array.into()
            }
            5 => {
                let mut error = ErrorValue::new(ErrorKind::Type, "[[[{{{");
                error.cause = Some(value.into());
                error.into()
            }
            _ => Object::from_iter([("$", value)]).into(),
        }
    }

    #[test]
    fn depth_is_what_the_reader_counts() {
        for kind in 0..8 {
            let mut value = Value::from(1);
            for level in 0..50 {
                // The eighth is a mixture.
                value = around(value, if kind == 7 { level } else { kind });
            }
            let args = Args::from_serialize(&(&value,)).unwrap();
            for depth in [49, 50] {
                let read = args.reader_with_depth(depth).unwrap().read::<Value>();
                let is_deep = read.is_err_and(|error| {
                    matches!(error.source, DecodeError::Depth { depth: 50, limit: 49, .. })
                });
                assert_eq!(is_deep, depth < 50, "{kind}");
                let found = within(args.text.clone(), &limits(depth, 9, 9_999));
                let expected = if is_deep { over(Bound::Depth, 50, 49) } else { Ok(()) };
                assert_eq!(found, expected, "{kind} {depth}");
            }
        }
    }

    #[test]
    fn a_tag_that_is_written_otherwise_hides_no_level() {
        for name in ["s\\u0065t", "\\u0073\\u0065\\u0074", "no-such-tag-at-all"] {
            let text = format!(r#"[{{"$":"{name}","values":[1]}}]"#);
            assert_eq!(within(text.clone(), &limits(0, 9, 9)), over(Bound::Depth, 1, 0), "{text}");
        }
        let spaced = "[ { \"$\" :\n \"set\" , \"values\" : [ 1 ] } ]";
        assert_eq!(within(spaced, &limits(1, 9, 9)), Ok(()));
        assert_eq!(within(spaced, &limits(0, 9, 9)), over(Bound::Depth, 1, 0));
    }

    #[test]
    fn what_is_met_again_is_no_level() {
        let mut graph = Graph::new();
        let node = graph.node();
        let link = graph.link(node);
        graph.set(node, vec![link.clone(), link]).unwrap();
        let args = Args::from_serialize(&(graph.finish(node),)).unwrap();
        assert!(args.text.starts_with(br#"[{"$":"def""#), "{args:?}");
        assert_eq!(within(args.text.clone(), &limits(1, 1, 99)), Ok(()));
        assert_eq!(within(args.text, &limits(0, 1, 99)), over(Bound::Depth, 1, 0));
    }
}
