//! What must be in no log: models' keys, and the environment's secrets. None of them is ever inside a
//! computer at work, so this is a second lock on the same door.

use domain::Fact;

use super::Runner;
use crate::secret;

/// Shorter texts stand everywhere by chance.
const BYTES_MIN: usize = 8;
const INSTEAD: &str = "[hidden]";

/// Texts that are replaced wherever they stand.
#[derive(Debug, Clone, Default)]
pub(super) struct Hidden(Vec<String>);

impl Hidden {
    pub fn new(texts: impl IntoIterator<Item = String>) -> Self {
        let mut texts: Vec<String> =
            texts.into_iter().filter(|text| text.len() >= BYTES_MIN).collect();
        // One that holds another goes first, or its rest would stay.
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        texts.dedup();
        Self(texts)
    }

    pub fn texts(&self) -> &[String] {
        &self.0
    }

    /// The same fact without them. Most have none.
    pub fn strip(&self, fact: Fact) -> Fact {
        let Ok(json) = serde_json::to_string(&fact) else { return fact };
        let escaped = |text: &String| {
            let quoted = serde_json::to_string(text).unwrap_or_default();
            quoted.trim_matches('"').to_owned()
        };
        let stripped = self.0.iter().fold(json.clone(), |json, text| {
            json.replace(text.as_str(), INSTEAD).replace(&escaped(text), INSTEAD)
        });
        if stripped == json {
            return fact;
        }
        let text = "a fact was left out of the log, since a secret is its form".to_owned();
        serde_json::from_str(&stripped).unwrap_or(Fact::Warned { text })
    }
}

impl Runner<'_> {
    /// Of the model that is asked and of the project's setup.
    pub(super) fn hidden_texts(
        engine: &crate::Engine,
        task: &domain::Task,
        names: &[String],
    ) -> Hidden {
        let model = task.settings.model.as_deref();
        let keys = model.map(|name| engine.config.secrets(name)).unwrap_or_default();
        let variable = |name: &str| std::env::var(name).ok();
        // One that isn't set here can't be found here either.
        let values = names.iter().filter_map(|name| {
            let names = std::slice::from_ref(name);
            let found = secret::resolve(&engine.home, &task.project, names, &variable).ok()?;
            String::from_utf8(found.first()?.value().to_vec()).ok()
        });
        Hidden::new(keys.into_iter().chain(values.collect::<Vec<_>>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_in_no_fact_however_it_is_written() {
        let hidden = Hidden::new(["sk-12345678".into(), "a\"b\\c-secret".into(), "short".into()]);
        let said = |text: &str| Fact::Said { text: text.into() };
        assert_eq!(hidden.strip(said("it is sk-12345678.")), said("it is [hidden]."));
        assert_eq!(hidden.strip(said("x a\"b\\c-secret y")), said("x [hidden] y"));
        assert_eq!(hidden.strip(said("short stays")), said("short stays"));
    }
}
