//! Reads JUnit XML, as Maven, Gradle and many others write it. Names are
//! `com.example.SumTest::adds`; in the `xunit1` form, in which each case names its file,
//! `tests/test_x.py::TestC::test_name[param]`.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use super::{Numbered, Outcome, Report};

pub(crate) const READER: &str = "junit";

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
    let mut reading = Reading::default();
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) if is_case(&tag) => reading.open = Some(case(&tag)),
            Ok(Event::Empty(tag)) if is_case(&tag) => reading.close(Some(case(&tag))),
            Ok(Event::Start(tag) | Event::Empty(tag)) if is_suite(&tag) => reading.suite(&tag),
            Ok(Event::Start(tag) | Event::Empty(tag)) => worsen(reading.open.as_mut(), &tag),
            Ok(Event::End(tag)) if tag.name().as_ref() == "testcase" => {
                let case = reading.open.take();
                reading.close(case);
            }
            Ok(Event::Eof) => return reading.end(),
            Ok(_) => {}
            Err(_) => {
                reading.report.stopped_early = true;
                reading.report.doubt("a JUnit report is damaged, so tests may be missing");
                return reading.report;
            }
        }
    }
}

#[derive(Debug, Default)]
struct Reading {
    report: Report,
    names: Numbered,
    open: Option<Case>,
    read: u64,
    /// By the suites that hold cases, where they say it.
    announced: Option<u64>,
}

impl Reading {
    fn suite(&mut self, tag: &BytesStart<'_>) {
        self.report.is_known = true;
        self.report.readers.insert(READER.to_owned());
        // The outermost sums up the others.
        if tag.name().as_ref() == "testsuite"
            && let Ok(count) = attribute(tag, "tests").parse::<u32>()
        {
            self.announced = Some(self.announced.unwrap_or_default() + u64::from(count));
        }
    }

    /// Parametrised cases may have one name.
    fn close(&mut self, case: Option<Case>) {
        let Some(case) = case else { return };
        self.read += 1;
        if case.is_collection {
            self.report.record_unreachable(&case.name);
        } else {
            let name = self.names.name(case.name);
            self.report.record(&name, case.outcome);
        }
    }

    fn end(mut self) -> Report {
        let (read, announced) = (self.read, self.announced.unwrap_or(self.read));
        if read < announced {
            self.report.stopped_early = true;
            self.report.doubt(format!("a JUnit report announces {announced} tests and has {read}"));
        }
        self.report
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
