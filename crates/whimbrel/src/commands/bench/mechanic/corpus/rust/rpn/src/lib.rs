//! A calculator that takes its operands first: `3 4 + 2 *`.

use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    Missing { word: String },
    DividedByZero,
    Overflow,
    Unknown { word: String },
    /// So many values are left, and not one.
    Left { values: usize },
}

#[derive(Debug, Default)]
pub struct Calculator {
    stack: Vec<i64>,
    names: BTreeMap<String, i64>,
}

impl Calculator {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn stack(&self) -> &[i64] {
        &self.stack
    }

    /// Runs each word; stops at the first that can't be run, and leaves the stack as it is then.
    pub fn run(&mut self, text: &str) -> Result<(), Problem> {
        for word in text.split_whitespace() {
            self.word(word)?;
        }
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), Problem> {
        if let Ok(number) = word.parse::<i64>() {
            self.stack.push(number);
            return Ok(());
        }
        if let Some(name) = word.strip_prefix('>') {
            let value = self.pop(word)?;
            self.names.insert(name.to_owned(), value);
            return Ok(());
        }
        match word {
            "+" | "-" | "*" | "/" | "%" | "max" | "min" => self.binary(word),
            "neg" => {
                let value = self.pop(word)?;
                self.push(value.checked_neg())
            }
            "dup" => {
                let value = self.pop(word)?;
                self.stack.push(value);
                self.stack.push(value);
                Ok(())
            }
            "swap" => {
                let (left, right) = self.pop_two(word)?;
                self.stack.push(right);
                self.stack.push(left);
                Ok(())
            }
            "drop" => self.pop(word).map(drop),
            "sum" => {
                let sum = self.stack.drain(..).try_fold(0i64, i64::checked_add);
                self.push(sum)
            }
            name => match self.names.get(name) {
                Some(value) => {
                    self.stack.push(*value);
                    Ok(())
                }
                None => Err(Problem::Unknown { word: name.to_owned() }),
            },
        }
    }

    fn binary(&mut self, word: &str) -> Result<(), Problem> {
        let (left, right) = self.pop_two(word)?;
        if right == 0 && (word == "/" || word == "%") {
            return Err(Problem::DividedByZero);
        }
        let value = match word {
            "+" => left.checked_add(right),
            "-" => left.checked_sub(right),
            "*" => left.checked_mul(right),
            "/" => left.checked_div(right),
            "%" => left.checked_rem_euclid(right),
            "max" => Some(left.max(right)),
            _ => Some(left.min(right)),
        };
        self.push(value)
    }

    fn push(&mut self, value: Option<i64>) -> Result<(), Problem> {
        self.stack.push(value.ok_or(Problem::Overflow)?);
        Ok(())
    }

    fn pop(&mut self, word: &str) -> Result<i64, Problem> {
        self.stack.pop().ok_or_else(|| Problem::Missing { word: word.to_owned() })
    }

    /// The two on top, in the order they were pushed.
    fn pop_two(&mut self, word: &str) -> Result<(i64, i64), Problem> {
        if self.stack.len() < 2 {
            return Err(Problem::Missing { word: word.to_owned() });
        }
        let right = self.pop(word)?;
        let left = self.pop(word)?;
        Ok((left, right))
    }
}

/// The one value that a text comes to.
pub fn evaluate(text: &str) -> Result<i64, Problem> {
    let mut calculator = Calculator::new();
    calculator.run(text)?;
    match calculator.stack() {
        [value] => Ok(*value),
        values => Err(Problem::Left { values: values.len() }),
    }
}
