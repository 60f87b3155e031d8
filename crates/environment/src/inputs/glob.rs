//! Patterns of paths: `*` and `?` within one name, `**` for any folders. Knows no files.

/// Whether the whole of `path` fits `pattern`.
pub fn fits(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    fits_any(&pattern, &path, |part, name| name_fits(part, name), |part| *part == "**")
}

fn name_fits(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    fits_any(&pattern, &name, |part, c| matches!(part, '*' | '?') || part == c, |part| *part == '*')
}

/// Wildcard matching without backtracking over more than one star: linear for one, and never
/// worse than the product of both lengths, whatever a repository writes.
fn fits_any<T>(
    pattern: &[T],
    given: &[T],
    one: impl Fn(&T, &T) -> bool,
    is_star: impl Fn(&T) -> bool,
) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while seen < given.len() {
        if at < pattern.len() && is_star(&pattern[at]) {
            star = Some((at, seen));
            at += 1;
        } else if at < pattern.len() && one(&pattern[at], &given[seen]) {
            at += 1;
            seen += 1;
        } else if let Some((star_at, from)) = star {
            star = Some((star_at, from + 1));
            at = star_at + 1;
            seen = from + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(is_star)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_stay_in_a_name_and_two_go_through_folders() {
        for (pattern, path) in [
            ("a.txt", "a.txt"),
            ("*.txt", "a.txt"),
            ("r/*.txt", "r/b.txt"),
            ("**/a.txt", "a.txt"),
            ("**/a.txt", "x/y/a.txt"),
            ("x/**", "x/y/z"),
            ("x/**/z", "x/z"),
            ("?.t*t", "a.txt"),
            ("a*b*c", "a-b-b-c"),
        ] {
            assert!(fits(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [("*.txt", "r/a.txt"), ("a", "ab"), ("?", ""), ("x/*", "x/y/z")] {
            assert!(!fits(pattern, path), "{pattern} {path}");
        }
        let hostile = format!("{}b", "a*".repeat(200));
        assert!(!fits(&hostile, &"a".repeat(2_000)));
    }
}
