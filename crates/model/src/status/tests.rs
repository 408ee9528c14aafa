use super::*;

const THEN: Timestamp = Timestamp::from_millis(1_000);
const NOW: Timestamp = Timestamp::from_millis(2_000);

fn working() -> StatusFacts {
    StatusFacts {
        connection: ConnectionStatus::Connected,
        connection_problem: None,
        paused_at: None,
        rules: 1,
        mappings: 1,
        running_since: None,
        last_run: None,
        problems: Vec::new(),
    }
}

fn problem(code: &str) -> Problem {
    Problem { code: code.to_owned(), text: "Something went wrong.".to_owned() }
}

fn ended(outcome: Outcome, problem: Option<Problem>) -> Option<LastRun> {
    Some(LastRun { finished_at: THEN, outcome, problem })
}

#[test]
fn one_word_is_derived_from_the_facts() {
    use IntegrationStatus::{Active, Incomplete, NeedsAttention, NeedsReconnect, Paused};
    let cut_off = StatusFacts { connection: ConnectionStatus::NeedsReconnect, ..working() };
    let paused = StatusFacts { paused_at: Some(THEN), ..working() };
    let empty = StatusFacts { rules: 0, mappings: 0, ..working() };
    let failed = StatusFacts { last_run: ended(Outcome::Failed, Some(problem("limit.daily"))), ..working() };
    let up_to_date = Some(Activity::UpToDate { at: THEN });
    let cases = [
        ("nothing wrong", working(), Active, Some(Activity::Waiting)),
        (
            "a run",
            StatusFacts { running_since: Some(NOW), ..working() },
            Active,
            Some(Activity::Syncing { since: NOW }),
        ),
        ("done", StatusFacts { last_run: ended(Outcome::Succeeded, None), ..working() }, Active, up_to_date),
        (
            "a run after another",
            StatusFacts { running_since: Some(NOW), last_run: ended(Outcome::Succeeded, None), ..working() },
            Active,
            Some(Activity::Syncing { since: NOW }),
        ),
        (
            "stopped and resumed",
            StatusFacts { last_run: ended(Outcome::Stopped, None), ..working() },
            Active,
            Some(Activity::Waiting),
        ),
        ("a failed run", failed.clone(), NeedsAttention, Some(Activity::Waiting)),
        (
            "a failed run tried again",
            StatusFacts { running_since: Some(NOW), ..failed.clone() },
            NeedsAttention,
            Some(Activity::Syncing { since: NOW }),
        ),
        (
            "a run partly done",
            StatusFacts { last_run: ended(Outcome::PartlyDone, Some(problem("field.unknown"))), ..working() },
            NeedsAttention,
            up_to_date,
        ),
        (
            "an open problem",
            StatusFacts { problems: vec![problem("field.unknown")], ..working() },
            NeedsAttention,
            Some(Activity::Waiting),
        ),
        ("no rule", StatusFacts { rules: 0, ..working() }, Incomplete, None),
        ("no mapping", StatusFacts { mappings: 0, ..failed.clone() }, Incomplete, None),
        ("paused", paused.clone(), Paused, None),
        ("paused before it was set up", StatusFacts { paused_at: Some(THEN), ..empty }, Paused, None),
        ("paused after a failure", StatusFacts { paused_at: Some(THEN), ..failed }, Paused, None),
        ("cut off", cut_off.clone(), NeedsReconnect, None),
        ("cut off while paused", StatusFacts { paused_at: Some(THEN), ..cut_off }, NeedsReconnect, None),
    ];

    for (name, facts, status, activity) in cases {
        let report = derive_status(&facts);
        assert_eq!((report.status, report.activity), (status, activity), "{name}");
    }
}

#[test]
fn who_is_kept_out_needs_attention_unless_paused() {
    let kept_out = StatusFacts {
        connection: ConnectionStatus::NeedsAttention,
        connection_problem: Some(problem("app.blocked")),
        ..working()
    };

    let report = derive_status(&kept_out);
    let running = derive_status(&StatusFacts { running_since: Some(NOW), ..kept_out.clone() });
    let paused = derive_status(&StatusFacts { paused_at: Some(THEN), ..kept_out });

    assert_eq!((report.status, report.activity), (IntegrationStatus::NeedsAttention, None));
    assert_eq!(running.activity, Some(Activity::Syncing { since: NOW }));
    assert_eq!((paused.status, paused.activity), (IntegrationStatus::Paused, None));
}

#[test]
fn what_is_missing_is_named() {
    let missing = |rules, mappings| derive_status(&StatusFacts { rules, mappings, ..working() }).missing;

    assert_eq!(missing(0, 0), [MissingPart::Rule, MissingPart::Mapping]);
    assert_eq!(missing(0, 3), [MissingPart::Rule]);
    assert_eq!(missing(3, 0), [MissingPart::Mapping]);
    assert_eq!(missing(1, 1), []);
}

#[test]
fn every_reason_is_told_once_the_gravest_first() {
    let facts = StatusFacts {
        connection: ConnectionStatus::NeedsReconnect,
        connection_problem: Some(problem("token.expired")),
        problems: vec![problem("field.unknown"), problem("limit.daily")],
        last_run: ended(Outcome::PartlyDone, Some(problem("limit.daily"))),
        ..working()
    };

    let codes: Vec<_> = derive_status(&facts).reasons.into_iter().map(|reason| reason.code).collect();

    assert_eq!(codes, ["token.expired", "field.unknown", "limit.daily"]);
}

#[test]
fn what_keeps_a_connection_out_is_told_once_although_its_runs_failed_of_it() {
    let said = |text: &str| Problem { code: "app.blocked".to_owned(), text: text.to_owned() };
    let facts = StatusFacts {
        connection: ConnectionStatus::NeedsAttention,
        connection_problem: Some(said("An admin blocked this app.")),
        problems: vec![said("Of Account."), problem("field.unknown")],
        last_run: ended(Outcome::Failed, Some(said("Of the run."))),
        ..working()
    };

    let reasons = derive_status(&facts).reasons;

    assert_eq!(reasons, [said("An admin blocked this app."), problem("field.unknown")]);
}

#[test]
fn a_failure_without_words_is_a_reason_too() {
    let facts = StatusFacts { last_run: ended(Outcome::Failed, None), ..working() };

    let report = derive_status(&facts);

    assert_eq!(report.status, IntegrationStatus::NeedsAttention);
    assert_eq!(report.reasons[0].code, "sync.failed");
}
