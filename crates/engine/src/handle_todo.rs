//! Signatures to come.
#![allow(unused_variables, missing_docs, clippy::allow_attributes, reason = "replaced within the hour")]

use crate::{Error, Result, engine::Engine, handle::*, run::RuleRequest};
use model::*;
use salesforce::{
    SObjectName,
    describe::{SObjectDescribe, SObjectSummary},
};
use secrecy::SecretString;
use store::Reader;

fn unbuilt<T>() -> Result<T> {
    Err(Error::FileClosed)
}

/// Foreign and unknown ids are `Ok(None)`.
impl Engine {
    pub fn connect_options(&self, reader: &Reader) -> ConnectOptions {
        ConnectOptions { callback_url: String::new(), scopes: vec![], environments: vec![] }
    }
    pub async fn start_connect(
        &self,
        reader: &Reader,
        request: NewConnect,
    ) -> Result<Option<StartedConnect>> {
        unbuilt()
    }
    pub async fn finish_connect(
        &self,
        callback: Callback,
        browser_token: Option<&SecretString>,
        session: Option<(SessionId, &Reader)>,
    ) -> Result<ConnectFlow, CallbackRefused> {
        Err(CallbackRefused { status: 400, problem: Error::FileClosed.problem() })
    }
    pub async fn find_connect_flow(&self, reader: &Reader, id: ConnectFlowId) -> Result<Option<ConnectFlow>> {
        unbuilt()
    }
    pub async fn confirm_connect(&self, reader: &Reader, id: ConnectFlowId) -> Result<Option<Integration>> {
        unbuilt()
    }
    pub async fn cancel_connect(&self, reader: &Reader, id: ConnectFlowId) -> Result<Option<()>> {
        unbuilt()
    }
    pub async fn list_sobjects(
        &self,
        reader: &Reader,
        id: IntegrationId,
    ) -> Result<Option<Vec<SObjectSummary>>> {
        unbuilt()
    }
    pub async fn describe_sobject(
        &self,
        reader: &Reader,
        id: IntegrationId,
        sobject: &SObjectName,
    ) -> Result<Option<SObjectDescribe>> {
        unbuilt()
    }
    pub async fn preview_rule(
        &self,
        reader: &Reader,
        id: IntegrationId,
        request: &RuleRequest,
    ) -> Result<Option<RulePreview>> {
        unbuilt()
    }
    pub async fn put_rule(
        &self,
        reader: &Reader,
        id: IntegrationId,
        request: RuleRequest,
    ) -> Result<Option<SyncRule>> {
        unbuilt()
    }
    pub async fn delete_rule(&self, reader: &Reader, id: SyncRuleId) -> Result<Option<()>> {
        unbuilt()
    }
    pub async fn request_run(&self, reader: &Reader, id: IntegrationId) -> Result<Option<SyncRun>> {
        unbuilt()
    }
    pub async fn pause(&self, reader: &Reader, id: IntegrationId) -> Result<Option<Integration>> {
        unbuilt()
    }
    pub async fn resume(&self, reader: &Reader, id: IntegrationId) -> Result<Option<Integration>> {
        unbuilt()
    }
    pub async fn rename(
        &self,
        reader: &Reader,
        id: IntegrationId,
        name: &str,
    ) -> Result<Option<Integration>> {
        unbuilt()
    }
    pub async fn deletion_of(&self, reader: &Reader, id: IntegrationId) -> Result<Option<Deletion>> {
        unbuilt()
    }
    pub async fn delete_integration(
        &self,
        reader: &Reader,
        id: IntegrationId,
        data: DataChoice,
    ) -> Result<Option<Deleted>> {
        unbuilt()
    }
}

/// Works until `shutdown` completes.
pub async fn serve_work(engine: Engine, shutdown: impl Future<Output = ()> + Send) {}
