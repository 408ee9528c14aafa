//! Measures what a copy costs each time it looks at an org: the first load, 1 % changed, all changed, the same changes met
//! once more, and everything read again, the same or changed.
//!
//! First loads and upserts are set beside the shortest path to the same rows, in turns in the same run. The org renders
//! every page beforehand. The calls of Salesforce's API are counted by the org, and memory is the kernel's figure of the
//! process.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use benches::column::Column;
use benches::copy::{Copy, DEFAULT_NAME};
use benches::destination::{Destination, DestinationKind};
use benches::machine;
use benches::org::{Mutation, Org};
use benches::postgres::server_cpu;
use benches::process::{self, Finished};
use benches::shortest_task::{Before, Shape, program, read_shape, write_task};
use benches::source::Source;
use benches::table::{grouped, print_line, to_markdown};
use clap::Parser;

/// First loads and upserts, beside the shortest path.
const TARGET: f64 = 0.8;
/// Rows that are the same beside rows that are rewritten.
const UNCHANGED_TARGET: f64 = 1.3;
/// Calls beside the least possible.
const CALLS_TARGET: f64 = 1.1;
/// So many rows are read in the rounds of one size together, or once where that is less.
const ROWS_OF_ROUNDS: u64 = 300_000;

/// Longer than a run of this takes, and shorter than what an org remembers of deleted records.
const CHANGED_SINCE: Duration = Duration::from_secs(6 * 3_600);

/// Other conditions that keep every record make a copy read all of them again.
const ALL: &str = "Id != null";
const ALL_AGAIN: &str = "Name != 'Nobody'";
/// Keeps every record, as the window does of a read of what changed.
const ALL_CHANGED: &str = " WHERE SystemModstamp >= 2000-01-01T00:00:00.000Z";

/// Measures first loads, changes and unchanged rows.
#[derive(Parser)]
struct Arguments {
    /// The program, from a release build; the shortest paths stand beside it.
    #[arg(long)]
    towpath: PathBuf,
    /// The numbers of Accounts.
    #[arg(default_values_t = [10_000, 100_000, 1_000_000])]
    rows: Vec<u64>,
    /// Rows of a page.
    #[arg(long, default_value_t = 50_000)]
    page_rows: u64,
    /// How often each is measured at most; the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: u64,
    /// A folder on the disk to write to; a temporary one if not given.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
}

/// What is measured, in this order.
const STEPS: [&str; 8] = [
    "first load",
    "first load, shortest path",
    "1 % changed",
    "all changed",
    "all changed, met again",
    "upsert, shortest path",
    "read again, the same",
    "read again, all changed",
];

/// One run of a program.
struct Measured {
    /// Rows that the org sent.
    rows: u64,
    finished: Finished,
    /// Processor time of the database server.
    server_cpu: Duration,
    calls: u64,
    /// How long the org makes pages that cannot be rendered beforehand. Whoever reads them waits so long and does nothing.
    org: Duration,
}

/// The median of some runs.
#[derive(Clone, Copy)]
struct Figures {
    rows: u64,
    rows_per_s: f64,
    cpu_us: f64,
    server_cpu_us: f64,
    calls: u64,
    peak_mib: f64,
    /// Seconds in which nothing could be read.
    org_seconds: f64,
}

impl Figures {
    fn of(runs: &[Measured]) -> Self {
        let per_row = |time: Duration, run: &Measured| time.as_secs_f64() * 1e6 / run.rows.max(1) as f64;
        let median = |figure: &dyn Fn(&Measured) -> f64| {
            let mut values: Vec<f64> = runs.iter().map(figure).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
        };
        Self {
            rows: median(&|run| run.rows as f64) as u64,
            rows_per_s: median(&|run| {
                run.rows as f64 / run.finished.wall.saturating_sub(run.org).as_secs_f64()
            }),
            cpu_us: median(&|run| per_row(run.finished.cpu, run)),
            server_cpu_us: median(&|run| per_row(run.server_cpu, run)),
            calls: median(&|run| run.calls as f64) as u64,
            peak_mib: median(&|run| run.finished.peak_kib as f64 / 1024.0),
            org_seconds: median(&|run| run.org.as_secs_f64()),
        }
    }

    /// All processor time of a row, the database's included.
    fn all_cpu_us(&self) -> f64 {
        self.cpu_us + self.server_cpu_us
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    print_line(&format!("Measured on {}.", machine::describe()));
    for kind in [DestinationKind::Postgres, DestinationKind::Sqlite] {
        for rows in &arguments.rows {
            measure(&arguments, kind, *rows).await?;
        }
    }
    Ok(())
}

async fn measure(arguments: &Arguments, kind: DestinationKind, rows: u64) -> Result<()> {
    let rounds = (ROWS_OF_ROUNDS / rows.max(1)).clamp(1, arguments.rounds);
    let mut runs: [Vec<Measured>; STEPS.len()] = Default::default();
    for round in 0..rounds {
        // Another org each time: what the round before has changed would be read again as late.
        let seed = (round + 1).to_string();
        let org = Org::start(&arguments.towpath, &["--accounts", &rows.to_string(), "--seed", &seed])?;
        let columns = org.columns("Account").await?;
        let measured = Bench { arguments, org: &org, columns: &columns, kind, rows }.run_round().await?;
        runs.iter_mut().zip(measured).for_each(|(runs, run)| runs.push(run));
    }
    report(arguments, kind, rows, rounds, &runs.map(|runs| Figures::of(&runs)));
    Ok(())
}

/// What all rounds of one size have in common.
struct Bench<'a> {
    arguments: &'a Arguments,
    org: &'a Org,
    columns: &'a [Column],
    kind: DestinationKind,
    rows: u64,
}

impl Bench<'_> {
    async fn run_round(&self) -> Result<[Measured; STEPS.len()]> {
        let folder = tempfile::tempdir_in(&self.arguments.folder)?;
        let other_folder = tempfile::tempdir_in(&self.arguments.folder)?;
        let ours = Destination::create(self.kind, folder.path()).await?;
        let theirs = Destination::create(self.kind, other_folder.path()).await?;
        let copy = Copy::new(&self.arguments.towpath, self.org, folder.path());
        let task = other_folder.path().join("task.json");

        let source = self.prepare("").await?;
        let first = self.copy(&copy, &ours, "").await?;
        let shape = read_shape(&ours, self.columns).await?;
        let first_shortest = self.shortest(&source, &theirs, &shape, &task, Before::Nothing).await?;
        self.change(self.rows / 100, 1).await?;
        let changed = self.copy(&copy, &ours, "").await?;
        self.change(self.rows, 2).await?;
        // What changed is rendered when it is asked for: the window of such a read is not known before.
        let org = Source::time_unprepared(self.org, self.columns, ALL_CHANGED).await?;
        let all_changed = Measured { org, ..self.copy(&copy, &ours, "").await? };
        ours.rewind(CHANGED_SINCE).await?;
        let met_again = Measured { org, ..self.copy(&copy, &ours, "").await? };
        let source = self.prepare("").await?;
        let upsert = self.shortest(&source, &theirs, &shape, &task, Before::Rows).await?;
        self.prepare(ALL).await?;
        let unchanged = self.read_again(&copy, &ours, ALL).await?;
        self.change(self.rows, 3).await?;
        self.prepare(ALL_AGAIN).await?;
        let rewritten = self.read_again(&copy, &ours, ALL_AGAIN).await?;

        let expected = self.org.hash("Account", self.columns).await?;
        let found = ours.hash(DEFAULT_NAME, "Account", self.columns).await?;
        ensure!(found == expected, "the copy in {} differs from the org", self.kind);
        ours.remove().await?;
        theirs.remove().await?;
        Ok([first, first_shortest, changed, all_changed, met_again, upsert, unchanged, rewritten])
    }

    /// Has the org render what is read next.
    async fn prepare(&self, condition: &str) -> Result<Source> {
        let condition = if condition.is_empty() { String::new() } else { format!(" WHERE {condition}") };
        Source::prepare_some(self.org, self.columns, self.arguments.page_rows, &condition).await
    }

    async fn change(&self, rows: u64, seed: u64) -> Result<()> {
        let mutation = Mutation { created: 0, updated: u32::try_from(rows)?, deleted: 0, seed };
        self.org.mutate("Account", mutation).await?;
        // An org tells its time in whole seconds, and what changes in the second of a read is left to the next one.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        Ok(())
    }

    async fn copy(&self, copy: &Copy, destination: &Destination, condition: &str) -> Result<Measured> {
        let rule = match condition {
            "" => "Account".to_owned(),
            condition => format!("Account where {condition}"),
        };
        let mut command = copy.command(destination);
        command.args(["--page-rows", &self.arguments.page_rows.to_string(), &rule]);
        self.run(&mut command).await
    }

    /// Reads all records anew. The ids that the sweep behind it lists, by which such a read finds what is not in scope any
    /// more, count for its time and not as records.
    async fn read_again(&self, copy: &Copy, destination: &Destination, condition: &str) -> Result<Measured> {
        Ok(Measured { rows: self.rows, ..self.copy(copy, destination, condition).await? })
    }

    async fn shortest(
        &self,
        source: &Source,
        destination: &Destination,
        shape: &Shape,
        task: &std::path::Path,
        before: Before,
    ) -> Result<Measured> {
        write_task(task, self.org, source, self.columns, destination, shape, before)?;
        let mut command = Command::new(program(&self.arguments.towpath, destination)?);
        let measured = self.run(command.arg(task)).await?;
        let rows: u64 = measured.finished.stdout.trim().parse()?;
        ensure!(rows == self.rows, "the shortest path to {} stored {rows} rows", self.kind);
        Ok(measured)
    }

    async fn run(&self, command: &mut Command) -> Result<Measured> {
        self.org.reset_counters().await?;
        let before = self.server_cpu().await?;
        let finished = process::run(command)?.succeeded()?;
        let server_cpu = self.server_cpu().await?.saturating_sub(before);
        let counters = self.org.counters().await?;
        Ok(Measured {
            rows: counters.rows_of("Account"),
            finished,
            server_cpu,
            calls: counters.api_calls,
            org: Duration::ZERO,
        })
    }

    async fn server_cpu(&self) -> Result<Duration> {
        match self.kind {
            DestinationKind::Postgres => server_cpu().await,
            DestinationKind::Csv | DestinationKind::Sqlite => Ok(Duration::ZERO),
        }
    }
}

fn report(
    arguments: &Arguments,
    kind: DestinationKind,
    rows: u64,
    rounds: u64,
    figures: &[Figures; STEPS.len()],
) {
    let head = ["what", "rows", "rows/s", "CPU µs/row", "CPU of the server", "API calls", "peak MiB"]
        .map(str::to_owned);
    let mut table = vec![head.to_vec()];
    for (step, one) in STEPS.iter().zip(figures) {
        table.push(vec![
            (*step).to_owned(),
            grouped(one.rows),
            grouped(one.rows_per_s as u64),
            format!("{:.1}", one.cpu_us),
            format!("{:.1}", one.server_cpu_us),
            one.calls.to_string(),
            format!("{:.1}", one.peak_mib),
        ]);
    }
    let times = if rounds == 1 { "once".to_owned() } else { format!("median of {rounds}") };
    print_line(&format!("\n### {kind}, {} Accounts, {times}\n\n{}", grouped(rows), to_markdown(&table)));

    let [first, first_shortest, changed, all_changed, met_again, upsert, ..] = figures;
    let ratio = |name: &str, one: &Figures, other: &Figures, target: f64| {
        print_line(&format!(
            "- {name}: {:.2} by time, {:.2} by processor time (target {target})",
            one.rows_per_s / other.rows_per_s,
            other.all_cpu_us() / one.all_cpu_us()
        ));
    };
    ratio("first load beside the shortest path", first, first_shortest, TARGET);
    ratio("upsert beside the shortest path", all_changed, upsert, TARGET);
    ratio("unchanged rows beside rewritten ones", met_again, all_changed, UNCHANGED_TARGET);
    print_line(&format!(
        "- the org took {:.1} s to make the pages of what changed, which the rows/s leave out",
        all_changed.org_seconds
    ));
    // What the sObject is, one job, one look at it, and its pages.
    let least = 3 + rows.div_ceil(arguments.page_rows);
    print_line(&format!(
        "- calls: {} for a first load, {:.2} of the least possible (target {CALLS_TARGET}); {} for 1 % changed",
        first.calls,
        first.calls as f64 / least as f64,
        changed.calls,
    ));
}
