use model::{BudgetStop, CallPurpose};
use salesforce::Timestamp;
use salesforce::limits::ApiUsage;
use store::budgets::{
    Booking, Call, Refusal, ToldUsage, book_call, find_refusal, list_calls, note_refused,
    set_daily_allotment, set_stop_percent, slow_down,
};
use store::work::{claim_work, release_leases, renew};

use crate::on_both;
use crate::test_store::{TestStore, at};

const HOUR: i64 = 3_600;

async fn book(
    test_store: &TestStore,
    purpose: CallPurpose,
    told: Option<(u64, u64, u64)>,
    now: Timestamp,
) -> Booking {
    let told =
        told.map(|(used, max, as_of)| ToldUsage { usage: ApiUsage { used, max }, as_of, told_at: now });
    let call = Call {
        org_id: test_store.connection.org_id,
        integration_id: Some(test_store.integration.id),
        kind: "query",
        purpose,
        told,
    };
    book_call(&test_store.store, &call, now).await.unwrap()
}

async fn allot(test_store: &TestStore, allotment: u64) {
    let mut tx = test_store.store.begin().await.unwrap();
    set_daily_allotment(&mut tx, test_store.integration.id, Some(allotment)).await.unwrap();
    tx.commit().await.unwrap();
}

fn stop_of(booking: Booking) -> Option<BudgetStop> {
    match booking {
        Booking::Booked { .. } => None,
        Booking::Refused(refusal) => Some(refusal.stop),
    }
}

on_both! {
    async fn an_allotment_is_never_exceeded_and_comes_back_as_hours_pass(test_store: TestStore) {
        use CallPurpose::Background;
        allot(&test_store, 3).await;

        assert_eq!(book(&test_store, Background, None, at(0)).await, Booking::Booked { number: 1 });
        assert_eq!(book(&test_store, Background, None, at(HOUR)).await, Booking::Booked { number: 2 });
        assert_eq!(book(&test_store, Background, None, at(HOUR)).await, Booking::Booked { number: 3 });
        let Booking::Refused(refusal) = book(&test_store, Background, None, at(2 * HOUR)).await else {
            panic!("a fourth call was booked")
        };
        assert_eq!(stop_of(book(&test_store, CallPurpose::Person, None, at(2 * HOUR)).await), None);

        assert_eq!(refusal.stop, BudgetStop::Allotment);
        let too_early = Timestamp::from_millis(refusal.until.as_millis() - 1);
        assert_eq!(stop_of(book(&test_store, Background, None, too_early).await), Some(BudgetStop::Allotment));
        let reader = test_store.reader().await;
        let counts = list_calls(&test_store.store, &reader, test_store.connection.org_id, at(0)).await.unwrap();
        assert_eq!(counts.iter().map(|count| count.calls).sum::<u64>(), 4);
        assert!(counts.iter().all(|count| count.kind == "query"));
        assert_eq!(stop_of(book(&test_store, Background, None, at(30 * HOUR)).await), None);
    }

    async fn calls_of_all_workers_together_stay_within_the_allotment(test_store: TestStore) {
        allot(&test_store, 5).await;
        let book = || book(&test_store, CallPurpose::Background, None, at(0));

        let booked = tokio::join!(book(), book(), book(), book(), book(), book(), book(), book());

        let all = [booked.0, booked.1, booked.2, booked.3, booked.4, booked.5, booked.6, booked.7];
        assert_eq!(all.into_iter().filter(|booking| stop_of(*booking).is_none()).count(), 5);
    }

    async fn the_last_usage_that_was_told_counts_on_with_our_own_calls(test_store: TestStore) {
        use CallPurpose::{Background, Person};
        book(&test_store, Background, None, at(0)).await;

        // The org tells 78 of 100 with the answer to our first call, and then nothing any more.
        assert_eq!(book(&test_store, Background, Some((78, 100, 1)), at(1)).await, Booking::Booked { number: 2 });
        assert_eq!(book(&test_store, Background, None, at(2)).await, Booking::Booked { number: 3 });
        let Booking::Refused(Refusal { stop, until }) = book(&test_store, Background, None, at(3)).await else {
            panic!("the reserve was spent")
        };
        // An older answer is no news.
        assert_eq!(stop_of(book(&test_store, Background, Some((5, 100, 1)), at(4)).await), Some(BudgetStop::Reserve));
        assert_eq!(stop_of(book(&test_store, Person, None, at(4)).await), None);
        let mut tx = test_store.store.begin().await.unwrap();
        let refusal = find_refusal(&mut tx, test_store.integration.id, at(5)).await.unwrap();
        drop(tx);

        assert_eq!(stop, BudgetStop::Reserve);
        assert_eq!(refusal, Some(Refusal { stop, until }));
        // One call asks whether there is room, the next one waits for longer.
        assert_eq!(stop_of(book(&test_store, Background, None, until).await), None);
        let Booking::Refused(again) = book(&test_store, Background, None, until).await else {
            panic!("two calls asked")
        };
        assert!(again.until.since(until) > until.since(at(3)));
        // After a day nothing is known but our own calls.
        assert_eq!(stop_of(book(&test_store, Background, None, at(30 * HOUR)).await), None);
        assert_eq!(stop_of(book(&test_store, Background, None, at(30 * HOUR)).await), None);
    }

    async fn a_refused_org_is_asked_again_until_it_accepts(test_store: TestStore) {
        use CallPurpose::{Background, Person};
        book(&test_store, Background, None, at(0)).await;

        let until = note_refused(&test_store.store, test_store.connection.org_id, at(0)).await.unwrap();
        let at_once = note_refused(&test_store.store, test_store.connection.org_id, at(1)).await.unwrap();

        assert_eq!(until, at_once);
        assert_eq!(stop_of(book(&test_store, Background, None, at(1)).await), Some(BudgetStop::Daily));
        assert_eq!(stop_of(book(&test_store, Person, None, at(1)).await), Some(BudgetStop::Daily));
        assert_eq!(book(&test_store, Background, None, until).await, Booking::Booked { number: 2 });
        assert_eq!(stop_of(book(&test_store, Background, None, until).await), Some(BudgetStop::Daily));
        assert_eq!(stop_of(book(&test_store, Background, Some((10, 100, 2)), until).await), None);
    }

    async fn another_share_of_the_limit_counts_at_once(test_store: TestStore) {
        use CallPurpose::Background;
        book(&test_store, Background, None, at(0)).await;
        assert_eq!(stop_of(book(&test_store, Background, Some((80, 100, 1)), at(1)).await), Some(BudgetStop::Reserve));

        let mut tx = test_store.store.begin().await.unwrap();
        set_stop_percent(&mut tx, test_store.connection.org_id, 90).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(stop_of(book(&test_store, Background, None, at(2)).await), None);
    }

    async fn an_org_that_is_busy_is_read_one_rule_at_a_time(test_store: TestStore) {
        let second = test_store.second_rule("Contact").await;
        test_store.want(&second).await;
        let first = test_store.lease("worker-1").await.unwrap();

        slow_down(&test_store.store, test_store.connection.org_id, at(60)).await.unwrap();

        assert_eq!(claim_work(&test_store.store, "worker-2", 10_000, at(1)).await.unwrap(), None);
        renew(&test_store.store, &first, at(59)).await.unwrap();
        assert!(claim_work(&test_store.store, "worker-2", 10_000, at(61)).await.unwrap().is_some());
    }

    async fn an_org_is_read_by_five_rules_at_a_time_whatever_integrations_they_are_of(test_store: TestStore) {
        for slug in ["acme_2", "acme_3"] {
            test_store.want_beside(slug, &["Account", "Contact", "Lead"]).await;
        }
        let other = test_store.another_workspace().await;
        let claim = async || claim_work(&test_store.store, "worker-1", 10_000, at(1)).await.unwrap();

        let mut claimed = Vec::new();
        while let Some(lease) = claim().await {
            claimed.push(lease);
        }

        assert_eq!(claimed.len(), 5);
        test_store.want(&other).await;
        assert_eq!(claim().await.map(|lease| lease.subject), Some(other.id.to_string()));
        assert_eq!(claim().await, None);
        release_leases(&test_store.store, "worker-1", at(2)).await.unwrap();
        assert!(claim_work(&test_store.store, "worker-1", 10_000, at(2)).await.unwrap().is_some());
    }

    async fn a_worker_that_stops_gives_its_leases_back(test_store: TestStore) {
        let lease = test_store.lease("worker-1").await.unwrap();

        assert_eq!(release_leases(&test_store.store, "worker-2", at(1)).await.unwrap(), 0);
        assert_eq!(release_leases(&test_store.store, "worker-1", at(1)).await.unwrap(), 1);

        assert!(matches!(renew(&test_store.store, &lease, at(1)).await, Err(store::Error::LeaseLost)));
        assert!(claim_work(&test_store.store, "worker-2", 10_000, at(1)).await.unwrap().is_some());
    }

    async fn workspaces_take_turns(test_store: TestStore) {
        let other = test_store.another_workspace().await;
        for name in ["Contact", "Lead", "Case", "Task"] {
            let rule = test_store.second_rule(name).await;
            test_store.want(&rule).await;
        }
        let mut theirs = test_store.lease("worker-1").await.unwrap();
        // What they want was wanted last.
        test_store.want_at(&other, at(1)).await;
        let mut turns = Vec::new();
        for second in 2..6 {
            release_leases(&test_store.store, "worker-1", at(second)).await.unwrap();
            theirs = claim_work(&test_store.store, "worker-1", 10_000, at(second)).await.unwrap().unwrap();
            turns.push(theirs.subject == other.id.to_string());
        }

        assert_eq!(turns, [true, false, true, false], "{theirs:?}");
    }
}
