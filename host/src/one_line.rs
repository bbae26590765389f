//! Texts of pages in the log: one line stays one line, and no terminal is steered.

use std::fmt::{self, Write};

/// Shows `text` with every control character escaped, as Rust writes it in a literal.
pub(crate) fn one_line(text: impl fmt::Display) -> impl fmt::Display {
    OneLine(text)
}

struct OneLine<T>(T);

impl<T: fmt::Display> fmt::Display for OneLine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaped(f), "{}", self.0)
    }
}

struct Escaped<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| match c {
            // What turns the direction of writing hides the rest of a line as well.
            c if c.is_control()
                || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                write!(self.0, "{}", c.escape_default())
            }
            c => self.0.write_char(c),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_on_its_line_and_is_else_as_it_was() {
        assert_eq!(
            one_line("a\n\u{1b}[31m\u{202e}ü \"b\"").to_string(),
            "a\\n\\u{1b}[31m\\u{202e}ü \"b\""
        );
    }
}
