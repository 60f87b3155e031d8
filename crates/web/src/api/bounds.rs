//! The limits that the document says are the limits that hold: lengths of texts and sizes of
//! numbers are read from the schemas, and checked before a handler is called.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value};

use super::refusal::{Kind, Refusal};
use super::wire::problem::FieldError;

/// What one field may be.
#[derive(Debug, Clone, PartialEq, Default)]
struct Bound {
    field: String,
    chars_min: Option<u64>,
    chars_max: Option<u64>,
    least: Option<f64>,
    most: Option<f64>,
}

/// Of all fields of an object that have some.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bounds(Vec<Bound>);

impl Bounds {
    pub fn of<T: JsonSchema>() -> Self {
        let schema = T::json_schema(&mut SchemaGenerator::default());
        let Some(Value::Object(properties)) = schema.get("properties") else {
            return Self::default();
        };
        let bound = |(field, schema): (&String, &Value)| Bound {
            field: field.clone(),
            chars_min: schema["minLength"].as_u64(),
            chars_max: schema["maxLength"].as_u64(),
            least: schema["minimum"].as_f64(),
            most: schema["maximum"].as_f64(),
        };
        let bounds = properties.iter().map(bound);
        let has_some = |bound: &Bound| {
            let none = Bound { field: bound.field.clone(), ..Bound::default() };
            *bound != none
        };
        Self(bounds.filter(has_some).collect())
    }

    /// What is there is within its bounds.
    pub fn check_body(&self, body: &[u8]) -> Result<(), Refusal> {
        if self.0.is_empty() || body.is_empty() {
            return Ok(());
        }
        // It was read before, so it is an object.
        let read: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
        let words = |bound: &Bound| match read.get(&bound.field)? {
            Value::String(text) => bound.of_text(text),
            Value::Number(number) => bound.of_number(number.as_f64()?),
            _has_no_bounds => None,
        };
        self.refuse(Kind::Unprocessable, words)
    }

    pub fn check_query(&self, query: &str) -> Result<(), Refusal> {
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(
            &format!("/?{query}").parse().unwrap_or_default(),
        );
        let pairs = pairs.map(|pairs| pairs.0).unwrap_or_default();
        let words = |bound: &Bound| {
            let (_, text) = pairs.iter().find(|(name, _)| *name == bound.field)?;
            match (bound.least, bound.most) {
                (None, None) => bound.of_text(text),
                _of_a_number => bound.of_number(text.parse().ok()?),
            }
        };
        self.refuse(Kind::BadRequest, words)
    }

    fn refuse(&self, kind: Kind, words: impl Fn(&Bound) -> Option<String>) -> Result<(), Refusal> {
        let error =
            |bound: &Bound| Some(FieldError { field: bound.field.clone(), words: words(bound)? });
        let errors: Vec<FieldError> = self.0.iter().filter_map(error).collect();
        let told: Vec<String> =
            errors.iter().map(|one| format!("{}: {}", one.field, one.words)).collect();
        match errors.is_empty() {
            true => Ok(()),
            false => Err(Refusal { errors, ..Refusal::new(kind, told.join("; ")) }),
        }
    }
}

impl Bound {
    fn of_text(&self, text: &str) -> Option<String> {
        let chars = text.chars().count() as u64;
        if self.chars_max.is_some_and(|most| chars > most) {
            let most = self.chars_max.unwrap_or_default();
            return Some(format!("it may have {most} characters; this has {chars}"));
        }
        let least = self.chars_min.filter(|least| chars < *least)?;
        Some(format!("it has at least {least} characters; this has {chars}"))
    }

    fn of_number(&self, number: f64) -> Option<String> {
        if let Some(most) = self.most.filter(|most| number > *most) {
            return Some(format!("it is to be at most {most}"));
        }
        let least = self.least.filter(|least| number < *least)?;
        Some(format!("it is to be at least {least}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::wire::task::NewTask;

    #[test]
    fn what_the_document_says_holds() {
        let bounds = Bounds::of::<NewTask>();
        bounds.check_body(br#"{"text":"x","attempts":64,"usd":0.5}"#).unwrap();
        let refused = bounds.check_body(br#"{"text":"","attempts":65}"#).unwrap_err();
        let fields: Vec<&str> = refused.errors.iter().map(|one| one.field.as_str()).collect();
        assert_eq!((refused.kind, fields), (Kind::Unprocessable, vec!["attempts", "text"]));
        let refused = bounds.check_query("attempts=0&text=a%20b").unwrap_err();
        assert_eq!(refused.words, "attempts: it is to be at least 1");
    }
}
