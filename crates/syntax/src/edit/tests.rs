use std::collections::{BTreeMap, HashSet};

use super::*;

mod hostile;
mod language;
mod mutants;
mod shares;

/// Programs with most of what a language has.
const CORPUS: [(&str, &str); 4] = [
    ("ledger.py", include_str!("corpus/ledger.py")),
    ("ledger.js", include_str!("corpus/ledger.js")),
    ("ledger.ts", include_str!("corpus/ledger.ts")),
    ("ledger.rs", include_str!("corpus/ledger.rs")),
];

fn hints() -> Hints {
    let difference = |expected: &str, actual: &str| Difference {
        expected: expected.to_owned(),
        actual: actual.to_owned(),
    };
    Hints {
        differences: vec![difference("closed!", "closed"), difference("a \"b\"", "a c")],
        exceptions: vec!["KeyError".to_owned(), "os.system('x')".to_owned()],
        not_raised: vec!["ValueError".to_owned(), "os.system('x')".to_owned()],
    }
}

/// Every edit of every second statement.
fn all(parsed: &Parsed) -> Vec<Edit> {
    let hints = hints();
    let statements = parsed.statements().into_iter().step_by(2);
    statements.flat_map(|each| repairs(each, &Scope::of(parsed, each), &hints)).collect()
}

/// The edited text from the statement's first line on, for every edit of one template there.
fn offered(path: &str, template: Template, text: &str, line: u32) -> Vec<String> {
    let parsed = Parsed::new(path, text.to_owned()).unwrap();
    let at = |node: &Node<'_>| node.first_line() == line;
    let statement = parsed.statements().into_iter().find(at).expect("a statement on that line");
    let edits = repairs(statement, &Scope::of(&parsed, statement), &hints());
    let of_template = edits.iter().filter(|edit| edit.template == template);
    let behind = text.trim_end().len() - statement.end();
    let shown = |edit: &Edit| {
        let edited = edit.apply(text);
        let edited = edited.trim_end();
        let from = statement.start().min(edit.range().start);
        let to = edited.len().saturating_sub(behind).max(from);
        edited[from..to].trim().to_owned()
    };
    of_template.map(shown).collect()
}
