//! Real-looking changes: each cheat, and beside it what an honest change does that looks like it.

mod caches;
mod honest;
mod hostile;
mod kinds;
mod loosened;
mod runners;
mod specials;

use expect_test::Expect;

use super::*;
use crate::sources::Side;

/// Path, base, head.
type File<'t> = (&'t str, Option<&'t str>, Option<&'t str>);

fn side(text: Option<&str>) -> Side {
    text.map_or(Side::Absent, |text| Side::Text(text.to_owned()))
}

fn sources(files: &[File<'_>]) -> Vec<Source> {
    let source =
        |(path, base, head): &File<'_>| Source::new((*path).to_owned(), side(*base), side(*head));
    files.iter().map(source).collect()
}

fn found(files: &[File<'_>], mentions: &[(&str, &str)]) -> Vec<Finding> {
    let mention =
        |(path, text): &(&str, &str)| Mention { path: (*path).into(), text: (*text).into() };
    let mentions: Vec<Mention> = mentions.iter().map(mention).collect();
    findings(&sources(files), &mentions)
}

fn check(files: &[File<'_>], expected: Expect) {
    check_with(files, &[], expected);
}

fn check_with(files: &[File<'_>], mentions: &[(&str, &str)], expected: Expect) {
    let shown: String = found(files, mentions)
        .iter()
        .map(|finding| format!("{:?} {:?} {}\n", finding.weight, finding.kind, finding.sentence()))
        .collect();
    expected.assert_eq(&shown);
}
