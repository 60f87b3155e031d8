use super::*;

/// The edited line for every candidate of one family at the last statement of `text`.
fn offered(template: Template, text: &str) -> Vec<String> {
    let source = Source::new("a.py", text.to_owned()).unwrap();
    let statements = crate::source::statements(&source);
    let statement = *statements.last().unwrap();
    let scope = Scope::of(&source, statement);
    let first = statement.start_byte();
    candidates(&source, statement, &scope, 1.0)
        .into_iter()
        .filter(|candidate| candidate.template == template)
        .map(|candidate| {
            candidate.apply(text)[first.min(candidate.range.start)..].trim().to_owned()
        })
        .collect()
}

#[track_caller]
fn offers(template: Template, text: &str, wanted: &[&str]) {
    let all = offered(template, text);
    for one in wanted {
        assert!(all.iter().any(|offer| offer == one), "no {one:?} in {all:#?}");
    }
}

#[test]
fn operators() {
    let all = offered(Template::Operator, "x = a < b\n");
    expect_test::expect![[
        r#"["x = a <= b", "x = a > b", "x = a >= b", "x = a == b", "x = a != b"]"#
    ]]
    .assert_eq(&format!("{all:?}"));
    offers(Template::Operator, "x += 1\n", &["x -= 1", "x = 1"]);
    offers(Template::Operator, "n ^= n - 1\n", &["n &= n - 1"]);
    offers(Template::Operator, "x = a is not b\n", &["x = a is b"]);
    offers(Template::Operator, "x = a not in b\n", &["x = a in b"]);
    offers(Template::Operator, "x = a and b\n", &["x = a or b"]);
    offers(Template::Operator, "x = -a\n", &["x = a"]);
}

#[test]
fn constants() {
    offers(Template::Constant, "x = 3\n", &["x = 4", "x = 2", "x = 0", "x = -3", "x = 6", "x = 1"]);
    offers(Template::Constant, "x = 0.25\n", &["x = 0.75", "x = 0.5", "x = -0.25"]);
    offers(Template::Constant, "y = 17\nx = True\n", &["x = False"]);
    offers(Template::Constant, "y = 17\nx = 3\n", &["x = 17"]);
    offers(Template::Constant, "y = 'b'\nx = f('a')\n", &["x = f('b')"]);
}

#[test]
fn off_by_one_keeps_the_meaning_of_what_is_around() {
    offers(Template::OffByOne, "x = range(n)\n", &["x = range(n + 1)", "x = range(n - 1)"]);
    offers(Template::OffByOne, "x = 2 * n\n", &["x = 2 * (n + 1)"]);
    offers(Template::OffByOne, "x = a[i - 1]\n", &["x = a[i]"]);
    offers(Template::OffByOne, "x = 1 + f(a)\n", &["x = f(a)"]);
    offers(Template::OffByOne, "x = a[i]\n", &["x = a[i - 1]"]);
}

#[test]
fn swaps() {
    offers(Template::Swap, "x = a - b\n", &["x = b - a"]);
    offers(Template::Swap, "x = f(a, b, c)\n", &["x = f(b, a, c)", "x = f(a, c, b)"]);
    offers(Template::Swap, "x = a[i, j]\n", &["x = a[j, i]"]);
    offers(Template::Swap, "x = a[n:]\n", &["x = a[:n]", "x = a[-n:]"]);
    offers(Template::Swap, "x = a[i][j]\n", &["x = a[j][i]"]);
    offers(Template::Swap, "x = a if b else c\n", &["x = c if b else a"]);
    offers(Template::Swap, "x = a - b + c\n", &["x = a - (b + c)"]);
}

#[test]
fn names_and_callees() {
    offers(Template::Name, "def f(a, b):\n    return a\n", &["return b"]);
    offers(Template::Name, "def f(s):\n    s.y\n    return s.x\n", &["return s.y"]);
    offers(Template::Callee, "x = min(a, b)\n", &["x = max(a, b)"]);
    offers(Template::Callee, "x = math.floor(a)\n", &["x = math.ceil(a)"]);
}

#[test]
fn conditions() {
    offers(Template::Negation, "def f(a):\n    return a.ok()\n", &["return not a.ok()"]);
    offers(Template::Negation, "def f(a):\n    return not a\n", &["return a"]);
    offers(Template::Clause, "def f(a, b):\n    return a and b\n", &["return a", "return b"]);
    let offer = "return a > 1 or not b";
    offers(Template::Clause, "def f(a, b):\n    return a > 1\n", &[offer]);
}

#[test]
fn more_and_less() {
    offers(Template::Unwrap, "x = 2 + f(a)\n", &["x = f(a)", "x = 2 + a", "x = 2"]);
    offers(Template::Wrap, "x = a - b\n", &["x = abs(a - b)", "x = -(a - b)"]);
    offers(Template::Wrap, "x = f(b)\n", &["x = f(b[1:])"]);
    offers(Template::Return, "def f(n):\n    return []\n", &["return [n]", "return not n"]);
    offers(Template::Argument, "x = f(a, b)\n", &["x = f(a)", "x = f(b)"]);
    offers(Template::Bound, "x = len(a) == 0\n", &["x = len(a) <= 1"]);
    offers(Template::Bound, "def f(a, b):\n    a = b + 1\n", &["a = max(a, b + 1)"]);
    offers(Template::Combine, "def f(k, n):\n    return g(k, n)\n", &["return g(k - n, n)"]);
    let text = "def f(rest):\n    return [1 + x for x in rest]\n";
    offers(Template::Combine, text, &["return rest + [1 + x for x in rest]"]);
    offers(Template::Surgery, "y = a * b\nx = f(c)\n", &["x = f(a * b)"]);
}

#[test]
fn statements() {
    let text = "def f(a, b):\n    for x in a:\n        b(x)\n        return x\n";
    offers(Template::Removal, text, &["pass", "return x"]);
    let text = "def f(a, b):\n    a = []\n    for x in b:\n        b()\n";
    let source = Source::new("a.py", text.to_owned()).unwrap();
    let loops =
        crate::source::statements(&source).into_iter().find(|each| each.kind() == "for_statement");
    let scope = Scope::of(&source, loops.unwrap());
    let all = candidates(&source, loops.unwrap(), &scope, 1.0);
    let behind = |each: &Candidate| each.apply(text).ends_with("b()\n    a.append(b)\n");
    assert!(all.iter().any(behind));
    let text = "def f(a, b):\n    a = 1\n    b.g(a)\n";
    offers(Template::Insertion, text, &["a = b\n    b.g(a)", "b.g(a)\n    b.append(a)"]);
}

#[test]
fn no_candidate_says_the_same_as_another() {
    let text = "def f(a, b):\n    return max(a[b - 1], 2 * b) if a and not b else -1\n";
    let source = Source::new("a.py", text.to_owned()).unwrap();
    let statement = *crate::source::statements(&source).last().unwrap();
    let scope = Scope::of(&source, statement);
    let found = candidates(&source, statement, &scope, 1.0);
    let texts: HashSet<String> = found.iter().map(|candidate| candidate.apply(text)).collect();
    assert!(found.len() > 300, "{}", found.len());
    assert!(found.len() - texts.len() < found.len() / 50, "{} of {}", texts.len(), found.len());
    assert!(!texts.contains(text));
}
