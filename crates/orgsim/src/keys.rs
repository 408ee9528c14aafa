//! The org's RSA key pair, made anew in each run: it signs id tokens, and JWTs of the app that it is registered with.

use std::sync::OnceLock;

use num_bigint::BigUint;
use ring::rand::{SecureRandom, SystemRandom};
use ring::rsa::KeyPair;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaPublicKeyComponents};

use crate::der;

/// Half the length of the key: 2,048 bits, the least that Salesforce takes.
const PRIME_BYTES: usize = 128;

const EXPONENT: u32 = 65_537;

/// Rounds of the primality test: for random numbers of this length far more than enough.
const ROUNDS: usize = 8;

/// An RSA key pair.
#[derive(Debug)]
pub(crate) struct RsaKey {
    pkcs8: Vec<u8>,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
    pair: KeyPair,
}

/// The key pair, made when it is first asked for: that takes a moment.
#[derive(Debug, Default)]
pub(crate) struct Keys(OnceLock<RsaKey>);

impl Keys {
    pub(crate) fn get(&self) -> &RsaKey {
        self.0.get_or_init(RsaKey::generate)
    }
}

impl RsaKey {
    fn generate() -> Self {
        let one = BigUint::from(1_u8);
        let exponent = BigUint::from(EXPONENT);
        loop {
            let (p, q) = std::thread::scope(|scope| {
                let other = scope.spawn(random_prime);
                let p = random_prime();
                (p, other.join().expect("looking for a prime cannot fail"))
            });
            let (p, q) = if p > q { (p, q) } else { (q, p) };
            let (p_1, q_1) = (&p - &one, &q - &one);
            let Some(secret) = exponent.modinv(&(&p_1 * &q_1)) else { continue };
            let Some(coefficient) = q.modinv(&p) else { continue };
            let modulus = &p * &q;
            let numbers = [
                BigUint::ZERO,
                modulus.clone(),
                exponent.clone(),
                secret.clone(),
                p,
                q,
                &secret % &p_1,
                &secret % &q_1,
                coefficient,
            ];
            let pkcs8 = write_pkcs8(&numbers);
            // What does not meet the checks of the signing library is thrown away, such as primes too close.
            if let Ok(pair) = KeyPair::from_pkcs8(&pkcs8) {
                return Self {
                    pkcs8,
                    modulus: modulus.to_bytes_be(),
                    exponent: exponent.to_bytes_be(),
                    pair,
                };
            }
        }
    }

    /// Returns the private key as text that all clients read.
    pub(crate) fn to_pem(&self) -> String {
        der::pem("PRIVATE KEY", &self.pkcs8)
    }

    /// Returns modulus and exponent.
    pub(crate) fn public_numbers(&self) -> (&[u8], &[u8]) {
        (&self.modulus, &self.exponent)
    }

    /// Signs as RS256 has it.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .expect("a checked key signs");
        signature
    }

    /// Checks a signature of RS256.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let public = RsaPublicKeyComponents { n: &self.modulus, e: &self.exponent };
        public.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }
}

/// Writes a private key as RFC 8017, appendix A.1.2, within RFC 5208.
fn write_pkcs8(numbers: &[BigUint]) -> Vec<u8> {
    /// 1.2.840.113549.1.1.1, rsaEncryption.
    const RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    let numbers: Vec<Vec<u8>> = numbers.iter().map(|number| der::integer(&number.to_bytes_be())).collect();
    let key = der::list(der::SEQUENCE, &numbers);
    let algorithm = der::list(der::SEQUENCE, &[der::value(der::OBJECT_ID, &RSA), der::value(der::NULL, &[])]);
    der::list(der::SEQUENCE, &[der::integer(&[0]), algorithm, der::value(der::OCTET_STRING, &key)])
}

/// Returns a random prime whose two highest bits are set, so that a product of two has all its bits.
fn random_prime() -> BigUint {
    const STEPS: u32 = 20_000;
    let small = small_primes();
    loop {
        let mut bytes = random_bytes();
        bytes[0] |= 0xc0;
        bytes[PRIME_BYTES - 1] |= 1;
        let start = BigUint::from_bytes_be(&bytes);
        let rests: Vec<u32> = small.iter().map(|prime| rest(&start, *prime)).collect();
        let is_rough =
            |step: &u32| small.iter().zip(&rests).all(|(prime, rest)| !(rest + step).is_multiple_of(*prime));
        let candidates = (0..STEPS).step_by(2).filter(is_rough).map(|step| &start + step);
        let mut fitting = candidates.filter(|candidate| rest(candidate, EXPONENT) != 1);
        if let Some(prime) = fitting.find(is_prime) {
            return prime;
        }
    }
}

fn rest(number: &BigUint, divisor: u32) -> u32 {
    let rest = number % divisor;
    rest.iter_u32_digits().next().unwrap_or(0)
}

fn small_primes() -> Vec<u32> {
    const LIMIT: u32 = 5_000;
    let mut primes: Vec<u32> = Vec::new();
    for number in 2..LIMIT {
        if primes
            .iter()
            .take_while(|prime| *prime * *prime <= number)
            .all(|prime| !number.is_multiple_of(*prime))
        {
            primes.push(number);
        }
    }
    primes
}

/// Miller and Rabin's test with random bases.
fn is_prime(number: &BigUint) -> bool {
    let one = BigUint::from(1_u8);
    let less = number - &one;
    let twos = less.trailing_zeros().unwrap_or(0);
    let odd = &less >> twos;
    (0..ROUNDS).all(|_| {
        let base = BigUint::from_bytes_be(&random_bytes()) % &less + &one;
        let mut power = base.modpow(&odd, number);
        if power == one || power == less {
            return true;
        }
        (1..twos).any(|_| {
            power = &power * &power % number;
            power == less
        })
    })
}

fn random_bytes() -> [u8; PRIME_BYTES] {
    let mut bytes = [0; PRIME_BYTES];
    SystemRandom::new().fill(&mut bytes).expect("the operating system has random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;

    use super::{RsaKey, is_prime, rest};

    #[test]
    fn a_key_signs_what_it_verifies() {
        let key = RsaKey::generate();

        let mut signature = key.sign(b"message");

        assert!(key.verify(b"message", &signature) && !key.verify(b"other", &signature));
        signature[0] ^= 1;
        assert!(!key.verify(b"message", &signature));
        assert_eq!(key.public_numbers().0.len(), 256);
        assert!(key.to_pem().starts_with("-----BEGIN PRIVATE KEY-----\nMII"));
    }

    #[test]
    fn primes_are_told_from_products() {
        // 2^127 - 1 is prime; 2^67 - 1 is not, and 561 deceives Fermat's test.
        let mersenne = |bits: u32| (BigUint::from(1_u8) << bits) - 1_u8;

        assert!(is_prime(&mersenne(127)) && is_prime(&BigUint::from(65_537_u32)));
        assert!(!is_prime(&mersenne(67)) && !is_prime(&BigUint::from(561_u32)));
        assert_eq!((rest(&mersenne(67), 193_707_721), rest(&mersenne(67), 10)), (0, 7));
    }
}
