use super::*;

#[test]
fn what_a_text_names_is_more_suspicious() {
    let mentions =
        Mentions::of("`clamp` in shop/ranges.py is wrong above; see Spring.settle() too.");
    let bonus = |path, function: Option<&str>| mentions.bonus(path, function.map(str::to_owned));
    assert!(bonus("shop/ranges.py", Some("clamp")) > bonus("shop/ranges.py", Some("mean")));
    assert!(bonus("shop/ranges.py", None) > bonus("shop/price.py", None));
    assert!(bonus("a.py", Some("Spring.settle")) > bonus("a.py", Some("Rope.hang")));
    assert_eq!(bonus("a.py", Some("is")), 1.0, "a word of English");
    assert_eq!(bonus("main.py", None), 1.0);
    let places = [("shop/ranges.py", Some("clamp")), ("a.py", Some("f")), ("shop/ranges.py", None)];
    assert_eq!(mentions.among(places.into_iter()), ["clamp", "shop/ranges.py"]);
}

#[test]
fn a_huge_text_is_cut() {
    let text = "ü".repeat(TEXT_BYTES_MAX) + " clamp";
    assert_eq!(Mentions::of(&text).bonus("a.py", Some("clamp".into())), 1.0);
}
