//! JSON in which no object has a key twice. Readers differ in which of the two they believe, so
//! signed text must not have any.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Reads all of it, and fails at the first key that an object has twice.
pub(super) fn without_twins(bytes: &[u8]) -> Result<(), serde_json::Error> {
    serde_json::from_slice::<Walked>(bytes).map(|_walked| ())
}

/// Any value, looked at and dropped. The reader itself bounds how deep it may nest.
struct Walked;

impl<'de> Deserialize<'de> for Walked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walker)
    }
}

struct Walker;

impl<'de> Visitor<'de> for Walker {
    type Value = Walked;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _value: bool) -> Result<Walked, E> {
        Ok(Walked)
    }

    fn visit_i64<E>(self, _value: i64) -> Result<Walked, E> {
        Ok(Walked)
    }

    fn visit_u64<E>(self, _value: u64) -> Result<Walked, E> {
        Ok(Walked)
    }

    fn visit_f64<E>(self, _value: f64) -> Result<Walked, E> {
        Ok(Walked)
    }

    fn visit_str<E>(self, _value: &str) -> Result<Walked, E> {
        Ok(Walked)
    }

    fn visit_unit<E>(self) -> Result<Walked, E> {
        Ok(Walked)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Walked, A::Error> {
        while items.next_element::<Walked>()?.is_some() {}
        Ok(Walked)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Walked, A::Error> {
        let mut keys = HashSet::new();
        while let Some((key, Walked)) = entries.next_entry::<String, Walked>()? {
            if !keys.insert(key.clone()) {
                let key = stdx::cut::line(&key, 100);
                return Err(A::Error::custom(format!("an object has {key:?} twice")));
            }
        }
        Ok(Walked)
    }
}
