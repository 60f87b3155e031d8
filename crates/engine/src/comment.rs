//! Comments on lines, and how they become the feedback that a follow-up begins with.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write as _;
use std::path::Path;

use domain::audit::Action;
use domain::comment::{Place, Side};
use domain::verdict::{Said, Via};
use domain::{AttemptId, Change, Comment, CommentId, Commit, Verdict};
use forge::Mirror;
use sha2::{Digest, Sha256};

use crate::runner::random;
use crate::verdict::{self, Wish};
use crate::{Engine, Error, audit};

/// The longest comment, in bytes.
const TEXT_BYTES_MAX: usize = 16 * 1024;
/// Comments of one person that wait to be sent, on one attempt.
const WAITING_MAX: u32 = 100;
/// Of a line that is quoted to the agent, in characters.
const QUOTE_CHARS_MAX: usize = 200;
/// A file is read for a quotation up to this many bytes.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Keeps what the engine's person says of a line.
pub async fn add(
    engine: &Engine,
    attempt: &AttemptId,
    place: Place,
    text: &str,
) -> Result<Comment, Error> {
    let text = checked(text)?;
    let Some(change) = store::change::get(&engine.store, attempt).await? else {
        return Err(Error::Unusable(format!("attempt {attempt} has changed nothing")));
    };
    // Elsewhere nobody would see what they send to an agent.
    let is_shown = change.files.iter().any(|file| file.path == place.path);
    if !is_shown || place.path.contains('\0') || place.line == 0 {
        let words = "a comment is about a line of a file that the change has";
        return Err(Error::Unusable(words.into()));
    }
    let comment = Comment {
        id: CommentId::from_random(random()?),
        attempt: attempt.clone(),
        person: engine.person.clone(),
        at: engine.clock.now(),
        place,
        text,
        sent: None,
    };
    if !store::comment::put(&engine.store, &comment, WAITING_MAX).await? {
        return Err(Error::Unusable(format!(
            "{WAITING_MAX} comments on {attempt} wait to be sent; send them first"
        )));
    }
    let Place { path, line, .. } = &comment.place;
    audit::record(engine, Action::Commented, attempt, &format!("{path}:{line}")).await?;
    Ok(comment)
}

/// Changes what the engine's person said.
pub async fn edit(engine: &Engine, id: &CommentId, text: &str) -> Result<Comment, Error> {
    let text = checked(text)?;
    store::comment::edit(&engine.store, id, &engine.person, &text).await?;
    Ok(store::comment::get(&engine.store, id).await?)
}

/// Takes back what the engine's person said.
pub async fn remove(engine: &Engine, id: &CommentId) -> Result<(), Error> {
    Ok(store::comment::remove(&engine.store, id, &engine.person).await?)
}

/// Sends what the engine's person said of the attempt's lines as one feedback, with `words` before
/// it. However often it is asked for, the same comments are one verdict: its key is made of them,
/// and they are marked as sent after it is kept.
pub async fn send(
    engine: &Engine,
    attempt: &AttemptId,
    words: &str,
    via: Via,
) -> Result<Verdict, Error> {
    let all = store::comment::of_attempt(&engine.store, attempt).await?;
    let waiting: Vec<Comment> =
        all.into_iter().filter(|comment| comment.is_open_to(&engine.person)).collect();
    if waiting.is_empty() {
        return Err(Error::Unusable(format!("no comments of yours on {attempt} wait to be sent")));
    }
    let text = feedback(words, &waiting, &quotes(engine, attempt, &waiting).await?);
    let key = key(&text, &waiting);
    let wish = Wish { attempt: attempt.clone(), said: Said::Feedback { text }, via, grace_ms: 0 };
    let verdict = verdict::give_once(engine, wish, &key).await?;
    let ids: Vec<CommentId> = waiting.into_iter().map(|comment| comment.id).collect();
    store::comment::sent(&engine.store, &ids, engine.clock.now()).await?;
    Ok(verdict)
}

fn checked(text: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::Unusable("there is nothing to say: the comment is empty".into()));
    }
    if text.len() > TEXT_BYTES_MAX {
        let limit = TEXT_BYTES_MAX / 1024;
        return Err(Error::Unusable(format!("the comment is longer than {limit} KiB")));
    }
    Ok(text.replace("\r\n", "\n"))
}

fn key(text: &str, comments: &[Comment]) -> String {
    let mut digest = Sha256::new().chain_update(text);
    comments.iter().for_each(|comment| digest.update(comment.id.as_str()));
    stdx::hex::of(&digest.finalize())
}

/// The lines that the comments are about, where they can be read.
async fn quotes(
    engine: &Engine,
    attempt: &AttemptId,
    comments: &[Comment],
) -> Result<HashMap<CommentId, String>, Error> {
    let mut quotes = HashMap::new();
    let Some(change) = store::change::get(&engine.store, attempt).await? else {
        return Ok(quotes);
    };
    let task = store::task::get(&engine.store, &attempt.task()).await?;
    let project = store::project::get(&engine.store, &task.project).await?;
    let mirror = Mirror::open(engine.home.path(), &project).await?;
    let mut files: HashMap<(Side, &str), Option<String>> = HashMap::new();
    for comment in comments {
        let Place { path, side, line } = &comment.place;
        let text = match files.entry((*side, path.as_str())) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                place.insert(file(&mirror, commit(&change, *side), path).await?)
            }
        };
        let text = text.as_deref().unwrap_or_default();
        if let Some(quoted) = text.lines().nth(*line as usize - 1) {
            quotes.insert(comment.id.clone(), stdx::cut::line(quoted, QUOTE_CHARS_MAX));
        }
    }
    Ok(quotes)
}

fn commit(change: &Change, side: Side) -> &Commit {
    match side {
        Side::Old => &change.base,
        Side::New => &change.head,
    }
}

async fn file(mirror: &Mirror, commit: &Commit, path: &str) -> Result<Option<String>, Error> {
    match mirror.blob(commit, Path::new(path), FILE_BYTES_MAX).await {
        Ok(bytes) => Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())),
        Err(forge::Error::TooLarge { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What the agent reads: place, quoted line and comment, by file and line.
fn feedback(words: &str, comments: &[Comment], quotes: &HashMap<CommentId, String>) -> String {
    let mut sorted: Vec<&Comment> = comments.iter().collect();
    sorted.sort_by(|one, other| {
        let key = |comment: &Comment| (comment.place.path.clone(), comment.place.line, comment.at);
        key(one).cmp(&key(other))
    });
    let mut text = String::new();
    let words = words.trim();
    let intro = if words.is_empty() { "Comments on lines of your change:" } else { words };
    text.push_str(intro);
    for comment in sorted {
        let Place { path, side, line } = &comment.place;
        let before = if *side == Side::Old { " (as it was before your change)" } else { "" };
        // Writing into a string can't fail.
        let _infallible = write!(text, "\n\n{path}:{line}{before}\n");
        if let Some(quoted) = quotes.get(&comment.id) {
            let _infallible = writeln!(text, "> {quoted}");
        }
        text.push_str(&comment.text);
    }
    text
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use expect_test::expect;

    use super::*;

    fn comment(number: u64, line: u32, side: Side, text: &str) -> Comment {
        Comment {
            id: CommentId::from_random(number),
            attempt: "abcdefgh.1".parse().unwrap(),
            person: "ada".into(),
            at: Timestamp(1),
            place: Place { path: "src/a.rs".into(), side, line },
            text: text.into(),
            sent: None,
        }
    }

    #[test]
    fn comments_are_said_by_place_with_the_line_they_are_about() {
        let comments = [
            comment(1, 12, Side::New, "Say why.\nIn words."),
            comment(2, 3, Side::Old, "This was right."),
        ];
        let quotes = HashMap::from([(comments[0].id.clone(), "let x = 1;".to_owned())]);
        expect![[r#"
            Comments on lines of your change:

            src/a.rs:3 (as it was before your change)
            This was right.

            src/a.rs:12
            > let x = 1;
            Say why.
            In words."#]]
        .assert_eq(&feedback("", &comments, &quotes));
    }

    #[test]
    fn the_same_comments_have_the_same_key() {
        let one = [comment(1, 12, Side::New, "a")];
        assert_eq!(key("text", &one), key("text", &one));
        assert_ne!(key("text", &one), key("text", &[comment(2, 12, Side::New, "a")]));
    }
}
