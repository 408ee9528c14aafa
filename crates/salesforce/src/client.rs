//! Calls to one org as one user.

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;
use serde::{Deserialize, de::DeserializeOwned};

use crate::describe::{GlobalDescribe, SObjectDescribe};
use crate::http::{Answer, Http, Meter, Request};
use crate::limits::{ApiUsage, Limits};
use crate::oauth::parse_identity_url;
use crate::session::{AccessToken, Session};
use crate::{ApiVersion, Error, RecordId, Result, Retry, SObjectName, Timestamp, Withheld};

/// Asked before each call that counts towards an org's limits, with its method and path. A call that it withholds is not
/// sent, and fails with [`Error::Withheld`].
pub type Gate = Arc<dyn Fn(&str) -> BoxFuture<'static, Result<(), Withheld>> + Send + Sync>;

/// A client for one org. Cloning is cheap; clones share the session, the counters and the gate.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    version: ApiVersion,
    gate: Option<Gate>,
}

#[derive(Debug)]
struct Inner {
    http: Http,
    session: Session,
    meter: Arc<Meter>,
}

impl Client {
    /// A client that calls this version of the API; see [`Client::negotiate_version`].
    pub fn new(http: Http, session: Session, version: ApiVersion) -> Self {
        Self { inner: Arc::new(Inner { http, session, meter: Arc::default() }), version, gate: None }
    }

    /// The same client with a gate, which every call passes, also one that is sent again with a renewed token.
    #[must_use]
    pub fn with_gate(self, gate: Gate) -> Self {
        Self { gate: Some(gate), ..self }
    }

    /// The same client for another version. A bulk job needs one version for its whole life.
    pub fn with_version(&self, version: ApiVersion) -> Self {
        Self { version, ..self.clone() }
    }

    /// The version it calls.
    pub fn version(&self) -> ApiVersion {
        self.version
    }

    /// The session it calls with.
    pub fn session(&self) -> &Session {
        &self.inner.session
    }

    /// The org's API requests of the last 24 hours, as the newest answer told.
    pub fn usage(&self) -> Option<ApiUsage> {
        self.inner.meter.usage()
    }

    /// How many answers have told the usage so far.
    pub fn usages_told(&self) -> u64 {
        self.inner.meter.usages_told()
    }

    /// The org's clock, as the newest answer told it. Whole seconds.
    pub fn server_date(&self) -> Option<Timestamp> {
        self.inner.meter.server_date()
    }

    /// Calls sent so far, repeated ones included.
    pub fn calls(&self) -> u64 {
        self.inner.meter.calls()
    }

    /// Bytes of bodies received so far, compressed as they came.
    pub fn received_bytes(&self) -> u64 {
        self.inner.meter.received_bytes()
    }

    /// All sObjects the user can see (REST API Developer Guide, Describe Global).
    pub async fn describe_global(&self) -> Result<GlobalDescribe> {
        self.get(self.data_path("sobjects")).await
    }

    /// One sObject with its fields (REST API Developer Guide, sObject Describe).
    pub async fn describe(&self, sobject: &SObjectName) -> Result<SObjectDescribe> {
        self.get(self.data_path(&format!("sobjects/{sobject}/describe"))).await
    }

    /// The org's limits (REST API Developer Guide, Limits). Needs the permission View Setup and Configuration.
    pub async fn limits(&self) -> Result<Limits> {
        self.get(self.data_path("limits")).await
    }

    /// The org and the user that the session belongs to.
    ///
    /// Any token that may use the API can ask this, which the identity URL itself does not promise: the list of
    /// resources names it (REST API Developer Guide, Resources by Version).
    pub async fn session_owner(&self) -> Result<(RecordId, RecordId)> {
        #[derive(Deserialize)]
        struct Resources {
            identity: String,
        }
        let resources: Resources = self.get(self.data_path("")).await?;
        parse_identity_url(&resources.identity, self.inner.http.host_rule())
    }

    pub(crate) fn data_path(&self, resource: &str) -> String {
        format!("/services/data/v{}/{resource}", self.version)
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: String) -> Result<T> {
        self.call(&Request::get(path)).await?.json().await
    }

    /// Sends a request; where the session has expired or the org has another host now, renews it and sends the request
    /// once more.
    pub(crate) async fn call(&self, request: &Request) -> Result<Answer> {
        let token = self.inner.session.token();
        let refused = match self.attempt(request, &token).await {
            Err(Error::Api { request, source, .. }) if source.status == 401 => (request, source),
            Err(error @ Error::Redirected { .. }) => {
                let token = self.find_new_host(&token, error).await?;
                return self.attempt(request, &token).await.map_err(as_invalid_session);
            }
            other => return other,
        };
        let (label, source) = refused;
        if !source.is_session_expired() {
            return Err(Error::SessionInvalid { request: label, source });
        }
        tracing::debug!(request = label, "session expired");
        let Some(token) = self.inner.session.renew(token.generation).await? else {
            return Err(Error::SessionInvalid { request: label, source });
        };
        self.attempt(request, &token).await.map_err(as_invalid_session)
    }

    /// Returns a token for the host that the org has now, where a call was redirected: after a rename of its My Domain the
    /// old host sends callers on for a while (Salesforce Help, Previous My Domain Redirections). A redirect is not followed;
    /// it is the token endpoint that tells the new host.
    ///
    /// # Errors
    /// The redirect itself, where the org still has the host that was called, or where nothing renews the token; else what went
    /// wrong when one was asked for.
    async fn find_new_host(&self, token: &AccessToken, redirected: Error) -> Result<Arc<AccessToken>> {
        match self.inner.session.renew_for_host(token).await {
            Ok(Some(renewed)) if renewed.instance_url != token.instance_url => Ok(renewed),
            Err(error) if error.retry() != Retry::Reauth => Err(error),
            _ => Err(redirected),
        }
    }

    async fn attempt(&self, request: &Request, token: &AccessToken) -> Result<Answer> {
        let Inner { http, meter, .. } = &*self.inner;
        if let Some(gate) = &self.gate {
            let label = request.label();
            gate(&label).await.map_err(|source| Error::Withheld { request: label, source })?;
        }
        http.send(token.instance_url.origin(), request, Some(&token.secret), meter).await?.accepted().await
    }

    /// Sends a request that needs no token.
    pub(crate) async fn call_unsigned(&self, request: &Request) -> Result<Answer> {
        let token = self.inner.session.token();
        match self.attempt_unsigned(request, &token).await {
            Err(error @ Error::Redirected { .. }) => {
                let token = self.find_new_host(&token, error).await?;
                self.attempt_unsigned(request, &token).await
            }
            other => other,
        }
    }

    async fn attempt_unsigned(&self, request: &Request, token: &AccessToken) -> Result<Answer> {
        let Inner { http, meter, .. } = &*self.inner;
        http.send(token.instance_url.origin(), request, None, meter).await?.accepted().await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("inner", &self.inner)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// A token that was just given and is refused.
fn as_invalid_session(error: Error) -> Error {
    match error {
        Error::Api { request, source, .. } if source.status == 401 => {
            Error::SessionInvalid { request, source }
        }
        other => other,
    }
}
