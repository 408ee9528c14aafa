//! Splitting a query by ids (Bulk API Developer Guide, PK Chunking Header).

use std::ops::Range;

use super::Result;
use super::error::AsyncError;
use super::job::Work;
use crate::http::Call;
use crate::id::RecordId;
use crate::org::{OrgView, Row};
use crate::schema::SObject;

const DEFAULT_ROWS: usize = 100_000;
const MAX_ROWS: usize = 250_000;

/// The standard sObjects that can be split; custom ones all can.
const SUPPORTED: [&str; 29] = [
    "Account",
    "AccountContactRelation",
    "AccountTeamMember",
    "Asset",
    "B2BMktActivity",
    "B2BMktProspect",
    "Campaign",
    "CampaignMember",
    "CandidateAnswer",
    "Case",
    "CaseArticle",
    "CaseComment",
    "Claim",
    "ClaimParticipant",
    "Contact",
    "ContractLineItem",
    "Event",
    "EventRelation",
    "Lead",
    "LoginHistory",
    "Opportunity",
    "OpportunityLineItem",
    "Order",
    "OrderItem",
    "Product2",
    "Quote",
    "QuoteLineItem",
    "Task",
    "User",
];

/// How the queries of a job are split.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Chunking {
    rows: usize,
    first: Option<RecordId>,
}

impl Chunking {
    /// Reads the header of the request that creates a job: `TRUE`, or `chunkSize=100000; startRow=…; parent=…`.
    pub(super) fn read(call: &Call, work: &Work, sobject: &SObject) -> Result<Option<Self>> {
        let (Work::Query(_), Some(header)) = (work, call.header("Sforce-Enable-PKChunking")) else {
            return Ok(None);
        };
        let Some((chunking, parent)) = Self::parse(header)? else { return Ok(None) };
        let name = parent.unwrap_or(&sobject.name);
        let is_supported =
            name.ends_with("__c") || SUPPORTED.iter().any(|known| known.eq_ignore_ascii_case(name));
        if !is_supported {
            let message = format!("PK chunking is not supported for entity '{name}'");
            return Err(AsyncError::new("InvalidJob", message));
        }
        Ok(Some(chunking))
    }

    /// Reads the header, and the sObject whose shares or history are split.
    fn parse(header: &str) -> Result<Option<(Self, Option<&str>)>> {
        let mut chunking = Self { rows: DEFAULT_ROWS, first: None };
        let mut parent = None;
        for part in header.split([';', ',']).map(str::trim).filter(|part| !part.is_empty()) {
            let invalid = || {
                AsyncError::new("InvalidJob", format!("Invalid value of Sforce-Enable-PKChunking: {part}"))
            };
            match part.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
                None if part.eq_ignore_ascii_case("true") => {}
                None if part.eq_ignore_ascii_case("false") => return Ok(None),
                Some((name, value)) if name.eq_ignore_ascii_case("chunkSize") => {
                    let rows = value.parse().ok().filter(|rows| (1..=MAX_ROWS).contains(rows));
                    chunking.rows = rows.ok_or_else(invalid)?;
                }
                Some((name, value)) if name.eq_ignore_ascii_case("startRow") => {
                    chunking.first = Some(RecordId::parse(value).ok_or_else(invalid)?);
                }
                Some((name, value)) if name.eq_ignore_ascii_case("parent") => parent = Some(value),
                _ => return Err(invalid()),
            }
        }
        Ok(Some((chunking, parent)))
    }

    /// Splits what a query found, by the ids of all records of its sObject: a chunk may have fewer rows, or none.
    pub(super) fn split(&self, view: &OrgView<'_>, sobject: &SObject, found: &[Row]) -> Vec<Range<usize>> {
        let is_before = |row: &Row| self.first.is_some_and(|first| view.id(row) < first);
        let starts = view.rows(sobject).skip_while(is_before).step_by(self.rows);
        let mut places: Vec<usize> = starts.map(|start| found.partition_point(|row| *row < start)).collect();
        places.push(found.len());
        places.windows(2).map(|pair| pair[0]..pair[1]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Chunking, DEFAULT_ROWS};
    use crate::id::RecordId;

    #[test]
    fn the_header_says_whether_and_how() {
        let parse = |header| Chunking::parse(header).ok();
        let rows = |rows| Chunking { rows, first: None };

        assert_eq!(parse("TRUE"), Some(Some((rows(DEFAULT_ROWS), None))));
        assert_eq!(parse("false"), Some(None));
        assert_eq!(parse("true; chunkSize=50000"), Some(Some((rows(50_000), None))));
        let first = RecordId::parse("001000000000001AAA");
        let expected = (Chunking { rows: 10, first }, Some("Account"));
        assert_eq!(parse("chunkSize=10; startRow=001000000000001; parent=Account"), Some(Some(expected)));
        assert_eq!(parse("chunkSize=250001"), None);
        assert_eq!(parse("chunkSize=0"), None);
        assert_eq!(parse("perhaps"), None);
    }
}
