//! A few lines of a change: what a card shows where there is no film. All of it is hostile text.

use engine::Engine;
use engine::card::Card;
use forge::Mirror;
use maud::{Markup, html};
use syntax::highlight::{self, Role, Span};

use crate::views::text;

/// Of a change, what is looked at.
const DIFF_BYTES_MAX: u64 = 256 * 1024;
const LINES_MAX: usize = 18;
/// What of a line fits on a phone, and a little more.
const LINE_CHARS_MAX: usize = 120;

pub struct Line {
    kind: Kind,
    text: String,
    spans: Vec<Span>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Added,
    Removed,
    Same,
    Gap,
}

/// The first lines of what isn't a test, and of the tests where there is nothing else. None where the
/// repository can't be read: the card is shown anyway.
pub async fn of(engine: &Engine, card: &Card) -> Vec<Line> {
    let Ok(project) = store::project::get(&engine.store, &card.project).await else {
        return Vec::new();
    };
    let Ok(mirror) = Mirror::open(engine.home.path(), &project).await else { return Vec::new() };
    match mirror.diff(&card.base, &card.head, DIFF_BYTES_MAX).await {
        Ok(diff) => picked(&String::from_utf8_lossy(&diff.bytes)),
        Err(_no_diff) => Vec::new(),
    }
}

fn picked(diff: &str) -> Vec<Line> {
    let mut files: Vec<Vec<Line>> = Vec::new();
    for line in diff.lines() {
        if let Some(names) = line.strip_prefix("diff --git ") {
            let path = names.rsplit_once(" b/").map_or(names, |(_, path)| path);
            files.push(vec![Line { kind: Kind::File, text: path.into(), spans: Vec::new() }]);
            continue;
        }
        let Some(file) = files.last_mut() else { continue };
        file.extend(read(line));
    }
    // Tests last: stable, so that files stay in their order.
    files.sort_by_key(|file| file[0].text.contains("test"));
    let mut lines: Vec<Line> = files.into_iter().flatten().take(LINES_MAX).collect();
    colour(&mut lines);
    lines
}

fn read(line: &str) -> Option<Line> {
    let header = ["index ", "--- ", "+++ ", "new file", "deleted file", "old mode", "new mode"];
    if header.iter().any(|start| line.starts_with(start)) {
        return None;
    }
    let (kind, text) = match line.chars().next() {
        Some('+') => (Kind::Added, &line[1..]),
        Some('-') => (Kind::Removed, &line[1..]),
        Some('@') => (Kind::Gap, ""),
        Some(' ') => (Kind::Same, &line[1..]),
        Some(_) | None => return None,
    };
    let text = text.chars().take(LINE_CHARS_MAX).collect();
    Some(Line { kind, text, spans: Vec::new() })
}

/// Old and new lines are read as one text: right enough for a few lines.
fn colour(lines: &mut [Line]) {
    let mut path = String::new();
    for line in lines {
        match line.kind {
            Kind::File => path.clone_from(&line.text),
            Kind::Gap => {}
            Kind::Added | Kind::Removed | Kind::Same => {
                let spans = highlight::lines(&path, &line.text);
                line.spans = spans.into_iter().next().unwrap_or_default();
            }
        }
    }
}

pub fn shown(lines: &[Line]) -> Markup {
    html! {
        div.snippet {
            @for line in lines {
                @match line.kind {
                    Kind::File => div.snippet-file { (text::path(&line.text)) },
                    Kind::Gap => div.snippet-gap {},
                    Kind::Added => div.snippet-line.is-added {
                        span.visually-hidden { "added: " } (coloured(line))
                    },
                    Kind::Removed => div.snippet-line.is-removed {
                        span.visually-hidden { "removed: " } (coloured(line))
                    },
                    Kind::Same => div.snippet-line { (coloured(line)) },
                }
            }
        }
    }
}

fn coloured(line: &Line) -> Markup {
    let mut at = 0;
    let mut pieces: Vec<(Option<Role>, &str)> = Vec::new();
    for span in &line.spans {
        let (Some(before), Some(piece)) =
            (line.text.get(at..span.start), line.text.get(span.start..span.end))
        else {
            break;
        };
        pieces.extend([(None, before), (Some(span.role), piece)]);
        at = span.end;
    }
    pieces.push((None, line.text.get(at..).unwrap_or_default()));
    html! {
        bdi {
            @for (role, piece) in pieces {
                @match role {
                    Some(role) => span class=(class(role)) { (text::Marked(piece)) },
                    None => (text::Marked(piece)),
                }
            }
        }
    }
}

fn class(role: Role) -> &'static str {
    match role {
        Role::Comment => "code-comment",
        Role::Keyword => "code-keyword",
        Role::String => "code-string",
        Role::Number => "code-number",
        Role::Function => "code-function",
        Role::Type => "code-type",
        Role::Attribute => "code-attribute",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_comes_before_tests_and_headers_are_left_out() {
        let diff = "diff --git a/test_x.py b/test_x.py\nindex 1..2\n--- a/test_x.py\n+++ b/test_x.py\n\
            @@ -1 +1 @@\n-a\n+b\ndiff --git a/x.py b/x.py\nindex 1..2\n@@ -1 +1 @@\n same\n+new\n";
        let lines = picked(diff);
        let shown: Vec<(Kind, &str)> =
            lines.iter().map(|line| (line.kind, line.text.as_str())).collect();
        let expected = [
            (Kind::File, "x.py"),
            (Kind::Gap, ""),
            (Kind::Same, "same"),
            (Kind::Added, "new"),
            (Kind::File, "test_x.py"),
            (Kind::Gap, ""),
            (Kind::Removed, "a"),
            (Kind::Added, "b"),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_is_hostile_is_text() {
        let lines = picked("diff --git a/x b/<b>\n@@ -0 +1 @@\n+<script>\u{202e}\n");
        let shown = shown(&lines).into_string();
        assert!(shown.contains("&lt;script&gt;") && !shown.contains("<script"), "{shown}");
        assert!(shown.contains("202E"), "{shown}");
    }
}
