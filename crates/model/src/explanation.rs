//! Why a record is in the copy as it is, or is not there.

use salesforce::{RecordId, SObjectName, Timestamp};

use crate::text_enum::text_enums;
use crate::{GoneEvidence, GoneWhy, IntegrationId, Problem, Source, SyncRunId};

text_enums! {
    /// What became of a record in a copy.
    RecordState {
        /// It is there.
        Synced = "synced",
        /// It was there, and is known to be gone.
        Gone = "gone",
        /// It was read and could not be stored.
        Rejected = "rejected",
        /// Something keeps the copy from being brought up to date.
        Waiting = "waiting",
        /// The org shows it, and the rule's filter does not keep it.
        Filtered = "filtered",
        /// No read brought it.
        NeverSeen = "never_seen",
        /// No rule copies such records.
        NoRule = "no_rule",
    }
}

/// What is known of a record in one integration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecordFacts {
    /// The integration.
    pub integration_id: IntegrationId,
    /// What people call it.
    pub integration_name: String,
    /// What its rule says, where it has one for such records.
    pub rule: Option<RecordRuleFacts>,
    /// The record as it is stored.
    pub stored: Option<StoredFacts>,
    /// What could not be stored of it, field by field, each a sentence.
    pub row_errors: Vec<RowErrorFacts>,
    /// What the org said of a record that no read has brought; nothing where it was not asked, or did not answer in time.
    pub in_org: Option<RecordInOrg>,
}

impl RecordFacts {
    /// Whether reads that came to an end have brought nothing of a record that a rule would copy.
    pub fn is_missing(&self) -> bool {
        let was_read = self.rule.as_ref().is_some_and(|rule| rule.complete_until.is_some());
        was_read && self.stored.is_none() && self.row_errors.is_empty()
    }
}

/// What an org shows of a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RecordInOrg {
    /// It is among those that the rule copies.
    InScope {
        /// When it last changed, where the sObject says so.
        changed_at: Option<Timestamp>,
    },
    /// It is there, and the rule's filter does not keep it.
    OutsideFilter,
    /// It is in the recycle bin.
    Deleted,
    /// Nothing.
    NotShown {
        /// Whether the connection's user sees all records of its kind; nothing where the org does not tell.
        sees_all: Option<bool>,
    },
}

/// What the rule for a record says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecordRuleFacts {
    /// The sObject.
    pub sobject: SObjectName,
    /// Which records it copies, as SOQL; all where there is none.
    pub filter: Option<String>,
    /// Up to when the copy has everything.
    pub complete_until: Option<Timestamp>,
    /// What keeps it from being brought up to date, and since which run.
    pub trouble: Option<(SyncRunId, Problem)>,
    /// When all ids were compared last.
    pub swept_at: Option<Timestamp>,
}

/// A record as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredFacts {
    /// When it was last written.
    pub synced_at: Timestamp,
    /// By which way it came.
    pub source: Source,
    /// When it last changed in the org, as far as the copy knows.
    pub changed_at: Option<Timestamp>,
    /// When and why it went.
    pub gone: Option<GoneFacts>,
}

/// When and why a record went.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GoneFacts {
    /// When we learned of it.
    pub at: Timestamp,
    /// Why.
    pub why: GoneWhy,
    /// How we know.
    pub evidence: Option<GoneEvidence>,
    /// The record that is left after all merges.
    pub winner: Option<RecordId>,
}

/// Something of a record that could not be stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RowErrorFacts {
    /// The field.
    pub field: String,
    /// What it is, such as `text.nul`.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// When it was met last.
    pub failed_at: Timestamp,
}

/// Says what became of a record, in a word and in a few sentences.
pub fn explain_record(facts: &RecordFacts) -> (RecordState, String) {
    let Some(rule) = &facts.rule else {
        let text = "No rule of this integration copies records of this kind.".to_owned();
        return (RecordState::NoRule, text);
    };
    match &facts.stored {
        Some(StoredFacts { gone: Some(gone), .. }) => (RecordState::Gone, explain_gone(gone, rule)),
        Some(stored) => (RecordState::Synced, explain_synced(stored, rule, &facts.row_errors)),
        None => explain_missing(rule, facts),
    }
}

fn explain_synced(stored: &StoredFacts, rule: &RecordRuleFacts, row_errors: &[RowErrorFacts]) -> String {
    let way = match stored.source {
        Source::Bulk => "a full read by Bulk API",
        Source::Poll => "a read of what changed",
        Source::Event => "a change event",
        Source::Open => "a person opening it",
        Source::Refresh => "a check that read it again",
    };
    let mut text = format!("It is in the copy, written at {} by {way}.", stored.synced_at);
    if let Some(complete_until) = rule.complete_until {
        text.push_str(&format!(" All changes before {complete_until} are in."));
    }
    if let Some((_, problem)) = &rule.trouble {
        text.push_str(&format!(
            " A newer version would wait, because the last run had trouble: {}",
            problem.text
        ));
    }
    if let Some(error) = row_errors.first() {
        text.push_str(&format!(" Not all of it could be stored: {}: {}.", error.field, error.message));
    }
    text
}

fn explain_gone(gone: &GoneFacts, rule: &RecordRuleFacts) -> String {
    let what = match (gone.why, gone.winner) {
        (GoneWhy::Deleted, _) => "It was deleted in Salesforce.".to_owned(),
        (GoneWhy::Merged, Some(winner)) => format!("It was merged into {winner}."),
        (GoneWhy::Merged, None) => "It was merged into another record.".to_owned(),
        (GoneWhy::Purged, _) => "It was deleted in Salesforce for good.".to_owned(),
        (GoneWhy::Filtered, _) => match &rule.filter {
            Some(filter) => format!("It does not pass the rule's filter any more: {filter}."),
            None => "It did not pass the filter that the rule had.".to_owned(),
        },
        (GoneWhy::Hidden, _) => "The connection's user may not see it any more.".to_owned(),
        (GoneWhy::Absent, _) => "It was deleted for good or is no longer visible.".to_owned(),
    };
    let how = match gone.evidence {
        Some(GoneEvidence::RecycleBin) => " The org showed it in its recycle bin.",
        Some(GoneEvidence::OutsideFilter) => {
            " The org showed it, and not among the records that the filter keeps."
        }
        Some(GoneEvidence::DeletedList) => " The org named it among the records deleted.",
        Some(GoneEvidence::SeesAll) => {
            " A complete sweep did not find it, by a user who may see all records of this kind."
        }
        Some(GoneEvidence::NoAccess) => {
            " The org says that the user has no access to it, and does not name it among the records deleted."
        }
        Some(GoneEvidence::NotFound) => " A complete sweep did not find it, and nothing more is known.",
        None => "",
    };
    format!("{what}{how} We learned of it at {}; its values stay as they were.", gone.at)
}

fn explain_missing(rule: &RecordRuleFacts, facts: &RecordFacts) -> (RecordState, String) {
    if let Some(error) = facts.row_errors.first() {
        let text = format!("It was read and could not be stored: {}: {}.", error.field, error.message);
        return (RecordState::Rejected, text);
    }
    if let Some(told) = facts.in_org.and_then(|in_org| explain_in_org(in_org, rule)) {
        return told;
    }
    if let Some((_, problem)) = &rule.trouble {
        let text = format!("It may be waiting behind a run that had trouble: {}", problem.text);
        return (RecordState::Waiting, text);
    }
    let Some(complete_until) = rule.complete_until else {
        return (RecordState::Waiting, "The first read of these records is not over yet.".to_owned());
    };
    let filter =
        rule.filter.as_ref().map(|filter| format!(", the rule's filter ({filter}) does not keep it"));
    let swept = rule.swept_at.map(|at| format!(" All ids were last compared at {at}.")).unwrap_or_default();
    let text = format!(
        "No read has brought it, and all changes before {complete_until} are in. There is no such record, the connection's user \
         may not see it{}, or it is newer than that.{swept}",
        filter.unwrap_or_default()
    );
    (RecordState::NeverSeen, text)
}

/// What the org said of a record that no read has brought; `None` where it waits for a run that has trouble.
fn explain_in_org(in_org: RecordInOrg, rule: &RecordRuleFacts) -> Option<(RecordState, String)> {
    let (sobject, filter) = (&rule.sobject, rule.filter.as_deref().unwrap_or_default());
    Some(match in_org {
        RecordInOrg::InScope { .. } if rule.trouble.is_some() => return None,
        RecordInOrg::InScope { changed_at } => {
            let is_later = changed_at.zip(rule.complete_until).is_some_and(|(at, until)| at > until);
            let text = match changed_at.filter(|_| is_later) {
                Some(at) => format!("The org shows it, changed at {at}. The next run brings it."),
                None => "The org shows it, and no read has brought it. The next comparison of all ids finds it, and reads it."
                    .to_owned(),
            };
            (RecordState::Waiting, text)
        }
        RecordInOrg::OutsideFilter => {
            let text = format!("The org shows it, and the rule's filter does not keep it: {filter}.");
            (RecordState::Filtered, text)
        }
        RecordInOrg::Deleted => {
            let text =
                "It was deleted in Salesforce before a read brought it: the org shows it in its recycle bin.";
            (RecordState::NeverSeen, text.to_owned())
        }
        RecordInOrg::NotShown { sees_all: Some(true) } => {
            let text = format!(
                "There is no such record: the org shows none, to a user who may see all records of {sobject}."
            );
            (RecordState::NeverSeen, text)
        }
        RecordInOrg::NotShown { .. } => {
            let text = format!(
                "The org does not show it to the connection's user, who may not see all records of {sobject}: it is hidden \
                 from that user, or there is no such record."
            );
            (RecordState::NeverSeen, text)
        }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Clock, Random};

    const AT: Timestamp = Timestamp::from_millis(1_795_298_645_000);

    fn facts() -> RecordFacts {
        RecordFacts {
            integration_id: IntegrationId::new(&Clock::System, &Random::from_number(1)),
            integration_name: "Acme".to_owned(),
            rule: Some(RecordRuleFacts {
                sobject: "Account".parse().unwrap(),
                filter: Some("Rating = 'Hot'".to_owned()),
                complete_until: Some(AT),
                trouble: None,
                swept_at: Some(AT),
            }),
            stored: None,
            row_errors: Vec::new(),
            in_org: None,
        }
    }

    fn stored(gone: Option<GoneFacts>) -> Option<StoredFacts> {
        Some(StoredFacts { synced_at: AT, source: Source::Poll, changed_at: Some(AT), gone })
    }

    #[test]
    fn each_fate_of_a_record_has_its_word_and_sentence() {
        let gone = |why, evidence| GoneFacts { at: AT, why, evidence: Some(evidence), winner: None };
        let winner = Some("001000000000002AAA".parse().unwrap());
        let run = SyncRunId::new(&Clock::System, &Random::from_number(2));
        let trouble =
            Some((run, Problem { code: "limit.daily".to_owned(), text: "No calls left.".to_owned() }));
        let error = RowErrorFacts {
            field: "Budget__c".to_owned(),
            code: "value.unreadable".to_owned(),
            message: "not a number".to_owned(),
            failed_at: AT,
        };
        let rule = facts().rule.unwrap();
        let cases = [
            (RecordFacts { rule: None, ..facts() }, RecordState::NoRule, "No rule"),
            (RecordFacts { stored: stored(None), ..facts() }, RecordState::Synced, "a read of what changed"),
            (
                RecordFacts {
                    stored: stored(Some(gone(GoneWhy::Filtered, GoneEvidence::OutsideFilter))),
                    ..facts()
                },
                RecordState::Gone,
                "any more: Rating = 'Hot'.",
            ),
            (
                RecordFacts {
                    stored: stored(Some(GoneFacts {
                        winner,
                        ..gone(GoneWhy::Merged, GoneEvidence::RecycleBin)
                    })),
                    ..facts()
                },
                RecordState::Gone,
                "merged into 001000000000002AAA. The org showed it in its recycle bin.",
            ),
            (
                RecordFacts { row_errors: vec![error], ..facts() },
                RecordState::Rejected,
                "Budget__c: not a number.",
            ),
            (
                RecordFacts { rule: Some(RecordRuleFacts { trouble, ..rule.clone() }), ..facts() },
                RecordState::Waiting,
                "No calls left.",
            ),
            (
                RecordFacts { rule: Some(RecordRuleFacts { complete_until: None, ..rule }), ..facts() },
                RecordState::Waiting,
                "not over yet",
            ),
            (
                facts(),
                RecordState::NeverSeen,
                "may not see it, the rule's filter (Rating = 'Hot') does not keep it, or",
            ),
        ];

        for (facts, state, words) in cases {
            assert_explained(&facts, state, words);
        }
    }

    #[test]
    fn what_the_org_says_of_a_record_that_was_never_read_is_told() {
        let in_org = |in_org| RecordFacts { in_org: Some(in_org), ..facts() };
        let cases = [
            (in_org(RecordInOrg::OutsideFilter), RecordState::Filtered, "does not keep it: Rating = 'Hot'."),
            (in_org(RecordInOrg::Deleted), RecordState::NeverSeen, "recycle bin"),
            (
                in_org(RecordInOrg::NotShown { sees_all: Some(true) }),
                RecordState::NeverSeen,
                "no such record: the org",
            ),
            (
                in_org(RecordInOrg::NotShown { sees_all: Some(false) }),
                RecordState::NeverSeen,
                "hidden from that user",
            ),
            (
                in_org(RecordInOrg::InScope { changed_at: Some(AT) }),
                RecordState::Waiting,
                "comparison of all ids",
            ),
            (
                in_org(RecordInOrg::InScope { changed_at: Some(AT + Duration::from_secs(1)) }),
                RecordState::Waiting,
                "The next run brings it",
            ),
        ];

        for (facts, state, words) in cases {
            assert_explained(&facts, state, words);
        }
    }

    fn assert_explained(facts: &RecordFacts, state: RecordState, words: &str) {
        let (found, text) = explain_record(facts);
        assert_eq!(found, state, "{text}");
        assert!(text.contains(words), "{text}");
    }
}
