//! Which commit broke a check: the failing check, or one test that the task names, runs at commits
//! along the first parents until the border is found. It ends in a revert where that applies and
//! repairs the check, else in an answer. The computer's setup stays that of the newest commit.

mod hunt;
mod narrow;
mod outcome;
mod words;

use computer::Computer;

use self::hunt::{Found, Hunt, Next, Seen};
use self::outcome::Kind;
use self::words::{Culprit, Story};
use super::tree::Tree;
use super::{Ended, Order, Say, count, quoted};
use crate::Error;

/// Commits along the first parents that are thought of; the doubling steps reach them in 13.
const COMMITS_MAX: usize = 10_000;
/// Times that each end of the border is run again, since a flaky check has no culprit.
const RERUNS: usize = 2;

pub async fn bisect(
    computer: &dyn Computer,
    order: &Order<'_>,
    say: &mut Say<'_>,
) -> Result<Ended, Error> {
    let tree = Tree::new(computer, order.time);
    let Some(broken) = broken(&tree, order, say).await? else {
        return Ok(Ended::nothing(nothing_fails(order)));
    };
    let branch = tree.line(&["symbolic-ref", "--quiet", "--short", "HEAD"]).await?;
    let bisection = Bisection { commits: commits(&tree).await?, broken, tree };
    let hunted = bisection.hunt(say).await;
    bisection.tree.go_back(&branch).await?;
    bisection.end(hunted?, say).await
}

fn nothing_fails(order: &Order<'_>) -> String {
    if order.checks.is_empty() {
        return "no check was found, so nothing tells good commits from bad ones; write one in \
             whimbrel.toml ([checks] test = \"…\")"
            .into();
    }
    let names: Vec<&str> = order.checks.iter().map(|check| check.name.as_str()).collect();
    format!(
        "nothing is broken that could be bisected: every check passes here ({}); a test that shows \
         the problem would let it begin",
        names.join(", ")
    )
}

/// What fails at the newest commit.
struct Broken {
    /// The check's name.
    check: String,
    command: String,
    /// How it fails there, for a failure of another kind is another matter.
    kind: Kind,
}

/// The first check that fails here; only the test that the task names, where it can be run alone
/// and fails, too.
async fn broken(
    tree: &Tree<'_>,
    order: &Order<'_>,
    say: &mut Say<'_>,
) -> Result<Option<Broken>, Error> {
    for check in named_first(order) {
        if let Some((test, command)) = narrow::named(order.text, &check.command) {
            let kind = outcome::of(&tree.shell(&command).await?);
            if kind == Kind::Failed {
                say(format!("{} fails here; it alone is looked at", quoted(&test)));
                return Ok(Some(Broken { check: check.name.clone(), command, kind }));
            }
            let what = quoted(&test);
            say(format!("{what} doesn't fail when it runs alone; the whole check is looked at"));
        }
        let kind = outcome::of(&tree.shell(&check.command).await?);
        if kind != Kind::Passed {
            say(format!("check {} fails here", check.name));
            let (check, command) = (check.name.clone(), check.command.clone());
            return Ok(Some(Broken { check, command, kind }));
        }
    }
    Ok(None)
}

/// A check that the sentence names is looked at before the others.
fn named_first<'o>(order: &'o Order<'_>) -> impl Iterator<Item = &'o super::Check> {
    let is_word = |name: &str| {
        order.text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').any(|w| w == name)
    };
    // "test" stands in most sentences and names no check in them.
    let is_named = move |check: &super::Check| check.name != "test" && is_word(&check.name);
    let mut checks: Vec<&super::Check> = order.checks.iter().collect();
    checks.sort_by_key(|check| !is_named(check));
    checks.into_iter()
}

/// Along the first parents, newest first.
async fn commits(tree: &Tree<'_>) -> Result<Vec<String>, Error> {
    let most = format!("--max-count={COMMITS_MAX}");
    let text = tree.must(&["rev-list", "--first-parent", &most, "HEAD"]).await?;
    Ok(text.lines().map(str::to_owned).collect())
}

struct Bisection<'c> {
    tree: Tree<'c>,
    broken: Broken,
    /// Newest first.
    commits: Vec<String>,
}

/// How the hunt ended.
enum Hunted {
    Found {
        found: Found,
        looked_at: usize,
        unknown: usize,
    },
    /// The check isn't the same twice, at this commit.
    Flaky {
        commit: usize,
    },
    OutOfTime {
        looked_at: usize,
    },
}

impl Bisection<'_> {
    async fn hunt(&self, say: &mut Say<'_>) -> Result<Hunted, Error> {
        let mut hunt = Hunt::new(self.commits.len());
        loop {
            match hunt.next() {
                Next::Look(_) if self.tree.is_late() => {
                    return Ok(Hunted::OutOfTime { looked_at: hunt.looked_at() });
                }
                Next::Look(commit) => {
                    let seen = self.look(commit).await?;
                    say(words::seen(&self.commits[commit], commit, seen));
                    hunt.note(commit, seen);
                }
                Next::Found(found) => {
                    if let Some(commit) = self.flaky(found).await? {
                        return Ok(Hunted::Flaky { commit });
                    }
                    let (looked_at, unknown) = (hunt.looked_at(), hunt.unknown());
                    return Ok(Hunted::Found { found, looked_at, unknown });
                }
            }
        }
    }

    async fn look(&self, commit: usize) -> Result<Seen, Error> {
        self.tree.visit(&self.commits[commit]).await?;
        let ran = self.tree.shell(&self.broken.command).await?;
        Ok(outcome::of(&ran).beside(self.broken.kind))
    }

    /// An end of the border that isn't what it was, when it is looked at again.
    async fn flaky(&self, found: Found) -> Result<Option<usize>, Error> {
        let ends = match found {
            Found::Culprit(bad) => vec![(bad, Seen::Bad), (bad + 1, Seen::Good)],
            Found::OneOf { newest, oldest } => {
                vec![(newest, Seen::Bad), (oldest + 1, Seen::Good)]
            }
            Found::NeverGood => vec![(0, Seen::Bad)],
        };
        for (commit, expected) in ends {
            for _ in 0..RERUNS {
                // A run that time cut short says nothing.
                if self.tree.is_late() {
                    return Ok(None);
                }
                if self.look(commit).await? != expected && !self.tree.is_late() {
                    return Ok(Some(commit));
                }
            }
        }
        Ok(None)
    }

    async fn end(&self, hunted: Hunted, say: &mut Say<'_>) -> Result<Ended, Error> {
        let (check, short) = (&self.broken.check, |commit: usize| short(&self.commits[commit]));
        Ok(match hunted {
            Hunted::OutOfTime { looked_at } => Ended::nothing(format!(
                "time was over after {} of {} were looked at, and the one that broke {check} isn't \
                 known yet; give it more (--minutes)",
                looked_at,
                count(self.commits.len(), "commit"),
            )),
            Hunted::Flaky { commit } => Ended::nothing(format!(
                "{check} is flaky: at {}, it doesn't come to the same twice, so no commit can be \
                 blamed for it",
                short(commit),
            )),
            Hunted::Found { found: Found::NeverGood, looked_at, unknown } => {
                Ended::nothing(words::never_good(check, self.commits.len(), looked_at, unknown))
            }
            Hunted::Found { found: Found::OneOf { newest, oldest }, looked_at, unknown } => {
                let mut culprits = Vec::new();
                for commit in self.commits[newest..=oldest].iter().take(words::CULPRITS_MAX) {
                    culprits.push(self.culprit(commit).await?);
                }
                let story = self.story(looked_at, unknown);
                let answer = words::one_of(&story, &culprits, oldest - newest + 1);
                Ended::Answered { answer }
            }
            Hunted::Found { found: Found::Culprit(culprit), looked_at, unknown } => {
                let culprit = self.culprit(&self.commits[culprit]).await?;
                say(format!("{} broke {check}: {}", short_of(&culprit), culprit.subject));
                self.revert(&culprit, &self.story(looked_at, unknown)).await?
            }
        })
    }

    fn story(&self, looked_at: usize, unknown: usize) -> Story<'_> {
        let Broken { check, command, .. } = &self.broken;
        Story {
            check,
            command,
            commits: self.commits.len(),
            looked_at,
            unknown,
            again: !self.tree.is_late(),
        }
    }

    async fn culprit(&self, commit: &str) -> Result<Culprit, Error> {
        let format = "--format=%an <%ae>%n%aI%n%s%n%p";
        let text = self.tree.must(&["show", "--no-patch", "--no-color", format, commit]).await?;
        let mut lines = text.lines();
        let mut line = || quoted(lines.next().unwrap_or_default());
        let (author, date, subject, parents) = (line(), line(), line(), line());
        let range = format!("{commit}^");
        let stat = ["diff", "--stat=76", "--no-color", "--no-ext-diff", &range, commit];
        Ok(Culprit {
            commit: commit.to_owned(),
            author,
            date,
            subject,
            is_merge: parents.split_whitespace().count() > 1,
            stat: self.tree.must(&stat).await?,
        })
    }

    /// A revert that applies and repairs the check is the change; else the culprit is the answer.
    async fn revert(&self, culprit: &Culprit, story: &Story<'_>) -> Result<Ended, Error> {
        let answer = |why: &str| Ended::Answered { answer: words::answer(story, culprit, why) };
        let mut arguments = vec!["revert", "--no-commit"];
        if culprit.is_merge {
            arguments.extend(["--mainline", "1"]);
        }
        arguments.push(&culprit.commit);
        let applies = self.tree.git(&arguments).await?.status.is_success();
        if !applies || !self.tree.is_dirty().await? {
            self.tree.discard().await?;
            return Ok(answer(if applies {
                "its revert changes nothing here"
            } else {
                "its revert conflicts with what came after it"
            }));
        }
        if !self.tree.passes(&self.broken.command).await? {
            self.tree.discard().await?;
            return Ok(answer(match self.tree.is_late() {
                true => "there was no time left to see whether its revert repairs the check",
                false => "its revert applies, but the check fails all the same",
            }));
        }
        self.tree.commit(&words::message(story, culprit)).await?;
        Ok(Ended::Changed { title: words::title(culprit), summary: words::summary(story, culprit) })
    }
}

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

fn short_of(culprit: &Culprit) -> &str {
    short(&culprit.commit)
}

#[cfg(test)]
mod tests;
