//! What `git diff --raw -z` prints, read. It comes out of a computer: what doesn't fit is skipped.

/// One file that differs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Shown with replacement characters where it isn't UTF-8.
    pub path: String,
    pub base: Mode,
    pub head: Mode,
    pub base_object: String,
    pub head_object: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Absent,
    File,
    Link,
    Submodule,
}

impl Mode {
    fn of(octal: &str) -> Option<Self> {
        match octal {
            "000000" => Some(Self::Absent),
            "120000" => Some(Self::Link),
            "160000" => Some(Self::Submodule),
            file if file.starts_with("100") => Some(Self::File),
            _ => None,
        }
    }
}

/// `:100644 100644 OBJECT OBJECT M`, NUL, the path, NUL.
pub(super) fn entries(listed: &[u8]) -> Vec<Entry> {
    let mut fields = listed.split(|byte| *byte == 0);
    let mut entries = Vec::new();
    while let (Some(meta), Some(path)) = (fields.next(), fields.next()) {
        entries.extend(entry(&String::from_utf8_lossy(meta), path));
    }
    entries
}

fn entry(meta: &str, path: &[u8]) -> Option<Entry> {
    let mut words = meta.strip_prefix(':')?.split(' ');
    let (base, head) = (Mode::of(words.next()?)?, Mode::of(words.next()?)?);
    let (base_object, head_object) = (words.next()?, words.next()?);
    let is_object = |name: &str| name.len() >= 40 && name.bytes().all(|b| b.is_ascii_hexdigit());
    (is_object(base_object) && is_object(head_object)).then(|| Entry {
        path: String::from_utf8_lossy(path).into_owned(),
        base,
        head,
        base_object: base_object.to_owned(),
        head_object: head_object.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_prints_is_read_and_the_rest_skipped() {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let listed = format!(
            ":100644 120000 {a} {b} T\0od d\n\0:000000 160000 {a} {b} A\0sub\0:1 2 x\0y\0:100644 000000 {a} short D\0z\0tail"
        );
        let entries = entries(listed.as_bytes());
        let told: Vec<_> = entries.iter().map(|e| (e.path.as_str(), e.base, e.head)).collect();
        assert_eq!(
            told,
            [("od d\n", Mode::File, Mode::Link), ("sub", Mode::Absent, Mode::Submodule)]
        );
    }
}
