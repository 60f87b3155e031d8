//! A change made smaller: its hunks, and then its single lines, are left out as long as every check
//! that passes with the whole change passes without them. Tests of the change stay as they are. What
//! no check looks at goes, so the smaller change is as good as the checks are; that is said.

mod part;
mod shrink;

use std::collections::HashMap;

use computer::Computer;

use self::part::{File, Part};
use self::shrink::{Shrink, Units};
use super::tree::Tree;
use super::{Check, Ended, Order, Other, Say, count, quoted};
use crate::{Error, disk};

/// A larger change is for people to split.
const FILES_MAX: usize = 200;
/// Parts that are tried one by one.
const PARTS_MAX: usize = 5_000;
const TITLE_CHARS_MAX: usize = 72;

pub async fn minimise(
    computer: &dyn Computer,
    order: &Order<'_>,
    say: &mut Say<'_>,
) -> Result<Ended, Error> {
    let Some(other) = &order.other else {
        return Ok(Ended::nothing(
            "the task names no attempt whose change is to be made smaller; name one, such as \
             k3v9x2ab.2 (`whimbrel list` and `whimbrel show TASK` tell them)",
        ));
    };
    let tree = Tree::new(computer, order.time);
    let files = files(&tree, other).await?;
    if files.is_empty() {
        return Ok(Ended::nothing(format!("{} changes nothing here", other.name)));
    }
    if files.len() > FILES_MAX {
        return Ok(Ended::nothing(format!(
            "{} changes {} files, and at most {FILES_MAX} are taken apart",
            other.name,
            files.len()
        )));
    }
    let hunks = part::hunks(&files);
    let (tests, hunks): (Vec<Part>, Vec<Part>) =
        hunks.into_iter().partition(|part| part::is_test(&files, part));
    let mut cut = Cut { tree, files, tests, other, checks: Vec::new() };
    match cut.minimise(order.checks, hunks, say).await {
        Ok(ended @ Ended::Changed { .. }) => Ok(ended),
        ended => {
            cut.tree.discard().await?;
            ended
        }
    }
}

/// What is tried, and on what.
struct Cut<'c> {
    tree: Tree<'c>,
    files: Vec<File>,
    /// Never left out.
    tests: Vec<Part>,
    other: &'c Other,
    /// That pass with the whole change.
    checks: Vec<Check>,
}

impl Cut<'_> {
    async fn minimise(
        &mut self,
        checks: &[Check],
        hunks: Vec<Part>,
        say: &mut Say<'_>,
    ) -> Result<Ended, Error> {
        let name = &self.other.name;
        if hunks.is_empty() {
            return Ok(Ended::nothing(format!("{name} changes tests only, and those stay")));
        }
        self.write(&hunks).await?;
        for check in checks {
            if self.tree.passes(&check.command).await? {
                self.checks.push(check.clone());
            }
        }
        match self.why_not(&hunks).await? {
            Some(reason) => Ok(Ended::nothing(reason)),
            None => self.shrink(hunks, say).await,
        }
    }

    /// Why there is nothing to hold on to: the checks must tell the change from its absence.
    async fn why_not(&self, hunks: &[Part]) -> Result<Option<String>, Error> {
        let name = &self.other.name;
        if self.checks.is_empty() {
            return Ok(Some(format!(
                "no check passes with the change of {name}, so nothing tells what of it is needed"
            )));
        }
        if !self.holds(hunks).await? {
            return Ok(Some(format!(
                "the checks don't come to the same twice with the change of {name}; they are flaky, \
                 and what they say of less of it would mean nothing"
            )));
        }
        if self.holds(&[]).await? {
            return Ok(Some(format!(
                "the checks pass just as well without the change of {name} (with its tests alone, \
                 where it has some), so nothing shows what of it is needed; a test that fails \
                 without it would"
            )));
        }
        Ok(None)
    }

    /// Hunks first, then what is left of them line by line.
    async fn shrink(&self, hunks: Vec<Part>, say: &mut Say<'_>) -> Result<Ended, Error> {
        let whole = Size::of(&hunks);
        let kept = self.pass("hunk", hunks, say).await?;
        let kept = self.pass("line", part::lines(&kept), say).await?;
        let size = Size { hunks: whole.hunks, ..Size::of(&kept) };
        if size.lines == whole.lines {
            return Ok(Ended::nothing(format!(
                "each line of {}'s change is needed: without any of its {} a check fails",
                self.other.name,
                count(whole.lines, "changed line")
            )));
        }
        if !self.holds(&kept).await? {
            return Ok(Ended::nothing(
                "the smaller change passed the checks once, but not again: they are flaky"
                    .to_owned(),
            ));
        }
        let late = self.tree.is_late();
        self.write(&kept).await?;
        self.tree.must(&["add", "--all"]).await?;
        let (title, summary) = (self.title(), self.summary(whole, size, late));
        self.tree.commit(&format!("{title}\n\n{summary}")).await?;
        Ok(Ended::Changed { title, summary })
    }

    async fn pass(
        &self,
        noun: &str,
        parts: Vec<Part>,
        say: &mut Say<'_>,
    ) -> Result<Vec<Part>, Error> {
        if parts.len() > PARTS_MAX {
            say(format!("{} are too many to try them one by one", count(parts.len(), noun)));
            return Ok(parts);
        }
        let pick = |units: &[usize]| -> Vec<Part> {
            units.iter().map(|&unit| parts[unit].clone()).collect()
        };
        let mut shrink = Shrink::new(parts.len());
        let mut known: HashMap<Units, bool> = HashMap::from([(Units::new(), false)]);
        let mut tried = 0;
        while let Some(fewer) = shrink.next().filter(|_| !self.tree.is_late()) {
            let holds = match known.get(&fewer) {
                Some(&holds) => holds,
                None => {
                    tried += 1;
                    self.holds(&pick(&fewer)).await?
                }
            };
            known.insert(fewer, holds);
            shrink.answer(holds);
            if holds {
                let (left, all) = (shrink.kept().len(), count(parts.len(), noun));
                say(format!("{left} of {all} left after {}", count(tried, "run")));
            }
        }
        Ok(pick(shrink.kept()))
    }

    /// Whether every check that passes with the whole change passes with these parts of it.
    async fn holds(&self, parts: &[Part]) -> Result<bool, Error> {
        self.write(parts).await?;
        for check in &self.checks {
            if !self.tree.passes(&check.command).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The work tree with these parts of the change, and its tests.
    async fn write(&self, parts: &[Part]) -> Result<(), Error> {
        self.tree.discard().await?;
        let parts: Vec<&Part> = self.tests.iter().chain(parts).collect();
        for (number, file) in self.files.iter().enumerate() {
            if !parts.iter().any(|part| part.file() == number) {
                continue;
            }
            let is_whole = parts.iter().any(|part| **part == Part::Whole { file: number });
            if is_whole {
                self.take(file).await?;
            } else if let Some(text) = part::compose(file, number, &parts) {
                self.put(file, &text).await?;
            }
        }
        Ok(())
    }

    /// The file as it is with the whole change, whatever it is.
    async fn take(&self, file: &File) -> Result<(), Error> {
        let path = literal(&file.path);
        let head = self.other.head.as_str();
        let there = self.tree.git(&["cat-file", "-e", &format!("{head}:{}", file.path)]).await?;
        let arguments = match there.status.is_success() {
            true => vec!["checkout", "--quiet", head, "--", &path],
            false => vec!["rm", "--quiet", "--force", "--", &path],
        };
        self.tree.must(&arguments).await.map(drop)
    }

    async fn put(&self, file: &File, text: &str) -> Result<(), Error> {
        if file.before.is_none() {
            // With its permissions and its folders; the text comes below.
            self.take(file).await?;
        }
        let written = disk::File::read(self.tree.computer, &file.path).await?;
        written.write(self.tree.computer, text).await
    }

    fn title(&self) -> String {
        let title = match quoted(&self.other.title) {
            title if title.is_empty() => format!("Make the change of {} smaller", self.other.name),
            title => title,
        };
        title.chars().take(TITLE_CHARS_MAX).collect()
    }

    fn summary(&self, whole: Size, left: Size, late: bool) -> String {
        let checks: Vec<String> =
            self.checks.iter().map(|check| format!("`{}`", check.name)).collect();
        let end = match late {
            true => "Time was over before every line was tried, so it may not be the smallest.",
            false => "Without any one of the lines that are left, a check fails.",
        };
        format!(
            "The change of {}, cut down from {} in {} to {}, beside its tests, which are as they \
             were. With it the same checks pass as with the whole: {}. {end}\n\nWhat no check looks \
             at was left out, comments too; a person should judge whether some of it is wanted.\n",
            self.other.name,
            count(whole.lines, "changed line"),
            count(whole.hunks, "hunk"),
            left.lines,
            checks.join(", "),
        )
    }
}

#[derive(Debug, Clone, Copy)]
struct Size {
    hunks: usize,
    lines: usize,
}

impl Size {
    fn of(parts: &[Part]) -> Self {
        Self { hunks: parts.len(), lines: parts.iter().map(Part::lines).sum() }
    }
}

/// A path that git takes as it is.
fn literal(path: &str) -> String {
    format!(":(top,literal){path}")
}

/// The files that the change is about.
async fn files(tree: &Tree<'_>, other: &Other) -> Result<Vec<File>, Error> {
    let head = other.head.as_str();
    let arguments = ["diff", "--raw", "-z", "--no-renames", "--no-ext-diff", "HEAD", head];
    let raw = tree.must(&arguments).await?;
    let mut fields = raw.split_terminator('\0');
    let mut files = Vec::new();
    while let (Some(modes), Some(path)) = (fields.next(), fields.next()) {
        if files.len() > FILES_MAX {
            break;
        }
        // Git and we must mean the same file; a name that isn't UTF-8 stays out of it.
        if !path.contains('\u{fffd}') {
            files.push(file(tree, head, modes, path).await?);
        }
    }
    Ok(files)
}

/// One line of `git diff --raw`: `:100644 100755 OLD NEW M`, and the path.
async fn file(tree: &Tree<'_>, head: &str, modes: &str, path: &str) -> Result<File, Error> {
    let mut modes = modes.trim_start_matches(':').split(' ');
    let (old, new) = (modes.next().unwrap_or_default(), modes.next().unwrap_or_default());
    let is_file = |mode: &str| mode.starts_with("100");
    let is_there = |mode: &str| mode != "000000";
    let mut whole = File { path: path.to_owned(), before: None, after: None, is_whole: true };
    let mode_changed = is_there(old) && is_there(new) && old != new;
    let is_plain = |mode: &str| is_file(mode) || !is_there(mode);
    if mode_changed || !is_plain(old) || !is_plain(new) {
        return Ok(whole);
    }
    for (mode, revision, text) in [(old, "HEAD", &mut whole.before), (new, head, &mut whole.after)]
    {
        if !is_there(mode) {
            continue;
        }
        let ran = tree.git(&["cat-file", "blob", &format!("{revision}:{path}")]).await?;
        let fits = ran.status.is_success()
            && ran.stdout.dropped_bytes == 0
            && ran.stdout.bytes.len() as u64 <= disk::FILE_BYTES_MAX;
        match String::from_utf8(ran.stdout.bytes) {
            Ok(found) if fits && !found.contains('\0') => *text = Some(found),
            _ => {
                return Ok(File {
                    path: path.to_owned(),
                    before: None,
                    after: None,
                    is_whole: true,
                });
            }
        }
    }
    Ok(File { is_whole: false, ..whole })
}

#[cfg(test)]
mod tests;
