//! The command line of the simulator.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use crate::simulator::{Simulator, SimulatorConfig};
use crate::tls::TlsCertificate;

/// A Salesforce org in a program, to test and demonstrate against.
///
/// Prints one line of JSON when it is ready: address, credentials, tokens. Stops with Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "orgsim", version)]
struct Args {
    /// Port to listen on; 0 takes any free one.
    #[arg(long, default_value_t = 4601)]
    port: u16,
    /// Port of the Pub/Sub API; 0 takes any free one. It is served on the other port, too.
    #[arg(long, default_value_t = 0)]
    pubsub_port: u16,
    /// Address to listen on. The control API and the page at / answer on loopback only, whatever this is.
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Address that all URLs handed out begin with, instead of the Host header's.
    #[arg(long)]
    base_url: Option<String>,
    /// Speak HTTPS, with a certificate of an authority made for this run.
    #[arg(long)]
    tls: bool,
    /// Name of the certificate beside those of this machine; may be given more than once.
    #[arg(long = "tls-name")]
    tls_names: Vec<String>,
    /// What the certificate is like; a client must refuse all but a good one.
    #[arg(long, value_enum, default_value_t)]
    tls_certificate: TlsCertificate,
    /// Number that all records are computed from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of accounts.
    #[arg(long, default_value_t = 200)]
    accounts: u32,
    /// Number of contacts.
    #[arg(long, default_value_t = 600)]
    contacts: u32,
    /// Number of opportunities.
    #[arg(long, default_value_t = 300)]
    opportunities: u32,
    /// Number of cases.
    #[arg(long, default_value_t = 150)]
    cases: u32,
    #[command(flatten)]
    more: MoreRecords,
    /// Number of users.
    #[arg(long, default_value_t = 12)]
    users: u32,
    /// Number of projects, a custom sObject.
    #[arg(long, default_value_t = 40)]
    projects: u32,
    /// Return a new refresh token with each refresh and end the one presented.
    #[arg(long)]
    rotate_refresh_tokens: bool,
    /// End the whole approval when a rotated refresh token is presented.
    #[arg(long)]
    revoke_family_on_reuse: bool,
    /// Refuse authorizations without PKCE.
    #[arg(long)]
    require_pkce: bool,
    /// Let every user send username and password to the token endpoint, not the administrator alone.
    #[arg(long)]
    allow_password_flow: bool,
    /// Take passwords without the security token, as from the org's trusted network.
    #[arg(long)]
    trusted_network: bool,
    /// Callback URL of the client, beside any on this machine; may be given more than once.
    #[arg(long = "callback-url")]
    callback_urls: Vec<String>,
    /// Rows of a Bulk result page where the client does not say.
    #[arg(long, default_value_t = 50_000)]
    page_rows: u32,
    /// How many looks at a Bulk job find it in progress.
    #[arg(long, default_value_t = 0)]
    bulk_polls: u32,
    /// API requests the org may make in 24 hours.
    #[arg(long, default_value_t = crate::limits::DEVELOPER_EDITION_REQUESTS)]
    daily_api_requests: u64,
    /// Refuse calls beyond them.
    #[arg(long)]
    enforce_daily_limit: bool,
    /// Keep every version of every record, for the control API to tell.
    #[arg(long)]
    history: bool,
    /// File in which the app's secrets, the password and the approvals outlive a restart.
    #[arg(long)]
    keep_in: Option<PathBuf>,
}

/// How many records there are of further sObjects.
#[derive(Debug, clap::Args)]
struct MoreRecords {
    /// Number of leads.
    #[arg(long, default_value_t = 120)]
    leads: u32,
    /// Number of tasks.
    #[arg(long, default_value_t = 400)]
    tasks: u32,
    /// Number of events.
    #[arg(long, default_value_t = 150)]
    events: u32,
    /// Number of campaigns.
    #[arg(long, default_value_t = 8)]
    campaigns: u32,
    /// Number of campaign members.
    #[arg(long, default_value_t = 160)]
    campaign_members: u32,
    /// Number of products; each has an entry in every price book.
    #[arg(long, default_value_t = 24)]
    products: u32,
    /// Number of opportunity line items, three to an opportunity.
    #[arg(long, default_value_t = 240)]
    line_items: u32,
    /// Number of opportunity contact roles, two to an opportunity.
    #[arg(long, default_value_t = 300)]
    contact_roles: u32,
    /// Number of contracts.
    #[arg(long, default_value_t = 60)]
    contracts: u32,
    /// Number of orders.
    #[arg(long, default_value_t = 30)]
    orders: u32,
    /// Number of order items, three to an order.
    #[arg(long, default_value_t = 90)]
    order_items: u32,
    /// Number of quotes.
    #[arg(long, default_value_t = 40)]
    quotes: u32,
    /// Number of assets.
    #[arg(long, default_value_t = 80)]
    assets: u32,
    /// Number of case comments.
    #[arg(long, default_value_t = 120)]
    case_comments: u32,
    /// Number of solutions.
    #[arg(long, default_value_t = 10)]
    solutions: u32,
    /// Number of individuals.
    #[arg(long, default_value_t = 20)]
    individuals: u32,
}

impl MoreRecords {
    fn counts(&self) -> [(&'static str, u32); 16] {
        [
            ("Lead", self.leads),
            ("Task", self.tasks),
            ("Event", self.events),
            ("Campaign", self.campaigns),
            ("CampaignMember", self.campaign_members),
            ("Product2", self.products),
            ("OpportunityLineItem", self.line_items),
            ("OpportunityContactRole", self.contact_roles),
            ("Contract", self.contracts),
            ("Order", self.orders),
            ("OrderItem", self.order_items),
            ("Quote", self.quotes),
            ("Asset", self.assets),
            ("CaseComment", self.case_comments),
            ("Solution", self.solutions),
            ("Individual", self.individuals),
        ]
    }
}

/// Runs the simulator until it is told to stop. The first argument is the program's name.
pub fn run(args: impl IntoIterator<Item = OsString>) -> anyhow::Result<ExitCode> {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            // Who reads only the first lines has what it wants.
            let printed = error.print().or_else(|failed| match failed.kind() {
                io::ErrorKind::BrokenPipe => Ok(()),
                _ => Err(failed),
            });
            printed.context("cannot print")?;
            return Ok(ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1)));
        }
    };
    let simulator = Simulator::start(args.into_config())?;
    let line = serde_json::to_string(simulator.start_line()).context("cannot write the start line")?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}").and_then(|()| stdout.flush()).context("cannot print the start line")?;
    drop(stdout);
    wait_for_stop()?;
    Ok(ExitCode::SUCCESS)
}

impl Args {
    fn into_config(self) -> SimulatorConfig {
        let counts = [
            ("Account", self.accounts),
            ("Contact", self.contacts),
            ("Opportunity", self.opportunities),
            ("Case", self.cases),
            ("User", self.users),
            ("Project__c", self.projects),
        ];
        SimulatorConfig {
            host: self.host,
            port: self.port,
            pubsub_port: self.pubsub_port,
            base_url: self.base_url,
            tls: self.tls,
            tls_names: self.tls_names,
            tls_certificate: self.tls_certificate,
            jwt_key: true,
            seed: self.seed,
            counts: counts
                .into_iter()
                .chain(self.more.counts())
                .map(|(name, count)| (name.to_owned(), count))
                .collect(),
            rotate_refresh_tokens: self.rotate_refresh_tokens,
            revoke_family_on_reuse: self.revoke_family_on_reuse,
            require_pkce: self.require_pkce,
            allow_password_flow: self.allow_password_flow,
            trusted_network: self.trusted_network,
            callback_urls: self.callback_urls,
            page_rows: self.page_rows,
            bulk_polls: self.bulk_polls,
            daily_api_requests: self.daily_api_requests,
            enforce_daily_limit: self.enforce_daily_limit,
            history: self.history,
            keep_in: self.keep_in,
            ..SimulatorConfig::default()
        }
    }
}

/// Waits for Ctrl-C or, as services are stopped, SIGTERM.
fn wait_for_stop() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot wait for signals")?;
    runtime.block_on(async {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
            tokio::select! {
                interrupted = tokio::signal::ctrl_c() => interrupted.context("cannot wait for Ctrl-C"),
                _ = terminate.recv() => Ok(()),
            }
        }
        #[cfg(not(unix))]
        tokio::signal::ctrl_c().await.context("cannot wait for Ctrl-C")
    })
}
