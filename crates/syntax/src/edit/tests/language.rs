//! Each template in each language.

use super::*;

/// That these are among what one template makes of the statement that begins on the line.
#[track_caller]
fn offers(path: &str, template: Template, text: &str, line: u32, wanted: &[&str]) {
    let all = offered(path, template, text, line);
    for one in wanted {
        assert!(all.iter().any(|offer| offer == one), "no {one:?} in {all:#?}");
    }
}

/// That one of its edits makes this whole text.
#[track_caller]
fn makes(path: &str, template: Template, text: &str, line: u32, wanted: &str) {
    let parsed = Parsed::new(path, text.to_owned()).unwrap();
    let statements = parsed.statements();
    let statement = statements.iter().find(|node| node.first_line() == line).unwrap();
    let edits = repairs(*statement, &Scope::of(&parsed, *statement), &hints());
    let fits = |edit: &Edit| edit.template == template && edit.apply(text) == wanted;
    assert!(edits.iter().any(fits), "nothing makes {wanted}");
}

/// As `offers`, for one statement on a line of its own.
#[track_caller]
fn simple(path: &str, template: Template, text: &str, wanted: &[&str]) {
    offers(path, template, text, 1, wanted);
}

#[test]
fn operators_of_python() {
    let all = offered("a.py", Template::Operator, "x = a < b\n", 1);
    expect_test::expect![[r#"
        x = a > b
        x = a >= b
        x = a <= b
        x = a != b
        x = a == b"#]]
    .assert_eq(&all.join("\n"));
    simple("a.py", Template::Operator, "x += 1\n", &["x -= 1", "x = 1"]);
    simple("a.py", Template::Operator, "n ^= n - 1\n", &["n &= n - 1"]);
    simple("a.py", Template::Operator, "x = a is not b\n", &["x = a is b"]);
    simple("a.py", Template::Operator, "x = a not in b\n", &["x = a in b"]);
    simple("a.py", Template::Operator, "x = a and b\n", &["x = a or b"]);
    simple("a.py", Template::Operator, "x = -a\n", &["x = a"]);
}

#[test]
fn operators_of_the_others() {
    let all = offered("a.js", Template::Operator, "x = a === b;\n", 1);
    expect_test::expect![[r#"
        x = a !== b;
        x = a <= b;
        x = a >= b;
        x = a < b;
        x = a > b;
        x = a != b;
        x = a == b;"#]]
    .assert_eq(&all.join("\n"));
    simple("a.js", Template::Operator, "i++;\n", &["i--;"]);
    simple("a.ts", Template::Operator, "let x: number = a && b;\n", &["let x: number = a || b;"]);
    let text = "fn f(a: i32, b: i32) -> bool {\n    a < b\n}\n";
    offers("a.rs", Template::Operator, text, 2, &["a <= b", "a >= b"]);
}

#[test]
fn constants_and_texts() {
    let constant = Template::Constant;
    let near = ["x = 4", "x = 2", "x = 0", "x = -3", "x = 6", "x = 1"];
    simple("a.py", constant, "x = 3\n", &near);
    simple("a.py", constant, "x = 0.25\n", &["x = 0.75", "x = 0.5", "x = -0.25"]);
    simple("a.py", constant, "x = True\n", &["x = False"]);
    simple("a.js", constant, "x = f(null, 'a', 'b');\n", &["x = f(true, 'a', 'b');"]);
    simple("a.js", constant, "x = f(null, 'a', 'b');\n", &["x = f(null, 'b', 'b');"]);
    let text = "fn f() -> usize {\n    let x = 7usize;\n    x\n}\n";
    offers("a.rs", constant, text, 2, &["let x = 8usize;", "let x = 6usize;"]);
    // Hints: "closed!" was expected, not "closed"; then `a "b"`, not `a c`.
    simple("a.py", Template::Text, "x = 'is closed'\n", &["x = 'is closed!'"]);
    simple("a.py", Template::Text, "x = \"a c\"\n", &["x = \"a \\\"b\\\"\""]);
    simple("a.js", Template::Text, "x = /a+b/;\n", &["x = /a*b/;", "x = /^a+b$/;", "x = /a+?b/;"]);
    simple("a.py", Template::Text, "x = re.match('a.', b)\n", &["x = re.match('a\\.', b)"]);
}

#[test]
fn swaps_and_off_by_one() {
    let swap = Template::Swap;
    simple("a.py", swap, "x = a - b\n", &["x = b - a"]);
    simple("a.py", swap, "x = f(a, b, c)\n", &["x = f(b, a, c)", "x = f(c, b, a)"]);
    simple("a.js", swap, "x = a[i][j];\n", &["x = a[j][i];"]);
    simple("a.js", swap, "x = a ? b : c;\n", &["x = a ? c : b;"]);
    simple("a.py", swap, "x = a - b + c\n", &["x = a - (b + c)"]);
    let one = Template::OffByOne;
    simple("a.py", one, "x = range(n)\n", &["x = range(n + 1)", "x = range(n - 1)"]);
    simple("a.py", one, "x = 2 * n\n", &["x = 2 * (n + 1)"]);
    simple("a.js", one, "x = a[i - 1];\n", &["x = a[i];"]);
    let text = "fn f(n: usize) {\n    for i in 0..n {\n        g(i);\n    }\n}\n";
    let edits = offered("a.rs", one, text, 2);
    assert!(edits.iter().any(|edit| edit.starts_with("for i in 0..n + 1")), "{edits:#?}");
    assert!(edits.iter().any(|edit| edit.starts_with("for i in 0..=n")), "{edits:#?}");
}

#[test]
fn names_members_and_callees() {
    let text = "def f(a, b):\n    return a\n";
    offers("a.py", Template::Name, text, 2, &["return b"]);
    let text = "def f(s):\n    s.y\n    return s.x\n";
    offers("a.py", Template::Attribute, text, 3, &["return s.y"]);
    simple("a.py", Template::Callee, "x = math.floor(a)\n", &["x = math.ceil(a)"]);
    simple("a.js", Template::Callee, "x = a.indexOf(b);\n", &["x = a.lastIndexOf(b);"]);
    let text = "class A:\n    def g(self):\n        self.y = 1\n\n    def f(self, x):\n        return x + y\n";
    offers("a.py", Template::Member, text, 6, &["return x + self.y"]);
    let text = "class A { f(x) {\n return this.x;\n } }\n";
    offers("a.js", Template::Member, text, 2, &["return x;"]);
    let text = "fn f(a: u8, b: u8) -> u8 {\n    let c = a;\n    c\n}\n";
    offers("a.rs", Template::Name, text, 2, &["let c = b;"]);
    offers("a.rs", Template::Name, text, 3, &["a", "b"]);
}

#[test]
fn conditions() {
    let text = "def f(a, b):\n    if a.ok() > b:\n        return 1\n";
    offers("a.py", Template::Negation, text, 2, &["if not (a.ok() > b):\n        return 1"]);
    offers("a.py", Template::Clause, text, 2, &["if a.ok() > b and b is None:\n        return 1"]);
    offers("a.py", Template::Unguard, text, 2, &["return 1"]);
    let text = "function f(a, b) {\n  if (a) b();\n}\n";
    offers("a.js", Template::Negation, text, 2, &["if (!a) b();"]);
    offers("a.js", Template::Clause, text, 2, &["if (a && !b) b();", "if (a || b === null) b();"]);
    offers("a.js", Template::Unguard, text, 2, &["b();"]);
    let text = "fn f(a: bool, b: bool) {\n    if a && b {\n        g();\n    }\n    h();\n}\n";
    let negated = "if !(a && b) {\n        g();\n    }";
    offers("a.rs", Template::Negation, text, 2, &[negated]);
    offers("a.rs", Template::Unwrap, text, 2, &["if a {\n        g();\n    }"]);
    offers("a.rs", Template::Unguard, text, 2, &["g();"]);
    offers("a.rs", Template::Flow, text, 5, &["h();\n    }"]);
}

#[test]
fn more_and_less_of_an_expression() {
    simple("a.py", Template::Unwrap, "x = 2 + f(a)\n", &["x = f(a)", "x = 2 + a", "x = 2"]);
    simple("a.py", Template::Wrap, "x = a - b\n", &["x = abs(a - b)", "x = -(a - b)"]);
    simple("a.js", Template::Wrap, "x = a - b;\n", &["x = Math.max(a - b, 0);"]);
    simple("a.py", Template::Slice, "x = y[a:b]\n", &["x = y[a:]", "x = y[:b]", "x = y[-a:]"]);
    simple("a.js", Template::Slice, "x = f(y);\n", &["x = f(y.slice(1));"]);
    let text = "def f(n):\n    return []\n";
    offers("a.py", Template::List, text, 2, &["return [n]", "return [[]]"]);
    offers("a.py", Template::Return, text, 2, &["return None", "return not n"]);
    let text = "def f(k, n):\n    return g(k, n)\n";
    offers("a.py", Template::Operand, text, 2, &["return g(k - n, n)"]);
    offers("a.py", Template::Argument, text, 2, &["return g(k)", "return g(k, n, n)"]);
    simple("a.py", Template::Expression, "x = a; y = b * c; z = d\n", &["x = b * c"]);
    let text = "fn f(n: u8) -> Option<u8> {\n    n.checked_add(1)?;\n    g(&n)\n}\n";
    offers("a.rs", Template::Unwrap, text, 2, &["n.checked_add(1);"]);
    offers("a.rs", Template::Unwrap, text, 3, &["g(n)"]);
}

#[test]
fn what_signatures_and_tests_say() {
    let text = "def g(a, deep=False): pass\ndef f(deep):\n    return g(1)\n";
    offers(
        "a.py",
        Template::Keyword,
        text,
        3,
        &["return g(1, deep=deep)", "return g(1, deep=True)"],
    );
    offers("a.py", Template::Default, text, 1, &["def g(a, deep=None): pass"]);
    offers("a.py", Template::Default, text, 2, &["def f(deep=None):\n    return g(1)"]);
    let text = "try:\n    f()\nexcept ValueError as error:\n    pass\n";
    let wide = [
        "except (ValueError, KeyError) as error:\n    pass",
        "except Exception as error:\n    pass",
    ];
    offers("a.py", Template::Except, text, 3, &wide);
    let text = "try:\n    f()\nexcept (A, B):\n    pass\n";
    offers("a.py", Template::Except, text, 3, &["except (A, B, KeyError):\n    pass"]);
    // A test's words are no program.
    let all = offered("a.py", Template::Except, text, 3);
    assert!(all.iter().all(|edit| !edit.contains("system")), "{all:?}");
    let text = "function f(a, b = 1) {\n  return a;\n}\n";
    offers("a.js", Template::Default, text, 1, &["function f(a, b = null) {\n  return a;\n}"]);
}

#[test]
fn statements() {
    let text = "def f(a, b):\n    for x in a:\n        b(x)\n        c = x\n    return c\n";
    offers("a.py", Template::Deletion, text, 3, &["pass"]);
    offers("a.py", Template::CallToAssignment, text, 3, &["a = b(x)", "return b(x)"]);
    offers("a.py", Template::Copy, text, 3, &["b(x)\n        b(a)"]);
    offers(
        "a.py",
        Template::Insertion,
        text,
        4,
        &["c = x\n        c += 1", "x = a\n        c = x"],
    );
    offers("a.py", Template::Guard, text, 4, &["if not x:\n            continue\n        c = x"]);
    offers("a.py", Template::Guard, text, 3, &["if a is None:\n            b(x)"]);
    offers("a.py", Template::Target, text, 4, &["a = x"]);
    let moved = text.replace("        c = x", "    c = x");
    makes("a.py", Template::Flow, text, 4, &moved);
    let text = "function f(a, b) {\n  b.push(a);\n  return b;\n}\n";
    offers("a.js", Template::Deletion, text, 2, &[";"]);
    offers("a.js", Template::Guard, text, 2, &["if (!a) return b;\n  b.push(a);"]);
    makes("a.js", Template::Flow, "a = 1;\nb = a;\n", 1, "b = a;\na = 1;\n");
    let text = "fn f(a: i32) -> i32 {\n    g(a);\n    a\n}\n";
    offers("a.rs", Template::Guard, text, 2, &["if a > 0 { return 0; }\n    g(a);"]);
    offers("a.rs", Template::Insertion, text, 2, &["g(a);\n    a -= 1;"]);
    offers("a.rs", Template::Return, text, 3, &["0", "-1"]);
    // The value of a function's block is no statement to take away.
    assert_eq!(offered("a.rs", Template::Deletion, text, 3), [""; 0]);
}

#[test]
fn what_small_functions_get_wrong() {
    let text = "def f(rest):\n    return [1 + x for x in rest]\n";
    offers("a.py", Template::Operand, text, 2, &["return rest + [1 + x for x in rest]"]);
    let text = "def f(a, w, n, u, v):\n    w[u, v] = min(n[v], 1)\n";
    offers("a.py", Template::Target, text, 2, &["n[v] = min(n[v], 1)"]);
    let text = "def f(xs):\n    for x in xs:\n        yield f(x)\n";
    offers("a.py", Template::Return, text, 3, &["yield from f(x)"]);
    offers("a.py", Template::Unwrap, text, 3, &["yield x"]);
    let text = "def f(depth):\n    return True\n";
    offers("a.py", Template::Return, text, 2, &["return depth == 0"]);
    let text = "def f(queue):\n    while True:\n        queue.pop()\n";
    offers("a.py", Template::Condition, text, 2, &["while queue:\n        queue.pop()"]);
    let text = "def f(best, n):\n    best = n + 1\n    return abs(n - best)\n";
    offers("a.py", Template::Wrap, text, 2, &["best = max(n + 1, best)", "best = max(n + 1, 0)"]);
    offers("a.py", Template::Operand, text, 3, &["return abs(n - (best ** 2))"]);
    let text = "def f(xs):\n    if len(xs) == 0:\n        return xs\n";
    offers("a.py", Template::Pair, text, 2, &["if len(xs) <= 1:\n        return xs"]);
}

#[test]
fn several_at_once() {
    let text = "def f(a, b):\n    c = a - 1\n    return c < a - 1\n";
    makes("a.py", Template::Everywhere, text, 2, &text.replace("a - 1", "a + 1"));
    offers("a.py", Template::Pair, text, 3, &["return c <= a - 2"]);
    let text = "function f(a) {\n  x = a.b + a.b;\n}\nconst c = g.d;\n";
    offers("a.js", Template::Everywhere, text, 2, &["x = a.d + a.d;"]);
}

#[test]
fn cheapest_first_and_the_same_each_time() {
    for (path, text) in CORPUS {
        let parsed = Parsed::new(path, text.to_owned()).unwrap();
        let statement = parsed.statements()[parsed.statements().len() / 2];
        let scope = Scope::of(&parsed, statement);
        let once = repairs(statement, &scope, &hints());
        assert_eq!(once, repairs(statement, &scope, &hints()), "{path}");
        assert!(once.is_sorted_by(|a, b| a.order(b).is_lt()), "{path}");
        let cheap = repairs_up_to(2.0, statement, &scope, &hints());
        assert!(cheap.iter().all(|edit| once.contains(edit)), "{path}");
    }
}

#[test]
fn no_two_edits_give_the_same_text() {
    for (path, text) in CORPUS {
        let parsed = Parsed::new(path, text.to_owned()).unwrap();
        for statement in parsed.statements().into_iter().step_by(3) {
            let mut texts = HashSet::from([text.to_owned()]);
            for edit in repairs(statement, &Scope::of(&parsed, statement), &hints()) {
                assert!(texts.insert(edit.apply(text)), "{path} {edit:?}");
            }
        }
    }
}

#[test]
fn what_the_class_and_the_file_say_elsewhere() {
    let class = "class A:\n    def g(self):\n        self.limit = 1\n        self.log.append(1)\n\n    def f(self, x):\n        return x\n";
    offers("a.py", Template::Name, class, 7, &["return self.limit", "return self.log"]);
    offers("a.py", Template::Copy, class, 7, &["self.log.append(1)\n        return x"]);
    let adapted = "def f(a, b):\n    c = []\n    c.append((a, 1))\n    return c\n";
    let with_b =
        "def f(a, b):\n    c = []\n    c.append((a, 1))\n    c.append((b, 1))\n    return c\n";
    makes("a.py", Template::Copy, adapted, 4, with_b);
}

#[test]
fn a_check_raises_what_a_test_awaits_as_the_file_does() {
    let text = "def f(a, b):\n    if a > b:\n        raise ValueError('no')\n    return a\n\n\ndef g(a, b):\n    return a\n";
    let checks = [
        "if a > b:\n        raise ValueError('no')\n    return a",
        "if a < b:\n        raise ValueError\n    return a",
    ];
    offers("a.py", Template::Guard, text, 8, &checks);
    let all = offered("a.py", Template::Guard, text, 8);
    assert!(all[0].contains("raise ValueError"), "before what nobody waits for: {}", all[0]);
    assert!(!all.iter().any(|one| one.contains("os.system")), "no test's words are run");
    offers("a.py", Template::Guard, text, 4, &["if a <= b:\n        return a"]);
}

#[test]
fn the_sides_of_an_equality_stay() {
    assert_eq!(offered("a.py", Template::Swap, "x = a == b\n", 1), [""; 0]);
    simple("a.py", Template::Swap, "x = a < b\n", &["x = b < a"]);
}
