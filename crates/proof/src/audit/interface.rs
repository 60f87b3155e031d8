//! What files offer to others, before and after. By syntax: whether anybody outside can reach a
//! file isn't known.

use std::collections::{BTreeMap, BTreeSet};

use domain::evidence::{Finding, Kind, Weight};
use syntax::Parsed;
use syntax::public::{Item, items};

use super::{finding, quote};
use crate::sources::Source;
use crate::test_files::is_test_file;

pub(super) fn findings(sources: &[Source]) -> Vec<Finding> {
    let files: Vec<Both<'_>> = sources.iter().filter_map(both).collect();
    let added: BTreeSet<(&str, &str)> = files
        .iter()
        .flat_map(|file| file.head.values().filter(|item| !file.base.contains_key(&item.name)))
        .map(|item| (item.name.as_str(), item.signature.as_str()))
        .collect();
    files.iter().flat_map(|file| file.compare(&added)).collect()
}

struct Both<'s> {
    source: &'s Source,
    base: BTreeMap<String, Item>,
    head: BTreeMap<String, Item>,
}

fn both(source: &Source) -> Option<Both<'_>> {
    if is_test_file(&source.path) || super::cache::cache(&source.path).is_some() {
        return None;
    }
    let read = |text: Option<&str>| -> Option<BTreeMap<String, Item>> {
        let parsed = Parsed::new(&source.path, text?.to_owned())?;
        Some(items(&parsed).into_iter().map(|item| (item.name.clone(), item)).collect())
    };
    let (base, head) = (read(source.base.text()), read(source.head.text()));
    (base.is_some() || head.is_some()).then(|| Both {
        source,
        base: base.unwrap_or_default(),
        head: head.unwrap_or_default(),
    })
}

impl Both<'_> {
    fn compare(&self, added: &BTreeSet<(&str, &str)>) -> Vec<Finding> {
        let tell =
            |weight, line, text| finding(Kind::PublicInterface, weight, self.source, line, text);
        let mut findings = Vec::new();
        for (name, old) in &self.base {
            match self.head.get(name) {
                None if added.contains(&(name.as_str(), old.signature.as_str())) => {
                    let text = format!("{} is in another file now", quote(name));
                    findings.push(tell(Weight::Note, Some(old.line), text));
                }
                None => {
                    let text = format!("{} is no longer offered", quote(name));
                    findings.push(tell(Weight::Warning, Some(old.line), text));
                }
                Some(new) if key(&new.signature) != key(&old.signature) => {
                    let (was, is) = (quote(&old.signature), quote(&new.signature));
                    let text = format!("{} was {was}, is {is}", quote(name));
                    findings.push(tell(Weight::Warning, Some(new.line), text));
                }
                Some(_) => {}
            }
        }
        for (name, new) in self.head.iter().filter(|(name, _)| !self.base.contains_key(*name)) {
            let text = format!("{} is new", quote(name));
            findings.push(tell(Weight::Note, Some(new.line), text));
        }
        findings
    }
}

/// Without what a formatter changes.
fn key(signature: &str) -> String {
    let bare: String = signature.chars().filter(|c| !c.is_whitespace() && *c != ';').collect();
    bare.replace(",)", ")").replace(",}", "}").replace('\'', "\"")
}
