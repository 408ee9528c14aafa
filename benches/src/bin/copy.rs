//! Measures copies beside the shortest path that any program must take, in the same run.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};
use benches::column::Column;
use benches::copy::Copy;
use benches::destination::{Destination, DestinationKind};
use benches::machine;
use benches::org::Org;
use benches::process::{self, Finished};
use benches::shortest_task::{Before, Shape, program, read_shape, write_task};
use benches::source::Source;
use benches::table::{grouped, print_line, to_markdown};
use clap::Parser;

/// How fast the source must be beside the fastest reader, for the reader to be what is measured.
const MIN_SOURCE_RATIO: f64 = 2.0;

/// Measures copies beside the shortest path.
#[derive(Parser)]
struct Arguments {
    /// The program, from a release build; the shortest paths stand beside it.
    #[arg(long)]
    towpath: PathBuf,
    /// The number of Accounts.
    #[arg(default_value_t = 200_000)]
    rows: u64,
    /// Rows of a page.
    #[arg(long, default_value_t = 50_000)]
    page_rows: u64,
    /// How often each is measured; the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// A folder on the disk to write to; a temporary one if not given.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
}

/// What was measured for one destination, a round each.
struct Pair {
    kind: DestinationKind,
    ours: Vec<Finished>,
    shortest: Vec<Finished>,
}

/// What a destination promises beside the shortest path.
fn target(kind: DestinationKind) -> f64 {
    match kind {
        DestinationKind::Csv => 0.6,
        DestinationKind::Postgres | DestinationKind::Sqlite => 0.8,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let org = Org::start(&arguments.towpath, &["--accounts", &arguments.rows.to_string()])?;
    let columns = org.columns("Account").await?;
    let source = Source::prepare(&org, &columns, arguments.page_rows).await?;
    let source_rate = source.measure_rate(&org, arguments.rows).await?;

    let bench = Bench { arguments: &arguments, org: &org, source: &source, columns: &columns };
    let mut pairs = Vec::new();
    for kind in DestinationKind::ALL {
        pairs.push(bench.measure(kind).await?);
    }
    report(&arguments, source_rate, columns.len(), &pairs);
    Ok(())
}

/// What all measurements have in common.
struct Bench<'a> {
    arguments: &'a Arguments,
    org: &'a Org,
    source: &'a Source,
    columns: &'a [Column],
}

impl Bench<'_> {
    /// Measures in turns, so that what disturbs the machine disturbs both.
    async fn measure(&self, kind: DestinationKind) -> Result<Pair> {
        let mut pair = Pair { kind, ours: Vec::new(), shortest: Vec::new() };
        for _ in 0..self.arguments.rounds {
            let (ours, shape) = self.run_ours(kind).await?;
            pair.ours.push(ours);
            pair.shortest.push(self.run_shortest(kind, &shape).await?);
        }
        Ok(pair)
    }

    async fn run_ours(&self, kind: DestinationKind) -> Result<(Finished, Shape)> {
        let folder = tempfile::tempdir_in(&self.arguments.folder)?;
        let destination = Destination::create(kind, folder.path()).await?;
        let copy = Copy::new(&self.arguments.towpath, self.org, folder.path());
        let mut command = copy.command(&destination);
        command.args(["--page-rows", &self.source.page_rows.to_string(), "Account"]);
        let finished = process::run(&mut command)?.succeeded()?;
        let shape = read_shape(&destination, self.columns).await?;
        destination.remove().await?;
        Ok((finished, shape))
    }

    async fn run_shortest(&self, kind: DestinationKind, shape: &Shape) -> Result<Finished> {
        let folder = tempfile::tempdir_in(&self.arguments.folder)?;
        let destination = Destination::create(kind, folder.path()).await?;
        let task = folder.path().join("task.json");
        write_task(&task, self.org, self.source, self.columns, &destination, shape, Before::Nothing)?;
        let mut command = Command::new(program(&self.arguments.towpath, &destination)?);
        let finished = process::run(command.arg(&task))?.succeeded()?;
        let rows: u64 = finished.stdout.trim().parse()?;
        ensure!(rows == self.arguments.rows, "the shortest path to {kind} read {rows} rows");
        destination.remove().await?;
        Ok(finished)
    }
}

fn report(arguments: &Arguments, (source_rows, source_bytes): (f64, f64), columns: usize, pairs: &[Pair]) {
    let rows = arguments.rows as f64;
    let rate = |runs: &[Finished]| rows / median(runs.iter().map(|run| run.wall.as_secs_f64()).collect());
    let cpu = |runs: &[Finished]| median(runs.iter().map(|run| run.cpu.as_secs_f64()).collect()) * 1e6 / rows;
    let mut table = vec![
        ["destination", "rows/s", "shortest path", "ratio", "target", "CPU µs/row", "shortest path"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for Pair { kind, ours, shortest } in pairs {
        let ratio = rate(ours) / rate(shortest);
        table.push(vec![
            kind.to_string(),
            grouped(rate(ours) as u64),
            grouped(rate(shortest) as u64),
            format!("{ratio:.2}"),
            format!("{:.1}", target(*kind)),
            format!("{:.1}", cpu(ours)),
            format!("{:.1}", cpu(shortest)),
        ]);
    }

    print_line(&format!(
        "{} Accounts of {columns} columns, pages of {} rows.",
        grouped(arguments.rows),
        grouped(arguments.page_rows)
    ));
    print_line(&format!("Measured on {}.", machine::describe()));
    print_line(&format!("Median of {} runs, ours and the shortest path in turns.\n", arguments.rounds));
    print_line(&to_markdown(&table));
    let fastest = pairs.iter().flat_map(|pair| [rate(&pair.ours), rate(&pair.shortest)]).fold(0.0, f64::max);
    let verdict = if source_rows >= MIN_SOURCE_RATIO * fastest {
        ""
    } else {
        ", which is TOO SLOW: the source is what is measured"
    };
    print_line(&format!(
        "The source alone: {} rows/s, {:.0} MB/s compressed, {:.1} times the fastest reader{verdict}.",
        grouped(source_rows as u64),
        source_bytes / 1e6,
        source_rows / fastest
    ));
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
