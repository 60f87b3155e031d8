//! Signed evidence of an honest change: who has the file can verify it, with whimbrel and without,
//! and nothing in it can be changed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::python;
use crate::repository::Repository;
use crate::scripted::{Scripted, finish, shell};
use crate::world::{Ran, World};

const SUMMARY: &str = "Doubling is times two. I added a regression test. All 3 tests pass. I ran mypy. \
                       No tests were changed.";

const MORE_TEST: &str = "import unittest\n\nfrom double import double\n\n\n\
                         class More(unittest.TestCase):\n    def test_six(self):\n        \
                         self.assertEqual(double(3), 6)\n";

/// A change that is what it says it is, offered, with its evidence exported.
struct Sealed {
    world: Scripted,
    task: String,
    head: String,
    file: PathBuf,
    key: PathBuf,
    logs: PathBuf,
}

impl Sealed {
    fn new() -> Self {
        let edit =
            format!("sed -i 's/x + 2/x * 2/' double.py; printf '{MORE_TEST}' > test_more.py")
                .replace('\n', "\\n");
        let world = Scripted::new(vec![shell(&edit), finish("Multiply", SUMMARY)]);
        let repository: Repository = world.buggy("double");
        let ran = world.delegate(&repository, &[], "double is wrong").exits(0).object();
        let task = ran["task"].as_str().unwrap().to_owned();
        let head = ran["pull_request"]["head"].as_str().unwrap().to_owned();
        let path = |name: &str| world.path().join(name);
        let (file, key, logs) = (path("evidence.json"), path("key.pem"), path("logs"));
        let folder = logs.to_str().unwrap();
        let signed = world.run(&["evidence", &task, "--signed", "--logs", folder]).exits(0).stdout;
        fs::write(&file, signed).unwrap();
        fs::write(&key, world.run(&["evidence", "key"]).exits(0).stdout).unwrap();
        Self { world, task, head, file, key, logs }
    }

    /// In another world, without the home that signed it.
    fn verify(&self, file: &Path, more: &[&str]) -> Ran {
        let elsewhere = World::new();
        let mut arguments = vec!["evidence", "verify", file.to_str().unwrap()];
        arguments.extend(more);
        let ran = elsewhere.run(&arguments);
        assert!(!elsewhere.home().exists(), "verifying needs no home");
        ran
    }

    fn verify_all(&self, file: &Path) -> Ran {
        let (key, logs) = (self.key.to_str().unwrap(), self.logs.to_str().unwrap());
        self.verify(file, &["--key", key, "--logs", logs, "--json"])
    }

    /// A file beside the real one, with other bytes.
    fn forged(&self, bytes: &[u8]) -> PathBuf {
        let path = self.world.path().join("forged.json");
        fs::write(&path, bytes).unwrap();
        path
    }
}

#[test]
fn an_honest_change_holds_and_its_evidence_is_verified() {
    let sealed = Sealed::new();
    let world = &sealed.world;
    let verified = sealed.verify_all(&sealed.file).exits(0).object();
    assert_eq!(verified["verified"], true, "{verified:#}");
    assert_eq!(verified["head"], sealed.head.as_str());
    assert_eq!((&verified["holds"], &verified["logs_were_checked"]), (&true.into(), &true.into()));

    let shown = world.run(&["evidence", "--json", &sealed.task]).exits(0).object();
    assert_eq!(shown["evidence"], verified["evidence"], "what is shown is what is signed");
    assert_eq!(shown["objections"], serde_json::json!([]));
    let added = &shown["evidence"]["tests"]["added"][0];
    assert_eq!(added["on_base"], "red_green", "{shown:#}");
    let mutation = &shown["evidence"]["mutation"];
    assert!(mutation["tried"].as_u64() > Some(0), "{mutation:#}");
    assert_eq!(mutation["tried"], mutation["caught"], "{mutation:#}");
    let claims = shown["evidence"]["claims"].as_array().unwrap();
    let shown: Vec<&str> = claims.iter().map(|c| c["shown"]["how"].as_str().unwrap()).collect();
    assert_eq!(shown, ["seen", "proven", "unproven", "seen"], "{claims:#?}");

    let told = sealed.verify(&sealed.file, &[]).exits(0);
    told.says("verified:").says(&sealed.head).says("the file's own word").says("holds");
    let body = world.run(&["pr", "show", &sealed.task]).exits(0).stdout;
    let key = verified["key"].as_str().unwrap();
    assert!(body.contains(&format!("Signed with key `{key}`")), "{body}");
    let private = world.home().join("keys/evidence.ed25519");
    assert_eq!(fs::metadata(private).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_changed_file_is_refused_each_time_for_its_own_reason() {
    let sealed = Sealed::new();
    let bytes = fs::read(&sealed.file).unwrap();
    // Every byte is flipped by a test of the library; here a few go through the program.
    for at in (0..bytes.len()).step_by(211) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let ran = sealed.verify_all(&sealed.forged(&changed)).exits(9);
        assert_eq!(ran.object()["verified"], false, "byte {at}: {ran}");
    }
    let text = String::from_utf8(bytes).unwrap();
    let refusal = |text: &str| {
        let ran = sealed.verify_all(&sealed.forged(text.as_bytes())).exits(9).object();
        ran["refusal"].as_str().unwrap().to_owned()
    };
    assert_eq!(refusal(&text.replacen(":\"", ": \"", 1)), "rewritten");
    assert_eq!(refusal(&text.replacen("{", "{\"payload\":\"\",", 1)), "no_envelope");
    assert_eq!(refusal(""), "no_envelope");
    let _as_it_was = sealed.verify_all(&sealed.forged(text.as_bytes())).exits(0);
}

#[test]
fn another_key_and_other_logs_are_refused() {
    let sealed = Sealed::new();
    let other = World::new();
    let key = other.run(&["evidence", "key", "--json"]).exits(0).object();
    let id = key["id"].as_str().unwrap();
    let ran = sealed.verify(&sealed.file, &["--key", id, "--json"]).exits(9);
    assert_eq!(ran.object()["refusal"], "other_key");

    let log = sealed.logs.join("test-head.log");
    let mut text = fs::read(&log).unwrap();
    text[0] ^= 1;
    fs::write(&log, text).unwrap();
    let ran = sealed.verify_all(&sealed.file).exits(9);
    assert_eq!(ran.object()["refusal"], "log_changed", "{ran}");
    fs::remove_file(&log).unwrap();
    let ran = sealed.verify_all(&sealed.file).exits(9);
    assert_eq!(ran.object()["refusal"], "log_missing", "{ran}");
    sealed.verify(Path::new("/nothing"), &[]).exits(1).says("can't read /nothing");
    sealed.verify(&sealed.file, &["--key", "/nothing"]).exits(1).says("can't read the key");
}

/// Reads the envelope as its specification says, and knows nothing of whimbrel.
const INDEPENDENT: &str = r#"
import base64, hashlib, json, pathlib, sys
from cryptography.hazmat.primitives.serialization import load_pem_public_key
import jsonschema
envelope = json.loads(pathlib.Path(sys.argv[1]).read_bytes())
key = load_pem_public_key(pathlib.Path(sys.argv[2]).read_bytes())
kind, payload = envelope["payloadType"].encode(), base64.b64decode(envelope["payload"])
signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
[signature] = envelope["signatures"]
key.verify(base64.b64decode(signature["sig"]), signed)
assert signature["keyid"] == "ed25519:" + key.public_bytes_raw().hex()
statement = json.loads(payload)
assert statement["_type"] == "https://in-toto.io/Statement/v1", statement
for log in statement["predicate"]["logs"]:
    found = hashlib.sha256((pathlib.Path(sys.argv[3]) / log["name"]).read_bytes()).hexdigest()
    assert found == log["digest"]["sha256"], log
schema = json.loads(pathlib.Path(sys.argv[4]).read_bytes())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
validator.validate(statement["predicate"]["evidence"])
broken = dict(statement["predicate"]["evidence"], head="not a commit")
assert not validator.is_valid(broken)
print(json.dumps({"head": statement["subject"][0]["digest"]["gitCommit"],
                  "logs": len(statement["predicate"]["logs"])}))
"#;

#[test]
fn an_independent_program_verifies_it_and_its_schema() {
    let sealed = Sealed::new();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/evidence.schema.json");
    let said = python::run(INDEPENDENT, &[&sealed.file, &sealed.key, &sealed.logs, &schema]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["head"], sealed.head.as_str());
    assert!(said["logs"].as_u64().unwrap() >= 2, "{said}");
}
