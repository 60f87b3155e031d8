//! What all lists in pages share.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::cursor;
use crate::api::refusal::Refusal;
use crate::api::wire::Page;

/// Where no limit is asked for.
const LIMIT: u32 = 50;

/// How much of a list is asked for, from where.
pub struct Paging<P> {
    pub limit: u32,
    pub after: Option<P>,
    filter: String,
}

impl<P: Serialize + DeserializeOwned> Paging<P> {
    /// `filter` is what the list depends on besides: its name and its query without the paging.
    pub fn read(filter: String, limit: Option<u32>, cursor: Option<&str>) -> Result<Self, Refusal> {
        let limit = limit.unwrap_or(LIMIT);
        let after = cursor.map(|text| cursor::read(&filter, text)).transpose()?;
        Ok(Self { limit, after, filter })
    }

    /// So many rows tell whether there is another page.
    pub fn wanted(&self) -> u32 {
        self.limit + 1
    }

    /// The page of what was read, at most [`Self::wanted`] rows.
    pub fn page<R, T>(
        &self,
        mut rows: Vec<R>,
        position: impl Fn(&R) -> P,
        shown: impl Fn(R) -> T,
    ) -> Page<T> {
        let more = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        let last = rows.last().filter(|_| more);
        let next = last.map(|row| cursor::write(&self.filter, &position(row)));
        Page { items: rows.into_iter().map(shown).collect(), next }
    }
}
