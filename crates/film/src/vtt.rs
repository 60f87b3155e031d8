//! What is said, as WebVTT: the caption as it stands in the picture, and under it what the picture
//! shows meanwhile.

use crate::plan::Cue;
use crate::shown;

/// Of each line, so that captions don't cover a whole player.
const CHARS_MAX: usize = 200;

pub fn text(cues: &[Cue]) -> String {
    let mut text = String::from("WEBVTT\n");
    for (index, cue) in cues.iter().enumerate() {
        let (start, end) = (time(cue.start_ms), time(cue.end_ms));
        text.push_str(&format!("\n{}\n{start} --> {end}\n", index + 1));
        for line in std::iter::once(cue.text.as_str()).chain(cue.detail.lines()) {
            let line = line.trim();
            if !line.is_empty() {
                text.push_str(&escaped(&shown::cut(line, CHARS_MAX)));
                text.push('\n');
            }
        }
    }
    text
}

fn time(ms: u64) -> String {
    let (seconds, ms) = (ms / 1_000, ms % 1_000);
    format!("{:02}:{:02}:{:02}.{ms:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Of what WebVTT would read as markup, and of the arrow that would begin a new cue.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
