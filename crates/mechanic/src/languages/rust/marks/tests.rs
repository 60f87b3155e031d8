use expect_test::expect;

use super::*;

const TEXT: &str = "\
const fn k() -> u8 { 3 }
fn f(a: u8) -> u8 {
    use std::cmp::max;
    #[allow(unused)]
    let b = if a > 1 { 2 } else if a > 0 { 1 } else { 0 };
    // Not counted.
    while b < a { g(); }
    match a { 0 => 1, n if n > 3 => { n } _ => max(a, 2) }
}
#[cfg(test)]
mod tests {
    #[test]
    fn t() {}
}
";

fn parsed() -> Parsed {
    Parsed::new("a.rs", TEXT.into()).unwrap()
}

#[test]
fn statements_and_values_are_counted() {
    let (text, lines) = counted(&parsed(), 7, Detail::Everything);
    expect![[r#"
        const fn k() -> u8 { 3 }
        fn f(a: u8) -> u8 {
            use std::cmp::max;
            hit(7);#[allow(unused)]
            let b = if a > 1 { hit(10);2 } else {hit(11);if a > 0 { hit(12);1 } else { hit(13);0 }};
            // Not counted.
            hit(8);while b < a { hit(14);g(); }
            hit(9);match a { 0 => {hit(15);1}, n if n > 3 => { hit(16);n } _ => {hit(17);max(a, 2)} }
        }
        #[cfg(test)]
        mod tests {
            #[test]
            fn t() {}
        }
    "#]].assert_eq(&text.replace("crate::__whimbrel::", ""));
    assert!(!Parsed::new("a.rs", text).unwrap().has_errors());
    assert_eq!(lines.len(), 11);
    let (text, _) = counted(&parsed(), 0, Detail::Nothing);
    assert_eq!(text, TEXT);
}

#[test]
fn what_the_compiler_evaluates_has_no_switch() {
    let bodies = bodies(&parsed());
    assert!(bodies.iter().all(|body| !TEXT[body.inside.clone()].contains(" 3 }")), "{bodies:?}");
    assert!(TEXT[bodies[0].inside.clone()].starts_with("\n    use std"));
}

#[test]
fn tests_are_told_by_their_attributes() {
    assert_eq!(of_tests(&parsed()), [11..=14]);
}
