//! What people see: lines, colours where they make sense, ages, and nothing that a hostile text
//! could do to a terminal.

use std::io::{self, IsTerminal, Write};

use domain::Timestamp;

/// Prints data. A reader that went away (`| head`) ends the program quietly, as it does for cat.
pub fn out(line: &str) {
    if let Err(error) = writeln!(std::io::stdout().lock(), "{line}") {
        unprinted(&error);
    }
}

/// What can't be written, as on a full disk, must not pass for a success.
fn unprinted(error: &io::Error) -> ! {
    if error.kind() == io::ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    err(&format!("error: can't write to standard output: {error}"));
    std::process::exit(1);
}

/// Prints one object on one line. What a terminal would obey is written as JSON's own escapes, so
/// that the value stays exactly what it is.
pub fn json(value: &serde_json::Value) {
    out(&escaped(&value.to_string()));
}

fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        // All of them are in the basic plane, so one escape is enough.
        if is_obeyed(c) { text.push_str(&format!("\\u{:04x}", u32::from(c))) } else { text.push(c) }
    }
    text
}

/// Prints raw bytes of data.
pub fn out_bytes(bytes: &[u8]) {
    let mut stdout = std::io::stdout().lock();
    if let Err(error) = stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        unprinted(&error);
    }
}

/// Prints raw bytes that are no data of ours, like a program's standard error.
pub fn err_bytes(bytes: &[u8]) {
    let _ = std::io::stderr().lock().write_all(bytes);
}

/// Tells a person something that is no data.
pub fn err(line: &str) {
    // Where nobody can be told, nothing is left to do.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Whether a person reads standard output.
pub fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Of standard output, in characters; where nobody sees it, wide enough for tables.
pub fn width() -> usize {
    const UNSEEN: usize = 120;
    const LEAST: usize = 40;
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the kernel writes into `size`, which is of the type that this request has.
    let asked = unsafe { libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut size) };
    let known = asked == 0 && size.ws_col > 0;
    if known { usize::from(size.ws_col).max(LEAST) } else { UNSEEN }
}

/// Colours for one stream; none where it is no terminal, or where `NO_COLOR` asks for none.
#[derive(Debug, Clone, Copy)]
pub struct Paint(bool);

impl Paint {
    pub fn stdout() -> Self {
        Self(std::io::stdout().is_terminal() && wanted())
    }

    pub fn stderr() -> Self {
        Self(std::io::stderr().is_terminal() && wanted())
    }

    #[cfg(test)]
    pub fn plain() -> Self {
        Self(false)
    }

    pub fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    pub fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    pub fn yellow(self, text: &str) -> String {
        self.with("33", text)
    }

    pub fn cyan(self, text: &str) -> String {
        self.with("36", text)
    }

    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// A diff in a terminal's colours; unchanged where there are none.
pub fn paint_diff(diff: &str) -> String {
    let paint = Paint::stdout();
    let mut painted = String::with_capacity(diff.len());
    for line in safe(diff).lines() {
        let shown = match line.as_bytes().first() {
            _ if line.starts_with("+++") || line.starts_with("---") => paint.bold(line),
            _ if line.starts_with("diff ") => paint.bold(line),
            Some(b'+') => paint.green(line),
            Some(b'-') => paint.red(line),
            Some(b'@') => paint.cyan(line),
            _ => line.to_owned(),
        };
        painted.push_str(&shown);
        painted.push('\n');
    }
    painted
}

/// `text` without what a terminal would obey: control characters other than newline and tab, and
/// the characters that change the direction of writing.
pub fn safe(text: &str) -> String {
    text.chars().map(|c| if is_obeyed(c) { '\u{fffd}' } else { c }).collect()
}

/// `safe`, on one line however long.
pub fn flat(text: &str) -> String {
    safe(text).replace(['\n', '\t'], " ")
}

fn is_obeyed(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `safe`, on one line and at most `chars_max` characters.
pub fn line(text: &str, chars_max: usize) -> String {
    stdx::cut::line(&safe(text).replace('\t', " "), chars_max)
}

/// A sentence of ours in which `**` marks what is bold.
pub fn marked(text: &str) -> String {
    let paint = Paint::stdout();
    let parts = safe(text);
    let parts = parts.split("**").enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { paint.bold(part) } else { part.to_owned() }).collect()
}

/// As wide as a terminal is at least.
const WIDTH: usize = 80;

/// Text that is safe by now, with colours or without, broken into lines between words, each but the
/// first with an indent. Lines that are there already stay.
pub fn wrapped(text: &str, indent: usize) -> String {
    wrapped_to(WIDTH, text, indent)
}

/// The same in lines of at most `width` characters.
pub fn wrapped_to(width: usize, text: &str, indent: usize) -> String {
    let room = width.saturating_sub(indent);
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        lines.push(String::new());
        for word in line.split(' ') {
            let last = lines.last_mut().expect("one was put there");
            if !last.is_empty() && shown_chars(last) + 1 + shown_chars(word) > room {
                lines.push(word.to_owned());
                continue;
            }
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

/// Without the sequences that begin and end a colour.
fn shown_chars(text: &str) -> usize {
    let mut count = 0;
    let mut in_sequence = false;
    for c in text.chars() {
        match (in_sequence, c) {
            (false, '\x1b') => in_sequence = true,
            (true, 'm') => in_sequence = false,
            (true, _) => {}
            (false, _) => count += 1,
        }
    }
    count
}

/// `1970-01-01 00:00:01 UTC`
pub fn utc(at: Timestamp) -> String {
    let seconds = u64::try_from(at.0).unwrap_or_default() / 1_000;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Of the day so many days after 1970-01-01, counting years from March as Howard Hinnant's
/// `civil_from_days` does, so that a leap day is the last of its year.
fn date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

/// `350 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`.
pub fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        60_000..3_600_000 => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
        _ => format!("{} h {} min", ms / 3_600_000, ms % 3_600_000 / 60_000),
    }
}

/// `just now`, `5 min ago`, `3 h ago`, `2 d ago`.
pub fn age(then: Timestamp, now: Timestamp) -> String {
    let minutes = now.since_ms(then) / 60_000;
    match minutes {
        0 => "just now".into(),
        1..60 => format!("{minutes} min ago"),
        60..1_440 => format!("{} h ago", minutes / 60),
        _ => format!("{} d ago", minutes / 1_440),
    }
}

/// `512 B`, `3.4 MiB`, `12 GiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    let mut scaled = bytes as f64 / 1_024.0;
    let mut unit = 0;
    while scaled >= 1_024.0 && unit + 1 < UNITS.len() {
        scaled /= 1_024.0;
        unit += 1;
    }
    let digits = usize::from(scaled < 10.0);
    format!("{scaled:.digits$} {}", UNITS[unit])
}

/// `1 file`, `2 files`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Rows under headings, each column as wide as its widest cell. `widths` are measured without
/// colours, so cells are painted by the caller only in the last column or not at all.
pub fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = headings.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let headings: Vec<String> = headings.iter().map(|&cell| cell.to_owned()).collect();
    let lines = std::iter::once(&headings).chain(rows).map(|row| table_row(row, &widths));
    lines.collect::<Vec<_>>().join("\n")
}

fn table_row(row: &[String], widths: &[usize]) -> String {
    let cells: Vec<String> =
        row.iter().zip(widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
    cells.join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests;
