//! Whom to trust, where a URL asks for TLS.

use crate::fault::{Attempt, Fault};
use session_driver::ErrorKind;

#[cfg(feature = "tls")]
pub(crate) use with_rustls::{ClientTls, configuration, name_of};

/// What a connection with TLS needs: without the feature there is none.
#[cfg(not(feature = "tls"))]
pub(crate) type ClientTls = std::convert::Infallible;

/// # Errors
/// Unsupported.
#[cfg(not(feature = "tls"))]
pub(crate) fn configuration(_: Option<&[u8]>) -> Attempt<ClientTls> {
    Err(unsupported(
        "the URL asks for TLS: enable the feature `tls` of session-driver-redis",
    ))
}

fn unsupported(reason: &'static str) -> Fault {
    Fault::new(ErrorKind::Unsupported, reason)
}

#[cfg(feature = "tls")]
mod with_rustls {
    use std::io;
    use std::sync::Arc;

    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::{ClientConfig, RootCertStore};

    use super::*;

    /// What a connection with TLS needs.
    pub(crate) type ClientTls = Arc<ClientConfig>;

    /// A configuration that trusts the given authorities (PEM), or those of the system.
    ///
    /// The cryptography is named here, so that neither a default of the process is needed nor one
    /// set.
    ///
    /// # Errors
    /// Unsupported when there is no authority to trust.
    pub(crate) fn configuration(authorities: Option<&[u8]>) -> Attempt<ClientTls> {
        let mut roots = RootCertStore::empty();
        match authorities {
            Some(pem) => {
                for certificate in CertificateDer::pem_slice_iter(pem) {
                    let certificate =
                        certificate.map_err(|_| unsupported("the root certificate is not PEM"))?;
                    roots
                        .add(certificate)
                        .map_err(|_| unsupported("the root certificate is no authority's"))?;
                }
            }
            // One unreadable certificate among the system's does not make the others worse.
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        if roots.is_empty() {
            return Err(unsupported(
                "there is no root certificate to trust, neither given nor the system's",
            ));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let configuration = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Fault::new(ErrorKind::Unsupported, error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::new(configuration))
    }

    /// The name that the server's certificate has to be for.
    pub(crate) fn name_of(host: &str) -> io::Result<ServerName<'static>> {
        ServerName::try_from(host.to_owned()).map_err(io::Error::other)
    }
}
