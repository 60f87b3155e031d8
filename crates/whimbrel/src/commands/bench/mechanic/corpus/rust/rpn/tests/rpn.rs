//! What the calculator is to do.

use program::{evaluate, Calculator, Problem};

#[test]
fn adds_and_multiplies() {
    assert_eq!(evaluate("3 4 + 2 *"), Ok(14));
    assert_eq!(evaluate("-5"), Ok(-5));
}

#[test]
fn subtracts_in_order() {
    assert_eq!(evaluate("10 4 -"), Ok(6));
    assert_eq!(evaluate("10 4 swap -"), Ok(-6));
}

#[test]
fn divides() {
    assert_eq!(evaluate("17 5 /"), Ok(3));
    assert_eq!(evaluate("-7 3 %"), Ok(2));
    assert_eq!(evaluate("0 5 /"), Ok(0));
}

#[test]
fn dividing_by_zero_is_refused() {
    assert_eq!(evaluate("1 0 /"), Err(Problem::DividedByZero));
    assert_eq!(evaluate("1 0 %"), Err(Problem::DividedByZero));
    assert_eq!(evaluate("1 0 +"), Ok(1));
}

#[test]
fn max_and_min() {
    assert_eq!(evaluate("3 9 max"), Ok(9));
    assert_eq!(evaluate("3 9 min"), Ok(3));
}

#[test]
fn neg_and_dup() {
    assert_eq!(evaluate("7 neg"), Ok(-7));
    assert_eq!(evaluate("7 dup *"), Ok(49));
}

#[test]
fn sum_takes_all() {
    assert_eq!(evaluate("1 2 3 4 sum"), Ok(10));
    assert_eq!(evaluate("sum"), Ok(0));
}

#[test]
fn names_are_kept() {
    assert_eq!(evaluate("6 >x x x 1 + *"), Ok(42));
    assert_eq!(evaluate("y"), Err(Problem::Unknown { word: "y".into() }));
}

#[test]
fn what_is_missing() {
    assert_eq!(evaluate("1 +"), Err(Problem::Missing { word: "+".into() }));
    assert_eq!(evaluate("drop"), Err(Problem::Missing { word: "drop".into() }));
}

#[test]
fn a_missing_operand_leaves_the_stack() {
    let mut calculator = Calculator::new();
    assert!(calculator.run("5 +").is_err());
    assert_eq!(calculator.stack(), [5]);
}

#[test]
fn what_is_left() {
    assert_eq!(evaluate("1 2"), Err(Problem::Left { values: 2 }));
    assert_eq!(evaluate("1 2 drop"), Ok(1));
    assert_eq!(evaluate(""), Err(Problem::Left { values: 0 }));
}

#[test]
fn overflow() {
    assert_eq!(evaluate("9223372036854775807 1 +"), Err(Problem::Overflow));
    assert_eq!(evaluate("-9223372036854775808 neg"), Err(Problem::Overflow));
}
