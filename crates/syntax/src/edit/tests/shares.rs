//! How many edits are programs still.

use super::*;

/// Of one template in one file that are parsed, spread evenly.
const SAMPLE: usize = 40;

/// Of a template's edits, those that don't parse, and how many were looked at.
fn broken(path: &str, text: &str) -> BTreeMap<Template, (Vec<String>, usize)> {
    let parsed = Parsed::new(path, text.to_owned()).unwrap();
    assert!(!parsed.has_errors(), "{path}");
    let mut by_template: BTreeMap<Template, Vec<Edit>> = BTreeMap::new();
    for edit in all(&parsed) {
        by_template.entry(edit.template).or_default().push(edit);
    }
    by_template
        .into_iter()
        .map(|(template, edits)| (template, sample(path, text, &edits)))
        .collect()
}

fn sample(path: &str, text: &str, edits: &[Edit]) -> (Vec<String>, usize) {
    let chosen: Vec<&Edit> = edits.iter().step_by(edits.len().div_ceil(SAMPLE)).collect();
    let is_broken = |edit: &&&Edit| Parsed::new(path, edit.apply(text)).unwrap().has_errors();
    let broken = chosen.iter().filter(is_broken);
    let shown = broken.map(|edit| format!("{path}:{} {:?}", edit.line, edit.replacements));
    (shown.collect(), chosen.len())
}

/// Edits that don't parse are tried for nothing: at most one in fifty of each template.
#[test]
fn nearly_all_edits_parse() {
    let mut wrong = Vec::new();
    for (path, text) in CORPUS {
        for (template, (broken, all)) in broken(path, text) {
            if broken.len() * 50 > all {
                wrong.push(format!("{}: {} of {all}: {broken:#?}", template.name(), broken.len()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
