//! A certificate authority of one computer, trusted only inside, with which the proxy can read
//! what is said to hosts whose rules are about methods, or that get a credential.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use domain::network::Host;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

/// Certificates that are kept to be used again.
const CERTIFICATES_MAX: usize = 256;
const NAME: &str = "whimbrel, for this computer only";
/// What the proxy understands; so both sides agree on it.
const PROTOCOL: &[u8] = b"http/1.1";

pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
    /// Of all servers that it plays.
    key: KeyPair,
    servers: Mutex<HashMap<Host, Arc<ServerConfig>>>,
}

impl Authority {
    pub fn new() -> io::Result<Self> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let mut params = named(CertificateParams::default(), NAME);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).map_err(io::Error::other)?.pem();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().map_err(io::Error::other)?;
        Ok(Self { issuer, certificate, key, servers: Mutex::default() })
    }

    /// In PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// What plays the server of `host`.
    pub fn server(&self, host: &Host) -> io::Result<Arc<ServerConfig>> {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = servers.get(host) {
            return Ok(Arc::clone(server));
        }
        let server = Arc::new(self.play(host)?);
        if servers.len() < CERTIFICATES_MAX {
            servers.insert(host.clone(), Arc::clone(&server));
        }
        Ok(server)
    }

    fn play(&self, host: &Host) -> io::Result<ServerConfig> {
        let name = match host {
            Host::Name(name) => name.clone(),
            Host::Address(address) => address.to_string(),
        };
        let params = CertificateParams::new(vec![name]).map_err(io::Error::other)?;
        // The common name has a limit that names don't have; the alternative name is what counts.
        let mut params = named(params, "whimbrel");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        let signed = params.signed_by(&self.key, &self.issuer).map_err(io::Error::other)?;
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).map_err(io::Error::other)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![signed.der().clone()], key);
        let mut config = config.map_err(io::Error::other)?;
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        Ok(config)
    }
}

fn named(mut params: CertificateParams, name: &str) -> CertificateParams {
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
