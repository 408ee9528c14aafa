//! What `towpath connect` takes.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use super::client::IntegrationArg;
use crate::output::OutputArgs;

/// What can be done to connect orgs.
#[derive(Debug, Subcommand)]
pub(crate) enum ConnectCommand {
    /// Let an app sign in by itself, with its certificate's key or its secret, and make an integration of it.
    Start(Box<StartArgs>),
    /// Make another integration on the connection that one has: other rules and mappings, the same access.
    Add {
        #[command(flatten)]
        integration: IntegrationArg,

        /// The name of the new integration.
        #[arg(long, value_name = "NAME")]
        name: String,

        /// The group that it belongs to, by its name or id; your own group without it.
        #[arg(long, value_name = "GROUP")]
        group: Option<String>,

        #[command(flatten)]
        output: OutputArgs,
    },
    /// Say what the app in Salesforce needs: callback address, scopes and why, this server's addresses, and files that make it.
    Guide(GuideArgs),
    /// Print the page on which a person signs in at Salesforce and consents.
    Link {
        /// Connect this integration again: its slug, its id or its name.
        #[arg(long, value_name = "INTEGRATION")]
        reconnect: Option<String>,
    },
    /// List the connections: as whom, how, and whether Salesforce accepts them.
    Status {
        #[command(flatten)]
        output: OutputArgs,
    },
}

/// What `towpath connect start` takes. Secrets come from files and are never arguments.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("purpose").required(true).args(["name", "reconnect"]))]
pub(crate) struct StartArgs {
    /// The name of the new integration.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// Connect this integration again, with what it has where nothing else is given: its slug, its id or its name.
    #[arg(long, value_name = "INTEGRATION")]
    pub(crate) reconnect: Option<String>,

    /// The group that the new integration belongs to, by its name or id; your own group without it.
    #[arg(long, value_name = "GROUP", conflicts_with = "reconnect")]
    pub(crate) group: Option<String>,

    /// How the app signs in.
    #[arg(long, value_enum)]
    pub(crate) sign_in: SignIn,

    /// What kind of org it is. An app signs in as itself at a custom domain only.
    #[arg(long, value_enum)]
    pub(crate) environment: EnvironmentName,

    /// The My Domain host of a custom domain, such as acme.my.salesforce.com.
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,

    /// The app's consumer key, where the server has no app of its own.
    #[arg(long, value_name = "KEY")]
    pub(crate) client_id: Option<String>,

    /// A file with the app's consumer secret; - for standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) client_secret_file: Option<PathBuf>,

    /// As which Salesforce user an app signs in with its key.
    #[arg(long, value_name = "USERNAME")]
    pub(crate) username: Option<String>,

    /// A file with the private key that belongs to the app's certificate, in PEM; - for standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,

    /// Do not ask whether it is the right org.
    #[arg(long)]
    pub(crate) yes: bool,

    /// Never ask anything: without --yes nothing is connected.
    #[arg(long)]
    pub(crate) no_input: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What `towpath connect guide` takes.
#[derive(Args, Debug)]
pub(crate) struct GuideArgs {
    /// How the app shall sign in; a person consents on Salesforce's page without it.
    #[arg(long, value_enum)]
    pub(crate) sign_in: Option<SignIn>,

    /// Write the files there, for `sf project deploy start`. Files that are there stay.
    #[arg(long, value_name = "DIR")]
    pub(crate) write: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// How an app signs in by itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum SignIn {
    /// As a user, with the private key whose certificate the app has (JWT bearer).
    Jwt,
    /// As the user it runs as, with its secret.
    ClientCredentials,
}

/// A kind of org.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum EnvironmentName {
    /// Signs in at login.salesforce.com.
    Production,
    /// Signs in at test.salesforce.com.
    Sandbox,
    /// Signs in at its own My Domain.
    Custom,
    /// The simulated org of the server.
    Simulated,
}

impl SignIn {
    /// The API's word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Jwt => "jwt_bearer",
            Self::ClientCredentials => "client_credentials",
        }
    }
}

impl EnvironmentName {
    /// The API's word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Sandbox => "sandbox",
            Self::Custom => "custom",
            Self::Simulated => "simulated",
        }
    }
}
