use super::*;

const TEXT: &str = "class Spring:\n    def settle(self, a=1):\n        if a > 1:\n            return (a\n                + 2)\n        elif a:\n            pass\n";

fn source() -> Source {
    Source::new("spring.py", TEXT.to_owned()).unwrap()
}

#[test]
fn a_header_ends_where_a_block_begins() {
    let source = source();
    let shown: Vec<String> = statements(&source)
        .into_iter()
        .map(|node| format!("{} {:?}", node.kind(), lines(node)))
        .collect();
    expect_test::expect![[r#"
        class_definition (1, 1)
        function_definition (2, 2)
        if_statement (3, 3)
        return_statement (4, 5)
        elif_clause (6, 6)
        pass_statement (7, 7)"#]]
    .assert_eq(&shown.join("\n"));
}

#[test]
fn a_statement_knows_its_function() {
    let source = source();
    let returns = statements(&source)[3];
    assert_eq!(qualified_name(&source, returns).as_deref(), Some("Spring.settle"));
    assert_eq!(function(returns).kind(), "function_definition");
    assert_eq!(qualified_name(&source, source.root()), None);
}
