//! Which instance of the server a database belongs to.
//!
//! An instance is known by the address at which people open it and by the place of its database. A copy of the database has
//! another place, or is opened at another address, or both; whoever starts on it must not use the grants of the original:
//! where an org rotates refresh tokens, the first renewal by either ends the connection of the other.

use salesforce::Timestamp;
use sqlx::FromRow;

use crate::db::{AsParam, Statement, statement};
use crate::{Error, Result, Store};

/// The address at which people open a server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Address {
    /// This one, which other machines can reach.
    At(String),
    /// One of the machine that it runs on.
    ThisMachine,
    /// A worker, which nobody opens, was not told that of its server.
    Untold,
}

/// What an instance is known by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Instance {
    /// The address at which other machines reach it, where they do.
    pub address: Option<String>,
    /// Where its database is.
    pub place: String,
}

#[derive(FromRow)]
struct InstanceRow {
    address: Option<String>,
    place: String,
}

#[derive(FromRow)]
struct PlaceRow {
    place: String,
}

/// Whose a database is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Whose {
    /// Nobody's yet.
    Nobodys,
    /// That of the instance that asks.
    Own,
    /// That of another.
    Others(Instance),
}

/// Says whose a database is. Nothing is changed, and the control tables may be older than this program's.
pub async fn find_whose(store: &Store, own: &Address) -> Result<Whose> {
    if store.fetch_all::<PlaceRow>(find_table(store), &[]).await?.is_empty() {
        return Ok(Whose::Nobodys);
    }
    let Some(stored) = find_instance(store).await? else { return Ok(Whose::Nobodys) };
    let is_own = is_own(&stored, own, &find_place(store).await?);
    Ok(if is_own { Whose::Own } else { Whose::Others(stored) })
}

/// Says whose a database is, for a server that starts on it. One that belongs to nobody belongs to this server from now on:
/// of several processes that start at once the first has it.
pub async fn claim_database(store: &Store, own: &Address, now: Timestamp) -> Result<Whose> {
    let claim = statement(
        "claim a new database",
        "insert into towpath.instances (instance, address, place, adopted_at)
         values (1, $1, $2, $3)
         on conflict (instance) do nothing",
    );
    let open_to_others = statement(
        "store the address of the server",
        "update towpath.instances
         set address = $1, place = $2, adopted_at = $3
         where address is null",
    );
    let statement = match find_whose(store, own).await? {
        Whose::Nobodys => claim,
        // It was for its own machine until now.
        Whose::Own if own.stored().is_some() => open_to_others,
        whose => return Ok(whose),
    };
    let place = find_place(store).await?;
    let address = own.stored();
    let params = [address.as_param(), place.as_param(), now.as_param()];
    store.execute(statement, &params).await?;
    find_whose(store, own).await
}

async fn find_instance(store: &Store) -> Result<Option<Instance>> {
    let select = statement("find the instance", "select address, place\nfrom towpath.instances");
    let row: Option<InstanceRow> = store.fetch_optional(select, &[]).await?;
    Ok(row.map(|row| Instance { address: row.address, place: row.place }))
}

/// Gives a database to an instance, whoever had it. Its control tables may be older than this program's.
pub async fn adopt_database(store: &Store, own: &Address, now: Timestamp) -> Result<()> {
    let upsert = statement(
        "give the database to an instance",
        "insert into towpath.instances (instance, address, place, adopted_at)
         values (1, $1, $2, $3)
         on conflict (instance) do update
         set address = excluded.address, place = excluded.place, adopted_at = excluded.adopted_at",
    );
    let place = find_place(store).await?;
    let address = own.stored();
    let params = [address.as_param(), place.as_param(), now.as_param()];
    store.execute(upsert, &params).await.map(|_| ())
}

/// A database that no program of today has opened yet has no instance.
fn find_table(store: &Store) -> Statement<'static> {
    statement("look for instances", store.dialect().table_of_instances())
}

/// The file of a SQLite database; the cluster of a PostgreSQL database and its number in it, which all hosts see alike by
/// whatever name they reach it.
async fn find_place(store: &Store) -> Result<String> {
    let dialect = store.dialect();
    let find = async |sql| {
        let row: Option<PlaceRow> =
            store.fetch_optional(statement("find the place of the database", sql), &[]).await?;
        Ok::<_, Error>(row.map(|row| row.place).unwrap_or_default())
    };
    let place = find(dialect.place_of_database()).await?;
    // Asked apart: PostgreSQL looks at the right to a function before it knows that it will not call it.
    let Some((may_ask, ask)) = dialect.cluster_of_database() else { return Ok(place) };
    match find(may_ask).await?.as_str() {
        "yes" => Ok(format!("{}/{place}", find(ask).await?)),
        _ => Ok(place),
    }
}

fn is_own(stored: &Instance, own: &Address, place: &str) -> bool {
    let is_address = match (&stored.address, own) {
        (_, Address::Untold) | (None, _) => true,
        (Some(_), Address::ThisMachine) => false,
        (Some(stored), Address::At(own)) => stored == own,
    };
    is_address && is_same_place(&stored.place, place)
}

/// A database of PostgreSQL is told by its number alone where the user once could not ask for the cluster's.
fn is_same_place(one: &str, other: &str) -> bool {
    let is_part = |whole: &str, part: &str| {
        !part.contains('/')
            && whole
                .rsplit_once('/')
                .is_some_and(|(cluster, number)| number == part && !cluster.contains('/'))
    };
    one == other || is_part(one, other) || is_part(other, one)
}

impl Address {
    fn stored(&self) -> Option<&str> {
        match self {
            Self::At(address) => Some(address),
            Self::ThisMachine | Self::Untold => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Instance, is_own};

    #[test]
    fn an_instance_is_told_by_its_address_and_the_place_of_its_database() {
        let at = |address: &str| Address::At(address.to_owned());
        for (stored, own, place, expected) in [
            (Some("https://a.example"), at("https://a.example"), "one", true),
            (Some("https://a.example"), at("https://b.example"), "one", false),
            (Some("https://a.example"), at("https://a.example"), "two", false),
            (Some("https://a.example"), at("https://a.example"), "71/one", true),
            (Some("https://a.example"), at("https://a.example"), "71/two", false),
            (Some("https://a.example"), at("https://a.example"), "/data/one", false),
            (Some("https://a.example"), Address::ThisMachine, "one", false),
            (Some("https://a.example"), Address::Untold, "one", true),
            (Some("https://a.example"), Address::Untold, "two", false),
            (None, Address::ThisMachine, "one", true),
            (None, Address::ThisMachine, "two", false),
            // It is opened to others.
            (None, at("https://a.example"), "one", true),
        ] {
            let stored = Instance { address: stored.map(str::to_owned), place: "one".to_owned() };
            assert_eq!(is_own(&stored, &own, place), expected, "{stored:?} {own:?} {place}");
        }
    }
}
