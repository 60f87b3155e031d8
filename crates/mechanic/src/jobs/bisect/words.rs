//! What is told of a culprit. Pure. Authors, subjects and file names are whatever somebody wrote.

use super::hunt::Seen;
use super::{count, quoted, short};

/// Of commits that can't be told apart.
pub const CULPRITS_MAX: usize = 10;
/// Of a diff's statistics.
const STAT_LINES_MAX: usize = 20;
const TITLE_CHARS_MAX: usize = 72;

pub struct Story<'s> {
    pub check: &'s str,
    pub command: &'s str,
    /// All along the first parents.
    pub commits: usize,
    pub looked_at: usize,
    pub unknown: usize,
    /// Both ends of the border were run again.
    pub again: bool,
}

/// A commit, as git tells of it.
pub struct Culprit {
    pub commit: String,
    pub author: String,
    pub date: String,
    pub subject: String,
    pub is_merge: bool,
    pub stat: String,
}

pub fn seen(commit: &str, back: usize, seen: Seen) -> String {
    let what = match seen {
        Seen::Good => "passes",
        Seen::Bad => "fails",
        Seen::Unknown => "can't be told",
    };
    format!("{}, {} back: {what}", short(commit), count(back, "commit"))
}

pub fn never_good(check: &str, commits: usize, looked_at: usize, unknown: usize) -> String {
    let told = match unknown {
        0 => String::new(),
        _ => format!(", {unknown} of which couldn't be built or have no such test"),
    };
    format!(
        "{check} passes at none of {looked_at} commits that were looked at{told}, back to the oldest \
         of {}: no commit of these broke what worked before",
        count(commits, "commit")
    )
}

pub fn title(culprit: &Culprit) -> String {
    format!("Revert \"{}\"", culprit.subject).chars().take(TITLE_CHARS_MAX).collect()
}

pub fn message(story: &Story<'_>, culprit: &Culprit) -> String {
    format!(
        "{}\n\nThis reverts commit {}.\n\nIt broke the check {}: before it, this passed, and since \
         it fails:\n\n    {}\n\nAuthor: {}\nDate: {}\n",
        title(culprit),
        culprit.commit,
        story.check,
        quoted(story.command),
        culprit.author,
        culprit.date,
    )
}

pub fn summary(story: &Story<'_>, culprit: &Culprit) -> String {
    format!(
        "{}\n\nThis reverts it. The revert applies without a conflict, and the check passes with it. \
         What the commit was good for is gone, too; a person should judge whether to repair it \
         instead.\n",
        broke(story, culprit)
    )
}

pub fn answer(story: &Story<'_>, culprit: &Culprit, no_revert: &str) -> String {
    format!("{}\n\nNothing was changed: {no_revert}.\n", broke(story, culprit))
}

fn broke(story: &Story<'_>, culprit: &Culprit) -> String {
    format!(
        "Commit `{}` broke the check `{}`:\n\n{}\n\n{}",
        short(&culprit.commit),
        story.check,
        told(culprit),
        how(story)
    )
}

fn told(culprit: &Culprit) -> String {
    let Culprit { commit, author, date, subject, stat, is_merge } = culprit;
    let merge = if *is_merge { " (a merge, seen from its first parent)" } else { "" };
    let lines: Vec<String> = stat.lines().map(|line| format!("    {}", plain(line))).collect();
    let more = lines.len().saturating_sub(STAT_LINES_MAX);
    let cut =
        if more > 0 { format!("\n    … {}", count(more, "more line")) } else { String::new() };
    format!(
        "- commit: `{commit}`{merge}\n- author: `{author}`\n- date: {date}\n- subject: `{subject}`\n\n{}{cut}",
        lines[..lines.len().min(STAT_LINES_MAX)].join("\n"),
    )
}

/// A line as it is, without control characters.
fn plain(line: &str) -> String {
    line.chars().filter(|c| !c.is_control()).collect()
}

fn how(story: &Story<'_>) -> String {
    let unknown = match story.unknown {
        0 => String::new(),
        some => format!("; {some} of them couldn't be built or have no such test"),
    };
    let again = match story.again {
        true => "Both ends were run again and came to the same.",
        false => "There was no time to run both ends again, so it may be flaky.",
    };
    format!(
        "`{}` ran at {} of {} along the first parents{unknown}. {again}",
        quoted(story.command),
        story.looked_at,
        count(story.commits, "commit"),
    )
}

pub fn one_of(story: &Story<'_>, culprits: &[Culprit], of: usize) -> String {
    let each: Vec<String> = culprits
        .iter()
        .map(|one| format!("- `{}` `{}` by `{}`", short(&one.commit), one.subject, one.author))
        .collect();
    let more = of.saturating_sub(culprits.len());
    let more = if more > 0 { format!("\n- … {more} more") } else { String::new() };
    format!(
        "One of these {of} commits broke the check `{}`; those between can't be built, or have no \
         such test, so they can't be told apart:\n\n{}{more}\n\n{}\n\nNothing was changed.\n",
        story.check,
        each.join("\n"),
        how(story)
    )
}
