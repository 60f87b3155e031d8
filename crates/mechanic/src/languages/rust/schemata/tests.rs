use expect_test::expect;

use syntax::edit::{Replacement, Template};

use super::*;

const TEXT: &str = "fn f(a: u8) -> bool { while g() { h(); } a < 3 }\nconst K: u8 = 2;\n";

fn edit(old: &str, new: &str) -> Edit {
    let start = TEXT.find(old).unwrap();
    let range = start..start + old.len();
    Edit {
        replacements: vec![Replacement { range, text: new.into() }],
        template: Template::Operator,
        cost: 1.0,
        line: 1,
        function: None,
        size: 1,
    }
}

#[test]
fn each_edit_is_an_arm_that_is_known_by_place() {
    let schema = Schema::new(&Parsed::new("a.rs", TEXT.into()).unwrap());
    let edits = [edit("<", "<="), edit("3", "4"), edit("2", "1"), edit("g()", "!g()")];
    assert!(!schema.can(&edits[2]));
    let arms = edits.iter().zip(1..).map(|(edit, number)| Arm { number, edit });
    let arms: Vec<_> = arms.collect();
    let switched = schema.switched(&arms, Form::Plain);
    expect![[r#"
        fn f(a: u8) -> bool {match crate::__whimbrel::at(){1=>return{ while g() {crate::__whimbrel::step(); h(); } a <= 3 
        },2=>return{ while g() {crate::__whimbrel::step(); h(); } a < 4 
        },4=>return{ while !g() {crate::__whimbrel::step(); h(); } a < 3 
        },_=>{ while g() {crate::__whimbrel::step(); h(); } a < 3 
        }}}
        const K: u8 = 2;
    "#]].assert_eq(&switched.text);
    assert!(!Parsed::new("a.rs", switched.text.clone()).unwrap().has_errors());
    assert_eq!(switched.numbers().into_iter().collect::<Vec<_>>(), [1, 2, 4]);
    let place = |text: &str| switched.arm(switched.text.find(text).unwrap());
    assert_eq!(
        [place("<="), place("< 4"), place("!g"), place("fn"), place("const")],
        [Some(1), Some(2), Some(4), None, None]
    );
}
