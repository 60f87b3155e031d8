use super::*;

fn call(words: &str) -> Call {
    Call::of(&words.split(' ').map(str::to_owned).collect::<Vec<_>>())
}

#[test]
fn what_is_built_and_what_is_run_are_told_apart() {
    let heard = call(
        "+beta test -q --workspace -p a --features x,y -j 2 some::name -- --skip slow --nocapture",
    );
    assert_eq!(heard.toolchain.as_deref(), Some("+beta"));
    assert_eq!(heard.options, ["--workspace", "-p", "a", "--features", "x,y"]);
    assert_eq!(heard.filters, ["some::name", "--skip", "slow"]);
    let heard = call("nextest run --profile ci --all-features");
    assert_eq!((heard.options, heard.filters), (vec!["--all-features".into()], vec![]));
}

#[test]
fn a_complaint_within_a_macro_is_placed_where_the_macro_is_used() {
    let line = r#"{"reason":"compiler-message","message":{"level":"error","message":"no","spans":[
        {"file_name":"/rustc/x.rs","byte_start":1,"is_primary":true,"expansion":{"span":
        {"file_name":"src/a.rs","byte_start":7,"is_primary":false,"expansion":null}}}]}}"#;
    let mut built = Built::default();
    built.note(serde_json::from_str(line).unwrap(), "sub");
    let places = &built.complaints[0].places;
    assert_eq!(places, &[("/rustc/x.rs".to_owned(), 1), ("sub/src/a.rs".to_owned(), 7)]);
    let other = r#"{"reason":"build-finished","success":true}"#;
    built.note(serde_json::from_str(other).unwrap(), "");
    assert_eq!(built.complaints.len(), 1);
}
