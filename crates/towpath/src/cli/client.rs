//! What the commands take that speak to a server.

use clap::{Args, Subcommand, ValueEnum};

use crate::output::OutputArgs;

/// What `towpath login` takes. The key comes from TOWPATH_TOKEN or from standard input and is never an argument.
#[derive(Args, Debug)]
pub(crate) struct LoginArgs {
    /// The address of the server, such as https://towpath.example.com.
    #[arg(value_name = "URL")]
    pub(crate) url: String,

    /// Never ask anything: the key must be in TOWPATH_TOKEN or on standard input.
    #[arg(long)]
    pub(crate) no_input: bool,
}

/// What `towpath whoami` takes.
#[derive(Args, Debug)]
pub(crate) struct WhoamiArgs {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What can be done with integrations.
#[derive(Debug, Subcommand)]
pub(crate) enum IntegrationsCommand {
    /// List the integrations of the workspace.
    List {
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Show one: its status, what is wrong, its last run.
    Show {
        #[command(flatten)]
        integration: IntegrationArg,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Stop syncing it until it is resumed.
    Pause {
        #[command(flatten)]
        integration: IntegrationArg,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Go on syncing it.
    Resume {
        #[command(flatten)]
        integration: IntegrationArg,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Ask its org everything that a sync needs of it, and say what mends what is wrong.
    Check {
        #[command(flatten)]
        integration: IntegrationArg,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Say whose it is, and which other groups have access.
    Access {
        #[command(flatten)]
        integration: IntegrationArg,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Give it to a group, and share it with others that are connected with that group. What is not named stays.
    Share(ShareArgs),
    /// Show how the API calls of it and of its org stand, or set what it may spend.
    Limits(LimitsArgs),
    /// Read the records again that could not be stored as they came, by their ids.
    Retry(RetryArgs),
    /// Delete it, and with it or without it the data it copied.
    Delete(DeleteArgs),
}

/// What `towpath integrations limits` takes. What is not named stays.
#[derive(Args, Debug)]
pub(crate) struct LimitsArgs {
    #[command(flatten)]
    pub(crate) integration: IntegrationArg,

    /// How many calls it may make in 24 hours.
    #[arg(long, value_name = "CALLS", conflicts_with = "no_allotment")]
    pub(crate) allotment: Option<u64>,

    /// It may make as many calls as the org leaves.
    #[arg(long)]
    pub(crate) no_allotment: bool,

    /// The share of the org's limit at which syncing stops, for all integrations on the org.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u64).range(1..=100))]
    pub(crate) stop_percent: Option<u64>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What `towpath integrations retry` takes.
#[derive(Args, Debug)]
pub(crate) struct RetryArgs {
    #[command(flatten)]
    pub(crate) integration: IntegrationArg,

    /// Only records of this sObject, by its API name.
    #[arg(long, value_name = "SOBJECT")]
    pub(crate) sobject: Option<String>,

    /// Only records with this error, such as value.unreadable.
    #[arg(long, value_name = "CODE")]
    pub(crate) code: Option<String>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What `towpath integrations share` takes.
#[derive(Args, Debug)]
pub(crate) struct ShareArgs {
    #[command(flatten)]
    pub(crate) integration: IntegrationArg,

    /// The group that owns it from now on.
    #[arg(long, value_name = "GROUP", conflicts_with = "whole_workspace")]
    pub(crate) owner: Option<String>,

    /// It belongs to the whole workspace from now on.
    #[arg(long)]
    pub(crate) whole_workspace: bool,

    /// A group that gets access. May be given several times.
    #[arg(long, value_name = "GROUP")]
    pub(crate) with: Vec<String>,

    /// A group that has no access any more. May be given several times.
    #[arg(long, value_name = "GROUP")]
    pub(crate) without: Vec<String>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What `towpath sobjects` takes.
#[derive(Args, Debug)]
pub(crate) struct SObjectsArgs {
    #[command(flatten)]
    pub(crate) integration: IntegrationArg,

    /// List the fields of this sObject instead.
    #[arg(value_name = "SOBJECT")]
    pub(crate) sobject: Option<String>,

    /// Only those whose label or API name has this in it.
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What `towpath timeline` takes.
#[derive(Args, Debug)]
pub(crate) struct TimelineArgs {
    /// Only of this integration: its slug, its id or its name.
    #[arg(value_name = "INTEGRATION")]
    pub(crate) integration: Option<String>,

    /// How many entries.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub(crate) limit: u32,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// An integration, by its slug, its id or its name.
#[derive(Args, Debug)]
pub(crate) struct IntegrationArg {
    /// The integration: its slug, its id or its name.
    #[arg(value_name = "INTEGRATION")]
    pub(crate) integration: String,
}

/// What `towpath integrations delete` takes.
#[derive(Args, Debug)]
pub(crate) struct DeleteArgs {
    #[command(flatten)]
    pub(crate) integration: IntegrationArg,

    /// What becomes of the data it copied.
    #[arg(long, value_enum)]
    pub(crate) data: DataChoice,

    /// Do not ask whether this is meant.
    #[arg(long)]
    pub(crate) yes: bool,

    /// Never ask anything: without --yes nothing is deleted.
    #[arg(long)]
    pub(crate) no_input: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What becomes of copied data.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum DataChoice {
    /// It stays as it is and is not brought up to date any more.
    Keep,
    /// It is removed.
    Remove,
}

/// What can be done with sync runs.
#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List the last runs, of one integration or of all.
    List {
        /// Only those of this integration: its slug, its id or its name.
        #[arg(value_name = "INTEGRATION")]
        integration: Option<String>,
        /// How many.
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Start a run now. One that is under way is taken instead.
    Start {
        #[command(flatten)]
        integration: IntegrationArg,
        /// Follow it to its end.
        #[arg(long)]
        wait: bool,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Read one sObject anew from its first record to its last. Its records stay readable meanwhile.
    Reload {
        #[command(flatten)]
        integration: IntegrationArg,
        /// The sObject, by its API name.
        #[arg(value_name = "SOBJECT")]
        sobject: String,
        /// Follow it to its end.
        #[arg(long)]
        wait: bool,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Stop a run where it stands. The next one goes on from there.
    Cancel {
        /// The id of the run.
        run: String,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Show a run and what it did for each sObject.
    Show {
        /// The id of the run.
        run: String,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Follow a run to its end: rows, rows a second, API calls.
    Watch {
        /// The id of the run.
        run: String,
        #[command(flatten)]
        output: OutputArgs,
    },
}

/// What can be done with sync rules.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// List the rules of an integration.
    List {
        #[command(flatten)]
        integration: IntegrationArg,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Make the rule for an sObject, or put another in its place.
    Set(RuleArgs),
    /// Say what a rule would read, with some of the records, what it would change, and how many API calls that takes. Nothing
    /// is changed.
    Cost(RuleArgs),
    /// Delete the rule for an sObject. The records that it copied stay, and are not brought up to date any more.
    Delete {
        #[command(flatten)]
        integration: IntegrationArg,
        /// The sObject, by its API name.
        #[arg(value_name = "SOBJECT")]
        sobject: String,
        /// Say that this is meant: no rule is deleted without it.
        #[arg(long)]
        yes: bool,
    },
}

/// A rule as it is given on the command line.
#[derive(Args, Debug)]
pub(crate) struct RuleArgs {
    #[command(flatten)]
    pub(crate) integration: IntegrationArg,

    /// The sObject, by its API name.
    #[arg(value_name = "SOBJECT")]
    pub(crate) sobject: String,

    /// Only records that this condition of SOQL keeps; all without it.
    #[arg(long = "where", value_name = "SOQL")]
    pub(crate) condition: Option<String>,

    /// Only these fields, such as 'Name,Industry'; all without it.
    #[arg(long, value_name = "FIELDS")]
    pub(crate) fields: Option<String>,

    /// How often to look for changes, such as 5m, 1h or 1d: from a minute to seven days. As before without it, and every 15
    /// minutes for a new rule.
    #[arg(long, value_name = "INTERVAL", value_parser = crate::rules::parse_interval)]
    pub(crate) every: Option<std::time::Duration>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What can be done with field mappings. `towpath apply` saves them.
#[derive(Debug, Subcommand)]
pub(crate) enum MappingsCommand {
    /// List the mappings of an integration: which property gets which field, and what becomes of its values.
    List {
        #[command(flatten)]
        integration: IntegrationArg,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Suggest a field of the org for each property that has none, with how well it fits and why. Nothing is saved.
    Suggest {
        #[command(flatten)]
        integration: IntegrationArg,
        /// Also for properties that are mapped.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Say which mapped fields are not copied and what filling them takes, and with --yes take them into their rules, which
    /// fills them for all records.
    Backfill {
        #[command(flatten)]
        integration: IntegrationArg,
        /// Say that this is meant: nothing is filled without it.
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        output: OutputArgs,
    },
}

/// What can be done with your own sessions. They are ended in a browser, never with an API key.
#[derive(Debug, Subcommand)]
pub(crate) enum SessionsCommand {
    /// List the browsers in which you are signed in.
    List {
        #[command(flatten)]
        output: OutputArgs,
    },
}

/// What `towpath export-config` takes.
#[derive(Args, Debug)]
pub(crate) struct ExportConfigArgs {
    /// Only these integrations, by slug, id or name; all without it.
    #[arg(value_name = "INTEGRATION")]
    pub(crate) integrations: Vec<String>,
}

/// What `towpath plan` takes.
#[derive(Args, Debug)]
pub(crate) struct PlanArgs {
    /// The file, as `towpath export-config` prints it.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: std::path::PathBuf,

    /// Remove rules, mappings and the allotment where they are not in the file. Records stay.
    #[arg(long)]
    pub(crate) prune: bool,
}

/// What `towpath apply` takes.
#[derive(Args, Debug)]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    pub(crate) plan: PlanArgs,

    /// Do not ask whether this is meant.
    #[arg(long)]
    pub(crate) yes: bool,

    /// Never ask anything: without --yes nothing is changed.
    #[arg(long)]
    pub(crate) no_input: bool,
}

/// What `towpath why` takes.
#[derive(Args, Debug)]
pub(crate) struct WhyArgs {
    /// The id of a record, by 15 or 18 characters.
    #[arg(value_name = "RECORD_ID")]
    pub(crate) record_id: String,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What `towpath verify` takes.
#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) integration: IntegrationArg,

    /// Only this sObject, by its API name.
    #[arg(long, value_name = "SOBJECT")]
    pub(crate) sobject: Option<String>,

    /// Read again what the copy lacks, and mark what is gone.
    #[arg(long)]
    pub(crate) heal: bool,

    /// The same, and believe that records are gone however many they are and whatever may be the reason.
    #[arg(long, requires = "heal")]
    pub(crate) accept_loss: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What `towpath query` takes.
#[derive(Args, Debug)]
pub(crate) struct QueryArgs {
    #[command(flatten)]
    pub(crate) integration: IntegrationArg,

    /// The sObject whose records are wanted, by its API name.
    #[arg(value_name = "SOBJECT")]
    pub(crate) sobject: String,

    /// Only records in which a text contains this.
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,

    /// Only records that match: FIELD:OPERATOR:VALUE, such as 'Amount:gte:1000'. Operators: eq ne lt lte gt gte contains starts
    /// is_null not_null in within. May be given more than once.
    #[arg(long, value_name = "FILTER")]
    pub(crate) filter: Vec<String>,

    /// In which order: '-Amount,Name' is the largest amount first.
    #[arg(long, value_name = "FIELDS", allow_hyphen_values = true)]
    pub(crate) sort: Option<String>,

    /// Only these fields, in this order.
    #[arg(long, value_name = "FIELDS")]
    pub(crate) fields: Option<String>,

    /// At most so many records.
    #[arg(long, value_name = "N", default_value_t = 100, conflicts_with = "all")]
    pub(crate) limit: usize,

    /// All records.
    #[arg(long)]
    pub(crate) all: bool,

    /// Print texts in CSV as they are, also those that a spreadsheet would take for a formula.
    #[arg(long)]
    pub(crate) raw: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
