//! The command line.

pub(crate) mod client;
pub(crate) mod connect;
pub(crate) mod groups;
pub(crate) mod members;
pub(crate) mod server;

use std::{ffi::OsString, io::Write, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use secrecy::{ExposeSecret, SecretString};

use client::{
    ApplyArgs, ExportConfigArgs, IntegrationsCommand, LoginArgs, MappingsCommand, PlanArgs, QueryArgs,
    RulesCommand, RunsCommand, SObjectsArgs, SessionsCommand, TimelineArgs, VerifyArgs, WhoamiArgs, WhyArgs,
};
use connect::ConnectCommand;
use groups::GroupsCommand;
use members::MembersCommand;
use server::{AdoptArgs, DemoArgs, MigrateArgs, OpenapiCommand, ServeArgs, WorkerArgs};

/// Joins a team to its Salesforce orgs.
#[derive(Debug, Parser)]
#[command(name = "towpath", version, about, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// Write logs as JSON, one object a line, on stderr.
    #[arg(long, global = true)]
    pub(crate) log_json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    Serve(ServeArgs),
    /// Do a server's work in a process of its own, beside the server and other workers. Needs PostgreSQL.
    Worker(WorkerArgs),
    /// Start Towpath and a simulated org, to look around.
    Demo(DemoArgs),
    /// Bring the server's database up to date, and say from which version to which.
    Migrate(MigrateArgs),
    /// Say whose the server's database is, and take one over that was moved or restored. Stop the server first.
    Adopt(AdoptArgs),
    /// Copy records of an org into a database or CSV files.
    ///
    /// A second call reads only what changed. A copy that was interrupted goes on where it stopped.
    Copy(Box<CopyArgs>),
    /// Run a simulated org to try things against.
    Orgsim(OrgsimArgs),
    /// Remember a server and the API key for it.
    Login(LoginArgs),
    /// Forget the server and the key.
    Logout,
    /// Say which server is spoken to, and as whom.
    Whoami(WhoamiArgs),
    /// Connect orgs, and say which are connected and how.
    #[command(subcommand)]
    Connect(ConnectCommand),
    /// List, check, limit, pause, resume, share and delete integrations.
    #[command(subcommand)]
    Integrations(IntegrationsCommand),
    /// List, start and follow sync runs.
    #[command(subcommand)]
    Runs(RunsCommand),
    /// List, set and delete the sync rules of an integration, and say what one would cost.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// List the sObjects of an integration's org, or the fields of one: which can be copied, and why others cannot.
    #[command(name = "sobjects")]
    SObjects(SObjectsArgs),
    /// List the field mappings of an integration, suggest more, and fill what is newly mapped.
    #[command(subcommand)]
    Mappings(MappingsCommand),
    /// List and make groups, connect them with each other, and switch Salesforce on for them.
    #[command(subcommand)]
    Groups(GroupsCommand),
    /// List, invite and remove members of the workspace. Changes need the key of an owner.
    #[command(subcommand)]
    Members(MembersCommand),
    /// List the browsers in which you are signed in.
    #[command(subcommand)]
    Sessions(SessionsCommand),
    /// Print the settings of integrations as a file: rules, mappings, limits. Secrets are not among them.
    ExportConfig(ExportConfigArgs),
    /// Say what applying a file of settings would change and cost. Nothing is changed.
    Plan(PlanArgs),
    /// Change what differs from a file of settings.
    Apply(ApplyArgs),
    /// Say what happened to integrations and in their orgs, the latest first.
    Timeline(TimelineArgs),
    /// Search, filter and print copied records.
    Query(QueryArgs),
    /// Say what became of a record: copied when and how, gone and how that is known, waiting, or never seen.
    Why(WhyArgs),
    /// Compare a copy with its org, id by id, and say where they differ.
    Verify(VerifyArgs),
    /// The description of the HTTP API.
    #[command(subcommand)]
    Openapi(OpenapiCommand),
    /// Print the version.
    Version,
}

/// What `towpath copy` takes. Credentials come from the environment and are never arguments.
#[derive(Args, Debug)]
pub(crate) struct CopyArgs {
    /// What to copy: an sObject, or one with a filter such as 'Opportunity where IsClosed = false'.
    #[arg(value_name = "SOBJECT", required = true)]
    pub(crate) rules: Vec<String>,

    /// Where to copy it: sqlite:FILE, postgres://USER@HOST/DATABASE or csv:DIR.
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,

    /// Where the org signs people in: https://login.salesforce.com, https://test.salesforce.com or your My Domain.
    #[arg(long, value_name = "URL", default_value = "https://login.salesforce.com")]
    pub(crate) login_url: String,

    /// Copy only these fields: 'Name,Industry', or 'Account:Name,Industry' where several sObjects are copied.
    #[arg(long, value_name = "FIELDS")]
    pub(crate) fields: Vec<String>,

    /// The name of the copy: the schema on PostgreSQL, the prefix of the tables on SQLite.
    #[arg(long, value_name = "SLUG", default_value = "salesforce")]
    pub(crate) name: String,

    /// Print a summary as JSON on stdout.
    #[arg(long)]
    pub(crate) json: bool,

    /// Records a downloaded page holds. An interrupted copy downloads at most one page again.
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1..=250_000))]
    pub(crate) page_rows: u32,

    /// Trust the certificate authorities in this PEM file too, such as a company's own.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,

    /// Let this test host (HOST:PORT on this machine) stand in for Salesforce, over plain http.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) dev_allow_host: Vec<String>,

    /// End the process at a named place, for tests of debug builds.
    #[arg(long, hide = true)]
    pub(crate) dev_kill_at: Option<String>,

    #[command(flatten)]
    pub(crate) environment: CopyEnvironment,
}

/// What `towpath copy` reads from the environment. Each of these is hidden from the options, because a secret on a
/// command line can be read by everyone on the machine.
#[derive(Args, Debug)]
pub(crate) struct CopyEnvironment {
    #[arg(long, env = "SF_REFRESH_TOKEN", hide = true, hide_env_values = true)]
    pub(crate) sf_refresh_token: Option<SecretString>,
    #[arg(long, env = "SF_ACCESS_TOKEN", hide = true, hide_env_values = true)]
    pub(crate) sf_access_token: Option<SecretString>,
    #[arg(long, env = "SF_INSTANCE_URL", hide = true)]
    pub(crate) sf_instance_url: Option<String>,
    #[arg(long, env = "SF_CLIENT_ID", hide = true)]
    pub(crate) sf_client_id: Option<String>,
    #[arg(long, env = "SF_CLIENT_SECRET", hide = true, hide_env_values = true)]
    pub(crate) sf_client_secret: Option<SecretString>,
    #[arg(long, env = "SF_USERNAME", hide = true)]
    pub(crate) sf_username: Option<String>,
    #[arg(long, env = "SF_JWT_KEY_FILE", hide = true)]
    pub(crate) sf_jwt_key_file: Option<PathBuf>,
    #[arg(long, env = "TOWPATH_KEY_FILE", hide = true)]
    pub(crate) towpath_key_file: Option<PathBuf>,
    #[arg(long, env = "HTTPS_PROXY", hide = true)]
    pub(crate) https_proxy: Option<String>,
    #[arg(long, env = "XDG_DATA_HOME", hide = true)]
    pub(crate) xdg_data_home: Option<PathBuf>,
    #[arg(long, env = "HOME", hide = true)]
    pub(crate) home: Option<PathBuf>,
}

/// Arguments that the simulator reads itself.
#[derive(Args, Debug)]
#[command(disable_help_flag = true)]
pub(crate) struct OrgsimArgs {
    /// See `towpath orgsim --help`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<OsString>,
}

impl CopyEnvironment {
    /// Without the variables that are set to nothing, as a schedule does with a secret that it does not have.
    pub(crate) fn without_empty(self) -> Self {
        let secret = |value: Option<SecretString>| value.filter(|value| !value.expose_secret().is_empty());
        let text = |value: Option<String>| value.filter(|value| !value.is_empty());
        let path = |value: Option<PathBuf>| value.filter(|value| !value.as_os_str().is_empty());
        Self {
            sf_refresh_token: secret(self.sf_refresh_token),
            sf_access_token: secret(self.sf_access_token),
            sf_instance_url: text(self.sf_instance_url),
            sf_client_id: text(self.sf_client_id),
            sf_client_secret: secret(self.sf_client_secret),
            sf_username: text(self.sf_username),
            sf_jwt_key_file: path(self.sf_jwt_key_file),
            towpath_key_file: path(self.towpath_key_file),
            https_proxy: text(self.https_proxy),
            xdg_data_home: path(self.xdg_data_home),
            home: path(self.home),
        }
    }
}

impl OrgsimArgs {
    /// The arguments as a program gets them.
    pub(crate) fn with_program_name(self) -> impl Iterator<Item = OsString> {
        std::iter::once(OsString::from("towpath orgsim")).chain(self.args)
    }
}

/// Prints a line on stdout. A reader that went away is no error of ours.
pub(crate) fn print_line(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
