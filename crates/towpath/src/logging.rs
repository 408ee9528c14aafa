//! Logs go to stderr, so that stdout holds nothing but data.

use tracing_subscriber::EnvFilter;

/// Starts logging. `RUST_LOG` chooses what is shown; warnings are, where it is not set.
pub(crate) fn start(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if json {
        builder.json().init();
    } else {
        builder.init();
    }
}
