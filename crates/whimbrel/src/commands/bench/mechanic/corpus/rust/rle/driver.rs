//! Random inputs for `rle`.

mod prelude;

use prelude::{show, Random, ROUNDS};
use program::{decode, encode, longest, runs, saved_percent};

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let mut random = Random::new();
    for _ in 0..ROUNDS {
        let letters = ["a", "a", "b", "1", "\\", "ccc", "ä"];
        let text: String = (0..random.below(12)).map(|_| random.choice(&letters)).collect();
        let codes = ["3", "0", "12", "a", "\\", "b", "9000", "\\7"];
        let code: String = (0..random.below(6)).map(|_| random.choice(&codes)).collect();
        show(|| encode(&text));
        show(|| runs(&text));
        show(|| decode(&code).map(|text| (text.len(), text.chars().take(20).collect::<String>())));
        show(|| longest(&text));
        show(|| saved_percent(&text));
    }
}
