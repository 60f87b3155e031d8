//! Certificates: read at the start, and again when their files have changed, as they do every few
//! weeks.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// How often it is looked whether the files have changed.
const LOOK: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("can't read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} has no {what} in PEM format")]
    Empty { path: PathBuf, what: &'static str },
    #[error("the certificate {cert} and the key {key} can't be used together")]
    Unusable { cert: PathBuf, key: PathBuf, source: rustls::Error },
}

/// A certificate and its key, in files.
pub struct Tls {
    cert: PathBuf,
    key: PathBuf,
    used: Mutex<Used>,
}

struct Used {
    acceptor: TlsAcceptor,
    changed: Option<SystemTime>,
    looked: Instant,
}

impl Tls {
    /// # Errors
    /// Where a file can't be read, or the two don't fit each other.
    pub fn read(cert: &Path, key: &Path) -> Result<Self, Error> {
        let used = Used {
            acceptor: acceptor(cert, key)?,
            changed: changed(cert, key),
            looked: Instant::now(),
        };
        Ok(Self { cert: cert.to_owned(), key: key.to_owned(), used: Mutex::new(used) })
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.looked.elapsed() >= LOOK {
            used.looked = Instant::now();
            self.look(&mut used);
        }
        used.acceptor.clone()
    }

    /// While one file is new and the other isn't yet, the old ones stay.
    fn look(&self, used: &mut Used) {
        let found = changed(&self.cert, &self.key);
        if found == used.changed {
            return;
        }
        match acceptor(&self.cert, &self.key) {
            Ok(acceptor) => (used.acceptor, used.changed) = (acceptor, found),
            Err(error) => tracing::warn!("the old certificate stays: {}", engine::words(&error)),
        }
    }
}

fn changed(cert: &Path, key: &Path) -> Option<SystemTime> {
    let of = |path: &Path| fs::metadata(path).and_then(|found| found.modified()).ok();
    of(cert).max(of(key))
}

fn acceptor(cert: &Path, key: &Path) -> Result<TlsAcceptor, Error> {
    let read = |path: &Path| {
        fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
    };
    let empty = |path: &Path, what| Error::Empty { path: path.to_owned(), what };
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(cert)?).collect();
    let chain = found.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| empty(cert, "certificate"))?;
    let secret =
        PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| empty(key, "private key"))?;
    let unusable = |source| Error::Unusable { cert: cert.to_owned(), key: key.to_owned(), source };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
        let (cert, key) = (folder.join(format!("{name}.crt")), folder.join(format!("{name}.key")));
        fs::write(&cert, made.cert.pem()).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        (cert, key)
    }

    #[test]
    fn a_pair_that_fits_is_taken_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let (cert, key) = pair(folder.path(), "a");
        let (_, other) = pair(folder.path(), "b");
        Tls::read(&cert, &key).unwrap();
        let said = |cert: &Path, key: &Path| Tls::read(cert, key).err().unwrap().to_string();
        assert!(said(&cert, &other).contains("can't be used together"));
        assert!(said(&key, &key).contains("has no certificate"));
        assert!(said(&cert, &cert).contains("has no private key"));
        assert!(said(&folder.path().join("none"), &key).contains("can't read"));
    }
}
