//! Which certificate authorities are trusted: by the proxy outside, and by programs inside.

use std::io;
use std::sync::{Arc, LazyLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

/// Where programs inside find what they are to trust; a tmpfs, so in no snapshot.
pub const BUNDLE_PATH: &str = "/run/whimbrel/ca.pem";
/// By which programs find it: OpenSSL, curl, Python's requests and pip, node, cargo, git, AWS, deno.
const VARIABLES: [&str; 9] = [
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "PIP_CERT",
    "NODE_EXTRA_CA_CERTS",
    "CARGO_HTTP_CAINFO",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
    "DENO_CERT",
];

/// The machine's own, read once.
static MACHINES: LazyLock<Vec<CertificateDer<'static>>> = LazyLock::new(|| {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "some of the machine's certificate authorities can't be read");
    }
    found.certs
});

static MACHINES_PEM: LazyLock<String> =
    LazyLock::new(|| MACHINES.iter().map(pem).collect::<String>());

/// The variables that a bundle needs inside.
pub fn variables() -> impl Iterator<Item = (String, String)> {
    VARIABLES.iter().map(|&name| (name.to_owned(), BUNDLE_PATH.to_owned()))
}

/// Whether this process was told to trust more than programs do by themselves: then what talks
/// through it has to, too.
pub fn was_told_of_more() -> bool {
    VARIABLES.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// The machine's authorities and `more`, in PEM.
pub fn bundle(more: &[&str]) -> String {
    let more = more.iter().map(|&pem| format!("{}\n", pem.trim_end()));
    [MACHINES_PEM.clone()].into_iter().chain(more).collect()
}

fn pem(certificate: &CertificateDer<'static>) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new("CERTIFICATE", certificate.to_vec()), config)
}

/// Checks servers against the machine's authorities and `more`.
pub fn connector(more: Option<&str>) -> io::Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(MACHINES.iter().cloned());
    for certificate in CertificateDer::pem_slice_iter(more.unwrap_or("").as_bytes()) {
        roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_can_be_read_again() {
        let authority = super::super::authority::Authority::new().unwrap();
        let text = bundle(&[authority.certificate()]);
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        assert_eq!(read.unwrap().len(), MACHINES.len() + 1);
        assert!(connector(Some(authority.certificate())).is_ok());
        assert!(connector(Some("-----BEGIN CERTIFICATE-----\nxx")).is_err());
    }
}
