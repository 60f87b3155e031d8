//! Secrets in a stream of bytes become their names, also where one comes in pieces. Doesn't know
//! where the stream comes from or goes to.

use computer::Secret;

/// Holds back what may be the beginning of a secret.
#[derive(Debug)]
pub struct Redactor {
    /// What to look for, and what to write instead; the longest first.
    forms: Vec<(Vec<u8>, String)>,
    held: Vec<u8>,
}

impl Redactor {
    pub fn new(secrets: &[Secret]) -> Self {
        let of = |secret: &Secret| {
            let mark = format!("[{}]", secret.name());
            let lines = secret.value().split(|&byte| byte == b'\n');
            // Of a key of many lines each is a secret; shorter ones are anybody's words.
            let lines = lines.filter(|line| line.len() >= LINE_BYTES_MIN).map(<[u8]>::to_vec);
            let forms: Vec<_> = secret.forms().into_iter().chain(lines).collect();
            forms.into_iter().map(move |form| (form, mark.clone()))
        };
        let mut forms: Vec<_> = secrets.iter().flat_map(of).collect();
        forms.sort_by_key(|(form, _)| std::cmp::Reverse(form.len()));
        Self { forms, held: Vec::new() }
    }

    /// What can be shown now.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        if self.forms.is_empty() {
            return bytes.to_vec();
        }
        self.held.extend_from_slice(bytes);
        let mut shown = Vec::with_capacity(self.held.len());
        let mut at = 0;
        while at < self.held.len() {
            let rest = &self.held[at..];
            match self.forms.iter().find(|(form, _)| rest.starts_with(form)) {
                Some((form, mark)) => {
                    shown.extend_from_slice(mark.as_bytes());
                    at += form.len();
                }
                None if self.may_begin(rest) => break,
                None => {
                    shown.push(rest[0]);
                    at += 1;
                }
            }
        }
        self.held.drain(..at);
        shown
    }

    /// Whether all of `rest` is the beginning of something that is looked for.
    fn may_begin(&self, rest: &[u8]) -> bool {
        self.forms.iter().any(|(form, _)| form.len() > rest.len() && form.starts_with(rest))
    }

    /// What was held back, when no more comes.
    pub fn finish(self) -> Vec<u8> {
        self.held
    }
}

/// Base64 of a key has lines of 64 characters, its first and last ones of 20 and more.
const LINE_BYTES_MIN: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(secrets: &[(&str, &str)], pieces: &[&str]) -> String {
        let secrets: Vec<_> =
            secrets.iter().map(|(name, value)| Secret::new(*name, *value).unwrap()).collect();
        let mut redactor = Redactor::new(&secrets);
        let mut shown: Vec<u8> =
            pieces.iter().flat_map(|piece| redactor.push(piece.as_bytes())).collect();
        shown.extend(redactor.finish());
        String::from_utf8(shown).unwrap()
    }

    #[test]
    fn a_secret_is_its_name_however_it_comes() {
        let secrets = [("TOKEN", "hunter2-hunter2"), ("KEY", "hunter2-hunter3")];
        assert_eq!(redacted(&secrets, &["a hunter2-hunter2 b"]), "a [TOKEN] b");
        assert_eq!(redacted(&secrets, &["a hunt", "er2-hun", "ter3"]), "a [KEY]");
        assert_eq!(redacted(&secrets, &["hunter2-hunter", "x"]), "hunter2-hunterx");
        assert_eq!(redacted(&secrets, &["hunter2-hunter2hunter2-hu"]), "[TOKEN]hunter2-hu");
        let encoded = "eHh4aHVudGVyMi1odW50ZXIy";
        let shown = redacted(&secrets, &[encoded]);
        assert!(shown.contains("[TOKEN]") && shown.len() < encoded.len(), "{shown}");
    }

    #[test]
    fn each_line_of_a_key_is_hidden() {
        let key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END KEY-----\n";
        let shown = redacted(&[("KEY", key)], &["line MIIEvQIBADANBgkqhkiG9w0BAQEFAASC of it"]);
        assert_eq!(shown, "line [KEY] of it");
    }
}
