//! Errors of the network, told apart.

use std::error::Error as StdError;
use std::io;

use rustls::CertificateError;

use super::resolver::PrivateAddress;
use crate::{CertificateFlaw, Error};

/// What went wrong before an answer began.
pub(super) fn classify(request: String, error: reqwest::Error) -> Error {
    // The address is left out, because its query may hold values of records.
    let error = error.without_url();
    if let Some(PrivateAddress { host, address }) = find_cause(&error) {
        return Error::PrivateAddress { host: host.clone(), address: *address };
    }
    if error.is_timeout() && !error.is_connect() {
        return Error::Stalled { request, received_bytes: 0 };
    }
    if let Some(rustls::Error::InvalidCertificate(flaw)) = find_cause(&error) {
        return Error::Untrusted { request, flaw: flaw_of(flaw), source: error.into() };
    }
    if error.is_request() && !error.is_connect() {
        return Error::Unanswered { request, source: error.into() };
    }
    Error::Unreachable { request, source: error.into() }
}

/// What went wrong inside an answer.
pub(super) fn classify_cut(request: String, received_bytes: u64, error: reqwest::Error) -> Error {
    let error = error.without_url();
    if error.is_timeout() {
        return Error::Stalled { request, received_bytes };
    }
    Error::Truncated { request, received_bytes, source: error.into() }
}

fn flaw_of(error: &CertificateError) -> CertificateFlaw {
    use CertificateError as E;
    match error {
        E::Expired | E::ExpiredContext { .. } => CertificateFlaw::Expired,
        E::NotValidYet | E::NotValidYetContext { .. } => CertificateFlaw::NotYetValid,
        E::NotValidForName | E::NotValidForNameContext { .. } => CertificateFlaw::OtherHost,
        _ => CertificateFlaw::Untrusted,
    }
}

/// The first cause of this type, also where an I/O error hides it.
fn find_cause<T: StdError + 'static>(error: &reqwest::Error) -> Option<&T> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(found) = inner.and_then(|inner| inner.downcast_ref()) {
            return Some(found);
        }
        cause = inner.map_or_else(|| error.source(), |inner| Some(inner));
    }
    None
}
