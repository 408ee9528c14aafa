//! What an org has to offer: its sObjects and their fields, asked live and kept for a few minutes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use model::{ConnectionId, Filter, IntegrationId};
use salesforce::{
    FieldName, SObjectName, Timestamp,
    describe::{SObjectDescribe, SObjectSummary},
};
use serde_json::Value;
use store::{Reader, integrations::find_integration_of};
use tokio::time::{Instant, timeout_at};

use crate::{
    engine::Engine,
    error::{Error, Result},
    query::Shows,
};

/// A person waits for the answer.
const DEADLINE: Duration = Duration::from_secs(3);
/// An admin who adds a field does not wait long to see it here.
const KEPT_FOR: Duration = Duration::from_secs(5 * 60);
/// A describe may have megabytes; beyond so many all are asked for again.
const MOST_DESCRIBES: usize = 100;
/// Values of records are kept in memory for as few sObjects as somebody maps in a sitting.
const MOST_SAMPLES: usize = 50;
/// Enough to show what a value looks like.
const SAMPLE_ROWS: &str = "LIMIT 20";

/// Answers that were given a moment ago.
#[derive(Debug, Default)]
pub(crate) struct Catalog(Mutex<Answers>);

#[derive(Debug, Default)]
struct Answers {
    sobjects: HashMap<ConnectionId, (Timestamp, Arc<Vec<SObjectSummary>>)>,
    describes: HashMap<(ConnectionId, String), (Timestamp, Arc<SObjectDescribe>)>,
    samples: HashMap<(ConnectionId, String), (Timestamp, Arc<OrgSample>)>,
}

/// Some records of an sObject, as REST answers with them.
#[derive(Debug)]
pub(crate) struct OrgSample {
    /// The fields that were asked for.
    pub(crate) fields: Vec<FieldName>,
    /// The records.
    pub(crate) records: Vec<Value>,
}

impl Catalog {
    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.0.lock().expect("nothing panics while it holds the answers")
    }

    /// Takes what a run has just been told of an sObject in place of what is kept of it.
    pub(crate) fn renew(&self, id: ConnectionId, describe: &SObjectDescribe, now: Timestamp) {
        if let Some(kept) = self.answers().describes.get_mut(&key_of(id, describe.name())) {
            *kept = (now, Arc::new(describe.clone()));
        }
    }

    /// Forgets what a connection's user was told of an sObject's fields.
    pub(crate) fn forget_describe(&self, id: ConnectionId, sobject: &SObjectName) {
        self.answers().describes.remove(&key_of(id, sobject));
    }

    /// Forgets what a connection's user was told.
    pub(crate) fn forget(&self, id: ConnectionId) {
        let mut answers = self.answers();
        answers.sobjects.remove(&id);
        answers.describes.retain(|(connection_id, _), _| *connection_id != id);
        answers.samples.retain(|(connection_id, _), _| *connection_id != id);
    }
}

impl Engine {
    /// Returns the sObjects that an integration's user can see.
    pub async fn list_sobjects(
        &self,
        reader: &Reader,
        id: IntegrationId,
    ) -> Result<Option<Vec<SObjectSummary>>> {
        let Some(integration) = find_integration_of(self.store(), reader, id).await? else { return Ok(None) };
        let connection_id = integration.connection_id;
        let now = self.clock().now();
        let known = self.catalog().answers().sobjects.get(&connection_id).cloned();
        if let Some((_, sobjects)) = known.filter(|(asked_at, _)| *asked_at + KEPT_FOR > now) {
            return Ok(Some(sobjects.to_vec()));
        }
        let sobjects = self
            .in_time(async {
                let client = self.questioner(connection_id).await?;
                client.describe_global().await.map_err(Error::call("list the sObjects of the org"))
            })
            .await?
            .sobjects;
        let kept = (now, Arc::new(sobjects.clone()));
        self.catalog().answers().sobjects.insert(connection_id, kept);
        Ok(Some(sobjects))
    }

    /// Describes an sObject as an integration's user sees it.
    pub async fn describe_sobject(
        &self,
        reader: &Reader,
        id: IntegrationId,
        sobject: &SObjectName,
    ) -> Result<Option<SObjectDescribe>> {
        let Some(integration) = find_integration_of(self.store(), reader, id).await? else { return Ok(None) };
        let describe = self.in_time(self.describe_kept(integration.connection_id, sobject)).await?;
        Ok(Some(Arc::unwrap_or_clone(describe)))
    }

    /// The describe of an sObject, a few minutes old at most.
    pub(crate) async fn describe_kept(
        &self,
        connection_id: ConnectionId,
        sobject: &SObjectName,
    ) -> Result<Arc<SObjectDescribe>> {
        let key = key_of(connection_id, sobject);
        let now = self.clock().now();
        let known = self.catalog().answers().describes.get(&key).cloned();
        if let Some((_, describe)) = known.filter(|(asked_at, _)| *asked_at + KEPT_FOR > now) {
            return Ok(describe);
        }
        let client = self.questioner(connection_id).await?;
        let describe = match client.describe(sobject).await {
            Ok(describe) => Arc::new(describe),
            Err(salesforce::Error::Api { source, .. }) if source.status == 404 => {
                return Err(Error::SObjectUnknown(sobject.clone()));
            }
            Err(source) => return Err(Error::call(format!("describe {sobject}"))(source)),
        };
        let mut answers = self.catalog().answers();
        if answers.describes.len() >= MOST_DESCRIBES {
            answers.describes.clear();
        }
        answers.describes.insert(key, (now, Arc::clone(&describe)));
        Ok(describe)
    }

    /// Some records in the scope of a filter, with these fields at least, a few minutes old at most. Each field that was not
    /// asked for before costs one call, so somebody who tries fields out pays for each once.
    pub(crate) async fn sample_kept(
        &self,
        connection_id: ConnectionId,
        sobject: &SObjectName,
        filter: Option<&Filter>,
        fields: &[FieldName],
    ) -> Result<Arc<OrgSample>> {
        let filter = filter.map(Filter::to_soql);
        let key = (connection_id, format!("{sobject} {}", filter.as_deref().unwrap_or_default()));
        let now = self.clock().now();
        let known = self.catalog().answers().samples.get(&key).cloned();
        let known = known.filter(|(asked_at, _)| *asked_at + KEPT_FOR > now).map(|(_, sample)| sample);
        if let Some(sample) =
            known.as_ref().filter(|sample| fields.iter().all(|field| sample.fields.contains(field)))
        {
            return Ok(Arc::clone(sample));
        }
        let mut wanted = known.map(|sample| sample.fields.clone()).unwrap_or_default();
        for field in fields {
            if !wanted.contains(field) {
                wanted.push(field.clone());
            }
        }
        let names: Vec<_> = wanted.iter().map(FieldName::as_str).collect();
        let query = Shows::Live.query(&names.join(", "), sobject, filter.as_deref(), None, SAMPLE_ROWS);
        let client = self.questioner(connection_id).await?;
        let page = query.ask(&client).await.map_err(Error::call("look at some records"))?;
        let sample = Arc::new(OrgSample { fields: wanted, records: page.records });
        let mut answers = self.catalog().answers();
        if answers.samples.len() >= MOST_SAMPLES {
            answers.samples.clear();
        }
        answers.samples.insert(key, (now, Arc::clone(&sample)));
        Ok(sample)
    }

    /// The answer to a question, if the org gives it while a person waits.
    pub(crate) async fn in_time<T>(&self, question: impl Future<Output = Result<T>>) -> Result<T> {
        until(self.question_deadline(), question).await
    }

    /// When a person has waited long enough for the questions that begin now.
    pub(crate) fn question_deadline(&self) -> Instant {
        Instant::now() + DEADLINE
    }
}

/// The answer to one of several questions for which a person waits once, if the org gives it before the end of that.
pub(crate) async fn until<T>(deadline: Instant, question: impl Future<Output = Result<T>>) -> Result<T> {
    timeout_at(deadline, question).await.unwrap_or(Err(Error::Slow))
}

/// An sObject is the same however somebody spells it.
fn key_of(id: ConnectionId, sobject: &SObjectName) -> (ConnectionId, String) {
    (id, sobject.as_str().to_ascii_lowercase())
}
