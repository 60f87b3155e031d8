//! The work tree's side of a repair: edits written on top of each other, taken back, or committed.

use std::collections::HashSet;

use computer::{Computer, Exec, Stdin};
use domain::event::SuspiciousLine;

use crate::baseline::Baseline;
use crate::candidate::Candidate;
use crate::choice::{Ambiguity, Choice};
use crate::disk::File;
use crate::search::Found;
use crate::words::{self, Story, Told};
use crate::{Effort, Error, Repair};

/// Edits that every forked test passed and the project's own command is asked about.
pub const ATTEMPTS_MAX: usize = 5;

/// Other edits that pass all tests and are shown.
const RUNNERS_UP_MAX: usize = 5;

/// The edits so far, and what is known about them.
pub struct Draft<'c> {
    computer: &'c dyn Computer,
    /// Each edit with the file as it was before it.
    edits: Vec<(File, Told)>,
    runners_up: Vec<Told>,
    ambiguity: Ambiguity,
    mentioned: Vec<String>,
    failing: Vec<String>,
    tests: usize,
    located: Vec<SuspiciousLine>,
    pub effort: Effort,
    planned: usize,
    out_of_time: bool,
}

impl<'c> Draft<'c> {
    pub fn new(
        computer: &'c dyn Computer,
        baseline: &Baseline,
        located: Vec<SuspiciousLine>,
        mentioned: Vec<String>,
    ) -> Self {
        Self {
            computer,
            edits: Vec::new(),
            runners_up: Vec::new(),
            ambiguity: Ambiguity::NONE,
            mentioned,
            failing: baseline.failing.clone(),
            tests: baseline.failing.len() + baseline.passing.len(),
            located,
            effort: Effort::default(),
            planned: 0,
            out_of_time: false,
        }
    }

    pub fn note(&mut self, found: &Found) {
        self.effort.and(&found.effort);
        self.planned += found.planned;
        self.out_of_time = found.out_of_time;
    }

    /// Notes what passes all tests, too, as it would change the files that are there now.
    pub async fn compare(&mut self, choice: &Choice, place: usize) -> Result<(), Error> {
        self.ambiguity = choice.ambiguity(place);
        self.runners_up.clear();
        let others = choice.ranked.iter().enumerate().filter(|(other, _)| *other != place);
        for (_, other) in others.take(RUNNERS_UP_MAX) {
            let file = File::read(self.computer, &other.path).await?;
            self.runners_up.extend(Told::of(other, &file.text));
        }
        Ok(())
    }

    /// Writes an edit to its file.
    pub async fn add(&mut self, candidate: &Candidate) -> Result<Told, Error> {
        let file = File::read(self.computer, &candidate.path).await?;
        let changed = || Error::Changed { path: candidate.path.clone() };
        let told = Told::of(candidate, &file.text).ok_or_else(changed)?;
        let edited = candidate.apply(&file.text).ok_or_else(changed)?;
        // Noted first, so that a write that stops half-way is taken back, too.
        self.edits.push((file.clone(), told.clone()));
        file.write(self.computer, &edited).await?;
        Ok(told)
    }

    /// Takes the last edit back.
    pub async fn undo(&mut self) -> Result<(), Error> {
        let Some((file, _)) = self.edits.pop() else { return Ok(()) };
        file.write(self.computer, &file.text).await
    }

    /// Takes all edits back.
    pub async fn restore(&mut self) -> Result<(), Error> {
        while !self.edits.is_empty() {
            self.undo().await?;
        }
        Ok(())
    }

    pub fn not_found(&self) -> Repair {
        Repair::NotFound {
            located: self.located.clone(),
            effort: self.effort.clone(),
            planned: self.planned,
            reason: self.reason(),
        }
    }

    fn reason(&self) -> String {
        let (tried, planned) = (self.effort.tried, self.planned);
        if self.located.is_empty() {
            "the failing tests run no line of the repository that isn't a test's own".into()
        } else if self.out_of_time {
            format!(
                "time was over after {tried} of {planned} small edits, and none makes every test pass"
            )
        } else {
            format!("none of {tried} small edits makes every test pass")
        }
    }

    /// Commits the edited files, and nothing else that lies around.
    pub async fn commit(&mut self, test_command: &str) -> Result<Repair, Error> {
        let told: Vec<Told> = self.edits.iter().map(|(_, told)| told.clone()).collect();
        let story = Story {
            edits: &told,
            failing: &self.failing,
            located: &self.located,
            runners_up: &self.runners_up,
            ambiguity: self.ambiguity,
            mentioned: &self.mentioned,
            effort: &self.effort,
            tests: self.tests,
            test_command,
        };
        let (files, mut diff) = (self.first_files(), String::new());
        for file in &files {
            let now = File::read(self.computer, &file.path).await?;
            diff.push_str(&unified(&file.path, &file.text, &now.text));
        }
        let paths: Vec<String> = files.into_iter().map(|file| file.path).collect();
        git_commit(self.computer, &paths, &words::message(&story)).await?;
        let (title, summary) = (words::title(&story), words::summary(&story));
        Ok(Repair::Fixed { title, summary, paths, diff, effort: self.effort.clone() })
    }

    /// The files that it wrote.
    pub fn own(&self) -> Vec<String> {
        self.edits.iter().map(|(file, _)| file.path.clone()).collect()
    }

    /// Each edited file once, as it was before all edits.
    fn first_files(&self) -> Vec<File> {
        let mut seen = HashSet::new();
        let files = self.edits.iter().map(|(file, _)| file);
        files.filter(|file| seen.insert(file.path.clone())).cloned().collect()
    }
}

fn unified(path: &str, before: &str, after: &str) -> String {
    let diff = similar::TextDiff::from_lines(before, after);
    let headers = (format!("a/{path}"), format!("b/{path}"));
    diff.unified_diff().context_radius(3).header(&headers.0, &headers.1).to_string()
}

async fn git_commit(computer: &dyn Computer, paths: &[String], message: &str) -> Result<(), Error> {
    let argv = ["git", "commit", "--quiet", "--no-verify", "--only", "--file=-", "--"];
    let argv = argv.into_iter().map(str::to_owned).chain(paths.iter().cloned());
    let exec = Exec::new(argv).stdin(Stdin::Bytes(message.as_bytes().to_vec()));
    let ran = computer.run(exec).await;
    let ran = ran.map_err(|source| Error::Computer { step: "committing", source })?;
    if ran.status.is_success() { Ok(()) } else { Err(Error::Commit { output: ran.text() }) }
}
