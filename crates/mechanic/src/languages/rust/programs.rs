//! Test programs that are built: which tests they have, and running some of them under a switch,
//! many times. Knows nothing of edits.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use computer::{Computer, Exec};

use super::cargo::{Call, Program};
use crate::Error;
use crate::languages::copy;

/// What programs say of their tests, and of how they ended.
const ANSWERS_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Of the tests of all programs, those that are looked at.
const TESTS_MAX: usize = 2000;
/// Listing the tests of a program.
const LIST_TIME_MAX: Duration = Duration::from_secs(20);
const LANES: usize = 2;

/// The tests that each program would run, by its place, and whether they are ignored.
pub async fn list(
    computer: &dyn Computer,
    call: &Call,
    programs: &[Program],
) -> Result<Vec<(usize, String, bool)>, Error> {
    let mut found = Vec::new();
    for (place, program) in programs.iter().enumerate() {
        let ignored = names(computer, call, program, &["--ignored"]).await?;
        for name in names(computer, call, program, &[]).await? {
            let is_ignored = ignored.contains(&name);
            found.push((place, name, is_ignored));
        }
    }
    found.truncate(TESTS_MAX);
    Ok(found)
}

async fn names(
    computer: &dyn Computer,
    call: &Call,
    program: &Program,
    more: &[&str],
) -> Result<BTreeSet<String>, Error> {
    let mut argv = vec![program.path.clone(), "--list".into(), "--format=terse".into()];
    argv.extend(more.iter().map(|word| (*word).to_owned()));
    argv.extend(call.filters.iter().cloned());
    let exec = Exec::new(argv)
        .cwd(&program.folder)
        .timeout(LIST_TIME_MAX)
        .output_bytes_max(ANSWERS_BYTES_MAX);
    let ran = computer.run(exec).await;
    let ran = ran.map_err(|source| Error::Computer { step: "listing the tests", source })?;
    let text = ran.stdout.text();
    Ok(text.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect())
}

/// Tests of one program, to be run by one process.
#[derive(Debug, Clone)]
pub struct Group<'p> {
    pub program: &'p Program,
    /// All of them, if none is named.
    pub names: Vec<&'p str>,
}

/// What is run, for which numbers of the switch.
#[derive(Debug)]
pub struct Plan<'p> {
    pub rows: Vec<Row<'p>>,
    /// What a single process may take.
    pub limit: Duration,
    /// What everything may take together.
    pub time: Duration,
    /// Loops that are longer than this end the process.
    pub steps: u64,
    /// The counters are noted, for each number.
    pub hits: bool,
    /// A number's groups end with the first that fails.
    pub stop: bool,
}

#[derive(Debug, Clone)]
pub struct Row<'p> {
    pub number: usize,
    pub groups: Vec<Group<'p>>,
}

/// How the groups of one number ended.
#[derive(Debug, Clone, Default)]
pub struct Ended {
    /// By the group's place: the exit code, and the tests that passed where it isn't 0.
    pub groups: BTreeMap<usize, (i32, BTreeSet<String>)>,
}

/// How a step that was one too many ends a program, and how the time limit does.
pub const OUT_OF_STEPS: i32 = 124;
pub const KILLED: i32 = 137;

/// Runs everything, as far as the time goes, in the order of the rows.
pub async fn run(
    computer: &dyn Computer,
    plan: &Plan<'_>,
) -> Result<BTreeMap<usize, Ended>, Error> {
    let out = copy::scratch("out").join("run");
    let clean = format!("rm -rf {out}; mkdir -p {out}", out = out.display());
    let failed = |source| Error::Computer { step: "trying edits", source };
    computer.run(Exec::shell(&clean)).await.map_err(failed)?;
    for (name, text) in files(plan) {
        computer.write(&out.join(name), text.as_bytes(), 0o644).await.map_err(failed)?;
    }
    let exec = Exec::shell(include_str!("probe/try.sh"))
        .env("OUT", out.to_string_lossy())
        .env("LIMIT", format!("{:.2}", plan.limit.as_secs_f64()))
        .env("HITS", if plan.hits { "1" } else { "" })
        .env("STOP", if plan.stop { "1" } else { "" })
        .env("WHIMBREL_STEPS", plan.steps.to_string())
        .timeout(plan.time);
    computer.run(exec).await.map_err(failed)?;
    let all = format!("cat {}/answers.* 2>/dev/null", out.display());
    let all = Exec::shell(&all).output_bytes_max(ANSWERS_BYTES_MAX);
    let all = computer.run(all).await.map_err(failed)?;
    let asked = plan.rows.iter().map(|row| (row.number, row.groups.len())).collect();
    Ok(understand(&all.stdout.text(), &asked))
}

/// The lists of the lanes, and each different set of groups once.
fn files(plan: &Plan<'_>) -> BTreeMap<String, String> {
    let mut sets: Vec<String> = Vec::new();
    let mut files = BTreeMap::new();
    for lane in 0..LANES {
        files.insert(format!("list.{lane}"), String::new());
    }
    for (place, row) in plan.rows.iter().enumerate() {
        let set: String = row.groups.iter().map(line).collect();
        let known = sets.iter().rposition(|known| *known == set).unwrap_or_else(|| {
            sets.push(set);
            sets.len() - 1
        });
        let list = files.entry(format!("list.{}", place % LANES)).or_default();
        list.push_str(&format!("{}\tgroups.{known}\n", row.number));
    }
    files.extend(sets.into_iter().enumerate().map(|(place, set)| (format!("groups.{place}"), set)));
    files
}

fn line(group: &Group<'_>) -> String {
    let Group { program, names } = group;
    let exact = if names.is_empty() { "" } else { "\t--exact" };
    let names: String = names.iter().map(|name| format!("\t{name}")).collect();
    format!("{}\t{}\t--test-threads=1{exact}{names}\n", program.path, program.folder)
}

/// Tests can write what they like there; what isn't ours in form, or wasn't asked, is no answer.
fn understand(text: &str, asked: &BTreeMap<usize, usize>) -> BTreeMap<usize, Ended> {
    let mut ended: BTreeMap<usize, Ended> = BTreeMap::new();
    let mut current = None;
    for line in text.lines() {
        if let Some(told) = line.strip_prefix("@ ") {
            let numbers: Vec<i64> = told.split(' ').filter_map(|n| n.parse().ok()).collect();
            let &[number, group, status] = &numbers[..] else { continue };
            let (Ok(number), Ok(group)) = (usize::try_from(number), usize::try_from(group)) else {
                continue;
            };
            if asked.get(&number).is_none_or(|groups| group >= *groups) {
                current = None;
                continue;
            }
            let status = i32::try_from(status).unwrap_or(1);
            let groups = &mut ended.entry(number).or_default().groups;
            groups.insert(group, (status, BTreeSet::new()));
            current = Some((number, group));
        } else if let Some((number, group)) = current {
            let name = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... ok"));
            let passed = ended.get_mut(&number).and_then(|ended| ended.groups.get_mut(&group));
            if let (Some(name), Some((_, passed))) = (name, passed) {
                passed.insert(name.trim_end_matches(" - should panic").to_owned());
            }
        }
    }
    ended
}

/// What the run with counters left for each number: the counters, and what a failing test said.
pub async fn notes(
    computer: &dyn Computer,
    count: usize,
) -> Result<Vec<(Vec<usize>, String)>, Error> {
    let script = "cd \"$OUT\" || exit; i=0; while [ $i -lt $COUNT ]; do echo \"@hits $i\"; \
                  [ -e hits.$i ] && cat hits.$i; if [ -e failed.$i ]; then echo \"@said $i\"; \
                  cat failed.$i; echo; fi; i=$((i + 1)); done";
    let exec = Exec::shell(script)
        .env("OUT", copy::scratch("out").join("run").to_string_lossy())
        .env("COUNT", count.to_string())
        .output_bytes_max(ANSWERS_BYTES_MAX);
    let ran = computer.run(exec).await;
    let ran = ran.map_err(|source| Error::Computer { step: "reading what was noted", source })?;
    let mut notes = vec![(Vec::new(), String::new()); count];
    let mut at = (0, false);
    for line in ran.stdout.text().lines() {
        let place = |text: Option<&str>| text.and_then(|text| text.parse().ok());
        if let Some(place) = place(line.strip_prefix("@hits ")) {
            at = (place, false);
        } else if let Some(place) = place(line.strip_prefix("@said ")) {
            at = (place, true);
        } else if let Some((hits, said)) = notes.get_mut(at.0) {
            if at.1 {
                said.push_str(line);
                said.push('\n');
            } else {
                hits.extend(line.parse::<usize>());
            }
        }
    }
    Ok(notes)
}

#[cfg(test)]
mod tests;
