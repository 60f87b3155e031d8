//! Reads the JUnit XML that pytest writes in its `xunit1` form, in which each case names its file.
//! Names come out as pytest's own: `tests/test_x.py::TestC::test_name[param]`.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use super::{Outcome, Report};

/// What pytest says of a file that it can't import.
const COLLECTION_FAILURE: &str = "collection failure";

/// One `<testcase>`, as far as it is read.
#[derive(Debug)]
struct Case {
    name: String,
    outcome: Outcome,
    is_collection: bool,
}

/// What is read before a place that isn't XML counts; the rest is said to be missing.
pub(crate) fn read(text: &str) -> Report {
    let mut report = Report::default();
    let mut reader = Reader::from_str(text);
    let mut open: Option<Case> = None;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) if is_case(&tag) => open = Some(case(&tag)),
            Ok(Event::Empty(tag)) if is_case(&tag) => close(&mut report, Some(case(&tag))),
            Ok(Event::Start(tag) | Event::Empty(tag)) if is_suite(&tag) => report.is_known = true,
            Ok(Event::Start(tag) | Event::Empty(tag)) => worsen(open.as_mut(), &tag),
            Ok(Event::End(tag)) if tag.name().as_ref() == "testcase" => {
                close(&mut report, open.take());
            }
            Ok(Event::Eof) => return report,
            Ok(_) => {}
            Err(_) => {
                report.stopped_early = true;
                report.notes.push("pytest's report is damaged, so tests may be missing".into());
                return report;
            }
        }
    }
}

fn close(report: &mut Report, case: Option<Case>) {
    match case {
        Some(case) if case.is_collection => report.record_unreachable(&case.name),
        Some(case) => report.record(&case.name, case.outcome),
        None => {}
    }
}

fn is_case(tag: &BytesStart<'_>) -> bool {
    tag.name().as_ref() == "testcase"
}

/// Without one the text is anything, but no report of a run that had no tests.
fn is_suite(tag: &BytesStart<'_>) -> bool {
    matches!(tag.name().as_ref(), "testsuites" | "testsuite")
}

fn worsen(case: Option<&mut Case>, tag: &BytesStart<'_>) {
    let Some(case) = case else { return };
    match tag.name().as_ref() {
        "failure" | "error" => case.outcome = Outcome::Failed,
        "skipped" => case.outcome = case.outcome.max(Outcome::Skipped),
        _ => return,
    }
    case.is_collection |= attribute(tag, "message") == COLLECTION_FAILURE;
}

fn case(tag: &BytesStart<'_>) -> Case {
    let (class, name) = (attribute(tag, "classname"), attribute(tag, "name"));
    let name = node_id(&attribute(tag, "file"), &class, &name);
    Case { name, outcome: Outcome::Passed, is_collection: false }
}

/// A test inherited from another file has a class that isn't of its file's module; then the class
/// alone tells it apart.
fn node_id(file: &str, class: &str, name: &str) -> String {
    let module = file.strip_suffix(".py").unwrap_or(file).replace('/', ".");
    let inner = class.strip_prefix(&module).filter(|_| !file.is_empty());
    match inner {
        Some("") => format!("{file}::{name}"),
        Some(inner) if inner.starts_with('.') => {
            format!("{file}{}::{name}", inner.replace('.', "::"))
        }
        _ if class.is_empty() && !file.is_empty() => file.to_owned(),
        _ if class.is_empty() => name.to_owned(),
        _ => format!("{class}::{name}"),
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> String {
    tag.try_get_attribute(name)
        .ok()
        .flatten()
        .and_then(|attribute| unescape(&attribute.value).ok().map(Cow::into_owned))
        .unwrap_or_default()
}
