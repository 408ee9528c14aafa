//! `towpath serve`, `towpath worker` and `towpath migrate`.

use engine::Problem;

use crate::{
    adopt,
    cli::{
        print_line,
        server::{MigrateArgs, ServeArgs, WorkerArgs},
    },
    config::{Config, LogFormat},
    exit::{self, Exit},
    logging,
    server::{OpenedStore, Server, Worker, address_of_server, open_unclaimed_store, stop_on_signals},
};

/// Runs the server until Ctrl-C or SIGTERM.
pub(crate) async fn serve(args: ServeArgs, log_format: Option<LogFormat>) -> Exit {
    let config = match Config::load(args.config.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return exit::say(&error.to_string(), Exit::Usage),
    };
    logging::start(log_format.unwrap_or(config.log_format), "info");
    match run(&config, args.dev_kill_at.as_deref()).await {
        Ok(()) => Exit::Ok,
        Err(problem) => say_problem(&problem),
    }
}

async fn run(config: &Config, dev_kill_at: Option<&str>) -> Result<(), Problem> {
    let stop = stop_on_signals().map_err(|error| Problem {
        code: "server.failed",
        text: format!("Signals cannot be waited for: {error}."),
    })?;
    let server = Server::open(config, dev_kill_at).await?;
    exit::tell(&format!("Towpath is at {}", server.public_url()));
    if let Some(other) = server.other() {
        let sentence = adopt::describe(other, &address_of_server(config));
        exit::tell(&format!(
            "{sentence} No org is called and nothing synced. Run \"towpath adopt\" to see what to do. [instance.quarantined]"
        ));
        tracing::warn!("the database belongs to another instance, so no org is called and nothing synced");
    }
    if let Some(link) = server.setup_link().await? {
        // Never a log: whoever reads it first becomes the owner.
        let text = format!("Make the first owner here, once: {}", link.url);
        exit::tell(&text);
    }
    tracing::info!(server.url = %server.public_url(), "the server listens");
    server.run(stop).await?;
    tracing::info!("the server has stopped");
    Ok(())
}

/// Works beside a server until Ctrl-C or SIGTERM.
pub(crate) async fn work(args: WorkerArgs, log_format: Option<LogFormat>) -> Exit {
    let config = match Config::load(args.config.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return exit::say(&error.to_string(), Exit::Usage),
    };
    logging::start(log_format.unwrap_or(config.log_format), "info");
    let Ok(stop) = stop_on_signals() else {
        return exit::say("Signals cannot be waited for. [server.failed]", Exit::Failed);
    };
    match Worker::open(&config, args.dev_kill_at.as_deref()).await {
        Ok(worker) => {
            exit::tell("The worker works");
            tracing::info!("the worker works");
            worker.run(stop).await;
            tracing::info!("the worker has stopped and handed its work over");
            Exit::Ok
        }
        Err(problem) => say_problem(&problem),
    }
}

/// Brings the database up to date and says what that did.
pub(crate) async fn migrate(args: MigrateArgs) -> Exit {
    let config = match Config::load(args.config.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return exit::say(&error.to_string(), Exit::Usage),
    };
    match open_unclaimed_store(&config).await {
        Ok(OpenedStore { store, .. }) => {
            let upgrade = store.upgrade();
            print_line(&match upgrade.from {
                None => format!("{}: new, at version {}", config.store_url, upgrade.to),
                Some(from) if from == upgrade.to => {
                    format!("{}: at version {from} already", config.store_url)
                }
                Some(from) => format!("{}: from version {from} to {}", config.store_url, upgrade.to),
            });
            store.close().await;
            Exit::Ok
        }
        Err(problem) => say_problem(&problem),
    }
}

/// Says a problem and its code.
pub(crate) fn say_problem(problem: &Problem) -> Exit {
    exit::say(&format!("{} [{}]", problem.text, problem.code), exit::for_code(problem.code))
}
