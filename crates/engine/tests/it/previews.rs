//! What a preview of a rule shows while the org is slow.

use std::time::Duration;

use engine::RulePreview;
use orgsim::{FaultKind, FaultSpec};
use tokio::time::Instant;

use crate::rules::all;
use crate::test_database::Database;
use crate::test_org::TestOrg;
use crate::test_server::TestServer;

/// Three seconds for all questions together, and some for this machine; one after the other they would take nine.
const LONGEST: Duration = Duration::from_secs(6);

/// Whether the count, the sample and the change are there, and the codes of why they are not.
fn told(preview: &RulePreview) -> [Result<(), &str>; 3] {
    let of = |is_told: bool, problem: &'_ Option<engine::Problem>| -> Result<(), &'static str> {
        match problem {
            None if is_told => Ok(()),
            Some(problem) if !is_told => Err(problem.code),
            _ => panic!("told and not told: {problem:?}"),
        }
    };
    [
        of(preview.count.is_some(), &preview.problem),
        of(preview.sample.is_some(), &preview.sample_problem),
        of(preview.change.is_some(), &preview.change_problem),
    ]
}

#[tokio::test]
async fn what_an_org_tells_late_is_said_to_be_late_and_the_rest_is_shown() {
    let org = TestOrg::with_records("Account", 30);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    let integration = server.activate(&org, &[all("Account").only("Name != null")]).await;
    server.finish_run(integration.id).await;
    let wanted = all("Account").only("Name = 'Nobody'").request();
    let (known, late) = (Ok(()), Err("org.slow"));
    for (stalled, expected) in [
        (&[][..], [known, known, known]),
        (&["LIMIT"], [known, late, known]),
        (&["NOT"], [known, known, late]),
        (&["COUNT"], [late, known, late]),
        (&["COUNT", "LIMIT"], [late, late, late]),
    ] {
        for pattern in stalled {
            let stall = FaultSpec::new(FaultKind::Stall, pattern);
            org.befall(FaultSpec { times: 100, delay_ms: Some(60_000), ..stall });
        }
        let began = Instant::now();

        let preview = server.engine.preview_rule(&server.admin.reader, integration.id, &wanted).await;

        assert!(began.elapsed() < LONGEST, "{stalled:?}: {:?}", began.elapsed());
        assert_eq!(told(&preview.unwrap().unwrap()), expected, "{stalled:?}");
        org.end_faults();
    }
}
