//! A set of channels: exact names, and beginnings of names.

/// Both lists are sorted, and no beginning is the beginning of another: so one search in each decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Channels {
    names: Vec<Box<str>>,
    beginnings: Vec<Box<str>>,
}

impl Channels {
    /// Takes a name, or `file:*` for all that begin with `file:`.
    pub(super) fn add(&mut self, pattern: &str) {
        match pattern.strip_suffix('*') {
            Some(beginning) => self.add_beginning(beginning),
            None => insert(&mut self.names, pattern),
        }
    }

    fn add_beginning(&mut self, beginning: &str) {
        if !self.has_beginning_of(beginning) {
            self.beginnings.retain(|longer| !longer.starts_with(beginning));
            insert(&mut self.beginnings, beginning);
        }
    }

    pub(super) fn has(&self, channel: &str) -> bool {
        self.names.binary_search_by(|name| (**name).cmp(channel)).is_ok()
            || self.has_beginning_of(channel)
    }

    /// Whatever sorts between a beginning and a text that begins so begins so itself: of beginnings none of which begins
    /// another, only the last one up to the text can be its.
    fn has_beginning_of(&self, text: &str) -> bool {
        let after = self.beginnings.partition_point(|beginning| **beginning <= *text);
        after > 0 && text.starts_with(&*self.beginnings[after - 1])
    }

    /// What is in both.
    pub(super) fn and(&self, other: &Self) -> Self {
        let mut both = Self::default();
        for (one, two) in [(self, other), (other, self)] {
            for name in one.names.iter().filter(|name| two.has(name)) {
                insert(&mut both.names, name);
            }
            for beginning in one.beginnings.iter().filter(|text| two.has_beginning_of(text)) {
                both.add_beginning(beginning);
            }
        }
        both
    }
}

fn insert(sorted: &mut Vec<Box<str>>, text: &str) {
    if let Err(place) = sorted.binary_search_by(|before| (**before).cmp(text)) {
        sorted.insert(place, text.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channels(patterns: &[&str]) -> Channels {
        let mut channels = Channels::default();
        patterns.iter().for_each(|pattern| channels.add(pattern));
        channels
    }

    #[test]
    fn a_name_is_itself_and_a_beginning_all_that_begin_so() {
        let some = channels(&["log", "file:*", "file:open:*", "a*", "", "ends*"]);
        for channel in ["log", "file:", "file:read", "file:open:x", "a", "ab", "", "ends*"] {
            assert!(some.has(channel), "{channel}");
        }
        for channel in ["lo", "logs", "log:", "file", "fil", "File:", "b", " ", "log*"] {
            assert!(!some.has(channel), "{channel}");
        }
        assert!(channels(&["*"]).has("anything") && channels(&["*"]).has(""));
        assert!(!channels(&[]).has("") && !channels(&[]).has("anything"));
        assert!(channels(&["ends**"]).has("ends*") && !channels(&["ends**"]).has("ends"));
    }

    #[test]
    fn every_search_finds_what_a_walk_over_all_patterns_finds() {
        let texts = ["", "a", "aa", "ab", "aba", "b", "ba", "bb", "ä", "aä", "a\u{10ffff}", "ab:"];
        let patterns: Vec<String> =
            texts.iter().flat_map(|text| [(*text).to_owned(), format!("{text}*")]).collect();
        for mask in 0..1_u32 << 12 {
            // Spread over names and beginnings by a fixed multiplier.
            let mask = mask.wrapping_mul(0x9E37_79B1) >> 8;
            let chosen: Vec<&str> = (0..patterns.len())
                .filter(|bit| mask >> bit & 1 == 1)
                .map(|bit| &*patterns[bit])
                .collect();
            let set = channels(&chosen);
            for text in texts {
                let walked = chosen.iter().any(|pattern| match pattern.strip_suffix('*') {
                    Some(beginning) => text.starts_with(beginning),
                    None => text == *pattern,
                });
                assert_eq!(set.has(text), walked, "{text:?} in {chosen:?}");
            }
        }
    }

    #[test]
    fn what_is_in_both_is_in_each() {
        let one = channels(&["log", "file:*", "app:open", "x*"]);
        let two = channels(&["log", "file:read", "file:list:*", "app:*", "y"]);
        let both = one.and(&two);
        assert_eq!(both, channels(&["log", "file:read", "file:list:*", "app:open"]));
        assert_eq!(both, two.and(&one));
        assert_eq!(one.and(&channels(&["*"])), one);
        assert_eq!(one.and(&channels(&[])), channels(&[]));
    }
}
