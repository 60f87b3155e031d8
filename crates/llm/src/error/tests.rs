use expect_test::expect;

use super::*;

const ASKED: Asked<'_> = Asked { address: "http://model", model: "m", remedy: "SOME_API_KEY" };

fn error(status: impl Into<Option<u16>>, code: &str, message: &str) -> Error {
    let refusal = Refusal {
        status: status.into(),
        code: code.into(),
        message: message.into(),
        after: Some(Duration::from_secs(3)),
    };
    refusal.into_error(&ASKED)
}

#[test]
fn every_refusal_says_what_to_do() {
    let again = Action::Retry { after: Some(Duration::from_secs(3)) };
    let cases = [
        (error(429, "", "slow down"), again),
        (error(429, "insufficient_quota", "pay"), Action::GiveUp),
        (error(500, "", ""), again),
        (error(529, "overloaded_error", ""), again),
        (error(None, "overloaded_error", ""), again),
        (error(None, "", "odd"), again),
        (error(401, "", ""), Action::GiveUp),
        (error(400, "API_KEY_INVALID", "API key not valid"), Action::GiveUp),
        (error(429, "RESOURCE_EXHAUSTED", "quota"), again),
        (error(503, "UNAVAILABLE", "overloaded"), again),
        (error(None, "usage_limit_reached", "plan"), again),
        (
            error(
                400,
                "INVALID_ARGUMENT",
                "The input token count (9) exceeds the maximum number of tokens allowed (8).",
            ),
            Action::Shorten,
        ),
        (error(404, "", ""), Action::GiveUp),
        (error(400, "", "bad tool"), Action::GiveUp),
        (error(400, "context_length_exceeded", ""), Action::Shorten),
        (error(400, "invalid_request_error", "prompt is too long: 9 > 8"), Action::Shorten),
        (error(413, "request_too_large", ""), Action::Shorten),
        (error(None, "context_length_exceeded", ""), Action::Shorten),
        // A rate limit that talks of tokens is still a rate limit.
        (error(429, "", "maximum context length tier"), again),
    ];
    for (error, action) in cases {
        assert_eq!(error.action(), action, "{error}");
    }
}

#[test]
fn a_refused_key_names_what_to_check() {
    expect!["the provider refuses the key (401): no; check SOME_API_KEY"]
        .assert_eq(&error(401, "", "no").to_string());
}

#[test]
fn an_error_is_told_with_its_causes() {
    let source = Box::new(error(500, "", "boom"));
    expect!["asked 3 times without an answer: the provider can't answer now (500): boom"]
        .assert_eq(&words(&Error::Exhausted { attempts: 3, source }));
}
