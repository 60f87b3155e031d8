//! Runs a program on random inputs and prints what it gives, so that two versions can be compared.

pub const ROUNDS: usize = 300;

pub struct Random(u64);

impl Random {
    pub fn new() -> Self {
        Self(std::env::args().nth(1).and_then(|seed| seed.parse().ok()).unwrap_or(0))
    }

    pub fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % most.max(1)
    }

    pub fn choice<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

pub fn show<T: std::fmt::Debug>(deed: impl FnOnce() -> T + std::panic::UnwindSafe) {
    match std::panic::catch_unwind(deed) {
        Ok(value) => println!("{value:?}"),
        Err(_) => println!("panic"),
    }
}
