//! Between columns and domain types: JSON, ids and numbers, with errors that name the row.

use std::error::Error as StdError;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// What `json_each` makes rows of: a query over any number of ids is one text, prepared once.
pub(crate) fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    serde_json::Value::from_iter(texts).to_string()
}

/// Which row a value belongs to, for errors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Of<'a> {
    pub noun: &'static str,
    pub id: &'a str,
}

impl Of<'_> {
    pub fn decode<T: DeserializeOwned>(self, text: &str) -> Result<T, Error> {
        serde_json::from_str(text).map_err(|source| self.malformed(source))
    }

    pub fn encode<T: Serialize>(self, value: &T) -> Result<String, Error> {
        serde_json::to_string(value).map_err(|source| self.malformed(source))
    }

    pub fn parse<T>(self, text: &str) -> Result<T, Error>
    where
        T: std::str::FromStr,
        T::Err: StdError + Send + Sync + 'static,
    {
        text.parse().map_err(|source: T::Err| self.malformed(source))
    }

    pub fn number<T, N>(self, number: N) -> Result<T, Error>
    where
        T: TryFrom<N>,
        T::Error: StdError + Send + Sync + 'static,
    {
        T::try_from(number).map_err(|source| self.malformed(source))
    }

    pub fn missing(self) -> Error {
        Error::Missing { noun: self.noun, id: self.id.to_owned() }
    }

    pub fn conflict(self, expected: &'static str, found: &'static str) -> Error {
        Error::Conflict { noun: self.noun, id: self.id.to_owned(), expected, found }
    }

    fn malformed(self, source: impl StdError + Send + Sync + 'static) -> Error {
        Error::Malformed { noun: self.noun, id: self.id.to_owned(), source: Box::new(source) }
    }
}
