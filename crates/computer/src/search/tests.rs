use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use super::*;

struct Place(tempfile::TempDir);

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        files.iter().for_each(|(path, text)| place.write(path, text.as_bytes()));
        place
    }

    fn write(&self, path: impl AsRef<Path>, bytes: &[u8]) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn find(&self, below: &str, search: &Search) -> Result<Found, Error> {
        let top = self.0.path().canonicalize().unwrap();
        let here = search_here(&Disk { top }, &self.0.path().join(below), search);
        let packed = self.packed();
        let there = search_here(&packed, &Path::new("/").join(below), search);
        assert_eq!(there.ok(), here.as_ref().ok().cloned(), "an archive is as its files are");
        here
    }

    /// All files as an archive that has `/` for this place.
    fn packed(&self) -> Archive {
        let mut archive = tar::Builder::new(Vec::new());
        archive.follow_symlinks(false);
        archive.append_dir_all(".", self.0.path()).unwrap();
        Archive::read(archive.into_inner().unwrap().as_slice())
    }

    fn text(&self, search: &Search) -> String {
        self.find("", search).unwrap().text
    }
}

fn pattern(pattern: &str) -> Search {
    Search { pattern: pattern.into(), ..Search::default() }
}

#[test]
fn lines_come_in_the_order_of_paths_with_their_numbers() {
    let place =
        Place::new(&[("b", "one\ntwo\none"), ("a/z", "One\r\n"), ("a.b", "one"), ("c", "")]);
    assert_eq!(place.text(&pattern("one")), "a.b:1:one\nb:1:one\nb:3:one\n");
    let search = Search { ignore_case: true, ..pattern("one") };
    let found = place.find("", &search).unwrap();
    assert_eq!(found.text, "a/z:1:One\na.b:1:one\nb:1:one\nb:3:one\n");
    assert_eq!((found.matches, found.files, found.truncated), (4, 3, false));
    let search = Search { files_only: true, ..pattern("one") };
    let found = place.find("", &search).unwrap();
    assert_eq!((found.text.as_str(), found.matches, found.files), ("a.b\nb\n", 2, 2));
    assert_eq!(place.find("b", &pattern("two")).unwrap().text, "b:2:two\n");
    assert_eq!(place.find("a", &pattern("One")).unwrap().text, "z:1:One\n");
}

#[test]
fn lines_around_are_shown_with_another_mark() {
    let place = Place::new(&[("f", "1\n2\n3\nx\n5\n6\n7\n8\n9\nx\n")]);
    let search = Search { before: 1, after: 2, ..pattern("x") };
    assert_eq!(place.text(&search), "f-3-3\nf:4:x\nf-5-5\nf-6-6\n--\nf-9-9\nf:10:x\n");
}

#[test]
fn rules_are_ripgreps() {
    let place = Place::new(&[
        (".git/config", "x"),
        (".git/info/exclude", "excluded\n"),
        (".gitignore", "*.log\n/target/\nkept.txt\n"),
        (".ignore", "!kept.txt\nnotes\n"),
        ("a.log", "x"),
        ("deep/.gitignore", "!b.log\n"),
        ("deep/b.log", "x"),
        ("deep/target/f", "x"),
        ("excluded", "x"),
        ("kept.txt", "x"),
        ("notes/n", "x"),
        (".hidden", "x"),
        ("sub/.git/HEAD", "x"),
        ("sub/c.log", "x"),
        ("target/f", "x"),
    ]);
    let names = |search: &Search| {
        let found = place.find("", &Search { files_only: true, ..search.clone() }).unwrap();
        found.text.lines().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&pattern("^x")), "deep/b.log deep/target/f kept.txt sub/c.log");
    let hidden = Search { hidden: true, globs: vec!["!deep".into()], ..pattern("^x") };
    assert_eq!(names(&hidden), ".hidden kept.txt sub/c.log");
    let globs = Search { globs: vec!["*.log".into(), "!a.*".into()], ..pattern("^x") };
    assert_eq!(names(&globs), "deep/b.log sub/c.log");
    // Also where git's own files are asked for, and below a folder whose rules lie above.
    let git = Search { globs: vec!["**/.git/**".into()], hidden: true, ..pattern("^x") };
    assert_eq!(names(&git), "");
    assert_eq!(place.find("deep", &pattern("^x")).unwrap().text, "b.log:1:x\ntarget/f:1:x\n");
    assert_eq!(place.find("target", &pattern("^x")).unwrap().text, "f:1:x\n");
}

#[test]
fn what_is_no_pattern_is_told_in_ripgreps_words() {
    let place = Place::new(&[("f", "x")]);
    let says = |search: &Search| match place.find("", search) {
        Err(Error::Pattern(why)) => why,
        other => panic!("{other:?}"),
    };
    assert!(says(&pattern("a(b")).contains("unclosed group"), "{}", says(&pattern("a(b")));
    assert!(says(&pattern("a\\nb")).contains("not allowed"), "{}", says(&pattern("a\\nb")));
    assert!(says(&pattern("\\w{1000}{1000}{10}")).contains("size limit"));
    let globs = Search { globs: vec!["a[".into()], ..pattern("x") };
    assert!(says(&globs).contains("error parsing glob 'a['"), "{}", says(&globs));
}

#[test]
fn a_root_that_is_not_there_is_an_error() {
    let place = Place::new(&[("f", "x")]);
    for root in ["none", "f/below"] {
        match place.find(root, &pattern("x")) {
            Err(Error::Search { source, .. }) => {
                assert_eq!(source.to_string(), "there is no such file or folder");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn limits_cut_and_say_so() {
    let place = Place::new(&[("a", "x\nx\nx\n"), ("b", "x\n")]);
    let cut = |search: Search| {
        let found = place.find("", &search).unwrap();
        (found.text, found.matches, found.files, found.truncated)
    };
    let two = cut(Search { matches_max: 2, ..pattern("x") });
    assert_eq!(two, ("a:1:x\na:2:x\n".into(), 2, 1, true));
    let exact = cut(Search { matches_max: 4, ..pattern("x") });
    assert_eq!(exact, ("a:1:x\na:2:x\na:3:x\nb:1:x\n".into(), 4, 2, false));
    let bytes = cut(Search { bytes_max: 13, ..pattern("x") });
    assert_eq!(bytes, ("a:1:x\na:2:x\n".into(), 2, 1, true));
    assert_eq!(cut(Search { matches_max: 0, ..pattern("x") }), (String::new(), 0, 0, true));
    assert_eq!(cut(Search { bytes_max: 0, ..pattern("x") }), (String::new(), 0, 0, true));
}

#[test]
fn a_long_line_is_cut_around_its_match() {
    let long = format!("{}needle{}\nshort needle\n", "ä".repeat(5000), "b".repeat(5000));
    let place = Place::new(&[("f", &long)]);
    let text = place.text(&pattern("needle"));
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].len() < 1200 && lines[0].contains("needle"), "{text}");
    assert!(lines[0].ends_with("[…] (15006 bytes)"), "{text}");
    assert_eq!(lines[1], "f:2:short needle");
}

#[test]
fn binary_files_and_links_are_passed_over() {
    let place = Place::new(&[("late", &format!("x\n{}\0", "y\n".repeat(50_000))), ("f", "x")]);
    place.write("early", b"x\n\0");
    symlink(place.0.path(), place.0.path().join("loop")).unwrap();
    symlink("f", place.0.path().join("link")).unwrap();
    assert_eq!(place.text(&pattern("x")), "f:1:x\n");
}

#[test]
fn hostile_trees_neither_hang_nor_escape() {
    let place = Place::new(&[("f", "x\n")]);
    place.write(std::ffi::OsStr::from_bytes(b"a\n\x1b[31mb\xff"), b"x\x1b");
    let at = |name: &str| place.0.path().join(name);
    for pipe in ["pipe", ".gitignore", ".ignore"] {
        nix::unistd::mkfifo(&at(pipe), nix::sys::stat::Mode::from_bits_truncate(0o600)).unwrap();
    }
    fs::create_dir(at("d")).unwrap();
    symlink("/dev/zero", at("d/.gitignore")).unwrap();
    let holes = fs::File::create(at("holes")).unwrap();
    holes.set_len(1 << 40).unwrap();
    let top = place.0.path().canonicalize().unwrap();
    let began = Instant::now();
    let found = search_here(&Disk { top: top.clone() }, &top, &pattern("x")).unwrap();
    assert_eq!(found.text, "a\\n\\u{1b}[31mb\u{fffd}:1:x\u{1b}\nf:1:x\n");
    assert!(began.elapsed() < Duration::from_secs(5));
    for kernels in ["/proc", "/sys", "/proc/self"] {
        let refused = search_here(&Disk { top: "/".into() }, Path::new(kernels), &pattern("x"));
        assert!(matches!(refused, Err(Error::Search { .. })), "{kernels}: {refused:?}");
    }
}

#[test]
fn a_heap_of_rules_is_not_obeyed() {
    let place = Place::new(&[("f", "x\n"), (".gitignore", &"f\n".repeat(200_000))]);
    assert_eq!(place.text(&pattern("x")), "f:1:x\n");
}

#[test]
fn an_archive_leads_nowhere_else() {
    let mut archive = tar::Builder::new(Vec::new());
    for name in ["/../../etc/passwd", "ok"] {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(2);
        header.set_cksum();
        archive.append(&header, b"x\n".as_slice()).unwrap();
    }
    let mut bytes = archive.into_inner().unwrap();
    bytes.extend(b"garbage");
    let read = Archive::read(bytes.as_slice());
    assert_eq!(search_here(&read, Path::new("/"), &pattern("x")).unwrap().text, "ok:1:x\n");
}
