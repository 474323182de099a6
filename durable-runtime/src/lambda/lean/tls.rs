//! What TLS is made of here: what a client without a certificate of its own can meet at an endpoint on the Internet, and no more.
//!
//! The provider that rustls has for ring can sign, speaks ChaCha20, and verifies Ed25519: 4 % of a bootstrap binary that no call would ever run. TLS 1.3 demands
//! AES-GCM of everybody, in 1.2 there is no service without it that has ChaCha20, and authorities on the Internet sign by RSA and ECDSA alone (CA/Browser Forum,
//! Baseline Requirements, 7.1.3).

use std::sync::Arc;

use ring::rand::SystemRandom;
use tokio_rustls::rustls::crypto::ring::{cipher_suite as suite, kx_group};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom, WebPkiSupportedAlgorithms,
};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::sign::SigningKey;
use tokio_rustls::rustls::{ClientConfig, Error, RootCertStore, SignatureScheme};
use webpki::ring as by;

/// The authorities that browsers trust.
pub(super) fn public_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots
}

/// A client that trusts these authorities.
pub(super) fn config(roots: RootCertStore) -> Result<ClientConfig, Error> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![
            suite::TLS13_AES_256_GCM_SHA384,
            suite::TLS13_AES_128_GCM_SHA256,
            suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        ],
        kx_groups: vec![kx_group::X25519, kx_group::SECP256R1, kx_group::SECP384R1],
        signature_verification_algorithms: ALGORITHMS,
        secure_random: &Ring,
        key_provider: &Ring,
    }
}

/// Those of rustls for ring, in its order, but for Ed25519.
const ALGORITHMS: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[
        by::ECDSA_P256_SHA256,
        by::ECDSA_P256_SHA384,
        by::ECDSA_P384_SHA256,
        by::ECDSA_P384_SHA384,
        by::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
        by::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
        by::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
        by::RSA_PKCS1_2048_8192_SHA256,
        by::RSA_PKCS1_2048_8192_SHA384,
        by::RSA_PKCS1_2048_8192_SHA512,
        by::RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
        by::RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
        by::RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
    ],
    mapping: &[
        // TLS 1.2 leaves the curve open; 1.3 takes the first.
        (
            SignatureScheme::ECDSA_NISTP384_SHA384,
            &[by::ECDSA_P384_SHA384, by::ECDSA_P256_SHA384],
        ),
        (
            SignatureScheme::ECDSA_NISTP256_SHA256,
            &[by::ECDSA_P256_SHA256, by::ECDSA_P384_SHA256],
        ),
        (
            SignatureScheme::RSA_PSS_SHA512,
            &[by::RSA_PSS_2048_8192_SHA512_LEGACY_KEY],
        ),
        (
            SignatureScheme::RSA_PSS_SHA384,
            &[by::RSA_PSS_2048_8192_SHA384_LEGACY_KEY],
        ),
        (
            SignatureScheme::RSA_PSS_SHA256,
            &[by::RSA_PSS_2048_8192_SHA256_LEGACY_KEY],
        ),
        (
            SignatureScheme::RSA_PKCS1_SHA512,
            &[by::RSA_PKCS1_2048_8192_SHA512],
        ),
        (
            SignatureScheme::RSA_PKCS1_SHA384,
            &[by::RSA_PKCS1_2048_8192_SHA384],
        ),
        (
            SignatureScheme::RSA_PKCS1_SHA256,
            &[by::RSA_PKCS1_2048_8192_SHA256],
        ),
    ],
};

#[derive(Debug)]
struct Ring;

impl SecureRandom for Ring {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
        ring::rand::SecureRandom::fill(&SystemRandom::new(), bytes).map_err(|_| GetRandomFailed)
    }
}

impl KeyProvider for Ring {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        Err(Error::General(
            "this client has no key of its own".to_owned(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use tokio_rustls::rustls::crypto::ring::default_provider;
    use tokio_rustls::rustls::pki_types::SignatureVerificationAlgorithm;
    use tokio_rustls::rustls::{CipherSuite, SupportedCipherSuite};

    use super::*;

    /// Whatever rustls adds or takes away is to be looked at here.
    #[test]
    fn it_is_the_provider_of_rustls_for_ring_without_what_no_endpoint_needs() {
        let (ours, theirs) = (provider(), default_provider());

        let suites = |provider: &CryptoProvider| -> Vec<CipherSuite> {
            let suites = provider.cipher_suites.iter();
            suites.map(SupportedCipherSuite::suite).collect()
        };
        let mut expected = suites(&theirs);
        expected.retain(|suite| !format!("{suite:?}").contains("CHACHA20"));
        assert_eq!(suites(&ours), expected);

        let groups = |provider: &CryptoProvider| -> Vec<_> {
            provider
                .kx_groups
                .iter()
                .map(|group| group.name())
                .collect()
        };
        assert_eq!(groups(&ours), groups(&theirs));

        let theirs = theirs.signature_verification_algorithms;
        let ours = ours.signature_verification_algorithms;
        let mut schemes = theirs.supported_schemes();
        schemes.retain(|scheme| *scheme != SignatureScheme::ED25519);
        assert_eq!(ours.supported_schemes(), schemes);
        let ids = |algorithms: &[&dyn SignatureVerificationAlgorithm]| -> Vec<_> {
            let algorithms = algorithms.iter();
            algorithms
                .map(|algorithm| (algorithm.public_key_alg_id(), algorithm.signature_alg_id()))
                .collect()
        };
        let mut all = ids(theirs.all);
        all.retain(|(key, _)| *key != by::ED25519.public_key_alg_id());
        assert_eq!(ids(ours.all), all);
        for (scheme, algorithms) in ours.mapping {
            let known = theirs.mapping.iter().find(|(known, _)| known == scheme);
            assert_eq!(ids(algorithms), ids(known.unwrap().1), "{scheme:?}");
        }
    }
}
