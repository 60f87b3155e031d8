use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::evidence::{Check, Exit, Run};
use domain::{AttemptId, Evidence, Timestamp};

use super::*;
use crate::Log;

fn key() -> SigningKey {
    SigningKey::read(&SigningKey::make().unwrap()).unwrap()
}

fn run(log: &str) -> Run {
    Run {
        exit: Exit::Code { code: 0 },
        duration_ms: 7,
        log: log.into(),
        reader: None,
        doubt: None,
        cached: false,
    }
}

fn evidence() -> Evidence {
    let (base, head) = (run("test-base.log"), run("test-head.log"));
    let check = Check { name: "test".into(), command: "pytest".into(), base, head };
    let mut evidence =
        Evidence::new("a".repeat(40).parse().unwrap(), "b".repeat(40).parse().unwrap());
    evidence.checks = vec![check];
    evidence
}

fn logs() -> Vec<Log> {
    let log = |name: &str, text: &str| Log { name: name.into(), bytes: text.into() };
    vec![log("test-head.log", "5 passed\n"), log("test-base.log", "1 failed\n")]
}

fn sealed(key: &SigningKey) -> Vec<u8> {
    let attempt: AttemptId = "k3v9x2ab.1".parse().unwrap();
    let (evidence, logs) = (evidence(), logs());
    let facts =
        Facts { attempt: &attempt, evidence: &evidence, logs: &logs, signed: Timestamp(1_000) };
    seal(facts, key)
}

/// An envelope around any payload, with a signature that fits.
fn signed(key: &SigningKey, payload: &str) -> Vec<u8> {
    let kind = "application/vnd.in-toto+json";
    let message = format!("DSSEv1 {} {kind} {} {payload}", kind.len(), payload.len());
    let (payload, sig) = (STANDARD.encode(payload), STANDARD.encode(key.sign(message.as_bytes())));
    let keyid = key.public();
    let signatures = format!(r#"[{{"keyid":"{keyid}","sig":"{sig}"}}]"#);
    let text =
        format!(r#"{{"payloadType":"{kind}","payload":"{payload}","signatures":{signatures}}}"#);
    format!("{text}\n").into_bytes()
}

fn payload(envelope: &[u8]) -> String {
    let envelope: serde_json::Value = serde_json::from_slice(envelope).unwrap();
    let bytes = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[track_caller]
fn refusal(bytes: &[u8]) -> &'static str {
    verify(bytes, None).expect_err("it is accepted").name()
}

#[test]
fn what_was_sealed_is_verified_and_says_what_it_is_about() {
    let key = key();
    let public = key.public();
    for wanted in [None, Some(&public)] {
        let verified = verify(&sealed(&key), wanted).unwrap();
        assert_eq!(verified.key, public);
        let Statement { subject, predicate, .. } = verified.statement;
        let head = BTreeMap::from([("gitCommit".to_owned(), "b".repeat(40))]);
        assert_eq!(subject[0].digest, head);
        assert!(predicate.holds && predicate.evidence == evidence());
        let names: Vec<&str> = predicate.logs.iter().map(|log| log.name.as_str()).collect();
        assert_eq!(names, ["test-base.log", "test-head.log"]);
    }
}

#[test]
fn every_byte_counts() {
    let key = key();
    let bytes = sealed(&key);
    for at in 0..bytes.len() {
        for flip in [0x01, 0x20, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            assert!(verify(&changed, None).is_err(), "byte {at}, flipped by {flip:#x}");
        }
        assert!(verify(&bytes[..at], None).is_err(), "cut at {at}");
    }
    for more in [" ", "\n", "{}", "\0"] {
        assert!(verify(&[&bytes, more.as_bytes()].concat(), None).is_err(), "{more:?} after it");
    }
}

#[test]
fn another_spelling_of_the_same_envelope_is_refused() {
    let text = String::from_utf8(sealed(&key())).unwrap();
    for (from, to) in [
        ("{\"payloadType", "{ \"payloadType"),
        ("{\"payloadType", "{\"payload\":\"e30=\",\"payloadType"),
        ("{\"payloadType", "{\"more\":1,\"payloadType"),
        ("\"sig\":", "\"sig\":\"\",\"sig\":"),
        ("in-toto+json", "in-toto\\u002bjson"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        let name = refusal(changed.as_bytes());
        assert!(["rewritten", "no_envelope"].contains(&name), "{to}: {name}");
    }
}

#[test]
fn each_way_to_change_it_has_a_name_of_its_own() {
    let (key, other) = (key(), key());
    let text = String::from_utf8(sealed(&key)).unwrap();
    let replaced = |from: &str, to: &str| text.replacen(from, to, 1).into_bytes();
    assert_eq!(refusal(b"{}"), "no_envelope");
    assert_eq!(refusal(&replaced("vnd.in-toto", "vnd.other")), "payload_type");
    assert_eq!(refusal(&replaced("ed25519:", "ed25518:")), "key_id");
    assert_eq!(refusal(&replaced("\"signatures\":[", "\"signatures\":[],\"x\":[")), "no_envelope");
    assert_eq!(refusal(&replaced("\"payload\":\"", "\"payload\":\"!")), "base64");
    let (mine, theirs) = (key.public().to_string(), other.public().to_string());
    assert_eq!(refusal(&replaced(&mine, &theirs)), "signature");
    let elsewhere = verify(text.as_bytes(), Some(&other.public())).unwrap_err();
    assert_eq!(elsewhere.name(), "other_key");
    let twice = text.replace("\"}]}", "\"},{\"keyid\":\"\",\"sig\":\"\"}]}");
    assert_eq!(refusal(twice.as_bytes()), "signatures");
}

#[test]
fn a_signature_alone_makes_no_statement() {
    let key = key();
    let good = payload(&sealed(&key));
    assert!(verify(&signed(&key, &good), None).is_ok());
    let replaced = |from: &str, to: &str| {
        assert!(good.contains(from), "{from} isn't in {good}");
        signed(&key, &good.replacen(from, to, 1))
    };
    assert_eq!(refusal(&signed(&key, "[]")), "no_statement");
    assert_eq!(refusal(&replaced("Statement/v1", "Statement/v2")), "no_statement");
    assert_eq!(refusal(&replaced("evidence/v1", "evidence/v2")), "no_statement");
    assert_eq!(
        refusal(&replaced("\"holds\":true", "\"holds\":true,\"holds\":true")),
        "no_statement"
    );
    let (head, another) = ("b".repeat(40), "c".repeat(40));
    assert_eq!(refusal(&replaced(&head, &another)), "contradiction");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(refusal(&signed(&key, &deep)), "no_statement");
}

#[test]
fn logs_are_those_that_were_signed() {
    let folder = tempfile::tempdir().unwrap();
    let statement = verify(&sealed(&key()), None).unwrap().statement;
    let name = |statement: &Statement| check_logs(statement, folder.path()).map_err(|r| r.name());
    assert_eq!(name(&statement), Err("log_missing"));
    for log in logs() {
        std::fs::write(folder.path().join(log.name), log.bytes).unwrap();
    }
    assert_eq!(name(&statement), Ok(()));
    std::fs::write(folder.path().join("test-head.log"), "6 passed\n").unwrap();
    assert_eq!(name(&statement), Err("log_changed"));
    for evil in ["../x.log", "/etc/passwd", "", "a/b.log", "./x.log"] {
        let mut statement = statement.clone();
        statement.predicate.logs[0].name = evil.into();
        assert_eq!(name(&statement), Err("log_name"), "{evil}");
    }
}

#[test]
fn a_public_key_is_read_as_it_is_shown() {
    let public = key().public();
    assert_eq!(public.to_string().parse(), Ok(public));
    assert_eq!(public.pem().parse(), Ok(public));
    let private = SigningKey::make().unwrap();
    let upper = public.to_string().to_uppercase().replace("ED25519", "ed25519");
    for wrong in ["", "ed25519:", "ed25519:00", "ssh-ed25519 AAAA", &private, &upper] {
        assert_eq!(wrong.parse::<PublicKey>(), Err(KeyError::Public), "{wrong}");
    }
    assert!(SigningKey::read(&public.pem()).is_err() && SigningKey::read("x").is_err());
}

/// The vector of DSSE's own specification (`protocol.md`), so that others sign the same bytes.
#[test]
fn what_is_signed_is_encoded_as_the_specification_says() {
    let made = super::envelope::encoded("http://example.com/HelloWorld", b"hello world");
    assert_eq!(made, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}
