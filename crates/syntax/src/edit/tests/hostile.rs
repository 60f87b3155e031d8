use super::*;

/// Deep enough to overflow the stack of anything that recurses.
const DEPTH: usize = 10_000;

fn edit_all(path: &str, text: &str) {
    let Some(parsed) = Parsed::new(path, text.to_owned()) else { return };
    for statement in parsed.statements().into_iter().take(40) {
        let scope = Scope::of(&parsed, statement);
        for edit in repairs(statement, &scope, &hints()).iter().step_by(50) {
            edit.apply(text);
        }
    }
    for mutant in mutants(&parsed, &[0..=u32::MAX]).iter().step_by(50) {
        mutant.edit.apply(text);
    }
    parsed.functions();
}

#[test]
fn deep_nesting() {
    let nested =
        |open: &str, close: &str| format!("x = {}1{};\n", open.repeat(DEPTH), close.repeat(DEPTH));
    for path in ["a.py", "a.js", "a.rs"] {
        for (open, close) in [("(", ")"), ("[", "]"), ("f(", ")"), ("-", ""), ("a.", "")] {
            edit_all(path, &nested(open, close));
        }
        edit_all(path, &"if (a) { ".repeat(DEPTH));
    }
    let indented = (0..500).map(|depth| format!("{}if a:\n", " ".repeat(depth)));
    edit_all("a.py", &indented.collect::<String>());
}

#[test]
fn one_long_statement() {
    let table = format!("x = [{}]\n", "1, ".repeat(20_000));
    let sum = format!("x = {}1\n", "1 + ".repeat(5000));
    for text in [table, sum] {
        edit_all("a.py", &text);
        edit_all("a.js", &text);
    }
}

/// SplitMix64 (Steele, Lea, Flood, 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The corpus with pieces cut out, doubled and put elsewhere, and other bytes put in.
#[test]
fn broken_programs() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    println!("SEED={seed}");
    let mut state: u64 = seed;
    let mut below = |max: usize| usize::try_from(next(&mut state) % max.max(1) as u64).unwrap();
    for round in 0..24 {
        let (path, text) = CORPUS[round % CORPUS.len()];
        let mut chars: Vec<char> = text.chars().take(700).collect();
        for _ in 0..below(12) {
            let (from, length, to) = (below(chars.len()), below(30), below(chars.len()));
            let piece: Vec<char> = chars.iter().skip(from).take(length).copied().collect();
            match below(3) {
                0 => drop(chars.splice(to..to, piece)),
                1 => drop(chars.drain(from..(from + length).min(chars.len()))),
                _ => chars.insert(to, ['\0', 'é', '"', '\u{202e}', '{', '\t', '🦀'][below(7)]),
            }
        }
        edit_all(path, &chars.into_iter().collect::<String>());
    }
}
