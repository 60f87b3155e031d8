use expect_test::{Expect, expect};

use super::*;

/// Each line with what is coloured as `kind:text`.
fn check(path: &str, text: &str, expected: &Expect) {
    let mut shown = String::new();
    for (line, spans) in text.lines().zip(lines(path, text)) {
        let words = spans.iter().map(|span| {
            let letter = match span.role {
                Role::Comment => 'c',
                Role::Keyword => 'k',
                Role::String => 's',
                Role::Number => 'n',
                Role::Function => 'f',
                Role::Type => 't',
                Role::Attribute => 'a',
            };
            format!("{letter}‹{}›", &line[span.start..span.end])
        });
        shown.push_str(&words.collect::<Vec<_>>().join(" "));
        shown.push('\n');
    }
    expected.assert_eq(&shown);
}

#[test]
fn rust() {
    check(
        "src/a.rs",
        r##"#[derive(Debug)]
pub struct Point<'a> { x: f64, name: &'a str }
/* a /* nested */ comment
   goes on */ fn area(&self) -> f64 { self.x * 1_000.5e-3 } // end
let s = r#"raw "quoted" text"#; let c = '\''; let b = b"x"; println!("{s}");
"##,
        &expect![[r##"
            a‹#[derive(Debug)]›
            k‹pub› k‹struct› t‹Point› t‹'a› t‹f64› t‹'a› t‹str›
            c‹/* a /* nested */ comment›
            c‹   goes on */› k‹fn› f‹area› k‹self› t‹f64› k‹self› n‹1_000.5e-3› c‹// end›
            k‹let› s‹r#"raw "quoted" text"#› k‹let› s‹'\''› k‹let› s‹b"x"› a‹println!› s‹"{s}"›
        "##]],
    );
}

#[test]
fn python() {
    check(
        "a.py",
        r#"@app.route("/x")
async def fetch(self, n: int = 0x1F) -> Optional[str]:
    """A docstring
    of two lines."""
    return f'{n} is not "it"' + rb'\d' if n is None else Fetcher(n)  # why
"#,
        &expect![[r#"
            a‹@app.route› s‹"/x"›
            k‹async› k‹def› f‹fetch› t‹self› t‹int› n‹0x1F› t‹Optional› t‹str›
            s‹"""A docstring›
            s‹    of two lines."""›
            k‹return› s‹f'{n} is not "it"'› s‹rb'\d'› k‹if› k‹is› t‹None› k‹else› t‹Fetcher› c‹# why›
        "#]],
    );
}

#[test]
fn typescript() {
    check(
        "a.tsx",
        r#"export class Board<T> extends Base { private n = 1 / 2; }
const re = x.match(/[/"]+\/'/gi) / 2;
const t = `a ${f({ b: "c" })} d
 e`; // tail
function go(a: string): void { return <b className="x">{a.class}</b>; }
"#,
        &expect![[r#"
            k‹export› k‹class› t‹Board› t‹T› k‹extends› t‹Base› k‹private› n‹1› n‹2›
            k‹const› f‹match› s‹/[/"]+\/'/gi› n‹2›
            k‹const› s‹`a ${› f‹f› s‹"c"› s‹} d›
            s‹ e`› c‹// tail›
            k‹function› f‹go› t‹string› k‹void› k‹return› s‹"x"›
        "#]],
    );
}

#[test]
fn go_and_c() {
    check(
        "a.go",
        "func (s *Server) Start(n int) error {\n\treturn fmt.Errorf(`raw\n\"x`, 'a')\n}\n",
        &expect![[r#"
            k‹func› f‹Start› t‹int› t‹error›
            k‹return› f‹Errorf› s‹`raw›
            s‹"x`› s‹'a'›

        "#]],
    );
    check(
        "a.c",
        "#include <stdio.h>\nint main(void) { return 'a' + 0x1fUL; }\n",
        &expect![[r#"
            a‹#include›
            t‹int› f‹main› t‹void› k‹return› s‹'a'› n‹0x1fUL›
        "#]],
    );
}

#[test]
fn data() {
    check(
        "a.json",
        "{\n  \"a\": [1, true, \"b\"]\n}\n",
        &expect![[r#"

        a‹"a"› n‹1› t‹true› s‹"b"›

    "#]],
    );
    check(
        "a.yaml",
        "on:\n  push: # c\n  - name: a#b\n    url: \"x\"\n",
        &expect![[r#"
            a‹on›
            a‹push› c‹# c›
            a‹name›
            a‹url› s‹"x"›
        "#]],
    );
    check(
        "Cargo.toml",
        "[a.b]\nc-d = \"e\" # f\ng = [1, 2]\n",
        &expect![[r#"
        t‹[a.b]›
        a‹c-d› s‹"e"› c‹# f›
        a‹g› n‹1› n‹2›
    "#]],
    );
    check(
        "a.sql",
        "SELECT count(*) from t where a = 'it''s' -- why\n",
        &expect![[r#"
        k‹SELECT› f‹count› k‹from› k‹where› s‹'it'› s‹'s'› c‹-- why›
    "#]],
    );
}

#[test]
fn shell_and_markup() {
    check(
        "run",
        "#!/usr/bin/env bash\nfor f in $A; do echo \"${f}\" x#y; done # c\ncat <<EOF\nif \"\nEOF\nfi\n",
        &expect![[r#"
            c‹#!/usr/bin/env bash›
            k‹for› k‹in› a‹$A› k‹do› s‹"${f}"› k‹done› c‹# c›

            s‹if "›
            s‹EOF›
            k‹fi›
        "#]],
    );
    check(
        "a.html",
        "<!-- c\n --><p class=\"x\">if</p>\n<script>let a = 1;</script>\n<style>a { color: red }</style>\n",
        &expect![[r#"
            c‹<!-- c›
            c‹ -->› k‹<p› a‹class› s‹"x"› k‹>› k‹</p› k‹>›
            k‹<script› k‹>› k‹let› n‹1› k‹</script› k‹>›
            k‹<style› k‹>› a‹color› k‹</style› k‹>›
        "#]],
    );
    check(
        "a.md",
        "# T\nSome `code`\n```rust\nlet x = 1;\n```\n> q\n",
        &expect![[r#"
        k‹# T›
        s‹`code`›
        a‹```rust›
        k‹let› n‹1›
        a‹```›
        c‹> q›
    "#]],
    );
}

#[test]
fn what_is_not_known_has_no_colours_but_lines() {
    assert_eq!(lines("LICENSE", "a\nb\n\nc"), vec![Vec::new(); 4]);
    assert_eq!(lines("a.rs", ""), Vec::<Vec<Span>>::new());
}

/// Every extension over bytes that break things: spans are sorted, apart, on boundaries.
#[test]
fn any_text_is_survived() {
    let names = "rs c cpp cs java kt scala swift dart go zig js ts hs py rb php pl lua r ex sh json \
                 yaml toml ini tf nix css sql graphql proto dockerfile mk html md diff";
    // One word each: a line for each piece would be a page.
    let pieces: Vec<String> =
        "\" ' ` ${ } { /* */ // # #[ ] <<EOF \\ ä 日本 \u{202e} a fn def 1 0x 1e+ < \
         <script> </script> <!-- --> \"\"\" ''' r#\" {- -} --[[ @ $ / [[ ]] \0 \u{feff} é\\é EOF"
            .split(' ')
            .map(str::to_owned)
            .chain(["\n", "\r\n", " ", "\n=begin", "```rust\n"].map(str::to_owned))
            .collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap()
    };
    for name in names.split_whitespace() {
        for _ in 0..200 {
            let text: String =
                (0..random() % 60).map(|_| pieces[random() % pieces.len()].as_str()).collect();
            sound(&format!("a.{name}"), &text);
        }
    }
}

fn sound(path: &str, text: &str) {
    let found = lines(path, text);
    assert_eq!(found.len(), text.lines().count(), "{path}: {text:?}");
    for (line, spans) in text.lines().zip(found) {
        let mut end = 0;
        for span in spans {
            assert!(end <= span.start && span.start < span.end, "{path}: {text:?}");
            assert!(line.get(span.start..span.end).is_some(), "{path}: {text:?} {span:?}");
            end = span.end;
        }
    }
}

/// What would take for ever if anything were scanned twice.
#[test]
fn long_texts_take_linear_time() {
    for piece in ["/*", "`${", "<<A ", "#[", "/", "\"", "'a", "<a ", "x:", "<script>"] {
        let text = piece.repeat(1 << 16);
        for name in ["a.rs", "a.ts", "a.sh", "a.html", "a.yaml", "a.md", "a.php"] {
            sound(name, &text);
        }
    }
}
