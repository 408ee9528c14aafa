//! Which versions of the API an org offers.

use serde::Deserialize;

use crate::http::Request;
use crate::{ApiVersion, Client, Error, Result};

#[derive(Deserialize)]
struct Offer {
    version: String,
}

impl Client {
    /// The versions the org offers, oldest first (REST API Developer Guide, Versions).
    pub async fn versions(&self) -> Result<Vec<ApiVersion>> {
        let request = Request::get("/services/data/".into());
        let offers: Vec<Offer> = self.call_unsigned(&request).await?.json().await?;
        let mut versions = offers.iter().map(|offer| offer.version.parse()).collect::<Result<Vec<_>, _>>()?;
        versions.sort_unstable();
        Ok(versions)
    }

    /// The pinned version, or the newest of an org that does not have it yet: releases reach orgs over weeks.
    pub async fn negotiate_version(&self, pinned: ApiVersion) -> Result<ApiVersion> {
        let versions = self.versions().await?;
        match (versions.first(), versions.last()) {
            (Some(oldest), _) if pinned < *oldest => {
                Err(Error::UnsupportedVersion { wanted: pinned, oldest: *oldest })
            }
            (_, Some(newest)) => Ok(pinned.min(*newest)),
            _ => Err(Error::Unreadable {
                request: "GET /services/data/".into(),
                source: "the org offers no versions".into(),
            }),
        }
    }
}
