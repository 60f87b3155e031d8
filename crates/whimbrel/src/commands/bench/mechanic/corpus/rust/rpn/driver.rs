//! Random inputs for `rpn`.

mod prelude;

use prelude::{show, Random, ROUNDS};
use program::{evaluate, Calculator};

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let mut random = Random::new();
    for _ in 0..ROUNDS * 4 {
        let words = [
            "1", "2", "-3", "7", "0", "+", "-", "*", "/", "%", "max", "min", "neg", "dup", "swap", "drop",
            "sum", ">x", "x", "y", "5", "12", "4",
        ];
        let mut text = vec!["3", "8", "5"];
        text.extend((0..random.below(9)).map(|_| random.choice(&words)));
        let text = text.join(" ");
        show(|| evaluate(&text));
        show(|| {
            let mut calculator = Calculator::new();
            let ran = calculator.run(&text);
            (ran, calculator.stack().to_vec())
        });
    }
}
