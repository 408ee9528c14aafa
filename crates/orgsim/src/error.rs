//! What can go wrong when a simulator is started.

use std::io;
use std::path::PathBuf;

use tokio_rustls::rustls;

/// A failure of the simulator itself, never one that it plays.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: String,
        /// The cause.
        source: io::Error,
    },
    /// The runtime or its thread cannot be started.
    #[error("cannot start the simulator's runtime")]
    Runtime(#[source] io::Error),
    /// A file with a key or certificate cannot be written.
    #[error("cannot write a key file")]
    KeyFile(#[source] io::Error),
    /// The certificate cannot be used, because of the names it is for.
    #[error("cannot use the certificate made for this run")]
    Certificate(#[source] rustls::Error),
    /// What the org remembers cannot be read or written.
    #[error("cannot use {}, in which the org remembers its approvals", path.display())]
    Keep {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The base URL is not one that URLs can be made from.
    #[error("the base URL {0} must be http:// or https:// and a host, without a path")]
    BaseUrl(String),
}

/// The result of starting a simulator.
pub type Result<T, E = Error> = std::result::Result<T, E>;
