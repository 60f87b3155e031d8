use expect_test::expect;

use super::*;

const TEXT: &str = "fn f(a: u8) -> bool { while g() { h(); } a < 3 }\nconst K: u8 = 2;\n";

fn arm(number: usize, old: &str, new: &'static str) -> Arm<'static> {
    let start = TEXT.find(old).unwrap();
    Arm { number, edit: Edit { range: start..start + old.len(), text: new } }
}

#[test]
fn each_edit_is_an_arm_that_is_known_by_place() {
    let schema = Schema::new(&Parsed::new("a.rs", TEXT.into()).unwrap());
    let arms = [arm(1, "<", "<="), arm(2, "3", "4"), arm(3, "2", "1"), arm(4, "g()", "!g()")];
    assert!(!schema.can(&arms[2].edit));
    let switched = schema.switched(&arms);
    expect![[r#"
        fn f(a: u8) -> bool {match crate::__whimbrel::at(){1=>{ while g() {crate::__whimbrel::step(); h(); } a <= 3 
        }2=>{ while g() {crate::__whimbrel::step(); h(); } a < 4 
        }4=>{ while !g() {crate::__whimbrel::step(); h(); } a < 3 
        }_=>{ while g() {crate::__whimbrel::step(); h(); } a < 3 
        }}}
        const K: u8 = 2;
    "#]].assert_eq(&switched.text);
    assert!(!Parsed::new("a.rs", switched.text.clone()).unwrap().has_errors());
    assert_eq!(switched.numbers().into_iter().collect::<Vec<_>>(), [1, 2, 4]);
    let place = |text: &str| switched.arm(switched.text.find(text).unwrap());
    assert_eq!([place("<="), place("< 4"), place("!g"), place("fn"), place("const")], [Some(1), Some(2), Some(4), None, None]);
}
