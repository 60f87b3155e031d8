use super::*;

#[test]
fn counts_the_tokens_that_differ() {
    assert_eq!(tokens_changed("a + b", "a - b"), 1);
    assert_eq!(tokens_changed("gcd(a % b, b)", "gcd(b, a % b)"), 4);
    assert_eq!(tokens_changed("x", "x and not y"), 3);
    assert_eq!(tokens_changed("0.5", "1.5"), 1);
    assert_eq!(tokens_changed("same", "same"), 0);
}
