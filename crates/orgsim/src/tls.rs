//! HTTPS with an authority of this run's own, because many clients speak nothing else.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::DateTime;
use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use url::Url;

use crate::clock::{Clock, DAY_MS};
use crate::der;
use crate::error::{Error, Result};
use crate::simulator::SimulatorConfig;

/// What the certificate of the org is like.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum TlsCertificate {
    /// As it should be.
    #[default]
    Good,
    /// Good until yesterday.
    Expired,
    /// Good from tomorrow on.
    NotYetValid,
    /// Good, but for a host that the org is not called by.
    OtherHost,
}

/// How long the certificates are good: as long as clients take one for.
const LIFETIME_MS: i64 = 365 * DAY_MS;

/// A host that no test is reached by.
const OTHER_HOST: &str = "other.orgsim.example";

const EC_PUBLIC_KEY: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const ECDSA_WITH_SHA256: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];
const SUBJECT_KEY_ID: [u8; 3] = [0x55, 0x1d, 0x0e];
const KEY_USAGE: [u8; 3] = [0x55, 0x1d, 0x0f];
const ALTERNATIVE_NAMES: [u8; 3] = [0x55, 0x1d, 0x11];
const BASIC_CONSTRAINTS: [u8; 3] = [0x55, 0x1d, 0x13];
const AUTHORITY_KEY_ID: [u8; 3] = [0x55, 0x1d, 0x23];
const EXTENDED_KEY_USAGE: [u8; 3] = [0x55, 0x1d, 0x25];
const SERVER_AUTH: [u8; 8] = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];

/// What a server of HTTPS needs.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    /// The certificate of the authority, as text, for clients to trust.
    pub(crate) authority_pem: String,
}

/// A key and the name it is certified under.
struct Party {
    name: &'static str,
    pkcs8: Vec<u8>,
    pair: EcdsaKeyPair,
}

/// Makes what HTTPS needs, if it is wanted: a certificate for all names that this machine is called by here.
pub(crate) fn make_for(config: &SimulatorConfig) -> Result<Option<Tls>> {
    if !config.tls {
        return Ok(None);
    }
    let own = ["localhost", "*.localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let base = config.base_url.as_deref().and_then(|url| Url::parse(url).ok()?.host_str().map(str::to_owned));
    let names: Vec<String> =
        own.into_iter().chain([config.host.clone()]).chain(base).chain(config.tls_names.clone()).collect();
    // The org's own time may be set; that of its clients is not.
    let now_ms = Clock::default().now_ms();
    make(&names, config.tls_certificate, now_ms).map(Some).map_err(Error::Certificate)
}

/// Makes an authority and a certificate of it for the names. The authority's key is forgotten at once.
fn make(names: &[String], certificate: TlsCertificate, now_ms: i64) -> Result<Tls, rustls::Error> {
    let authority = Party::new("orgsim throw-away authority");
    let server = Party::new("orgsim");
    let from_ms = now_ms - DAY_MS;
    let server_from_ms = match certificate {
        TlsCertificate::Expired => from_ms - LIFETIME_MS,
        TlsCertificate::NotYetValid => now_ms + DAY_MS,
        TlsCertificate::Good | TlsCertificate::OtherHost => from_ms,
    };
    let other = [OTHER_HOST.to_owned()];
    let names = if certificate == TlsCertificate::OtherHost { &other } else { names };
    let server_extensions = server_extensions(&server, &authority, names);
    let authority_der = certify(&authority, &authority, &authority_extensions(&authority), from_ms);
    let server_der = certify(&server, &authority, &server_extensions, server_from_ms);
    let key =
        PrivateKeyDer::try_from(server.pkcs8).map_err(|text| rustls::Error::General(text.to_owned()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(server_der)], key)?;
    // Clients of gRPC offer HTTP/2 alone; all others are served as they always were.
    config.alpn_protocols = vec![b"http/1.1".to_vec(), b"h2".to_vec()];
    Ok(Tls {
        acceptor: TlsAcceptor::from(Arc::new(config)),
        authority_pem: der::pem("CERTIFICATE", &authority_der),
    })
}

impl Party {
    fn new(name: &'static str) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key can always be made");
        let pair =
            EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).expect("a key just made is good");
        Self { name, pkcs8: pkcs8.as_ref().to_vec(), pair }
    }

    fn public_key(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// Names the key by a hash (RFC 7093, section 2).
    fn key_id(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, self.public_key()).as_ref()[..20].to_vec()
    }

    fn distinguished_name(&self) -> Vec<u8> {
        let name = der::value(der::UTF8_STRING, self.name.as_bytes());
        let pair = der::list(der::SEQUENCE, &[object_id(&COMMON_NAME), name]);
        der::list(der::SEQUENCE, &[der::list(der::SET, &[pair])])
    }
}

/// Writes a certificate (RFC 5280, section 4.1).
fn certify(subject: &Party, issuer: &Party, extensions: &[Vec<u8>], from_ms: i64) -> Vec<u8> {
    const VERSION: u8 = 0xa0;
    const EXTENSIONS: u8 = 0xa3;
    let random = SystemRandom::new();
    let mut serial = [0; 16];
    random.fill(&mut serial).expect("the operating system has random bytes");
    serial[0] = serial[0] & 0x7f | 0x40;
    let signature_kind = der::list(der::SEQUENCE, &[object_id(&ECDSA_WITH_SHA256)]);
    let key_kind = der::list(der::SEQUENCE, &[object_id(&EC_PUBLIC_KEY), object_id(&P256)]);
    let validity = [time(from_ms), time(from_ms + LIFETIME_MS)];
    let body = der::list(
        der::SEQUENCE,
        &[
            der::list(VERSION, &[der::integer(&[2])]),
            der::integer(&serial),
            signature_kind.clone(),
            issuer.distinguished_name(),
            der::list(der::SEQUENCE, &validity),
            subject.distinguished_name(),
            der::list(der::SEQUENCE, &[key_kind, der::bits(subject.public_key())]),
            der::list(EXTENSIONS, &[der::list(der::SEQUENCE, extensions)]),
        ],
    );
    let signature = issuer.pair.sign(&random, &body).expect("a good key signs");
    der::list(der::SEQUENCE, &[body, signature_kind, der::bits(signature.as_ref())])
}

fn authority_extensions(authority: &Party) -> Vec<Vec<u8>> {
    /// Signing certificates and lists of revoked ones.
    const USAGE: [u8; 2] = [1, 0x06];
    let is_authority = der::list(der::SEQUENCE, &[der::value(der::BOOLEAN, &[0xff])]);
    vec![
        critical(&BASIC_CONSTRAINTS, &is_authority),
        critical(&KEY_USAGE, &der::value(der::BIT_STRING, &USAGE)),
        extension(&SUBJECT_KEY_ID, &der::value(der::OCTET_STRING, &authority.key_id())),
    ]
}

fn server_extensions(server: &Party, authority: &Party, names: &[String]) -> Vec<Vec<u8>> {
    const DNS_NAME: u8 = 0x82;
    const IP_ADDRESS: u8 = 0x87;
    const KEY_ID: u8 = 0x80;
    /// Digital signatures.
    const USAGE: [u8; 2] = [7, 0x80];
    let names: Vec<Vec<u8>> = names
        .iter()
        .map(|name| match name.trim_matches(['[', ']']).parse() {
            Ok(IpAddr::V4(address)) => der::value(IP_ADDRESS, &address.octets()),
            Ok(IpAddr::V6(address)) => der::value(IP_ADDRESS, &address.octets()),
            Err(_) => der::value(DNS_NAME, name.as_bytes()),
        })
        .collect();
    let issued_by = der::list(der::SEQUENCE, &[der::value(KEY_ID, &authority.key_id())]);
    vec![
        critical(&BASIC_CONSTRAINTS, &der::list(der::SEQUENCE, &[])),
        critical(&KEY_USAGE, &der::value(der::BIT_STRING, &USAGE)),
        extension(&EXTENDED_KEY_USAGE, &der::list(der::SEQUENCE, &[object_id(&SERVER_AUTH)])),
        extension(&ALTERNATIVE_NAMES, &der::list(der::SEQUENCE, &names)),
        extension(&SUBJECT_KEY_ID, &der::value(der::OCTET_STRING, &server.key_id())),
        extension(&AUTHORITY_KEY_ID, &issued_by),
    ]
}

fn object_id(bytes: &[u8]) -> Vec<u8> {
    der::value(der::OBJECT_ID, bytes)
}

fn extension(id: &[u8], content: &[u8]) -> Vec<u8> {
    der::list(der::SEQUENCE, &[object_id(id), der::value(der::OCTET_STRING, content)])
}

fn critical(id: &[u8], content: &[u8]) -> Vec<u8> {
    let is_critical = der::value(der::BOOLEAN, &[0xff]);
    der::list(der::SEQUENCE, &[object_id(id), is_critical, der::value(der::OCTET_STRING, content)])
}

fn time(ms: i64) -> Vec<u8> {
    let time = DateTime::from_timestamp_millis(ms).unwrap_or_default();
    der::value(der::UTC_TIME, time.format("%y%m%d%H%M%SZ").to_string().as_bytes())
}
