//! Carrying out a deployment: all its components or none, unless the client wants what can be had.

use std::sync::Arc;

use super::archive::{Archive, Unusable};
use super::external_apps::{self, ExternalApp, Given};
use super::kinds::{KINDS, Kind};
use super::package::{Entry, Layout, read_packages};
use super::permission_sets;
use crate::app::App;
use crate::client_apps::ClientApp;
use crate::id::RecordId;
use crate::org::Author;
use crate::sessions::OwnPolicy;

/// The permission that changing apps takes. Without it the org says what it says of all components.
const CUSTOMIZE: &str = "CustomizeApplication";
const NO_ACCESS: &str = "You do not have the level of access required to deploy this component.";

/// What a client wants of a deployment (Metadata API Developer Guide, DeployOptions).
#[derive(Clone, Debug, Default)]
pub(crate) struct DeployOptions {
    pub(crate) allow_missing_files: bool,
    pub(crate) check_only: bool,
    pub(crate) ignore_warnings: bool,
    pub(crate) rollback_on_error: bool,
    pub(crate) single_package: bool,
    /// Tests that are to run.
    pub(crate) run_tests: Vec<String>,
}

impl DeployOptions {
    /// Takes each switch by its name in the API.
    pub(crate) fn of(is_on: impl Fn(&str) -> bool, run_tests: Vec<String>) -> Self {
        Self {
            allow_missing_files: is_on("allowMissingFiles"),
            check_only: is_on("checkOnly"),
            ignore_warnings: is_on("ignoreWarnings"),
            rollback_on_error: is_on("rollbackOnError"),
            single_package: is_on("singlePackage"),
            run_tests,
        }
    }
}

/// What a component's deployment did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Change {
    Created,
    Changed,
    /// It was there already.
    None,
}

/// What became of a component.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// Empty for the manifest.
    pub(crate) type_name: String,
    pub(crate) full_name: String,
    pub(crate) file_name: String,
    pub(crate) record: Option<RecordId>,
    /// What it did, or what is wrong.
    pub(crate) result: Result<Change, String>,
}

/// Carries a deployment out. Returns what became of each component, or why nothing could be tried.
pub(super) fn run(
    app: &App,
    user_id: RecordId,
    apps: &mut Vec<ExternalApp>,
    zip: Vec<u8>,
    options: &DeployOptions,
) -> Result<Vec<Message>, Unusable> {
    if !options.run_tests.is_empty() {
        let message = "No Apex runs in this simulated org: deploy without naming tests".to_owned();
        return Err(Unusable { code: "FUNCTIONALITY_NOT_ENABLED", message });
    }
    let mut archive = Archive::open(zip)?;
    let layout = Layout { is_single: options.single_package, may_lack_files: options.allow_missing_files };
    let entries = read_packages(&mut archive, layout);
    let mut staged = Staged {
        app,
        by: Author::new(user_id, app.now_ms()),
        may_customize: app.org.rights(user_id, app.now_ms()).has(CUSTOMIZE),
        apps: apps.clone(),
    };
    // Others see records once all of them are there.
    let done = app.org.transact(|| {
        let messages = staged.apply_all(&entries, apps);
        let has_failed = messages.iter().any(|message| message.result.is_err());
        let counts = !(options.check_only || has_failed && options.rollback_on_error);
        if counts { Ok(messages) } else { Err(messages) }
    });
    match done {
        Ok(messages) => {
            *apps = staged.apps;
            publish(app, apps);
            Ok(messages)
        }
        Err(messages) => Ok(messages),
    }
}

/// Lets clients sign in with the apps there are now.
fn publish(app: &App, apps: &[ExternalApp]) {
    let clients: Vec<Arc<ClientApp>> = apps.iter().filter_map(ExternalApp::to_client).collect();
    let policy_of = |client: &Arc<ClientApp>| {
        let policy = client.deployed.as_ref()?.tokens;
        Some((client.client_id.clone(), OwnPolicy { name: client.name.clone(), policy }))
    };
    app.sessions.set_own_policies(clients.iter().filter_map(policy_of));
    app.deployed.replace(clients);
}

/// What became of a component, and the record that it is in the org.
type Applied = (Result<Change, String>, Option<RecordId>);

/// The org as it will be once the deployment counts.
struct Staged<'a> {
    app: &'a App,
    by: Author,
    may_customize: bool,
    apps: Vec<ExternalApp>,
}

impl Staged<'_> {
    /// Applies all components, in the order of what they need of each other, and tells of them in that of the packages.
    fn apply_all(&mut self, entries: &[Entry], before: &[ExternalApp]) -> Vec<Message> {
        let mut results: Vec<Option<Applied>> = vec![None; entries.len()];
        for kind in &KINDS {
            for (entry, result) in entries.iter().zip(&mut results) {
                if let Ok((of, root)) = &entry.content
                    && of.name == kind.name
                {
                    *result = Some(self.apply(kind, &entry.full_name, root));
                }
            }
        }
        let mut messages: Vec<Message> = entries
            .iter()
            .zip(results)
            .map(|(entry, result)| {
                let refused = || entry.content.as_ref().err().cloned().unwrap_or_default();
                let (result, record) = result.unwrap_or_else(|| (Err(refused()), None));
                Message {
                    type_name: entry.type_name.clone(),
                    full_name: entry.full_name.clone(),
                    file_name: entry.file_name.clone(),
                    record,
                    result,
                }
            })
            .collect();
        self.refuse_gaps(&mut messages, before);
        messages
    }

    fn apply(&mut self, kind: &'static Kind, full_name: &str, root: &crate::xml::Element) -> Applied {
        if kind.is_of_app() {
            if !self.may_customize {
                return (Err(NO_ACCESS.to_owned()), None);
            }
            let before = self.apps.clone();
            let result = external_apps::apply(self.app, &mut self.apps, Given { kind, full_name, root });
            if result.is_err() {
                self.apps = before;
            }
            return (result, None);
        }
        let org = &self.app.org;
        match org.transact(|| permission_sets::apply(org, self.by, full_name, root)) {
            Ok((change, id)) => (Ok(change), Some(id)),
            Err(problem) => (Err(problem), None),
        }
    }

    /// Fails the components that lack others, and takes their apps back to what they were.
    fn refuse_gaps(&mut self, messages: &mut [Message], before: &[ExternalApp]) {
        let mut apps = Vec::new();
        for app in std::mem::take(&mut self.apps) {
            let Some((full_name, problem)) = app.find_gap() else {
                apps.push(app);
                continue;
            };
            let lacking = messages.iter_mut().filter(|message| {
                message.full_name == full_name && message.type_name.ends_with("OauthSettings")
            });
            lacking.for_each(|message| message.result = Err(problem.to_owned()));
            apps.extend(before.iter().find(|known| known.name == app.name).cloned());
        }
        self.apps = apps;
    }
}
