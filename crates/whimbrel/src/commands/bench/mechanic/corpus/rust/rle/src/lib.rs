//! Run lengths: texts in which repeated characters are written once with a number before them.

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A number with nothing behind it.
    NothingRepeated { at: usize },
    ZeroTimes { at: usize },
    TooLong,
}

const LENGTH_MAX: usize = 10_000;

/// `aaab` becomes `3ab`; digits and backslashes are escaped by a backslash.
pub fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for (char, count) in runs(text) {
        if count > 1 {
            encoded.push_str(&count.to_string());
        }
        if char.is_ascii_digit() || char == '\\' {
            encoded.push('\\');
        }
        encoded.push(char);
    }
    encoded
}

/// Each run of equal characters, and how long it is.
pub fn runs(text: &str) -> Vec<(char, usize)> {
    let mut runs: Vec<(char, usize)> = Vec::new();
    for char in text.chars() {
        match runs.last_mut() {
            Some((last, count)) if *last == char => *count += 1,
            _ => runs.push((char, 1)),
        }
    }
    runs
}

pub fn decode(text: &str) -> Result<String, Problem> {
    let mut decoded = String::new();
    let mut chars = text.chars().enumerate();
    let mut count: Option<usize> = None;
    let mut length = 0;
    while let Some((at, char)) = chars.next() {
        if let Some(digit) = char.to_digit(10) {
            let so_far = count.unwrap_or(0);
            count = Some((so_far * 10 + digit as usize).min(LENGTH_MAX + 1));
            if count == Some(0) {
                return Err(Problem::ZeroTimes { at });
            }
            continue;
        }
        let repeated = if char == '\\' {
            let Some((_, escaped)) = chars.next() else {
                return Err(Problem::NothingRepeated { at });
            };
            escaped
        } else {
            char
        };
        let times = count.take().unwrap_or(1);
        length += times;
        if length > LENGTH_MAX {
            return Err(Problem::TooLong);
        }
        decoded.extend(std::iter::repeat(repeated).take(times));
    }
    match count {
        Some(_) => Err(Problem::NothingRepeated { at: text.chars().count() }),
        None => Ok(decoded),
    }
}

/// The longest run; the first of those that are as long.
pub fn longest(text: &str) -> Option<(char, usize)> {
    let mut best: Option<(char, usize)> = None;
    for run in runs(text) {
        if best.map_or(true, |(_, count)| run.1 > count) {
            best = Some(run);
        }
    }
    best
}

/// How much shorter it is, in percent; none for what has become longer.
pub fn saved_percent(text: &str) -> u32 {
    let before = text.chars().count() as u32;
    let after = encode(text).chars().count() as u32;
    if before == 0 || after >= before {
        return 0;
    }
    (before - after) * 100 / before
}
