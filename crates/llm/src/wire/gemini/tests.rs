use expect_test::expect;

use crate::wire::Wire;
use crate::wire::tests::{body, body_of, call, decode, kept, settings, shown};

use super::*;

#[test]
fn a_request_says_everything() {
    expect![[r#"
        contents:
          {"parts":[{"text":"Fix it"},{"inlineData":{"data":"iVBORw0KGgo=","mimeType":"image/png"}}],"role":"user"}
          {"parts":[{"text":"I look."},{"functionCall":{"args":{"command":"ls"},"id":"c1","name":"shell"},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"args":{"malformed":"{oops"},"id":"c2","name":"read"}}],"role":"model"}
          {"parts":[{"functionResponse":{"id":"c1","name":"shell","response":{"output":"a.py"}}},{"functionResponse":{"id":"c2","name":"read","response":{"error":"not JSON"}}},{"text":"What the call c1 showed:"},{"inlineData":{"data":"iVBORw0KGgo=","mimeType":"image/png"}}],"role":"user"}
        systemInstruction: {"parts":[{"text":"You fix."}]}
        tools:
          {"functionDeclarations":[{"description":"Runs it.","name":"shell","parametersJsonSchema":{"properties":{"command":{"type":"string"}},"type":"object"}}]}
    "#]].assert_eq(&body(Wire::Gemini));
}

fn chunk(parts: Value, finish: Value) -> Value {
    json!({
        "candidates": [{ "content": { "role": "model", "parts": parts }, "finishReason": finish }],
        "usageMetadata": {
            "promptTokenCount": 9, "cachedContentTokenCount": 4,
            "candidatesTokenCount": 5, "thoughtsTokenCount": 3,
        },
    })
}

fn answer() -> Vec<Value> {
    vec![
        chunk(json!([{ "text": "Hm", "thought": true }, { "text": "I " }]), Value::Null),
        chunk(json!([{ "text": "look", "thoughtSignature": "t" }]), Value::Null),
        chunk(
            json!([
                { "functionCall": { "name": "f", "args": { "x": 1 } }, "thoughtSignature": "s" },
                { "functionCall": { "name": "g", "id": "own" } },
            ]),
            "STOP".into(),
        ),
    ]
}

#[test]
fn parts_are_put_together() {
    let (reply, heard) = decode(Wire::Gemini, &answer()).unwrap();
    let reply = reply.unwrap();
    assert_eq!((reply.text.as_str(), heard.as_str()), ("I look", "I look"));
    assert_eq!(reply.calls, [call("made_9_0", "f", "{\"x\":1}"), call("own", "g", "{}")]);
    let usage = Usage {
        input_tokens: 9,
        cached_tokens: 4,
        written_tokens: 0,
        output_tokens: 8,
        reasoning_tokens: 3,
    };
    assert_eq!((reply.usage, reply.stop), (usage, Stop::Done));
}

#[test]
fn signatures_go_back_with_what_they_sign() {
    let turn = kept(Wire::Gemini, "p/m-5", &answer());
    let results =
        [Message::tool_result("made_9_0", true, "done"), Message::tool_result("own", false, "no")];
    let messages: Vec<Message> = [Message::user("Go"), turn].into_iter().chain(results).collect();
    expect![[r#"
        contents:
          {"parts":[{"text":"Go"}],"role":"user"}
          {"parts":[{"text":"I look","thoughtSignature":"t"},{"functionCall":{"args":{"x":1},"name":"f"},"thoughtSignature":"s"},{"functionCall":{"args":{},"id":"own","name":"g"}}],"role":"model"}
          {"parts":[{"functionResponse":{"name":"f","response":{"output":"done"}}},{"functionResponse":{"id":"own","name":"g","response":{"error":"no"}}}],"role":"user"}
    "#]].assert_eq(&shown(&body_of(Wire::Gemini, &messages, settings())));
    // A third-generation model refuses calls without one, and these are another model's.
    let other = Settings { model: "gemini-3-pro", asked: "q/x", ..settings() };
    assert_eq!(
        body_of(Wire::Gemini, &messages, other).to_string().matches(FOREIGN_SIGNATURE).count(),
        1
    );
    let older = Settings { model: "gemini-2.5-pro", ..other };
    assert!(!body_of(Wire::Gemini, &messages, older).to_string().contains("thoughtSignature"));
}

#[test]
fn the_reason_for_the_end_is_kept() {
    let stop = |reason: &str| {
        let (reply, _) = decode(Wire::Gemini, &[chunk(json!([]), reason.into())])?;
        Ok(reply.unwrap().stop)
    };
    assert_eq!(
        [stop("STOP"), stop("MAX_TOKENS"), stop("SAFETY")],
        [Ok(Stop::Done), Ok(Stop::Length), Ok(Stop::Filtered)]
    );
    assert!(matches!(stop("MALFORMED_FUNCTION_CALL"), Err(Fault::Unreadable(_))), "asked again");
    let blocked = json!({ "promptFeedback": { "blockReason": "SAFETY" } });
    assert_eq!(decode(Wire::Gemini, &[blocked]).unwrap().0.unwrap().stop, Stop::Filtered);
}

#[test]
fn without_a_reason_there_is_no_answer() {
    assert_eq!(decode(Wire::Gemini, &answer()[..2]).unwrap().0, None);
}

#[test]
fn an_error_in_the_stream_is_a_refusal() {
    let error = json!({ "code": 503, "message": "overloaded", "status": "UNAVAILABLE" });
    let result = decode(Wire::Gemini, &[json!({ "error": error })]);
    let Err(Fault::Refused(refusal)) = result else { panic!() };
    assert_eq!((refusal.code.as_str(), refusal.message.as_str()), ("UNAVAILABLE", "overloaded"));
}

#[test]
fn effort_is_said_as_each_generation_wants_it() {
    let say = |model| thinking(model, Effort::Medium).to_string();
    assert_eq!(say("gemini-2.5-pro"), "{\"thinkingBudget\":8192}");
    assert_eq!(say("gemini-3-pro-preview"), "{\"thinkingLevel\":\"medium\"}");
}

#[test]
fn a_models_name_stays_in_its_path() {
    assert_eq!(escaped("models/gemini-2.5-pro"), "gemini-2.5-pro");
    assert_eq!(escaped("a?b#c d"), "a%3Fb%23c%20d");
}
