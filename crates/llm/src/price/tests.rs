use super::*;

const PRICE: Price =
    Price { input: 5_000_000, cached: 500_000, cache_write: 6_250_000, output: 25_000_000 };

#[test]
fn each_kind_of_token_has_its_price() {
    let usage = Usage {
        input_tokens: 1_000,
        cached_tokens: 600,
        written_tokens: 300,
        output_tokens: 40,
        reasoning_tokens: 30,
    };
    // 100 fresh, 600 cached, 300 written, 40 out (the thoughts among them): 500 + 300 + 1875 + 1000.
    assert_eq!(PRICE.cost_micros(&usage), 3_675);
}

#[test]
fn a_fraction_of_a_micro_dollar_counts_as_one() {
    let cheap = Price { input: 1, cached: 0, cache_write: 0, output: 0 };
    assert_eq!(cheap.cost_micros(&Usage { input_tokens: 1, ..Usage::default() }), 1);
    assert_eq!(cheap.cost_micros(&Usage::default()), 0);
}

#[test]
fn no_numbers_overflow() {
    let usage = Usage { input_tokens: u64::MAX, output_tokens: u64::MAX, ..Usage::default() };
    let dear = Price { input: u64::MAX, cached: 0, cache_write: 0, output: u64::MAX };
    assert_eq!(dear.cost_micros(&usage), u64::MAX);
}

#[test]
fn dated_versions_are_known_and_others_are_not() {
    let price = |provider, model| known(provider, model).map(|known| known.price.input);
    assert_eq!(price("anthropic", "claude-sonnet-4-5-20250929"), Some(3_000_000));
    assert_eq!(price("openai", "gpt-5-2025-08-07"), Some(1_250_000));
    assert_eq!(price("openai-chat", "gpt-5-mini"), Some(250_000));
    assert_eq!(price("openai", "gpt-5-codex-next"), None);
    assert_eq!(price("openai", "gpt-5.9"), None);
    assert_eq!(price("ollama", "gpt-5"), None);
}

/// The table in the documentation is the one that counts.
#[test]
fn the_documentation_has_every_known_price() {
    let documented = include_str!("../../../../docs/models.md");
    for row in known::TABLE {
        let dollars = |micros: u64| (micros as f64 / 1e6).to_string();
        let Price { input, cached, cache_write, output } = row.price;
        let prices = [input, cached, cache_write, output].map(dollars).join(" | ");
        let window = match row.window_tokens {
            1_000_000 => "1M".to_owned(),
            tokens => format!("{}k", tokens / 1_000),
        };
        let line = format!("| `{}/{}` | {window} | {prices} |", row.provider, row.model);
        assert!(documented.contains(&line), "{line}");
    }
}
