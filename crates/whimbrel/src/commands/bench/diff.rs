//! `whimbrel bench diff`: the page of a long change, as the server makes it: lines and words compared,
//! code in colours, the whole HTML.

use std::time::Instant;

use anyhow::Result;

use super::report::{Report, Series};
use crate::cli::BenchDiffArgs;
use crate::exit::Exit;

/// Lines of one function of the made-up program.
const FUNCTION_LINES: usize = 10;

pub fn run(args: &BenchDiffArgs, json: bool) -> Result<Exit> {
    let functions = (args.lines as usize / 2).div_ceil(FUNCTION_LINES);
    let (old, new) = (program(functions, "total", '<'), program(functions, "amount", '>'));
    let mut report = Report::default();
    let mut bytes = 0;
    for split in [false, true] {
        let view = if split { "side by side" } else { "unified" };
        let mut series = Series::new(format!("{} lines of Rust, {view}", args.lines));
        for _ in 0..args.runs {
            let started = Instant::now();
            let page = web::change_page("src/made_up.rs", &old, &new, split);
            series.times.push(started.elapsed());
            bytes = bytes.max(page.len());
        }
        report.add([series]);
    }
    report.note(format!("the longer page has {} KiB before it is compressed", bytes / 1024));
    report.print(json);
    Ok(Exit::Ok)
}

/// A program of which every line differs from the other one's by a word.
fn program(functions: usize, name: &str, sign: char) -> String {
    let function = |number: usize| {
        format!(
            "/// Adds up the {name} of part {number}.\n\
             pub fn {name}_{number}(parts: &[Part], {name}: u64) -> Result<u64, Error> {{\n\
             \x20   let mut {name} = {name} + {number};\n\
             \x20   for part in parts.iter().filter(|part| part.{name} {sign} {number}) {{\n\
             \x20       {name} += part.{name}(\"a string of {name}\", {number}.5);\n\
             \x20       if {name} {sign} LIMIT {{ return Err(Error::TooMuch {{ {name} }}); }}\n\
             \x20       // The {name} is what it was before.\n\
             \x20       log::debug!(\"{name} of {{}}\", part.{name});\n\
             \x20   }} // of {name}\n\
             \x20   Ok({name}) }}\n"
        )
    };
    (0..functions).map(function).collect()
}
