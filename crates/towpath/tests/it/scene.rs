//! What every test of `towpath copy` needs: a simulated org, a destination, and the program.

use std::path::{Path, PathBuf};
use std::process::Command;

use benches::column::Column;
use benches::copy::{Copy, DEFAULT_NAME};
use benches::destination::{Destination, DestinationKind};
use benches::org::{Mutation, Org};
use benches::process::{self, Finished};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

const HOUR_MS: u64 = 3_600_000;
/// Fields that count days.
const CHANGING_AT_MIDNIGHT: [&str; 3] = ["LastActivityInDays", "LastStageChangeInDays", "Age_Days__c"];

/// The program under test.
pub(crate) fn towpath() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_towpath"))
}

/// An org, and an empty destination to copy it to.
pub(crate) struct Scene {
    pub(crate) org: Org,
    pub(crate) destination: Destination,
    /// Holds the destination and what belongs to it.
    pub(crate) folder: TempDir,
    /// Where keys and pages of a copy to a server are kept.
    home: PathBuf,
}

impl Scene {
    /// Starts an org with more arguments, such as `--accounts 3000`.
    pub(crate) async fn new(kind: DestinationKind, org_arguments: &[&str]) -> Self {
        let org = Org::start(towpath(), org_arguments).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let destination = Destination::create(kind, folder.path()).await.unwrap();
        let home = folder.path().to_owned();
        Self { org, destination, folder, home }
    }

    /// Goes on with the same org and another destination.
    pub(crate) async fn with_new_destination(mut self, kind: DestinationKind) -> Self {
        self.destination.remove().await.unwrap();
        self.folder = tempfile::tempdir().unwrap();
        self.home = self.folder.path().to_owned();
        self.destination = Destination::create(kind, &self.home).await.unwrap();
        self
    }

    /// Puts every file of the copy, which has not begun, below another folder.
    pub(crate) fn move_files_to(&mut self, folder: &Path) {
        self.home = folder.to_owned();
        match &mut self.destination {
            Destination::Csv(path) | Destination::Sqlite(path) => {
                *path = folder.join(path.file_name().unwrap());
            }
            Destination::Postgres(_) => {}
        }
    }

    /// Returns the command that copies; a test may change it before it runs.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Copy::new(towpath(), &self.org, &self.home).command(&self.destination);
        command.args(arguments);
        command
    }

    /// Copies, whatever comes of it.
    pub(crate) fn try_copy(&self, arguments: &[&str]) -> Finished {
        process::run(&mut self.command(arguments)).unwrap()
    }

    /// Copies and returns the summary.
    pub(crate) fn copy(&self, arguments: &[&str]) -> Json {
        let finished = process::run(self.command(arguments).arg("--json")).unwrap().succeeded().unwrap();
        serde_json::from_str(&finished.stdout).unwrap()
    }

    /// Compares every cell of the copy of an sObject with the org.
    pub(crate) async fn assert_equal(&self, sobject: &str) {
        let columns = self.columns(sobject).await;
        self.assert_equal_in(sobject, &columns, "").await;
    }

    /// Compares the copy of some columns of the records that a condition keeps.
    pub(crate) async fn assert_equal_in(&self, sobject: &str, columns: &[Column], condition: &str) {
        let expected = self.org.hash_where(sobject, columns, condition).await.unwrap();
        let found = self.destination.hash(DEFAULT_NAME, sobject, columns).await.unwrap();
        assert_eq!(found, expected, "{sobject} in {}", self.destination.to_argument());
    }

    /// Lists the columns of a copy of all fields. Those that change at midnight are not among them: a copy reads them again
    /// once a day, and the org's midnight comes in the middle of a test that runs a few hours before it.
    pub(crate) async fn columns(&self, sobject: &str) -> Vec<Column> {
        let mut columns = self.org.columns(sobject).await.unwrap();
        columns.retain(|column| !CHANGING_AT_MIDNIGHT.contains(&column.field.as_str()));
        columns
    }

    /// Returns how many rows of an sObject the org has served since its counters were reset.
    pub(crate) async fn rows_served(&self, sobject: &str) -> u64 {
        self.org.counters().await.unwrap().rows_of(sobject)
    }

    /// Changes records an hour later, and lets a minute pass.
    pub(crate) async fn change_later(&self, sobject: &str, mutation: Mutation) {
        self.advance_an_hour().await;
        self.org.mutate(sobject, mutation).await.unwrap();
        self.advance_clock(60_000).await;
    }

    /// Lets an hour pass in the org.
    pub(crate) async fn advance_an_hour(&self) {
        self.advance_clock(HOUR_MS).await;
    }

    /// Asks the org for the id of a record.
    pub(crate) async fn first_id(&self, sobject: &str) -> String {
        let query = format!("SELECT Id FROM {sobject} LIMIT 1");
        self.org.query(&query).await.unwrap()["records"][0]["Id"].as_str().unwrap().to_owned()
    }

    async fn advance_clock(&self, ms: u64) {
        self.org.command("clock", json!({ "advance_ms": ms })).await.unwrap();
    }

    /// Lets the org make a mistake.
    pub(crate) async fn add_fault(&self, fault: Json) {
        self.org.add_fault(fault).await.unwrap();
    }
}

/// Asserts that a copy ended with this code and said this.
#[track_caller]
pub(crate) fn assert_says(finished: &Finished, code: i32, sentence: &str) {
    assert_eq!(finished.status.code(), Some(code), "{}\n{}", finished.status, finished.stderr);
    assert!(finished.stderr.contains(sentence), "\"{sentence}\" is not in:\n{}", finished.stderr);
}

/// The part of a summary that is about an sObject.
pub(crate) fn part<'a>(summary: &'a Json, sobject: &str) -> &'a Json {
    let parts = summary["sobjects"].as_array().unwrap();
    parts
        .iter()
        .find(|part| part["sobject"] == sobject)
        .unwrap_or_else(|| panic!("no {sobject} in {summary:#}"))
}
