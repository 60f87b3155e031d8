//! The envelope around a statement: what is signed, by which key, and the signature.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::{Facts, PublicKey, Refusal, SigningKey, Statement};

const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// More than the longest evidence: a hundred thousand tests whose names are cut at 500 characters,
/// in base64.
const BYTES_MAX: usize = 256 * 1024 * 1024;

/// DSSE's envelope. The order of the fields is the order in which they are written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    #[serde(rename = "payloadType")]
    payload_type: String,
    payload: String,
    signatures: Vec<Signature>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    keyid: String,
    sig: String,
}

/// What a file that was not changed says, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub statement: Statement,
    pub key: PublicKey,
}

/// The envelope's bytes: one line of JSON.
pub fn seal(facts: Facts<'_>, key: &SigningKey) -> Vec<u8> {
    let payload = serde_json::to_vec(&Statement::of(facts)).expect("evidence can be JSON");
    let sig = STANDARD.encode(key.sign(&encoded(PAYLOAD_TYPE, &payload)));
    let envelope = Envelope {
        payload_type: PAYLOAD_TYPE.into(),
        payload: STANDARD.encode(payload),
        signatures: vec![Signature { keyid: key.public().to_string(), sig }],
    };
    envelope.written()
}

/// Without `wanted`, the key that the envelope names is believed: that shows that nothing was
/// changed since it was signed, and not who signed it.
pub fn verify(bytes: &[u8], wanted: Option<&PublicKey>) -> Result<Verified, Refusal> {
    let envelope = Envelope::read(bytes)?;
    let [signature] = envelope.signatures.as_slice() else {
        return Err(Refusal::Signatures { found: envelope.signatures.len() });
    };
    let named = signature.keyid.parse().ok().filter(|key: &PublicKey| {
        // Neither PEM nor spaces around it: an id has one spelling.
        key.to_string() == signature.keyid
    });
    let no_key = || Refusal::KeyId { found: stdx::cut::line(&signature.keyid, 100) };
    let key = named.ok_or_else(no_key)?;
    if let Some(wanted) = wanted.filter(|wanted| **wanted != key) {
        return Err(Refusal::OtherKey { found: key, wanted: *wanted });
    }
    let payload = decoded(&envelope.payload, "payload")?;
    let sig = decoded(&signature.sig, "signature")?;
    if !key.is_signed(&encoded(&envelope.payload_type, &payload), &sig) {
        return Err(Refusal::Signature);
    }
    Ok(Verified { statement: Statement::read(&payload)?, key })
}

impl Envelope {
    fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > BYTES_MAX {
            return Err(Refusal::TooLarge { bytes: bytes.len() });
        }
        let read = serde_json::from_slice(bytes);
        let envelope: Self =
            read.map_err(|error| Refusal::NoEnvelope { why: error.to_string() })?;
        if envelope.payload_type != PAYLOAD_TYPE {
            let found = stdx::cut::line(&envelope.payload_type, 100);
            return Err(Refusal::PayloadType { found });
        }
        if envelope.written() != bytes {
            return Err(Refusal::Rewritten);
        }
        Ok(envelope)
    }

    fn written(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("an envelope can be JSON");
        bytes.push(b'\n');
        bytes
    }
}

fn decoded(text: &str, field: &'static str) -> Result<Vec<u8>, Refusal> {
    STANDARD.decode(text).map_err(|_malformed| Refusal::Base64 { field })
}

/// DSSE's pre-authentication encoding: type and payload, each after its length.
pub(super) fn encoded(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}
