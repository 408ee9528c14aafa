//! `towpath adopt`: gives a database to the server that has this configuration.

use model::Clock;
use store::instances::{Address, Instance, Whose, adopt_database, find_whose};

use crate::{
    cli::{print_line, server::AdoptArgs},
    config::Config,
    exit::{self, Exit},
    serve::say_problem,
    server::{OpenedStore, address_of_server, open_any_store},
};

const CONSEQUENCES: &str = "If that server still runs, do not adopt: both would renew the same grants, and where an org rotates refresh \
    tokens, Salesforce ends the connections of both. If it was moved here, restored here, or got another address, stop it and run \
    \"towpath adopt --yes\".";

/// Says whose the database is, and takes it over where that was said yes to.
pub(crate) async fn adopt(args: AdoptArgs) -> Exit {
    let config = match Config::load(args.config.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return exit::say(&error.to_string(), Exit::Usage),
    };
    let OpenedStore { store, locks, ownership, .. } = match open_any_store(&config).await {
        Ok(opened) => opened,
        Err(problem) => return say_problem(&problem),
    };
    let own = address_of_server(&config);
    let now = Clock::System.now();
    let adopted = async {
        let sentence = match find_whose(&store, &own).await? {
            Whose::Own => {
                print_line("The database belongs to this server already.");
                return Ok(Exit::Ok);
            }
            Whose::Nobodys if !args.yes => {
                print_line("The database belongs to nobody yet: the server that starts on it first has it.");
                return Ok(Exit::Ok);
            }
            Whose::Nobodys => "The database was nobody's.".to_owned(),
            Whose::Others(other) => describe(&other, &own),
        };
        if !args.yes {
            return Ok(exit::say(&format!("{sentence} {CONSEQUENCES}"), Exit::Usage));
        }
        adopt_database(&store, &own, now).await?;
        print_line(&format!("{sentence} It belongs to this server now: start it."));
        Ok(Exit::Ok)
    };
    let exit = adopted
        .await
        .unwrap_or_else(|error: store::Error| say_problem(&engine::Error::from(error).problem()));
    drop(ownership);
    store.close().await;
    drop(locks);
    exit
}

/// Says whose a database is that is not this instance's.
pub(crate) fn describe(other: &Instance, own: &Address) -> String {
    let own = match own {
        Address::At(address) => address.as_str(),
        Address::ThisMachine | Address::Untold => "on this machine only",
    };
    match other.address.as_deref() {
        Some(address) if address != own => {
            format!("This database belongs to the server at {address}, and this one is {own}.")
        }
        _ if other.place.starts_with('/') => {
            format!("This database was at {} before, or is a copy of the one there.", other.place)
        }
        _ => "This database was another one of PostgreSQL before, or in another cluster, or is a copy of the one there.".to_owned(),
    }
}
