//! A value that must be in no layer. Knows its name and its bytes, and what they look like when a
//! program wrote them another way; never shows them.

use std::fmt;

/// What is looked for in a layer before it is sealed. A person knows it by its name.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    name: String,
    value: Vec<u8>,
}

/// Shorter values are found in files that have nothing to do with them.
pub const SECRET_BYTES_MIN: usize = 6;
/// Of one value; a key with its certificates is a few KiB.
pub const SECRET_BYTES_MAX: usize = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnusableSecret {
    #[error(
        "the secret {name} has fewer than {SECRET_BYTES_MIN} bytes, so no search can tell it from \
         other text"
    )]
    TooShort { name: String },
    #[error("the secret {name} has more than {SECRET_BYTES_MAX} bytes")]
    TooLong { name: String },
}

impl Secret {
    pub fn new(name: impl Into<String>, value: impl Into<Vec<u8>>) -> Result<Self, UnusableSecret> {
        let (name, value) = (name.into(), value.into());
        match value.len() {
            ..SECRET_BYTES_MIN => Err(UnusableSecret::TooShort { name }),
            SECRET_BYTES_MIN..=SECRET_BYTES_MAX => Ok(Self { name, value }),
            _ => Err(UnusableSecret::TooLong { name }),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// The bytes to look for: the value, its last line break left out, and what base64 makes of
    /// it wherever in a longer text it begins.
    pub fn forms(&self) -> Vec<Vec<u8>> {
        let value = self.value.trim_ascii_end();
        let plain = if value.len() < SECRET_BYTES_MIN { &self.value } else { value };
        let mut forms = vec![plain.to_vec()];
        for before in 0..3 {
            let encoded = base64_within(plain, before);
            // Of a short value too little is certain at some alignments.
            if encoded.len() >= SECRET_BYTES_MIN {
                forms.push(url_safe(&encoded));
                forms.push(encoded);
            }
        }
        forms.sort();
        forms.dedup();
        forms
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.name)
    }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The characters of a base64 text that are certain where `value` stands in it behind `before`
/// (mod 3) other bytes: those whose six bits all are the value's.
fn base64_within(value: &[u8], before: usize) -> Vec<u8> {
    let (begin, end) = (before * 8, (before + value.len()) * 8);
    let bit = |index: usize| (value[index / 8 - before] >> (7 - index % 8)) & 1;
    let sextets = begin.div_ceil(6)..end / 6;
    let sextet = |at: usize| (at * 6..at * 6 + 6).fold(0, |bits, index| bits << 1 | bit(index));
    sextets.map(|at| BASE64[usize::from(sextet(at))]).collect()
}

fn url_safe(text: &[u8]) -> Vec<u8> {
    let replaced = text.iter().map(|byte| match byte {
        b'+' => b'-',
        b'/' => b'_',
        other => *other,
    });
    replaced.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(value: &str) -> Secret {
        Secret::new("TOKEN", value).unwrap()
    }

    #[test]
    fn it_is_never_shown() {
        assert_eq!(format!("{:?}", secret("hunter22")), "Secret(TOKEN)");
        let short = Secret::new("TOKEN", "12345").unwrap_err();
        assert!(!short.to_string().contains("12345"));
    }

    #[test]
    fn a_line_break_at_its_end_is_no_part_of_it() {
        assert!(secret("hunter22\n").forms().contains(&b"hunter22".to_vec()));
    }

    #[test]
    fn base64_finds_it_behind_any_other_bytes() {
        // Each of these is `base64` of some text around "hunter22?>".
        for text in
            ["aHVudGVyMjI/Pg==", "OmhodW50ZXIyMj8+Cg==", "YTpodW50ZXIyMj8+", "eGh1bnRlcjIyPz4="]
        {
            let found = secret("hunter22?>")
                .forms()
                .iter()
                .any(|form| text.as_bytes().windows(form.len()).any(|window| window == form));
            assert!(found, "{text}");
        }
        assert!(secret("hunter22?>").forms().contains(&b"aHVudGVyMjI_P".to_vec()));
    }
}
