//! Certificates that apps prove themselves with (RFC 5280, section 4.1): no more is read of one than its RSA key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

use crate::der;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// 1.2.840.113549.1.1.1, rsaEncryption.
const RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// The explicit tag of the version, which the oldest certificates have not.
const VERSION: u8 = 0xa0;

/// A certificate of an RSA key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Certificate {
    /// The key as RFC 8017, appendix A.1.1, has it.
    key: Vec<u8>,
}

impl Certificate {
    /// Reads a certificate in PEM. None if it is none, or one of another kind of key.
    pub(crate) fn parse(pem: &str) -> Option<Self> {
        let (_, text) = pem.split_once(BEGIN)?;
        let (text, _) = text.split_once(END)?;
        let text: String = text.split_whitespace().collect();
        Self::read(&STANDARD.decode(text).ok()?)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (certificate, _) = der::take(bytes, der::SEQUENCE)?;
        let (mut rest, _) = der::take(certificate, der::SEQUENCE)?;
        if let Some((_, after)) = der::take(rest, VERSION) {
            rest = after;
        }
        let (_serial, rest) = der::take(rest, der::INTEGER)?;
        // The signature's algorithm, the issuer, the validity and the subject.
        let rest = (0..4).try_fold(rest, |rest, _| Some(der::take(rest, der::SEQUENCE)?.1))?;
        let (key, _) = der::take(rest, der::SEQUENCE)?;
        let (algorithm, key) = der::take(key, der::SEQUENCE)?;
        let (bits, _) = der::take(key, der::BIT_STRING)?;
        let (kind, _) = der::take(algorithm, der::OBJECT_ID)?;
        let key = bits.strip_prefix(&[0])?;
        (kind == RSA).then(|| Self { key: key.to_vec() })
    }

    /// Checks a signature of RS256 by the certified key.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.key).verify(message, signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Certificate;
    use crate::der;
    use crate::keys::Keys;

    /// Writes a certificate of a key as far as it is read.
    fn write(key: Vec<u8>) -> Vec<u8> {
        let empty = || der::list(der::SEQUENCE, &[]);
        let algorithm =
            der::list(der::SEQUENCE, &[der::value(der::OBJECT_ID, &super::RSA), der::value(der::NULL, &[])]);
        let key = der::list(der::SEQUENCE, &[algorithm, der::bits(&key)]);
        let version = der::value(super::VERSION, &der::integer(&[2]));
        let signed = [version, der::integer(&[1]), empty(), empty(), empty(), empty(), key];
        der::list(der::SEQUENCE, &[der::list(der::SEQUENCE, &signed), empty(), der::bits(&[])])
    }

    #[test]
    fn a_certificate_verifies_what_its_key_has_signed() {
        let keys = Keys::default();
        let (modulus, exponent) = keys.get().public_numbers();
        let key = der::list(der::SEQUENCE, &[der::integer(modulus), der::integer(exponent)]);
        let pem = der::pem("CERTIFICATE", &write(key));

        let certificate = Certificate::parse(&format!("\n  {pem}")).unwrap();

        let signature = keys.get().sign(b"message");
        assert!(certificate.verify(b"message", &signature) && !certificate.verify(b"other", &signature));
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let pem = |der: &[u8]| der::pem("CERTIFICATE", der);
        let good = write(vec![1]);
        let half = &good[..good.len() / 2];
        for text in ["", "PUT_THE_CERTIFICATE_HERE", &pem(b""), &pem(b"abc"), &pem(half)] {
            assert_eq!(Certificate::parse(text), None, "{text}");
        }
    }
}
