//! Measures what a copy costs each time it looks at an org: the first load, 1 % changed, and rows that are the same.
//!
//! Each is set beside the shortest path of a first load in the same run. The calls of Salesforce's API are counted by the
//! org, and memory is the kernel's figure of the process.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};
use benches::column::Column;
use benches::copy::Copy;
use benches::destination::{Destination, DestinationKind};
use benches::org::{Mutation, Org};
use benches::process::{self, Finished};
use benches::shortest_task::{program, read_shape, write_task};
use benches::source::Source;
use benches::table::{grouped, print_line, to_markdown};
use clap::Parser;

/// A first load, and rows that are the same, beside the shortest path.
const TARGET: f64 = 0.8;
/// Rows that are the same beside rows that are rewritten.
const UNCHANGED_TARGET: f64 = 1.3;
/// Calls beside the least possible.
const CALLS_TARGET: f64 = 1.1;

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
    /// A folder on the disk to write to; a temporary one if not given.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
}

/// One copy that was measured.
struct Measured {
    what: &'static str,
    /// Rows that the org sent.
    rows: u64,
    finished: Finished,
    calls: u64,
}

impl Measured {
    fn rate(&self) -> f64 {
        self.rows as f64 / self.finished.wall.as_secs_f64()
    }

    fn cpu_us(&self) -> f64 {
        self.finished.cpu.as_secs_f64() * 1e6 / self.rows.max(1) as f64
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    for kind in [DestinationKind::Postgres, DestinationKind::Sqlite] {
        for rows in &arguments.rows {
            measure(&arguments, kind, *rows).await?;
        }
    }
    Ok(())
}

async fn measure(arguments: &Arguments, kind: DestinationKind, rows: u64) -> Result<()> {
    let org = Org::start(&arguments.towpath, &["--accounts", &rows.to_string()])?;
    let columns = org.columns("Account").await?;
    let source = Source::prepare(&org, &columns, arguments.page_rows).await?;
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let destination = Destination::create(kind, folder.path()).await?;
    let copy = Copy::new(&arguments.towpath, &org, folder.path());
    let bench = Bench { arguments, org: &org, copy: &copy, destination: &destination };

    let first = bench.run("first load", "Account").await?;
    let shape = read_shape(&destination, &columns).await?;
    let percent = u32::try_from(rows / 100)?;
    org.mutate("Account", Mutation { created: 0, updated: percent, deleted: 0, seed: 1 }).await?;
    let changed = bench.run("1 % changed", "Account").await?;
    // Another condition that keeps every record makes a copy read all of them again.
    let unchanged = bench.run("read again, the same", "Account where Id != null").await?;
    org.mutate("Account", Mutation { created: 0, updated: u32::try_from(rows)?, deleted: 0, seed: 2 })
        .await?;
    let rewritten = bench.run("read again, changed", "Account where Name != 'Nobody'").await?;
    let found = destination.hash(benches::copy::DEFAULT_NAME, "Account", &columns).await?;
    ensure!(found == org.hash("Account", &columns).await?, "the copy in {kind} differs from the org");
    let shortest = bench.shortest(kind, &source, &columns, &shape, rows).await?;
    destination.remove().await?;

    report(arguments, kind, rows, &shortest, &[first, changed, unchanged, rewritten]);
    Ok(())
}

/// What the copies into one destination have in common.
struct Bench<'a> {
    arguments: &'a Arguments,
    org: &'a Org,
    copy: &'a Copy,
    destination: &'a Destination,
}

impl Bench<'_> {
    async fn run(&self, what: &'static str, rule: &str) -> Result<Measured> {
        self.org.reset_counters().await?;
        let mut command = self.copy.command(self.destination);
        command.args(["--page-rows", &self.arguments.page_rows.to_string(), rule]);
        let finished = process::run(&mut command)?.succeeded()?;
        let counters = self.org.counters().await?;
        Ok(Measured { what, rows: counters.rows_of("Account"), finished, calls: counters.api_calls })
    }

    async fn shortest(
        &self,
        kind: DestinationKind,
        source: &Source,
        columns: &[Column],
        shape: &benches::shortest_task::Shape,
        rows: u64,
    ) -> Result<Measured> {
        let folder = tempfile::tempdir_in(&self.arguments.folder)?;
        let destination = Destination::create(kind, folder.path()).await?;
        let task = folder.path().join("task.json");
        write_task(&task, self.org, source, columns, &destination, shape)?;
        let mut command = Command::new(program(&self.arguments.towpath, &destination)?);
        let finished = process::run(command.arg(&task))?.succeeded()?;
        destination.remove().await?;
        Ok(Measured { what: "shortest path", rows, finished, calls: 0 })
    }
}

fn report(
    arguments: &Arguments,
    kind: DestinationKind,
    rows: u64,
    shortest: &Measured,
    measured: &[Measured],
) {
    let head = ["what", "rows", "rows/s", "beside the shortest", "CPU µs/row", "API calls", "peak MiB"];
    let mut table = vec![head.map(str::to_owned).to_vec()];
    for one in measured.iter().chain([shortest]) {
        table.push(vec![
            one.what.to_owned(),
            grouped(one.rows),
            grouped(one.rate() as u64),
            format!("{:.2}", one.rate() / shortest.rate()),
            format!("{:.1}", one.cpu_us()),
            one.calls.to_string(),
            format!("{:.1}", one.finished.peak_kib as f64 / 1024.0),
        ]);
    }
    print_line(&format!("\n### {kind}, {} Accounts\n\n{}", grouped(rows), to_markdown(&table)));
    if let [first, _, unchanged, rewritten] = measured {
        // One job, one look at it, and its pages.
        let least = 2 + rows.div_ceil(arguments.page_rows);
        print_line(&format!(
            "first load {:.2} of the shortest path (target {TARGET}); unchanged rows {:.2} times as quick as rewritten ones \
             (target {UNCHANGED_TARGET}); {} calls a 1,000,000 rows, {:.2} of the least possible (target {CALLS_TARGET})",
            first.rate() / shortest.rate(),
            unchanged.rate() / rewritten.rate(),
            first.calls * 1_000_000 / rows.max(1),
            first.calls as f64 / least as f64,
        ));
    }
}
