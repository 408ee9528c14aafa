//! The settings of integrations as a text file: `towpath export-config`, `plan` and `apply`.
//!
//! The file holds rules, mappings, limits and the groups with access. It holds no secret and no grant: an integration is connected by
//! `towpath connect` or in a browser, and is found here by its slug.

mod apply;
pub(crate) mod mapping;
mod mapping_plan;
mod plan;
mod rule_lines;
mod wanted;

use std::{fs, path::Path};

use model::Filter;
use serde::{Deserialize, Serialize};

use crate::{
    cli::client::{ApplyArgs, ExportConfigArgs, PlanArgs},
    client::{Client, Failure},
    exit::Exit,
    integrations,
    output::print_text,
};
use mapping::MappingSettings;
use plan::{Plan, make_plan};
use wanted::{Known, list_groups, read_known};

/// The only version of the file there is.
const VERSION: u32 = 1;

/// A file of settings.
#[derive(Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
struct SettingsFile {
    version: u32,
    #[serde(default, rename = "integration", skip_serializing_if = "Vec::is_empty")]
    integrations: Vec<IntegrationSettings>,
}

/// The settings of one integration.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
struct IntegrationSettings {
    slug: String,
    /// As it is where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// API calls in 24 hours. As it is where it is left out; `--prune` removes it then, and there are as many as the org leaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    allotment: Option<u64>,
    /// The share of the org's limit at which syncing stops. As it is where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stop_percent: Option<u64>,
    /// The name of the group that owns it; empty for the whole workspace. As it is where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// The names of the other groups with access. As they are where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shared_with: Option<Vec<String>>,
    #[serde(default, rename = "rule", skip_serializing_if = "Vec::is_empty")]
    rules: Vec<RuleSettings>,
    #[serde(default, rename = "mapping", skip_serializing_if = "Vec::is_empty")]
    mappings: Vec<MappingSettings>,
}

/// A sync rule.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
struct RuleSettings {
    sobject: String,
    /// A condition of SOQL. All records where it is left out.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    condition: Option<String>,
    /// All fields where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<String>>,
    /// How often it looks for changes, such as `15m`.
    #[serde(default = "usual_interval")]
    every: String,
    /// What becomes of fields that the org has since. As it is where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    new_fields: Option<NewFieldsSetting>,
    /// Fields that change without a new `SystemModstamp`, beside formulas and roll-ups. As they are where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    volatile_fields: Option<Vec<String>>,
    /// How often such fields and formulas are read again for all records. As it is where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_hours: Option<u64>,
}

/// What becomes of fields that an org has since a rule was made.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum NewFieldsSetting {
    /// They are copied.
    Add,
    /// A person is asked.
    Ask,
    /// They are left out.
    Ignore,
}

impl NewFieldsSetting {
    fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Ask => "ask",
            Self::Ignore => "ignore",
        }
    }
}

fn usual_interval() -> String {
    "15m".to_owned()
}

/// Prints the settings of some integrations, or of all.
pub(crate) async fn export(args: ExportConfigArgs) -> Result<Exit, Failure> {
    let client = Client::signed_in()?;
    let groups = list_groups(&client).await?;
    let mut file = SettingsFile { version: VERSION, ..SettingsFile::default() };
    for integration in chosen(&client, &args.integrations).await? {
        file.integrations.push(read_known(&client, integration, &groups).await?.settings());
    }
    print_text(&to_text(&file))?;
    Ok(Exit::Ok)
}

/// Says what applying a file would change, and what that costs.
pub(crate) async fn plan(args: PlanArgs) -> Result<Exit, Failure> {
    let client = Client::signed_in()?;
    let plan = planned(&client, &args.file, args.prune).await?;
    print_text(&plan.text())?;
    Ok(Exit::Ok)
}

/// Changes what differs from a file.
pub(crate) async fn apply(args: ApplyArgs) -> Result<Exit, Failure> {
    let client = Client::signed_in()?;
    let plan = planned(&client, &args.plan.file, args.plan.prune).await?;
    print_text(&plan.text())?;
    if plan.is_empty() {
        return Ok(Exit::Ok);
    }
    apply::refuse_problems(&plan)?;
    if !args.yes {
        apply::confirm(args.no_input)?;
    }
    let done = apply::apply(&client, &plan).await?;
    print_text(&format!("Applied: {done} changed.\n"))?;
    Ok(Exit::Ok)
}

async fn planned(client: &Client, path: &Path, prune: bool) -> Result<Plan, Failure> {
    let file = read_file(path)?;
    let groups = list_groups(client).await?;
    let mut parts = Vec::new();
    for wanted in file.integrations {
        let found = integrations::find(client, &wanted.slug).await.map_err(|failure| match failure {
            Failure::NotFound(_) => Failure::NotFound(format!(
                "There is no integration {:?} here. Connect the org first, with `towpath connect` or in a browser: a file holds no grant.",
                wanted.slug
            )),
            other => other,
        })?;
        let known = read_known(client, found, &groups).await?;
        parts.push(make_plan(client, known, &wanted, prune).await?);
    }
    Ok(Plan { parts })
}

async fn chosen(client: &Client, named: &[String]) -> Result<Vec<integrations::IntegrationBody>, Failure> {
    if named.is_empty() {
        return client.list(&["integrations"]).await;
    }
    let mut found = Vec::with_capacity(named.len());
    for name in named {
        found.push(integrations::find(client, name).await?);
    }
    Ok(found)
}

fn read_file(path: &Path) -> Result<SettingsFile, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::Unclear(format!("{} cannot be read: {error}.", path.display())))?;
    parse(&text).map_err(|reason| Failure::Unclear(format!("{}: {reason}", path.display())))
}

fn parse(text: &str) -> Result<SettingsFile, String> {
    let mut file: SettingsFile = toml::from_str(text).map_err(|error| error.to_string())?;
    if file.version != VERSION {
        return Err(format!("version {} is not known; this program writes version {VERSION}.", file.version));
    }
    for integration in &mut file.integrations {
        let mappings = std::mem::take(&mut integration.mappings).into_iter();
        integration.mappings = mappings.map(MappingSettings::plain).collect();
    }
    for rule in file.integrations.iter_mut().flat_map(|integration| &mut integration.rules) {
        if let Some(condition) = &mut rule.condition {
            // As the server prints it, so that only what means something else is a difference.
            let filter = Filter::parse(condition).map_err(|error| format!("{}: {error}.", rule.sobject))?;
            *condition = filter.to_soql();
        }
        crate::rules::parse_interval(&rule.every).map_err(|error| format!("{}: {error}.", rule.sobject))?;
    }
    Ok(file)
}

fn to_text(file: &SettingsFile) -> String {
    let head = "# The settings of Towpath's integrations. `towpath plan -f` shows what differs, `towpath apply -f` changes it.\n";
    format!("{head}{}", toml::to_string(file).expect("plain texts and numbers have a TOML form"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
version = 1

[[integration]]
slug = "acme"
name = "ACME"
allotment = 5000
group = "Sales"
shared_with = ["Service", "Partners"]

[[integration.rule]]
sobject = "Account"
where = "Industry  =  'Retail'"
fields = ["Name", "Industry"]
every = "1h"
new_fields = "ask"
volatile_fields = ["Rating"]
refresh_hours = 12

[[integration.rule]]
sobject = "Contact"

[[integration.mapping]]
property = "company.name"
from = "Account.Name"

[[integration.mapping]]
property = "company.segment"
from = "Account.Segment__c"
first_of = ["Type"]
trim = true
lower = true
other_values = "leave_empty"
default = "unknown"
values = { smb = "Small", "ent." = "Large" }
"#;

    #[test]
    fn a_file_reads_back_as_it_was_written() {
        let file = parse(TEXT).unwrap();

        assert_eq!(parse(&to_text(&file)).unwrap(), file);
        let rules = &file.integrations[0].rules;
        assert_eq!((rules[0].new_fields, rules[1].new_fields), (Some(NewFieldsSetting::Ask), None));
        assert_eq!((rules[0].refresh_hours, rules[1].refresh_hours), (Some(12), None));
        assert_eq!(rules[0].volatile_fields.as_deref(), Some(&["Rating".to_owned()][..]));
        assert_eq!(rules[0].condition.as_deref(), Some("Industry = 'Retail'"));
        assert_eq!((rules[1].condition.as_deref(), &rules[1].fields, &*rules[1].every), (None, &None, "15m"));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_reason() {
        for (text, reason) in [
            ("version = 2", "version 2"),
            ("version = 1\nintegrations = 3", "unknown field"),
            (
                "version = 1\n[[integration]]\nslug = \"a\"\n[[integration.rule]]\nsobject = \"X\"\nwhere = \"Name =\"",
                "X: ",
            ),
            (
                "version = 1\n[[integration]]\nslug = \"a\"\n[[integration.rule]]\nsobject = \"X\"\nevery = \"often\"",
                "not an interval",
            ),
            (
                "version = 1\n[[integration]]\nslug = \"a\"\n[[integration.mapping]]\nproperty = \"company.name\"\nfrom = \"Account.Name\"\nupper = true",
                "unknown field",
            ),
            (
                "version = 1\n[[integration]]\nslug = \"a\"\n[[integration.rule]]\nsobject = \"X\"\nnew_fields = \"maybe\"",
                "unknown variant",
            ),
        ] {
            let refused = parse(text).unwrap_err();
            assert!(refused.contains(reason), "{refused}");
        }
    }
}
