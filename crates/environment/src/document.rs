//! `whimbrel.toml` as text becomes a flat list of entries, in the file's order, each with its
//! line. Doesn't know which settings there are.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::Error;

/// Every `key = value` of the file.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// With their lines.
    pub sections: Vec<(String, usize)>,
    pub entries: Vec<Entry>,
}

#[derive(Debug)]
pub(crate) struct Entry {
    /// With its section: `limits.memory`.
    pub key: String,
    /// Counted from 1.
    pub line: usize,
    pub value: Value,
    /// As it stands in the file.
    pub source: String,
}

#[derive(Debug)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    /// A number with a point.
    Float(f64),
    List(Vec<Self>),
    /// What no setting takes; only its name is of use.
    Other(&'static str),
}

impl Document {
    pub fn has_section(&self, name: &str) -> bool {
        self.sections.iter().any(|(section, _)| section == name)
    }

    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }
}

impl Value {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a number with a point",
            Self::List(_) => "a list",
            Self::Other(kind) => kind,
        }
    }
}

pub(crate) fn parse(text: &str) -> Result<Document, Error> {
    let root = DeTable::parse(text).map_err(|error| {
        let line = line_at(text, error.span().map_or(0, |span| span.start));
        Error::Syntax { line, words: error.message().replace('\n', ", ") }
    })?;
    let mut spots = Vec::new();
    let mut sections = Vec::new();
    for (heading, value) in root.get_ref() {
        let name = heading.get_ref();
        match value.get_ref() {
            DeValue::Table(section) => {
                sections.push((name.to_string(), line_at(text, heading.span().start)));
                spots.extend(section.iter().map(|(key, value)| {
                    (key.span().start, entry(text, format!("{name}.{}", key.get_ref()), value))
                }));
            }
            _ => spots.push((value.span().start, entry(text, name.to_string(), value))),
        }
    }
    // The parser sorts keys by name; checks run in the order in which they were written.
    spots.sort_by_key(|(start, _)| *start);
    Ok(Document { sections, entries: spots.into_iter().map(|(_, entry)| entry).collect() })
}

fn entry(text: &str, key: String, value: &Spanned<DeValue<'_>>) -> Entry {
    let source = text.get(value.span()).unwrap_or_default().to_owned();
    Entry { key, line: line_at(text, value.span().start), value: read(value.get_ref()), source }
}

fn read(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::Other("an integer that is too large"),
        },
        DeValue::Array(list) => {
            Value::List(list.iter().map(|value| read(value.get_ref())).collect())
        }
        DeValue::Float(number) => {
            number.as_str().parse().map_or(Value::Other("a number that is too large"), Value::Float)
        }
        DeValue::Boolean(_) => Value::Other("a boolean"),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Table(_) => Value::Other("a table"),
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}
