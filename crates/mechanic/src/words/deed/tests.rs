use syntax::edit::Template;

use super::*;

fn told(template: Template, before: &str, after: &str) -> String {
    title(&Told {
        path: "a.py".into(),
        line: 1,
        place: "Box.f".into(),
        template,
        before: before.into(),
        after: after.into(),
    })
}

#[test]
fn a_title_says_what_changes() {
    let all = [
        told(Template::Operator, "if weight < j:", "if weight <= j:"),
        told(Template::Operator, "x -= amount", "x += amount"),
        told(Template::Operator, "return a and b", "return a or b"),
        told(Template::Operator, "if a not in b:", "if a in b:"),
        told(Template::Return, "return low", "return high"),
        told(Template::Name, "steps.append((start, helper))", "steps.append((start, end))"),
        told(Template::OffByOne, "low = middle", "low = middle + 1"),
        told(Template::OffByOne, "for c in range(0, r):", "for c in range(0, r + 1):"),
        told(Template::Negation, "if quoted and closing:", "if quoted and not closing:"),
        told(Template::Callee, "return max(a, b)", "return min(a, b)"),
        told(Template::Swap, "return gcd(a % b, b)", "return gcd(b, a % b)"),
        told(Template::Swap, "x = f(token, b, a)", "x = f(token, a, b)"),
        told(Template::Insertion, "return x", "visited.add(node)\n        return x"),
        told(Template::Deletion, "visited.add(node)", "pass"),
        told(Template::Constant, "return cents // 10", "return cents // 100"),
        told(Template::OffByOne, "return 1 + depth(item, x)", "return depth(item, x)"),
        told(Template::Negation, "if f.done(x):", "if not f.done(x):"),
        told(Template::Swap, "total += a[i][k] * b[j][k]", "total += a[i][k] * b[k][j]"),
        told(Template::Wrap, "x = f(a)[b]", "x = f(a[0])[b]"),
        told(Template::Return, "return []", "return [[]]"),
        told(
            Template::Wrap,
            "key=lambda pair: (pair[1], pair[0])",
            "key=lambda pair: (-pair[1], pair[0])",
        ),
        told(Template::Wrap, "return slug[limit:]", "return slug[:limit]"),
        told(Template::Expression, &format!("return {}", "a + ".repeat(30)), "return b"),
    ];
    expect_test::expect![[r#"
        Compare with `<=` instead of `<` in `Box.f`
        Use `+=` instead of `-=` in `Box.f`
        Use `or` instead of `and` in `Box.f`
        Compare with `in` instead of `not in` in `Box.f`
        Return `high` instead of `low` in `Box.f`
        Use `end` instead of `helper` in `Box.f`
        Use `middle + 1` instead of `middle` in `Box.f`
        Use `r + 1` instead of `r` in `Box.f`
        Use `not closing` instead of `closing` in `Box.f`
        Use `min` instead of `max` in `Box.f`
        Swap `a %` and `b,` in `Box.f`
        Swap `b` and `a` in `Box.f`
        Add the missing `visited.add(node)` in `Box.f`
        Leave out `visited.add(node)` in `Box.f`
        Use `100` instead of `10` in `Box.f`
        Return `depth(item, x)` instead of `1 + depth(item, x)` in `Box.f`
        Add the missing `not` in `Box.f`
        Swap `j` and `k` in `Box.f`
        Use `a[0]` instead of `a` in `Box.f`
        Return `[[]]` instead of `[]` in `Box.f`
        Use `-pair[1]` instead of `pair[1]` in `Box.f`
        Return `slug[:limit]` instead of `slug[limit:]` in `Box.f`
        Fix the wrong expression in `Box.f`"#]]
    .assert_eq(&all.join("\n"));
}
