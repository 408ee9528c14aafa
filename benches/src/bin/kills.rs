//! Kills a copying process again and again, resumes it, and compares every cell with the org.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use benches::canonical::RowsHash;
use benches::column::Column;
use benches::copy::{Copy, DEFAULT_NAME};
use benches::destination::{Destination, DestinationKind};
use benches::org::Org;
use benches::process::{self, Finished};
use benches::random::Random;
use benches::table::print_line;
use clap::Parser;
use tempfile::TempDir;

/// Kills copies.
#[derive(Parser)]
struct Arguments {
    /// The program, from a release build.
    #[arg(long)]
    towpath: PathBuf,
    /// The number of Accounts.
    #[arg(long, default_value_t = 100_000)]
    rows: u64,
    /// Rows of a page.
    #[arg(long, default_value_t = 5_000)]
    page_rows: u64,
    /// How often to kill, for each destination.
    #[arg(long, default_value_t = 20)]
    kills: u32,
    /// Decides when.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What every copy of one destination has in common.
struct Proof<'a> {
    arguments: &'a Arguments,
    org: &'a Org,
    kind: DestinationKind,
    columns: &'a [Column],
    expected: &'a RowsHash,
}

/// One copy and the folder it lives in.
struct Attempt {
    folder: TempDir,
    destination: Destination,
}

/// How long a copy takes that nobody kills.
struct Usual {
    /// The whole of it.
    whole: Duration,
    /// Where there is next to nothing to read.
    start: Duration,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let org = Org::start(&arguments.towpath, &["--accounts", &arguments.rows.to_string()])?;
    let columns = org.columns("Account").await?;
    let expected = org.hash("Account", &columns).await?;
    print_line(&format!("the org holds {expected}; seed {}", arguments.seed));

    let mut faults = Vec::new();
    for kind in DestinationKind::ALL {
        let proof = Proof { arguments: &arguments, org: &org, kind, columns: &columns, expected: &expected };
        faults.extend(proof.prove().await.with_context(|| kind.to_string())?);
    }
    for fault in &faults {
        print_line(&format!("NOT HELD: {fault}"));
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Proof<'_> {
    /// Kills until all kills are used up, and lists what was promised and not held.
    async fn prove(&self) -> Result<Vec<String>> {
        let usual = self.measure().await?;
        print_line(&format!("{}: {:.2} s without kills", self.kind, usual.whole.as_secs_f64()));
        let mut random = Random::new(self.arguments.seed);
        let mut faults = Vec::new();
        let mut kills = 0;
        // A copy that gets to its end before all kills are used up makes room for another.
        while kills < self.arguments.kills {
            let attempt = self.begin().await?;
            self.org.reset_counters().await?;
            let mut own_kills = 0;
            loop {
                let is_last = kills + own_kills == self.arguments.kills;
                let limit = if is_last { Duration::MAX } else { self.draw(&usual, &mut random) };
                if self.run_and_kill_after(&attempt, limit, "Account")?.status.success() {
                    break;
                }
                own_kills += 1;
            }
            kills += own_kills;
            faults.extend(self.compare(&attempt, own_kills).await?);
            attempt.destination.remove().await?;
        }
        Ok(faults)
    }

    /// Draws for how long to let a process run: its start, then on average one share of the work.
    fn draw(&self, usual: &Usual, random: &mut Random) -> Duration {
        let share = usual.whole / self.arguments.kills.max(1);
        usual.start.mul_f64(random.fraction()) + share.mul_f64(2.0 * random.fraction())
    }

    async fn measure(&self) -> Result<Usual> {
        let attempt = self.begin().await?;
        // An org has one record of this sObject.
        let start = self.run_and_kill_after(&attempt, Duration::MAX, "Organization")?.wall;
        attempt.destination.remove().await?;
        let attempt = self.begin().await?;
        let whole = self.run_and_kill_after(&attempt, Duration::MAX, "Account")?.wall;
        attempt.destination.remove().await?;
        Ok(Usual { whole, start })
    }

    async fn begin(&self) -> Result<Attempt> {
        let folder = tempfile::tempdir()?;
        let destination = Destination::create(self.kind, folder.path()).await?;
        Ok(Attempt { folder, destination })
    }

    fn run_and_kill_after(&self, attempt: &Attempt, limit: Duration, sobject: &str) -> Result<Finished> {
        let copy = Copy::new(&self.arguments.towpath, self.org, attempt.folder.path());
        let mut command = copy.command(&attempt.destination);
        command.args(["--page-rows", &self.arguments.page_rows.to_string(), sobject]);
        let finished = process::run_and_kill_after(&mut command, limit)?;
        // An error of its own is no kill.
        if finished.status.code().is_some() { finished.succeeded() } else { Ok(finished) }
    }

    async fn compare(&self, attempt: &Attempt, kills: u32) -> Result<Vec<String>> {
        let found = attempt.destination.hash(DEFAULT_NAME, "Account", self.columns).await?;
        let served = self.org.counters().await?.rows_of("Account");
        let allowed = self.arguments.rows + self.arguments.page_rows * u64::from(kills);
        print_line(&format!(
            "{}: {kills} kills, {found}, {served} rows served of {allowed} allowed",
            self.kind
        ));

        let mut faults = Vec::new();
        if found != *self.expected {
            faults.push(format!("{}: after {kills} kills the copy differs from the org", self.kind));
        }
        if served > allowed {
            faults.push(format!("{}: {kills} kills cost {} rows too many", self.kind, served - allowed));
        }
        Ok(faults)
    }
}
