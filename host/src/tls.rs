//! The certificate of an application that listens on `https` itself.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// A certificate with its private key, as PEM (RFC 7468). The application's own certificate comes first, then those that
/// vouch for it, up to one that browsers know.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Certificate {
    /// In two files, or twice the same one. They are read when the application begins to listen.
    Files {
        /// The chain of certificates.
        chain: PathBuf,
        /// The private key: PKCS#8, PKCS#1 or SEC1.
        key: PathBuf,
    },
    /// As texts.
    Pem {
        /// The chain of certificates.
        chain: String,
        /// The private key: PKCS#8, PKCS#1 or SEC1.
        key: String,
    },
}

/// A certificate can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The chain can't be read.
    #[error("the certificate{} can't be read: {source}", at(place))]
    Chain {
        /// The file, if it is one.
        place: Option<PathBuf>,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// The private key can't be read.
    #[error("the certificate's private key{} can't be read: {source}", at(place))]
    Key {
        /// The file, if it is one.
        place: Option<PathBuf>,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// The two don't fit together, or are of a kind that isn't known.
    #[error("the certificate can't be used: {0}")]
    Unusable(#[from] rustls::Error),
}

impl Certificate {
    /// What speaks TLS 1.2 and 1.3 with it.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, CertificateError> {
        let (chain, key) = match self {
            Self::Files { chain, key } => (
                CertificateDer::pem_file_iter(chain).and_then(Iterator::collect).map_err(
                    |source| CertificateError::Chain { place: Some(chain.clone()), source },
                )?,
                PrivateKeyDer::from_pem_file(key)
                    .map_err(|source| CertificateError::Key { place: Some(key.clone()), source })?,
            ),
            Self::Pem { chain, key } => (
                CertificateDer::pem_slice_iter(chain.as_bytes())
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(|source| CertificateError::Chain { place: None, source })?,
                PrivateKeyDer::from_pem_slice(key.as_bytes())
                    .map_err(|source| CertificateError::Key { place: None, source })?,
            ),
        };
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// Never shows the key.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files { chain, .. } => {
                f.debug_struct("Files").field("chain", chain).finish_non_exhaustive()
            }
            Self::Pem { .. } => f.debug_struct("Pem").finish_non_exhaustive(),
        }
    }
}

fn at(place: &Option<PathBuf>) -> String {
    place.as_ref().map_or_else(String::new, |place| format!(" {}", place.display()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn made() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (made.cert.pem(), made.key_pair.serialize_pem())
    }

    fn error(certificate: &Certificate) -> String {
        certificate.acceptor().err().unwrap().to_string()
    }

    #[test]
    fn a_certificate_is_read_from_texts_and_from_files() {
        let (chain, key) = made();
        let place = tempfile::tempdir().unwrap();
        let [chain_file, key_file] = ["chain.pem", "key.pem"].map(|name| place.path().join(name));
        std::fs::write(&chain_file, &chain).unwrap();
        std::fs::write(&key_file, &key).unwrap();
        let files = Certificate::Files { chain: chain_file, key: key_file };
        assert!(files.acceptor().is_ok() && Certificate::Pem { chain, key }.acceptor().is_ok());
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let (chain, key) = made();
        let pem = |chain: &str, key: &str| {
            error(&Certificate::Pem { chain: chain.to_owned(), key: key.to_owned() })
        };
        assert!(pem(&chain, &chain).contains("private key can't be read"));
        assert!(pem(&key, &key).contains("the certificate can't be used"));
        assert!(pem("", &key).contains("the certificate can't be used"));
        assert!(pem(&chain, &made().1).contains("the certificate can't be used"));
        let (none, other) = (PathBuf::from("none.pem"), PathBuf::from("other.pem"));
        let text = error(&Certificate::Files { chain: none, key: other });
        assert!(text.contains("certificate none.pem can't be read"), "{text}");
    }

    #[test]
    fn a_key_is_never_shown() {
        let (chain, key) = made();
        let shown = format!("{:?}", Certificate::Pem { chain, key });
        assert_eq!(shown, "Pem { .. }");
    }
}
