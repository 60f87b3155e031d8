use super::*;

fn tell(command: &str) -> Result<String, String> {
    told(command, Duration::from_secs(20)).map_err(|error| error.to_string())
}

#[test]
fn the_first_line_is_the_key() {
    assert_eq!(tell("printf 'sk-1\\nnote: mine\\n'").as_deref(), Ok("sk-1"));
}

#[test]
fn a_command_that_fails_is_told_without_its_words() {
    let failed = "it failed with exit code 3; run it by hand to see why";
    assert_eq!(tell("echo sk-secret; echo sk-secret >&2; exit 3"), Err(failed.into()));
    assert_eq!(
        tell("kill -9 $$"),
        Err("it failed with signal 9; run it by hand to see why".into())
    );
}

#[test]
fn a_command_that_hangs_is_ended_with_what_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let command = format!("sleep 600 & echo $! > {}; wait", file.display());
    let error = told(&command, Duration::from_millis(500)).unwrap_err();
    assert!(matches!(error, CommandError::TooLate(_)), "{error}");
    let pid: i32 = std::fs::read_to_string(file).unwrap().trim().parse().unwrap();
    let proc = format!("/proc/{pid}/stat");
    let ends = std::time::Instant::now() + Duration::from_secs(10);
    // Killed at once; who inherits it may take a moment to bury it.
    while std::fs::read_to_string(&proc).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(std::time::Instant::now() < ends, "{pid} still runs");
        thread::yield_now();
    }
}
