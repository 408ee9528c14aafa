//! `towpath copy`: records of an org into a database or CSV files.
//!
//! The destination is a store with one workspace and one integration, so a copy stands on the same engine as the
//! server: the same reading, the same checkpoints, the same sentences.

mod credentials;
mod destination;
mod progress;
mod rules;
mod setup;
mod summary;

use std::time::Duration;

use engine::{Error, Patience, Problem, run_worker};
use store::sync_runs::list_progress;

use crate::{
    cli::{CopyArgs, print_line},
    exit::{self, Exit},
};
use progress::Bars;
use summary::Summary;

/// A copy is called by a person or a schedule, which can call it again: it does not wait for hours.
const PATIENCE: Patience = Patience { most_attempts: 8, longest_wait: Duration::from_secs(60) };

/// Runs the command and says how it ended.
pub(crate) async fn run(args: CopyArgs) -> Exit {
    let args = CopyArgs { environment: args.environment.without_empty(), ..args };
    match copy(&args).await {
        Ok(summary) => report(&args, &summary),
        Err(Stop::Usage(sentence)) => exit::say(&sentence, Exit::Usage),
        Err(Stop::Failed(problem)) => {
            exit::say(&format!("{} [{}]", problem.text, problem.code), exit::for_code(problem.code))
        }
        Err(Stop::Interrupted) => {
            exit::say("Interrupted. Call again to go on where it stopped.", Exit::Interrupted)
        }
    }
}

/// Why a copy ended before its summary.
enum Stop {
    /// The arguments or the environment are not right.
    Usage(String),
    /// Nothing could be read.
    Failed(Problem),
    /// A person stopped it.
    Interrupted,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        tracing::debug!(error = ?error, "copy failed");
        Self::Failed(error.problem())
    }
}

impl From<store::Error> for Stop {
    fn from(error: store::Error) -> Self {
        Error::from(error).into()
    }
}

async fn copy(args: &CopyArgs) -> Result<Summary, Stop> {
    let wanted = setup::parse(args).map_err(Stop::Usage)?;
    let opened = setup::open(args, &wanted).await?;
    let engine = &opened.engine;
    let started_at = engine.clock().now();
    let integration = engine.open_integration(&wanted.slug, &wanted.credentials).await?;
    let rules = engine.put_rules(integration, &wanted.rules).await?;
    let run = engine.start_run(integration, &rules).await?;
    let bars = Bars::new(rules.iter().map(|rule| (rule.id, rule.sobject.to_string())));
    tokio::select! {
        outcome = run_worker(engine, PATIENCE) => outcome?,
        () = bars.follow(engine.store(), run) => {}
        _ = tokio::signal::ctrl_c() => return Err(Stop::Interrupted),
    }
    engine.finish_run(run).await?;
    let progress = list_progress(engine.store(), run).await?;
    bars.draw(&progress);
    let summary = Summary::new(
        wanted.destination.to_string(),
        &rules,
        &progress,
        engine.clock().now().since(started_at),
    );
    opened.close().await;
    Ok(summary)
}

fn report(args: &CopyArgs, summary: &Summary) -> Exit {
    if args.json {
        print_line(&summary.to_json());
    } else {
        summary.sentences().iter().for_each(|sentence| print_line(sentence));
    }
    for sentence in summary.problems() {
        exit::say(&sentence, Exit::Failed);
    }
    summary.exit()
}
