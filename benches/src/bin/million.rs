//! Copies 100,000 and 1,000,000 Accounts into each destination, compares every cell and holds the bounds of memory.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use benches::column::Column;
use benches::copy::{Copy, DEFAULT_NAME};
use benches::destination::{Destination, DestinationKind};
use benches::org::Org;
use benches::process::{self, Finished};
use benches::table::{grouped, print_line, to_markdown};
use benches::{canonical::RowsHash, machine};
use clap::Parser;

/// What a copying process may have resident at most, in KiB.
const MAX_PEAK_KIB: u64 = 24 * 1024;

/// The page cache of SQLite comes on top.
const SQLITE_CACHE_KIB: u64 = 2 * 1024;

/// How much more a larger table may take.
const MAX_GROWTH: f64 = 1.2;

/// Copies, compares and measures.
#[derive(Parser)]
struct Arguments {
    /// The program, from a release build.
    #[arg(long)]
    towpath: PathBuf,
    /// Numbers of Accounts, ascending.
    #[arg(long, value_delimiter = ',', default_value = "100000,1000000")]
    rows: Vec<u64>,
    /// A folder on the disk to write to; a temporary one if not given.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
}

/// One copy.
struct Outcome {
    kind: DestinationKind,
    rows: u64,
    finished: Finished,
    is_equal: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut outcomes = Vec::new();
    for rows in &arguments.rows {
        let org = Org::start(&arguments.towpath, &["--accounts", &rows.to_string()])?;
        let columns = org.columns("Account").await?;
        let expected = org.hash("Account", &columns).await?;
        print_line(&format!("the org holds {expected} in {} columns", columns.len()));
        for kind in DestinationKind::ALL {
            outcomes.push(copy(&arguments, &org, kind, &columns, &expected).await?);
        }
    }

    print_line(&format!("\nMeasured on {}.\n", machine::describe()));
    print_line(&to_markdown(&table(&outcomes)));
    let faults = faults(&outcomes);
    for fault in &faults {
        print_line(&format!("NOT HELD: {fault}"));
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn copy(
    arguments: &Arguments,
    org: &Org,
    kind: DestinationKind,
    columns: &[Column],
    expected: &RowsHash,
) -> Result<Outcome> {
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let destination = Destination::create(kind, folder.path()).await?;
    let finished = run(&arguments.towpath, org, &destination, folder.path())?;
    let found = destination.hash(DEFAULT_NAME, "Account", columns).await?;
    destination.remove().await?;
    let is_equal = found == *expected;
    let verdict = if is_equal { "equal" } else { "DIFFERENT" };
    print_line(&format!(
        "{kind}: {found}: {verdict}; {:.1} s, peak {}",
        finished.wall.as_secs_f64(),
        mebibytes(finished.peak_kib)
    ));
    Ok(Outcome { kind, rows: expected.rows, finished, is_equal })
}

fn run(towpath: &Path, org: &Org, destination: &Destination, home: &Path) -> Result<Finished> {
    process::run(Copy::new(towpath, org, home).command(destination).arg("Account"))?.succeeded()
}

fn table(outcomes: &[Outcome]) -> Vec<Vec<String>> {
    let head = ["destination", "rows", "cells", "seconds", "rows/s", "CPU µs/row", "peak (VmHWM)"];
    let rows = outcomes.iter().map(|outcome| {
        let seconds = outcome.finished.wall.as_secs_f64();
        vec![
            outcome.kind.to_string(),
            grouped(outcome.rows),
            if outcome.is_equal { "equal".to_owned() } else { "DIFFERENT".to_owned() },
            format!("{seconds:.1}"),
            grouped((outcome.rows as f64 / seconds) as u64),
            format!("{:.1}", outcome.finished.cpu.as_secs_f64() * 1e6 / outcome.rows as f64),
            mebibytes(outcome.finished.peak_kib),
        ]
    });
    std::iter::once(head.map(str::to_owned).to_vec()).chain(rows).collect()
}

/// Lists what was promised and not held.
fn faults(outcomes: &[Outcome]) -> Vec<String> {
    let mut faults = Vec::new();
    for outcome in outcomes {
        let Outcome { kind, rows, finished, is_equal } = outcome;
        if !is_equal {
            faults.push(format!("{kind}, {rows} rows: the copy differs from the org"));
        }
        let bound = MAX_PEAK_KIB + if *kind == DestinationKind::Sqlite { SQLITE_CACHE_KIB } else { 0 };
        if finished.peak_kib > bound {
            faults.push(format!(
                "{kind}, {rows} rows: peak {} is over {}",
                mebibytes(finished.peak_kib),
                mebibytes(bound)
            ));
        }
    }
    for kind in DestinationKind::ALL {
        let mut peaks =
            outcomes.iter().filter(|outcome| outcome.kind == kind).map(|outcome| outcome.finished.peak_kib);
        if let (Some(first), Some(last)) = (peaks.next(), peaks.next_back()) {
            let growth = last as f64 / first as f64;
            if growth > MAX_GROWTH {
                faults.push(format!("{kind}: memory grew {growth:.2} times with the table"));
            }
        }
    }
    faults
}

fn mebibytes(kib: u64) -> String {
    format!("{:.1} MiB", kib as f64 / 1024.0)
}
