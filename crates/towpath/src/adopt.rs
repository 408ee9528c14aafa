//! `towpath adopt`: gives a database to the server that has this configuration.

use model::Clock;
use store::{
    Store,
    instances::{Address, Instance, Whose, adopt_database, find_whose},
    take_ownership,
};

use crate::{
    cli::{print_line, server::AdoptArgs},
    config::Config,
    exit::{self, Exit},
    serve::say_problem,
    server::{address_of_server, open_store_as_it_is},
};

const CONSEQUENCES: &str = "If that server still runs, do not adopt: both would renew the same grants, and where an org rotates refresh \
    tokens, Salesforce ends the connections of both. If it was moved here, restored here, or got another address, stop it and run \
    \"towpath adopt --yes\".";

const STILL_RUNS: &str = "A server, a worker or a copy is running on it now, so it was not adopted: both would renew the same grants. Stop \
    all that run on this database, then adopt it; or leave it to them, and give this server a database of its own.";

/// Says whose the database is, and takes it over where that was said yes to.
pub(crate) async fn adopt(args: AdoptArgs) -> Exit {
    let config = match Config::load(args.config.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return exit::say(&error.to_string(), Exit::Usage),
    };
    let (store, locks) = match open_store_as_it_is(&config).await {
        Ok(opened) => opened,
        Err(problem) => return say_problem(&problem),
    };
    let adopted = adopt_in(&store, &address_of_server(&config), args.yes).await;
    let exit = adopted.unwrap_or_else(|error| say_problem(&engine::Error::from(error).problem()));
    store.close().await;
    drop(locks);
    exit
}

async fn adopt_in(store: &Store, own: &Address, is_yes: bool) -> store::Result<Exit> {
    // The tables are made by whoever starts on it.
    let has_tables = store.upgrade().from == Some(store.upgrade().to);
    let sentence = match find_whose(store, own).await? {
        Whose::Own => {
            print_line("The database belongs to this server already.");
            return Ok(Exit::Ok);
        }
        Whose::Nobodys if !is_yes || !has_tables => {
            print_line("The database belongs to nobody yet: the server that starts on it first has it.");
            return Ok(Exit::Ok);
        }
        Whose::Nobodys => "The database was nobody's.".to_owned(),
        Whose::Others(other) => describe(&other, own),
    };
    if !is_yes {
        return Ok(exit::say(&format!("{sentence} {CONSEQUENCES}"), Exit::Usage));
    }
    // Held until it is given away: nobody begins to work on it meanwhile.
    let Some(ownership) = take_ownership(store).await? else {
        let text = format!("{sentence} {STILL_RUNS} [store.busy]");
        return Ok(exit::say(&text, exit::for_code("store.busy")));
    };
    store.check().await?;
    adopt_database(store, own, Clock::System.now()).await?;
    drop(ownership);
    print_line(&format!("{sentence} It belongs to this server now: start it."));
    Ok(Exit::Ok)
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
