//! Holds a claim against the evidence: refuted where that shows the opposite, proven where a line of
//! a log shows it, seen where the rest of the evidence does, else unproven.

use domain::evidence::{AddedTest, Check, Evidence, Kind as Found, OnBase, Outcome, Shown};

use super::kinds::{Kind, Tests, Tool};
use super::lines::{Lines, Sum};
use crate::Log;
use crate::rank::count as counted;

/// All that a claim can be held against.
pub(super) struct Shelf<'a> {
    evidence: &'a Evidence,
    logs: Vec<Lines<'a>>,
}

impl<'a> Shelf<'a> {
    pub fn new(evidence: &'a Evidence, logs: &'a [Log]) -> Self {
        Self { evidence, logs: logs.iter().map(Lines::of).collect() }
    }

    /// Of a sentence that claims several things, the worst; `None` where it claims nothing.
    pub fn judge(&self, kinds: &[Kind]) -> Option<Shown> {
        let shown: Vec<Shown> = kinds.iter().map(|kind| self.shown(kind)).collect();
        let badness = |shown: &Shown| match shown {
            Shown::Refuted { .. } => 3,
            Shown::Unproven => 2,
            Shown::Seen { .. } => 1,
            Shown::Proven { .. } => 0,
        };
        let worst = shown.iter().map(badness).max()?;
        shown.into_iter().find(|shown| badness(shown) == worst)
    }

    fn shown(&self, kind: &Kind) -> Shown {
        match kind {
            Kind::Pass { count, of } => self.pass(*count, *of),
            Kind::Named { name } => self.named(name),
            Kind::Ran { tool, clean } => self.ran(*tool, *clean),
            Kind::Added { count, regression } => self.added(*count, *regression),
            Kind::TestsUntouched => self.untouched(),
            Kind::NoDependency => self.no_dependency(),
            Kind::Compatible => self.compatible(),
            Kind::NothingElse => self.nothing_else(),
            Kind::Fixed => self.fixed(),
            Kind::ByHand => Shown::Unproven,
        }
    }

    fn pass(&self, count: Option<u64>, of: Tests) -> Shown {
        match of {
            Tests::New => return self.new_pass(count),
            Tests::Failing if !self.evidence.tests.fixed.is_empty() => return self.fixed(),
            Tests::Failing | Tests::Part | Tests::All => {}
        }
        let fails = self.why_not();
        match (fails, of) {
            (Some(why), Tests::All) => return refuted(why),
            // The tests that fail may be others than those that are meant.
            (Some(_), Tests::Failing | Tests::Part | Tests::New) => return Shown::Unproven,
            (None, _) => {}
        }
        if self.test_checks().any(|check| check.head.doubt.is_some()) {
            return Shown::Unproven;
        }
        match count.filter(|_| of == Tests::All) {
            Some(count) => self.count(count),
            None => self.summed(None),
        }
    }

    /// Why it isn't so that all tests pass.
    fn why_not(&self) -> Option<String> {
        let tests = &self.evidence.tests;
        if let Some(forged) = self.found(&[Found::ReportForged]) {
            return Some(forged);
        }
        if self.evidence.lost_all_tests() {
            return Some(format!(
                "none of the tests ran at head; {} passed at base",
                tests.passed_base
            ));
        }
        if let Some(broken) = tests.broken.first() {
            return Some(format!("{broken} fails at head and passed at base"));
        }
        let hidden = tests
            .as_they_were
            .iter()
            .find(|test| (test.at_base, test.as_it_was) == (Outcome::Failed, Outcome::Failed));
        if let Some(test) = hidden {
            return Some(format!("{} as it was at base still fails", test.name));
        }
        if tests.failed_head > 0 {
            let failed = usize::try_from(tests.failed_head).unwrap_or(usize::MAX);
            return Some(format!("{} at head", fails(failed)));
        }
        let failing = self.test_checks().find(|check| !check.head.exit.is_success())?;
        Some(format!("{} fails at head ({})", failing.name, failing.head.exit.words()))
    }

    /// The checks that are the project's tests; all of them where none is known to be.
    fn test_checks(&self) -> impl Iterator<Item = &Check> {
        let checks = &self.evidence.checks;
        let is_test = |check: &Check| check.head.reader.is_some() || check.name == "test";
        let known = checks.iter().any(is_test);
        checks.iter().filter(move |check| !known || is_test(check))
    }

    fn count(&self, count: u64) -> Shown {
        let tests = &self.evidence.tests;
        let sums: Vec<Sum> = self.head_logs().flat_map(Lines::sums).collect();
        let logged = sums.iter().filter_map(|sum| sum.count);
        let total = logged.clone().fold(0, u64::saturating_add);
        let known = tests.known.then_some(tests.passed_head);
        if known == Some(count) || total == count || logged.clone().any(|one| one == count) {
            return self.summed(Some(count));
        }
        match known.or_else(|| logged.max()) {
            Some(ran) => refuted(format!(
                "{} passed at head, not {count}",
                counted(usize::try_from(ran).unwrap_or(usize::MAX), "test")
            )),
            None => Shown::Unproven,
        }
    }

    /// The line in which the runner sums up at head; the one with that count, or the largest.
    fn summed(&self, count: Option<u64>) -> Shown {
        let wanted = count.or_else(|| {
            let tests = &self.evidence.tests;
            tests.known.then_some(tests.passed_head)
        });
        let sums =
            self.head_logs().flat_map(|log| log.sums().into_iter().map(move |sum| (log, sum)));
        let best =
            sums.max_by_key(|(_, sum)| (sum.count.is_some() && sum.count == wanted, sum.count));
        match best {
            Some((log, sum)) => log.show(&sum),
            None => self.exits(),
        }
    }

    /// Without any line that sums up, what is left is how the tests ended.
    fn exits(&self) -> Shown {
        let ended = self.test_checks().find(|check| check.head.passes());
        ended.map_or(Shown::Unproven, |check| {
            seen(format!("{} at head: {}", check.name, check.head.exit.words()))
        })
    }

    fn head_logs(&self) -> impl Iterator<Item = &Lines<'a>> {
        let names: Vec<&str> = self.test_checks().map(|check| check.head.log.as_str()).collect();
        self.logs.iter().filter(move |log| names.iter().any(|name| log.is(name)))
    }

    fn new_pass(&self, count: Option<u64>) -> Shown {
        let added = &self.evidence.tests.added;
        if let Some(red) = added.iter().find(|test| !test.passes) {
            return refuted(format!("{} was added and fails", red.name));
        }
        if added.is_empty() { self.pass(count, Tests::Part) } else { self.added(None, false) }
    }

    fn named(&self, name: &str) -> Shown {
        let tests = &self.evidence.tests;
        let among = |names: &[String]| names.iter().find(|known| is_called(known, name)).cloned();
        for (names, why) in [
            (&tests.broken, "fails at head and passed at base"),
            (&tests.removed, "isn't there at head"),
            (&tests.skipped, "is skipped at head"),
        ] {
            if let Some(full) = among(names) {
                return refuted(format!("{full} {why}"));
            }
        }
        let added = tests.added.iter().find(|test| is_called(&test.name, name));
        match added {
            Some(test) if !test.passes => return refuted(format!("{} fails at head", test.name)),
            Some(test) => return self.by_name(&test.name, "passes at head"),
            None => {}
        }
        if let Some(full) = among(&tests.fixed) {
            return self.by_name(&full, "failed at base and passes at head");
        }
        self.head_logs().find_map(|log| log.passing(name)).unwrap_or(Shown::Unproven)
    }

    /// Many a runner's log names no test that passes; its report does.
    fn by_name(&self, full: &str, what: &str) -> Shown {
        let line = self.head_logs().find_map(|log| log.passing(last_part(full)));
        line.unwrap_or_else(|| seen(format!("{full} {what}")))
    }

    fn ran(&self, tool: Tool, clean: bool) -> Shown {
        let uses = |check: &&Check| match tool {
            Tool::Tests => check.head.reader.is_some() || check.name == "test",
            Tool::Lint => check.name == "lint",
            Tool::Build => check.name == "build" || has_word(&check.command, "build"),
            Tool::Named(name) => has_word(&check.command, name),
        };
        let Some(check) = self.evidence.checks.iter().find(uses) else {
            return Shown::Unproven;
        };
        let (head, name) = (&check.head, &check.name);
        match (head.exit.is_success(), head.doubt.is_some()) {
            (false, _) if clean => {
                return refuted(format!("{name} fails at head ({})", head.exit.words()));
            }
            (_, true) if clean => return Shown::Unproven,
            (_, _) => {}
        }
        if tool == Tool::Tests {
            return self.summed(None);
        }
        let line = self.logs.iter().find(|log| log.is(&head.log)).and_then(Lines::last);
        line.unwrap_or_else(|| seen(format!("{name} at head: {}", head.exit.words())))
    }

    fn added(&self, count: Option<u64>, regression: bool) -> Shown {
        let tests = &self.evidence.tests;
        let added = &tests.added;
        let Some(first) = added.first() else {
            return if tests.known { refuted("no test was added".into()) } else { Shown::Unproven };
        };
        let number = added.len();
        if count.is_some_and(|count| u64::try_from(number).is_ok_and(|n| n < count)) {
            return refuted(format!("only {} added", were(number)));
        }
        let red_green = |test: &&AddedTest| test.on_base == OnBase::RedGreen;
        let shown = added.iter().find(red_green).unwrap_or(first);
        match shown.on_base {
            OnBase::Empty if regression => {
                refuted(format!("{} passes on the base's code too", shown.name))
            }
            OnBase::RedGreen => {
                self.by_name(&shown.name, "was added: it fails on the base's code, passes at head")
            }
            OnBase::Empty | OnBase::Red | OnBase::Unknown if shown.passes => {
                self.by_name(&shown.name, "was added and passes at head")
            }
            OnBase::Empty | OnBase::Red | OnBase::Unknown => {
                seen(format!("{} was added; it fails at head", shown.name))
            }
        }
    }

    fn untouched(&self) -> Shown {
        let tests = &self.evidence.tests;
        const KINDS: [Found; 4] =
            [Found::TestDeleted, Found::TestSkipped, Found::TestWeakened, Found::TestEdited];
        if let Some(found) = self.found(&KINDS) {
            return refuted(found);
        }
        let gone = tests.removed.first().map(|name| format!("{name} isn't there at head"));
        let skipped = tests.skipped.first().map(|name| format!("{name} is skipped at head"));
        let edited = tests.as_they_were.first().map(|test| format!("{} was edited", test.name));
        match gone.or(skipped).or(edited) {
            Some(why) => refuted(why),
            None if tests.known => seen("no test of base is edited, skipped or removed".into()),
            None => Shown::Unproven,
        }
    }

    fn no_dependency(&self) -> Shown {
        match self.found(&[Found::Dependency]) {
            Some(found) => refuted(found),
            None => seen("the change edits no list of dependencies".into()),
        }
    }

    fn compatible(&self) -> Shown {
        let broken = self.evidence.tests.broken.first();
        let broken = broken.map(|name| format!("{name} fails at head and passed at base"));
        let why = self.found(&[Found::PublicInterface]).or(broken);
        why.map_or(Shown::Unproven, refuted)
    }

    fn nothing_else(&self) -> Shown {
        let broken = self.evidence.tests.broken.first();
        broken.map_or(Shown::Unproven, |name| {
            refuted(format!("{name} fails at head and passed at base"))
        })
    }

    fn found(&self, kinds: &[Found]) -> Option<String> {
        let found = self.evidence.findings.iter().find(|finding| kinds.contains(&finding.kind));
        found.map(domain::evidence::Finding::sentence)
    }

    fn fixed(&self) -> Shown {
        let tests = &self.evidence.tests;
        let red_green = tests.added.iter().find(|test| test.on_base == OnBase::RedGreen);
        match (tests.fixed.first(), red_green) {
            (Some(name), _) => self.by_name(name, "failed at base and passes at head"),
            (None, Some(test)) => {
                self.by_name(&test.name, "fails on the base's code and passes at head")
            }
            (None, None) => Shown::Unproven,
        }
    }
}

/// `test_b` is `tests/test_a.py::test_b`.
fn is_called(full: &str, name: &str) -> bool {
    let full = full.to_lowercase();
    full.strip_suffix(name)
        .is_some_and(|before| before.is_empty() || before.ends_with([':', '.', ' ', '>', '/']))
}

fn last_part(full: &str) -> &str {
    full.rsplit([':', '.', '>']).next().map_or(full, str::trim)
}

fn has_word(command: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    command.split(|c| !is_part(c)).any(|part| part == word)
}

fn fails(number: usize) -> String {
    format!("{} {}", counted(number, "test"), if number == 1 { "fails" } else { "fail" })
}

fn were(number: usize) -> String {
    format!("{} {}", counted(number, "test"), if number == 1 { "was" } else { "were" })
}

fn refuted(why: String) -> Shown {
    Shown::Refuted { why }
}

fn seen(what: String) -> Shown {
    Shown::Seen { what }
}
