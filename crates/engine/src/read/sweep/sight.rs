//! Whether the user of a connection sees all records of an sObject, whoever they belong to: only then does a record that
//! the org does not show exist no more.

use salesforce::{Client, RecordId, Retry, SObjectName};

use crate::{
    backoff::call_again,
    engine::Engine,
    error::{Error, Result},
    rule_context::RuleContext,
};

/// Files are seen by who shares them, and all of them by who has *Query All Files* besides (Salesforce Help, Query All Files;
/// Object Reference, ContentDocument).
const FILES: [&str; 4] = ["ContentDocument", "ContentDocumentLink", "ContentNote", "ContentVersion"];
/// What lies in somebody's private folder is shown to no other user (Salesforce Help, View All Data).
const IN_FOLDERS: [&str; 5] = ["Dashboard", "Document", "EmailTemplate", "Folder", "Report"];

/// *View All Data*, or *View All* on the sObject; for files *Query All Files*. `None` where the user may not even ask that, or
/// no right says it.
pub(crate) async fn sees_all(
    engine: &Engine,
    client: &Client,
    user_id: RecordId,
    sobject: &SObjectName,
) -> Result<Option<bool>> {
    let is_among = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(sobject.as_str()));
    if is_among(&IN_FOLDERS) {
        return Ok(None);
    }
    // What a session has to be activated for, a token does not have (Object Reference, PermissionSet).
    let assigned = format!("AssigneeId = '{user_id}' AND PermissionSet.HasActivationRequired = false");
    let of_user =
        |right: &str| format!("SELECT COUNT() FROM PermissionSetAssignment WHERE {assigned} AND {right}");
    if is_among(&FILES) {
        let right = of_user("PermissionSet.PermissionsQueryAllFiles = true");
        return Ok(count(engine, client, &right).await?.map(|found| found > 0));
    }
    let right = of_user(
        "(PermissionSet.PermissionsViewAllData = true OR PermissionSet.PermissionsModifyAllData = true)",
    );
    match count(engine, client, &right).await? {
        Some(0) | None => {}
        Some(_) => return Ok(Some(true)),
    }
    let of_sobject = format!(
        "SELECT COUNT() FROM ObjectPermissions WHERE SobjectType = '{sobject}' AND ParentId IN (\
         SELECT PermissionSetId FROM PermissionSetAssignment WHERE {assigned}) AND (\
         PermissionsViewAllRecords = true OR PermissionsModifyAllRecords = true)"
    );
    Ok(count(engine, client, &of_sobject).await?.map(|found| found > 0))
}

/// The same of the user of a rule's connection.
pub(super) async fn sees_all_of(engine: &Engine, context: &RuleContext) -> Result<Option<bool>> {
    let connection = engine.connection(engine.connection_id_of(&context.rule).await?).await?;
    sees_all(engine, &context.client, connection.user_id, &context.rule.sobject).await
}

/// `None` where the org refuses to say. No answer is not a refusal.
async fn count(engine: &Engine, client: &Client, soql: &str) -> Result<Option<u64>> {
    told(call_again(engine.random(), || client.count(soql)).await, "ask for the user's rights")
}

/// An answer, or `None` where the org refuses it.
pub(super) fn told<T>(answer: Result<T, salesforce::Error>, attempted: &str) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if matches!(error.retry(), Retry::Now | Retry::Later(_) | Retry::Reauth) => {
            Err(Error::call(attempted.to_owned())(error))
        }
        Err(error) => {
            tracing::debug!(error = %error, "the org does not say");
            Ok(None)
        }
    }
}
