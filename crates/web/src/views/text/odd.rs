//! Which characters are odd, and what they are called.

/// Whether there is nothing in it that could be odd: most texts by far.
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t'))
}

/// What a character is that can't be seen or could deceive; none for all others.
pub fn words(char: char) -> Option<&'static str> {
    if let Some(words) = direction(char) {
        return Some(words);
    }
    Some(match char {
        '\n' => "line feed",
        '\t' => "tab",
        '\r' => "carriage return",
        '\u{1b}' => "escape",
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => "control character",
        '\u{ad}' => "soft hyphen",
        '\u{200b}' => "zero-width space",
        '\u{200c}' => "zero-width non-joiner",
        '\u{200d}' => "zero-width joiner",
        '\u{2060}' => "word joiner",
        '\u{feff}' => "byte order mark",
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' => {
            "invisible character"
        }
        '\u{3164}' | '\u{ffa0}' | '\u{2800}' => "blank character",
        '\u{2061}'..='\u{2064}' | '\u{206a}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' => {
            "invisible character"
        }
        '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' => "invisible character",
        '\u{2028}' => "line separator",
        '\u{2029}' => "paragraph separator",
        '\u{a0}' => "no-break space",
        '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            "unusual space"
        }
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => "variation selector",
        '\u{e0000}'..='\u{e007f}' => "invisible tag",
        '\u{fffd}' => "what isn't valid UTF-8",
        '\u{fffc}' => "object replacement character",
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => "private-use character",
        '\u{fdd0}'..='\u{fdef}' => "noncharacter",
        char if u32::from(char) & 0xfffe == 0xfffe => "noncharacter",
        _ => return None,
    })
}

/// Those that change in which order others are shown.
fn direction(char: char) -> Option<&'static str> {
    Some(match char {
        '\u{61c}' => "Arabic letter mark",
        '\u{200e}' => "left-to-right mark",
        '\u{200f}' => "right-to-left mark",
        '\u{202a}' => "left-to-right embedding",
        '\u{202b}' => "right-to-left embedding",
        '\u{202c}' => "pop directional formatting",
        '\u{202d}' => "left-to-right override",
        '\u{202e}' => "right-to-left override",
        '\u{2066}' => "left-to-right isolate",
        '\u{2067}' => "right-to-left isolate",
        '\u{2068}' => "first strong isolate",
        '\u{2069}' => "pop directional isolate",
        _ => return None,
    })
}

pub fn is_combining(char: char) -> bool {
    matches!(
        char,
        '\u{300}'..='\u{36f}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe20}'..='\u{fe2f}'
    )
}

/// After which U+FE0F only asks for the colourful form.
pub fn is_symbol(char: char) -> bool {
    matches!(char, '#' | '*' | '0'..='9' | '©' | '®' | '\u{203c}'..='\u{2bff}' | '\u{3030}'..='\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

/// The script of a letter that could be taken for a Latin one. Greek letters that look like none
/// (μ, Δ, π) are common in code and aren't meant.
pub fn lookalike(char: char) -> Option<&'static str> {
    Some(match char {
        '\u{400}'..='\u{52f}' => "Cyrillic",
        'Α' | 'Β' | 'Ε' | 'Ζ' | 'Η' | 'Ι' | 'Κ' | 'Μ' | 'Ν' | 'Ο' | 'Ρ' | 'Τ' | 'Υ' | 'Χ' | 'ν'
        | 'ο' | 'ι' | 'υ' | 'ϲ' | 'ϳ' => "Greek",
        '\u{530}'..='\u{58f}' => "Armenian",
        '\u{13a0}'..='\u{13fd}' | '\u{ab70}'..='\u{abbf}' => "Cherokee",
        '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' => "full-width",
        '\u{1d400}'..='\u{1d7ff}' => "mathematical",
        'ı' | 'ɑ' | 'ɡ' | 'ɩ' | 'ǃ' | 'ᴏ' | 'ꜱ' => "look-alike",
        _ => return None,
    })
}

/// The word that was judged last, so that each is judged once.
#[derive(Debug, Default)]
pub struct Word {
    end: usize,
    has_latin: bool,
}

impl Word {
    /// Whether the word around the character at `at`, letters, digits and underscores without a
    /// gap, has Latin letters. Asked for places in their order.
    pub fn has_latin(&mut self, text: &str, at: usize) -> bool {
        if at >= self.end {
            let is_gap = |char: char| !(char.is_alphanumeric() || char == '_');
            let start = text[..at].char_indices().rfind(|(_, char)| is_gap(*char));
            let start = start.map_or(0, |(gap, char)| gap + char.len_utf8());
            self.end = text[at..].find(is_gap).map_or(text.len(), |gap| at + gap);
            self.has_latin =
                text[start..self.end].contains(|char: char| char.is_ascii_alphabetic());
        }
        self.has_latin
    }
}
