//! Values with others in them, on their way to the wire.

use super::escape::{ESCAPED, escape};
use super::write::Writer;
use crate::value::shared::At;
use crate::value::sparse::KeyOrder;
use crate::value::walk::Children;
use crate::value::{EncodeError, Object, Text, Value};

/// A container whose end isn't written yet.
pub(super) struct Open<'a> {
    pub at: At<'a>,
    /// What isn't written of it.
    pub rest: Children<'a>,
    /// How many of the values in it were written.
    count: usize,
    form: Form<'a>,
    /// What follows its end.
    end: &'static str,
}

type Keys<'a> = indexmap::map::Keys<'a, Text, Value>;

enum Form<'a> {
    /// `[a,b`
    List(&'static str),
    /// `{"a":1`. Where its text starts, and how many shared objects were met before.
    Plain {
        object: &'a Object,
        keys: Keys<'a>,
        start: usize,
        shares: usize,
    },
    /// `[["a",1`
    Entries(Keys<'a>),
    /// `[[a,1`
    Pairs,
    Error,
}

impl Writer {
    /// Begins a container. `defined` says that a `def` is around it.
    pub(super) fn open<'a>(
        &mut self,
        at: At<'a>,
        defined: bool,
    ) -> Result<Option<Open<'a>>, EncodeError> {
        let (start, shares) = (self.text().len(), self.shares());
        let form = match at.value {
            Value::Array(_) => {
                self.enter("[")?;
                Form::List("]")
            }
            Value::Set(_) => {
                self.enter(r#"{"$":"set","values":["#)?;
                Form::List("]}")
            }
            Value::Object(object) if object.get("$").is_some() => {
                self.enter(ESCAPED)?;
                Form::Entries(object.0.keys())
            }
            Value::Object(object) => {
                self.enter("{")?;
                Form::Plain { object, keys: object.0.keys(), start, shares }
            }
            Value::Sparse(array) => {
                self.enter(r#"{"$":"array","length":"#)?;
                self.json(&array.length())?;
                self.raw(r#","entries":["#);
                Form::Entries(array.entries.keys())
            }
            Value::Map(_) => {
                self.enter(r#"{"$":"map","entries":["#)?;
                Form::Pairs
            }
            Value::Error(error) => {
                self.enter(r#"{"$":"error","name":"#)?;
                self.json(error.kind.name())?;
                for (key, text) in
                    [(r#","message":"#, &error.message), (r#","stack":"#, &error.stack)]
                {
                    if let Some(text) = text {
                        self.raw(key);
                        self.string(text)?;
                    }
                }
                Form::Error
            }
            _ => return Ok(None),
        };
        let end = if defined { "}" } else { "" };
        Ok(Some(Open { at, rest: at.value.children(), count: 0, form, end }))
    }

    /// Writes what comes before the next value.
    pub(super) fn between(&mut self, open: &mut Open<'_>) -> Result<(), EncodeError> {
        let first = open.count == 0;
        match &mut open.form {
            Form::List(_) => self.raw(if first { "" } else { "," }),
            Form::Plain { keys, .. } => {
                self.raw(if first { "" } else { "," });
                self.key(keys)?;
                self.raw(":");
            }
            Form::Entries(keys) => {
                self.raw(if first { "[" } else { "],[" });
                self.key(keys)?;
                self.raw(",");
            }
            Form::Pairs => self.raw(match open.count {
                0 => "[",
                count if count % 2 == 0 => "],[",
                _ => ",",
            }),
            Form::Error => self.raw(r#","cause":"#),
        }
        open.count += 1;
        Ok(())
    }

    fn key(&mut self, keys: &mut Keys<'_>) -> Result<(), EncodeError> {
        keys.next().map_or(Ok(()), |key| self.string(key))
    }

    pub(super) fn close(&mut self, open: &Open<'_>) -> Result<(), EncodeError> {
        self.leave();
        match &open.form {
            Form::List(end) => self.raw(end),
            Form::Plain { object, start, shares, .. } => {
                if self.has_shared(*shares) && is_disordered(object) {
                    let entries = escape(&self.text()[*start..])?;
                    self.text().truncate(*start);
                    self.text().extend(entries);
                    self.raw("]}");
                } else {
                    self.raw("}");
                }
            }
            Form::Entries(_) | Form::Pairs => self.raw(if open.count == 0 { "]}" } else { "]]}" }),
            Form::Error => self.raw("}"),
        }
        self.raw(open.end);
        Ok(())
    }
}

fn is_disordered(object: &Object) -> bool {
    let mut order = KeyOrder::default();
    object.0.keys().filter_map(Text::as_str).for_each(|key| order.see(key));
    order.disordered
}
