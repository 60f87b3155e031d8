//! The fixes of the project's own linters: one rule at a time, each a commit, kept only if the test
//! check still passes; the formatter comes last. Which linters: what the project configures, or runs
//! in a check, and the computer has.

mod clippy;
mod tool;

use computer::Computer;

use self::tool::{Found, Rule, Tool};
use super::tree::Tree;
use super::{Check, Ended, Order, Say, count, quoted};
use crate::Error;

/// Rules of one linter; a project with more begins with these.
const RULES_MAX: usize = 100;
/// Times that a linter is asked again after it fixed something.
const PASSES_MAX: usize = 3;
/// Rules that a summary names.
const NAMED_MAX: usize = 30;

pub async fn lint(
    computer: &dyn Computer,
    order: &Order<'_>,
    say: &mut Say<'_>,
) -> Result<Ended, Error> {
    let tree = Tree::new(computer, order.time);
    let found = tool::find(&tree, order.checks).await?;
    for missing in &found.missing {
        say(missing.clone());
    }
    if found.tools.is_empty() {
        return Ok(Ended::nothing(nothing_there(&found)));
    }
    let test = order.check("test");
    if let Some(test) = test
        && !tree.passes(&test.command).await?
    {
        return Ok(Ended::nothing(format!(
            "`{}` fails before anything is changed, so it couldn't tell a fix that breaks something; \
             repair it first",
            test.name
        )));
    }
    let mut work = Work { tree, test, kept: Vec::new(), left: Vec::new(), late: false };
    let worked = work.all(&found.tools, say).await;
    work.tree.discard().await?;
    worked?;
    Ok(work.end(&found))
}

fn nothing_there(found: &Found) -> String {
    if found.missing.is_empty() {
        return "the project configures no linter that is known here (ruff, eslint, clippy, black, \
             prettier, rustfmt), and no check runs one"
            .into();
    }
    format!("{}; install it in the environment's setup", found.missing.join("; "))
}

/// One rule that was tried.
struct Tried {
    tool: &'static str,
    rule: Rule,
    /// Changed lines, added and removed.
    lines: usize,
}

struct Work<'c> {
    tree: Tree<'c>,
    test: Option<&'c Check>,
    kept: Vec<Tried>,
    /// Whose fix broke the tests.
    left: Vec<Tried>,
    late: bool,
}

impl Work<'_> {
    async fn all(&mut self, tools: &[Tool], say: &mut Say<'_>) -> Result<(), Error> {
        for tool in tools {
            // What one rule changes may be something for another.
            for _ in 0..PASSES_MAX {
                let kept = self.kept.len();
                self.pass(tool, say).await?;
                if self.late {
                    return Ok(());
                }
                if self.kept.len() == kept || tool.is_formatter() {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn pass(&mut self, tool: &Tool, say: &mut Say<'_>) -> Result<(), Error> {
        let rules = match tool.rules(&self.tree).await? {
            Ok(rules) => rules,
            Err(why) => {
                say(format!("{} can't say what is wrong: {}", tool.name(), quoted(&why)));
                return Ok(());
            }
        };
        let is_left = |rule: &Rule| {
            self.left.iter().any(|left| left.tool == tool.name() && left.rule == *rule)
        };
        let rules: Vec<Rule> = rules.into_iter().filter(|rule| !is_left(rule)).collect();
        if !tool.is_formatter() {
            say(format!("{}: {} that it can fix", tool.name(), count(rules.len(), "rule")));
        }
        for rule in rules.into_iter().take(RULES_MAX) {
            if self.tree.is_late() {
                self.late = true;
                return Ok(());
            }
            self.one(tool, rule, say).await?;
        }
        Ok(())
    }

    /// Fixes one rule, and keeps that if the tests agree.
    async fn one(&mut self, tool: &Tool, rule: Rule, say: &mut Say<'_>) -> Result<(), Error> {
        tool.fix(&self.tree, &rule).await?;
        if !self.tree.is_dirty().await? {
            return Ok(());
        }
        let tried = Tried { tool: tool.name(), lines: self.changed().await?, rule };
        let passes = match self.test {
            Some(test) => self.tree.passes(&test.command).await?,
            None => true,
        };
        let title = tried.title();
        if passes {
            self.tree.commit(&format!("{title}\n\n{}\n", self.why(&tried))).await?;
            say(format!("{title}: {}", count(tried.lines, "line")));
            self.kept.push(tried);
        } else {
            say(format!("{title}: the tests fail with it, so it is left out"));
            self.left.push(tried);
        }
        self.tree.discard().await
    }

    fn why(&self, tried: &Tried) -> String {
        let tested = match self.test {
            Some(test) => format!("The check {} passes with it.", test.name),
            None => "The project has no test check to say whether anything breaks.".into(),
        };
        format!("By {}'s own fix, and nothing else. {tested}", tried.tool)
    }

    async fn changed(&self) -> Result<usize, Error> {
        let text = self.tree.must(&["diff", "--numstat", "--no-ext-diff", "HEAD"]).await?;
        let numbers = |line: &str| -> usize {
            line.split('\t').take(2).filter_map(|number| number.parse::<usize>().ok()).sum()
        };
        Ok(text.lines().map(numbers).sum())
    }

    fn end(&self, found: &Found) -> Ended {
        if self.kept.is_empty() {
            return Ended::nothing(self.nothing(found));
        }
        let title = match &self.kept[..] {
            [only] => only.title(),
            all => format!("Fix {} of {}", count(all.len(), "lint rule"), names(all)),
        };
        Ended::Changed { title, summary: self.summary() }
    }

    fn nothing(&self, found: &Found) -> String {
        let names: Vec<&str> = found.tools.iter().map(Tool::name).collect();
        let names = names.join(", ");
        if !self.left.is_empty() {
            return format!(
                "{names} can fix {}, but the tests fail with each of them: {}",
                count(self.left.len(), "rule"),
                listed(&self.left).join("; ")
            );
        }
        if self.late {
            return format!("time was over before {names} had fixed anything");
        }
        format!("nothing to do: {names} finds nothing that it can fix by itself")
    }

    fn summary(&self) -> String {
        let how = match self.test {
            Some(test) => format!("after each, `{}` passed", test.name),
            None => "the project has no test check to say whether anything breaks".into(),
        };
        let mut text = format!(
            "By the linters' own fixes, one rule a commit; {how}:\n\n- {}\n",
            listed(&self.kept).join("\n- ")
        );
        if !self.left.is_empty() {
            let left = listed(&self.left).join("\n- ");
            text.push_str(&format!("\nLeft out, because the tests fail with it:\n\n- {left}\n"));
        }
        if self.late {
            text.push_str("\nTime was over before every rule was tried.\n");
        }
        text
    }
}

impl Tried {
    fn title(&self) -> String {
        match self.rule {
            Rule::Format => format!("Format with {}", self.tool),
            Rule::Named { .. } => format!("Fix {} ({})", self.rule.words(), self.tool),
        }
    }
}

fn listed(all: &[Tried]) -> Vec<String> {
    let line = |one: &Tried| format!("{}: {}", one.title(), count(one.lines, "line"));
    let mut lines: Vec<String> = all.iter().take(NAMED_MAX).map(line).collect();
    if all.len() > NAMED_MAX {
        lines.push(format!("… and {}", count(all.len() - NAMED_MAX, "more rule")));
    }
    lines
}

/// The linters' names, each once.
fn names(all: &[Tried]) -> String {
    let mut names: Vec<&str> = all.iter().map(|one| one.tool).collect();
    names.dedup();
    names.join(" and ")
}

#[cfg(test)]
mod tests;
