use super::*;

fn id(number: u32) -> RecordId {
    format!("001{number:012}").parse().unwrap()
}

fn row(number: u32, stamp_ms: i64) -> RowStamp {
    RowStamp { id: id(number), stamp: Some(Timestamp::from_millis(stamp_ms)) }
}

fn live(number: u32, stamp_ms: i64) -> StoredStamp {
    StoredStamp { row: row(number, stamp_ms), is_gone: false }
}

fn gone(number: u32, stamp_ms: i64) -> StoredStamp {
    StoredStamp { is_gone: true, ..live(number, stamp_ms) }
}

const UNTIL: Timestamp = Timestamp::from_millis(1_000);

#[test]
fn equal_ranges_cost_one_comparison() {
    let comparison = compare_range(&[row(1, 10), row(2, 20)], &[live(1, 10), live(2, 20), gone(3, 5)], UNTIL);

    assert_eq!(comparison.findings, []);
    assert_eq!((comparison.counts.ranges, comparison.counts.ranges_equal), (1, 1));
    assert_eq!((comparison.counts.rows_in_org, comparison.counts.rows_in_copy), (2, 2));
    assert_eq!(comparison.counts.org_sum, comparison.counts.copy_sum);
}

#[test]
fn each_difference_is_found_once() {
    let org = [row(1, 10), row(2, 20), row(3, 30), row(4, 40), row(6, 2_000)];
    let stored = [live(0, 1), live(1, 10), live(2, 19), gone(3, 30), live(5, 50), live(6, 60), live(7, 70)];

    let comparison = compare_range(&org, &stored, UNTIL);

    let expected = [
        (0, FindingKind::Lost),
        (2, FindingKind::Stale),
        (3, FindingKind::Revived),
        (4, FindingKind::Missing),
        (5, FindingKind::Lost),
        (7, FindingKind::Lost),
    ];
    let found: Vec<_> = comparison.findings.iter().map(|finding| (finding.row.id, finding.kind)).collect();
    assert_eq!(found, expected.map(|(number, kind)| (id(number), kind)));
    assert_eq!(comparison.counts.pending, 1);
    assert_ne!(comparison.counts.org_sum, comparison.counts.copy_sum);
}

#[test]
fn what_changed_after_the_read_is_left_out_on_both_sides() {
    let comparison = compare_range(&[row(1, 10), row(2, 2_000)], &[live(1, 10), live(2, 20)], UNTIL);

    assert_eq!(comparison.findings, []);
    assert_eq!((comparison.counts.rows_in_org, comparison.counts.rows_in_copy), (1, 1));
    assert_eq!(comparison.counts.org_sum, comparison.counts.copy_sum);
    assert_eq!(comparison.counts.outcome(SweepMode::Report), SweepOutcome::Equal);
}

#[test]
fn what_the_copy_has_in_a_newer_version_came_or_went_after_it_was_listed() {
    let comparison = compare_range(&[row(1, 10), row(2, 20)], &[live(1, 11), gone(2, 21)], UNTIL);

    assert_eq!(comparison.findings, []);
    assert_eq!((comparison.counts.rows_in_org, comparison.counts.rows_in_copy), (1, 1));
    assert_eq!(comparison.counts.outcome(SweepMode::Report), SweepOutcome::Equal);
}

#[test]
fn sums_of_ranges_add_up_whatever_their_order() {
    let rows = [row(1, 10), row(2, 20), row(3, 30)];
    let mut parts = StampSum::of(rows[2..].iter().copied());
    parts += StampSum::of(rows[..2].iter().copied());

    assert_eq!(parts, StampSum::of(rows.into_iter()));
    assert_ne!(parts, StampSum::of([row(1, 20), row(2, 10), row(3, 30)].into_iter()));
    let json = serde_json::to_string(&parts).unwrap();
    assert_eq!(serde_json::from_str::<StampSum>(&json).unwrap(), parts);
}

#[test]
fn a_fifth_is_too_much_to_lose_without_evidence() {
    for (unexplained, of, expected) in
        [(0, 0, false), (5, 5, false), (6, 30, false), (6, 29, true), (200, 1_000, false), (201, 1_000, true)]
    {
        assert_eq!(looks_like_lost_sight(unexplained, of), expected, "{unexplained} of {of}");
    }
}

#[test]
fn small_sobjects_are_swept_by_the_night_and_large_ones_by_the_week() {
    let zone: TimeZone = "Europe/Berlin".parse().unwrap();
    for (now, rows, expected) in [
        ("2026-11-22T00:30:00Z", 10, "2026-11-22T01:00:00.000Z"),
        ("2026-11-22T01:00:00Z", 10, "2026-11-23T01:00:00.000Z"),
        ("2026-11-22T12:00:00Z", 999_999, "2026-11-23T01:00:00.000Z"),
        ("2026-11-22T12:00:00Z", 1_000_000, "2026-11-29T01:00:00.000Z"),
    ] {
        let due_at = next_sweep_at(zone, now.parse().unwrap(), rows);
        assert_eq!(due_at.to_string(), expected, "{now} {rows}");
    }
}

#[test]
fn a_sweep_that_could_not_heal_everything_says_so() {
    let counts = SweepCounts { missing: 2, healed: 1, ..SweepCounts::default() };
    for (counts, mode, expected) in [
        (counts, SweepMode::Heal, SweepOutcome::Drifted),
        (SweepCounts { healed: 2, ..counts }, SweepMode::Heal, SweepOutcome::Healed),
        (SweepCounts { healed: 2, ..counts }, SweepMode::Report, SweepOutcome::Drifted),
        (SweepCounts { frozen: 9, ..counts }, SweepMode::Heal, SweepOutcome::Frozen),
        (SweepCounts { lost: 1, kept: 1, ..SweepCounts::default() }, SweepMode::Heal, SweepOutcome::Equal),
    ] {
        assert_eq!(counts.outcome(mode), expected, "{counts:?}");
    }
}
