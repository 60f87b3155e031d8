use super::*;

#[test]
fn only_lines_of_our_form_are_answers() {
    let text = "@ 0 0 101\ntest a::b ... ok\ntest c - should panic ... ok\n@ 3 0 0\n@ 3 x\nnoise\n\
                @ 3 1 137\n@ -1 0 0\n@ 7 0 0\ntest z ... ok\n@ 3 2 0\n";
    let ended = understand(text, &[(0, 1), (3, 2)].into());
    let told: Vec<_> =
        ended.iter().flat_map(|(n, ended)| ended.groups.iter().map(move |g| (n, g))).collect();
    expect_test::expect![[r#"
        [
            (
                0,
                (
                    0,
                    (
                        101,
                        {
                            "a::b",
                            "c",
                        },
                    ),
                ),
            ),
            (
                3,
                (
                    0,
                    (
                        0,
                        {},
                    ),
                ),
            ),
            (
                3,
                (
                    1,
                    (
                        137,
                        {},
                    ),
                ),
            ),
        ]
    "#]]
    .assert_debug_eq(&told);
}
