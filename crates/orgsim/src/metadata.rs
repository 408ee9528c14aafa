//! The Metadata API as far as deployments go (Metadata API Developer Guide, deploy() and checkDeployStatus()): permission sets,
//! and external client apps, with which clients sign in from then on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value as Json, json};

use self::archive::Unusable;
pub(crate) use self::deployment::DeployOptions;
use self::deployment::{Change, Message, run};
use self::external_apps::ExternalApp;
use crate::app::App;
use crate::clock;
use crate::id::RecordId;
use crate::users::User;

mod archive;
mod deployment;
mod external_apps;
mod kinds;
mod package;
mod permission_sets;
mod scopes;

/// The key prefix of deployments.
const PREFIX: [u8; 3] = *b"0Af";

/// As many deployments are remembered.
const MAX_KEPT: usize = 100;

/// The permissions of which the API wants one, and what it says to who has none.
const PERMISSIONS: [&str; 2] = ["ModifyAllData", "ModifyMetadata"];
pub(crate) const NO_PERMISSION: &str =
    "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions";

/// Returns whether a user may call the API (Metadata API Developer Guide, Quick Start, Prerequisites).
pub(crate) fn may_call(app: &App, user_id: RecordId) -> bool {
    let rights = app.org.rights(user_id, app.now_ms());
    PERMISSIONS.iter().any(|permission| rights.has(permission))
}

/// The deployments of the org, and the apps that came of them.
#[derive(Debug, Default)]
pub(crate) struct Deployments {
    /// Held by who deploys: one deployment runs at a time.
    apps: Mutex<Vec<ExternalApp>>,
    log: Mutex<DeploymentLog>,
}

#[derive(Debug, Default)]
struct DeploymentLog {
    last: u64,
    kept: VecDeque<Arc<Deployment>>,
}

/// A deployment that has ended.
#[derive(Debug)]
pub(crate) struct Deployment {
    pub(crate) id: RecordId,
    options: DeployOptions,
    user_id: RecordId,
    user_name: String,
    started_ms: i64,
    ended_ms: i64,
    outcome: Result<Vec<Message>, Unusable>,
}

impl Deployments {
    /// Deploys the components of a zip file. The deployment has ended when this returns, and is looked at by its id.
    pub(crate) fn deploy(
        &self,
        app: &App,
        user: &User,
        zip: Vec<u8>,
        options: DeployOptions,
    ) -> Arc<Deployment> {
        let mut apps = self.apps.lock().unwrap_or_else(PoisonError::into_inner);
        let started_ms = app.now_ms();
        let outcome = run(app, user.id, &mut apps, zip, &options);
        let mut log = self.lock_log();
        log.last += 1;
        let deployment = Arc::new(Deployment {
            id: RecordId::new(&PREFIX, log.last),
            options,
            user_id: user.id,
            user_name: user.name.clone(),
            started_ms,
            ended_ms: app.now_ms(),
            outcome,
        });
        if log.kept.len() == MAX_KEPT {
            log.kept.pop_front();
        }
        log.kept.push_back(Arc::clone(&deployment));
        deployment
    }

    pub(crate) fn find(&self, id: &str) -> Option<Arc<Deployment>> {
        let id = RecordId::parse(id.trim())?;
        self.lock_log().kept.iter().find(|deployment| deployment.id == id).cloned()
    }

    fn lock_log(&self) -> MutexGuard<'_, DeploymentLog> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deployment {
    /// Tells how it ended, in the members of `DeployResult`, which are sorted by their names as those of the WSDL are.
    pub(crate) fn to_result(&self, has_details: bool) -> Json {
        let (ended, started) = (clock::format_rest(self.ended_ms), clock::format_rest(self.started_ms));
        let messages = self.outcome.as_deref().unwrap_or_default();
        let failed = messages.iter().filter(|message| message.result.is_err()).count();
        let status = self.status(failed, messages.len());
        let unusable = self.outcome.as_ref().err();
        let options = &self.options;
        json!({
            "checkOnly": options.check_only,
            "completedDate": ended,
            "createdBy": self.user_id.to_string(),
            "createdByName": self.user_name,
            "createdDate": started,
            "details": has_details.then(|| self.to_details(messages)),
            "done": true,
            "errorMessage": unusable.map(|unusable| unusable.message.as_str()),
            "errorStatusCode": unusable.map(|unusable| unusable.code),
            "id": self.id.to_string(),
            "ignoreWarnings": options.ignore_warnings,
            "lastModifiedDate": ended,
            "numberComponentErrors": failed,
            "numberComponentsDeployed": messages.len() - failed,
            "numberComponentsTotal": messages.len(),
            "numberTestErrors": 0,
            "numberTestsCompleted": 0,
            "numberTestsTotal": 0,
            "rollbackOnError": options.rollback_on_error,
            "runTestsEnabled": false,
            "startDate": started,
            "status": status,
            "success": status == "Succeeded",
        })
    }

    fn status(&self, failed: usize, total: usize) -> &'static str {
        match (&self.outcome, failed) {
            (Err(_), _) => "Failed",
            (Ok(_), 0) => "Succeeded",
            (Ok(_), _) if self.options.rollback_on_error || failed == total => "Failed",
            (Ok(_), _) => "SucceededPartial",
        }
    }

    fn to_details(&self, messages: &[Message]) -> Json {
        let (good, bad): (Vec<_>, Vec<_>) = messages.iter().partition(|message| message.result.is_ok());
        let at = clock::format_rest(self.ended_ms);
        let mut good: Vec<Json> = good.into_iter().map(|message| to_json(message, &at)).collect();
        if self.outcome.is_ok() && bad.iter().all(|message| !message.type_name.is_empty()) {
            good.push(manifest_entry(&at));
        }
        json!({
            "componentFailures": bad.into_iter().map(|message| to_json(message, &at)).collect::<Vec<_>>(),
            "componentSuccesses": good,
            "runTestResult": { "numFailures": 0, "numTestsRun": 0, "totalTime": 0.0 },
        })
    }

    /// Tells what the client wanted, in the members of `DeployOptions`.
    pub(crate) fn to_options(&self) -> Json {
        let options = &self.options;
        json!({
            "allowMissingFiles": options.allow_missing_files,
            "autoUpdatePackage": false,
            "checkOnly": options.check_only,
            "ignoreWarnings": options.ignore_warnings,
            "performRetrieve": false,
            "purgeOnDelete": false,
            "rollbackOnError": options.rollback_on_error,
            "runTests": options.run_tests,
            "singlePackage": options.single_package,
            "testLevel": Json::Null,
        })
    }
}

/// Tells what became of a component, in the members of `DeployMessage`.
fn to_json(message: &Message, at: &str) -> Json {
    let change = message.result.as_ref().ok();
    let problem = message.result.as_ref().err();
    json!({
        "changed": change.is_some_and(|change| *change != Change::None),
        "componentType": message.type_name,
        "created": change == Some(&Change::Created),
        "createdDate": at,
        "deleted": false,
        "fileName": message.file_name,
        "fullName": message.full_name,
        "id": message.record.map(|id| id.to_string()),
        "problem": problem,
        "problemType": problem.map(|_| "Error"),
        "success": problem.is_none(),
        "warning": false,
    })
}

/// The manifest counts as a component that went well.
fn manifest_entry(at: &str) -> Json {
    json!({
        "changed": true,
        "componentType": "",
        "created": false,
        "createdDate": at,
        "deleted": false,
        "fileName": "package.xml",
        "fullName": "package.xml",
        "success": true,
        "warning": false,
    })
}
