//! What the commands take that run a server or look after it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Where the configuration is.
#[derive(Args, Debug)]
pub(crate) struct ConfigArg {
    /// The configuration file. Default: TOWPATH_CONFIG, else ./towpath.toml where there is one.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What `towpath serve` takes. Everything else stands in the configuration.
#[derive(Args, Debug)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,

    /// End the process at a named place, for tests of debug builds.
    #[arg(long, hide = true)]
    pub(crate) dev_kill_at: Option<String>,
}

/// What `towpath worker` takes. Everything else stands in the configuration, which is that of the server.
#[derive(Args, Debug)]
pub(crate) struct WorkerArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,

    /// End the process at a named place, for tests of debug builds.
    #[arg(long, hide = true)]
    pub(crate) dev_kill_at: Option<String>,
}

/// What `towpath migrate` takes.
#[derive(Args, Debug)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
}

/// What `towpath adopt` takes.
#[derive(Args, Debug)]
pub(crate) struct AdoptArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,

    /// Take the database over. Without it, only say whose it is.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// What `towpath demo` takes.
#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// Connect the simulated org and copy Accounts, Contacts, Opportunities and Cases first.
    #[arg(long)]
    pub(crate) connected: bool,

    /// Keep everything in this folder, and go on with it the next time. Without it, a fresh folder is made.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// The port of Towpath. The next free one is taken where somebody listens there; 0 takes any.
    #[arg(long, value_name = "PORT", default_value_t = 4600)]
    pub(crate) port: u16,

    /// The port of the simulated org. The next free one is taken where somebody listens there; 0 takes any.
    #[arg(long, value_name = "PORT", default_value_t = 4601)]
    pub(crate) org_port: u16,

    /// Print one line of JSON with all addresses and secrets, for programs.
    #[arg(long)]
    pub(crate) json: bool,

    /// End the process at a named place, for tests of debug builds.
    #[arg(long, hide = true)]
    pub(crate) dev_kill_at: Option<String>,
}

/// What can be done with the description of the API.
#[derive(Debug, Subcommand)]
pub(crate) enum OpenapiCommand {
    /// Print it as JSON (OpenAPI 3.1).
    Print,
}
