use super::*;

/// The changed line of each mutant, in the order in which they are tried.
fn shown(path: &str, text: &str) -> String {
    let parsed = Parsed::new(path, text.to_owned()).unwrap();
    assert!(!parsed.has_errors(), "{path}");
    let mut shown = String::new();
    for Mutant { line, edit } in mutants(&parsed, &[1..=1000]) {
        let edited = edit.apply(text);
        let new = edited.lines().nth(line as usize - 1).unwrap_or_default().trim();
        shown.push_str(&format!("{line} {}: {new}\n", edit.template.name()));
    }
    shown
}

#[test]
fn of_python() {
    let text = r#"import re

LIMIT: int = 3

def clamp(value, low, high):
    """Within the two."""
    print("clamping", value)
    if value < low or not high:
        return low
    items = value[low:]
    items.append(clamp(low, high))
    if len(items) > 3:
        raise ValueError("too many")
    return min(value, high)

if __name__ == "__main__":
    clamp(1, 2, 3)
"#;
    expect_test::expect![[r#"
        3 constant: LIMIT: int = 4
        8 operator: if value < low and not high:
        9 return: return None
        10 off_by_one: items = value[low + 1:]
        11 swap: items.append(clamp(high, low))
        12 operator: if len(items) <= 3:
        13 deletion: pass
        14 return: return None
        3 constant: LIMIT: int = 2
        8 negation: if not (value < low or not high):
        10 off_by_one: items = value[low - 1:]
        11 deletion: pass
        12 constant: if len(items) > 4:
        8 unwrap: if value < low:
        12 deletion: pass
        8 deletion: pass
        12 operator: if len(items) >= 3:
        8 operator: if value <= low or not high:
        12 constant: if len(items) > 2:
        8 unwrap: if not high:
        8 operator: if value >= low or not high:
    "#]]
    .assert_eq(&shown("a.py", text));
}

#[test]
fn of_javascript() {
    let text = r#"import { a } from "b";
export function clamp(value, low, high = 10) {
  console.log("clamping", value);
  if (value < low && high) return low;
  for (let i = 0; i < value.length; i++) {
    this.total += value[i];
  }
  return swap(high, value);
}
"#;
    expect_test::expect![[r#"
        2 constant: export function clamp(value, low, high = 11) {
        4 operator: if (value < low || high) return low;
        5 operator: for (let i = 0; i <= value.length; i++) {
        6 operator: this.total -= value[i];
        8 swap: return swap(value, high);
        2 constant: export function clamp(value, low, high = 9) {
        4 negation: if (!(value < low && high)) return low;
        5 constant: for (let i = 1; i < value.length; i++) {
        6 off_by_one: this.total += value[i + 1];
        8 return: return null;
        4 unwrap: if (value < low) return low;
        5 operator: for (let i = 0; i >= value.length; i++) {
        6 deletion: ;
        4 return: if (value < low && high) return null;
        5 constant: for (let i = 2; i < value.length; i++) {
        6 off_by_one: this.total += value[i - 1];
        4 deletion: ;
        5 operator: for (let i = 0; i < value.length; i--) {
        4 operator: if (value <= low && high) return low;
        4 unwrap: if (high) return low;
        4 operator: if (value >= low && high) return low;
    "#]]
    .assert_eq(&shown("a.js", text));
}

#[test]
fn of_typescript() {
    let text = r#"interface Size { width: number; kind?: "a" | "b" }
export const area = (size: Size, scale: number = 1): number => {
  if (size.kind === "a") {
    throw new Error("no area");
  }
  return size.width * scale;
};
"#;
    expect_test::expect![[r#"
        2 constant: export const area = (size: Size, scale: number = 2): number => {
        3 operator: if (size.kind !== "a") {
        4 deletion: ;
        6 operator: return size.width + scale;
        2 constant: export const area = (size: Size, scale: number = 0): number => {
        3 constant: if (size.kind === "") {
        6 return: return null;
        3 deletion: ;
        6 operator: return size.width / scale;
    "#]]
    .assert_eq(&shown("a.ts", text));
}

#[test]
fn of_rust() {
    let text = r#"use std::fmt;
#[derive(Debug)]
struct Size { width: [u8; 4] }
fn area(size: &Size, scale: u32) -> Result<u32, String> {
    tracing::info!("area {scale}");
    if scale == 0 {
        return Err(String::from("no scale"));
    }
    let width = size.width[1..scale as usize].len() as u32;
    Ok(width * scale)
}
fn is_flat(size: &Size) -> bool {
    size.width.is_empty()
}
fn nothing() -> Result<(), String> {
    Ok(())
}
"#;
    expect_test::expect![[r#"
        6 operator: if scale != 0 {
        7 constant: return Err(String::from(""));
        9 constant: let width = size.width[2..scale as usize].len() as u32;
        10 operator: Ok(width + scale)
        13 return: true
        6 constant: if scale == 1 {
        7 return: return Ok(Default::default());
        9 off_by_one: let width = size.width[1..=scale as usize].len() as u32;
        10 return: Ok(Default::default())
        13 return: false
        6 deletion: 
        9 constant: let width = size.width[0..scale as usize].len() as u32;
        10 operator: Ok(width / scale)
        6 constant: if scale == 2 {
    "#]]
    .assert_eq(&shown("a.rs", text));
}

#[test]
fn only_lines_that_were_asked_for() {
    for (path, text) in CORPUS {
        let parsed = Parsed::new(path, text.to_owned()).unwrap();
        let lines = [20..=24, 40..=41];
        let found = mutants(&parsed, &lines);
        assert!(!found.is_empty(), "{path}");
        assert!(found.iter().all(|each| lines.iter().any(|lines| lines.contains(&each.line))));
    }
    let parsed = Parsed::new("a.py", "x = 1 + 2\n".to_owned()).unwrap();
    assert_eq!(mutants(&parsed, &[]), []);
    assert_eq!(mutants(&parsed, &[7..=9]), []);
}

/// However few are tried, they are of different lines, then of different sorts.
#[test]
fn the_first_are_spread() {
    for (path, text) in CORPUS {
        let parsed = Parsed::new(path, text.to_owned()).unwrap();
        let found = mutants(&parsed, &[1..=1000]);
        let lines: HashSet<u32> = found.iter().map(|mutant| mutant.line).collect();
        let first: HashSet<u32> = found[..lines.len()].iter().map(|mutant| mutant.line).collect();
        assert_eq!(lines, first, "{path}");
    }
}

#[test]
fn every_mutant_parses_and_none_is_made_twice() {
    for (path, text) in CORPUS {
        let parsed = Parsed::new(path, text.to_owned()).unwrap();
        let mut texts = HashSet::from([text.to_owned()]);
        for mutant in mutants(&parsed, &[1..=1000]) {
            let edited = mutant.edit.apply(text);
            assert!(!Parsed::new(path, edited.clone()).unwrap().has_errors(), "{path} {mutant:?}");
            assert!(texts.insert(edited), "{path} {mutant:?}");
        }
    }
}
