//! Random inputs for `calendar`.

mod prelude;

use prelude::{show, Random, ROUNDS};
use program::{busy, free, Span, Time};

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let mut random = Random::new();
    for _ in 0..ROUNDS {
        let text = format!(
            "{}{}{}",
            random.below(27),
            random.choice(&["", ":30", ":07", ":60", ":"]),
            random.choice(&["", "am", "PM", " pm", "x"])
        );
        show(|| Time::parse(&text).map(|time| time.to_string()));
        let mut time = || Time::new(random.below(24) as u32, random.below(60) as u32).unwrap();
        let (one, other) = (time(), time());
        let mut spans = Vec::new();
        for _ in 0..5 {
            spans.extend(Span::new(time(), time()));
        }
        let (by, step) = (random.below(6000) as i64 - 3000, random.below(50) as u32);
        show(|| (one.plus(by), one.until(other), one.rounded(step)));
        show(|| free(&spans, one.min(other), one.max(other)));
        show(|| busy(&spans));
        show(|| spans.iter().map(|span| (span.minutes(), span.meets(spans[0]))).collect::<Vec<_>>());
    }
}
