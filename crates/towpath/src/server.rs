//! A server that is opened, and run until it is told to stop.

mod open;
mod stop;

use std::{fs::File, net::SocketAddr};

use api::{AppState, OneTimeLink};
use engine::{Engine, Problem};
use store::{Ownership, instances::Instance};
use tokio::net::TcpListener;
use url::Url;

use open::open_store_as_worker;
pub(crate) use open::{
    OpenedStore, address_of_server, open_store, open_store_as_it_is, open_unclaimed_store,
};
pub(crate) use stop::{Stop, stop_on_signals};

use crate::config::Config;

/// A server that listens and does not answer yet.
pub(crate) struct Server {
    engine: Engine,
    app: AppState,
    listener: TcpListener,
    public_url: Url,
    _locks: Vec<File>,
    ownership: Ownership,
    other: Option<Instance>,
}

impl Server {
    /// Opens everything a server needs. Listening comes first: who cannot be reached need not migrate a database.
    pub(crate) async fn open(config: &Config, dev_kill_at: Option<&str>) -> Result<Self, Problem> {
        let listener = listen(config.listen).await?;
        let address = listener.local_addr().map_err(|error| open::failed("listen.failed", &error))?;
        let public_url = config.public_url_on(address);
        let opened = open_store(config, dev_kill_at).await?;
        let engine = open::engine(config, &opened, &public_url, dev_kill_at)?;
        let app = open::app(config, &engine, &opened, &public_url)?;
        let OpenedStore { locks, ownership, other, .. } = opened;
        Ok(Self { engine, app, listener, public_url, _locks: locks, ownership, other })
    }

    /// Whose the database is, where it is not this instance's.
    pub(crate) fn other(&self) -> Option<&Instance> {
        self.other.as_ref()
    }

    /// The address people open.
    pub(crate) fn public_url(&self) -> &Url {
        &self.public_url
    }

    /// What its routes have at hand, for those who run it.
    pub(crate) fn app(&self) -> &AppState {
        &self.app
    }

    /// The link with which the first owner is made, while there is none. An older one ends.
    pub(crate) async fn setup_link(&self) -> Result<Option<OneTimeLink>, Problem> {
        api::create_setup_link(&self.app).await.map_err(|error| engine::Error::from(error).problem())
    }

    /// Answers and works until it is told to stop: no new requests then, slices end, work is handed over.
    pub(crate) async fn run(self, stop: Stop) -> Result<(), Problem> {
        let working = tokio::spawn(engine::serve_work(self.engine.clone(), stop.clone().told()));
        let served = api::serve(self.listener, self.app, stop.clone().told()).await;
        // Where the server ended by itself, its workers end too.
        stop.tell();
        let worked = working.await;
        drop(self.ownership);
        let _settled = self.engine.settle().await;
        self.engine.store().close().await;
        served.map_err(|error| open::failed("listen.failed", &error))?;
        worked.map_err(|error| open::failed("server.failed", &error))
    }
}

/// A process that only works: it answers nobody.
pub(crate) struct Worker {
    engine: Engine,
    _locks: Vec<File>,
    ownership: Ownership,
}

impl Worker {
    /// Opens what a worker needs, which is a database that others can share.
    pub(crate) async fn open(config: &Config, dev_kill_at: Option<&str>) -> Result<Self, Problem> {
        let opened = open_store_as_worker(config, dev_kill_at).await?;
        // Nobody is sent back to a worker; the address is part of what the apps are known by.
        let engine = open::engine(config, &opened, &config.public_url_on(config.listen), dev_kill_at)?;
        let OpenedStore { locks, ownership, .. } = opened;
        Ok(Self { engine, _locks: locks, ownership })
    }

    /// Works until it is told to stop, and hands over what it was doing.
    pub(crate) async fn run(self, stop: Stop) {
        engine::serve_work(self.engine.clone(), stop.told()).await;
        drop(self.ownership);
        let _settled = self.engine.settle().await;
        self.engine.store().close().await;
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Problem> {
    TcpListener::bind(address).await.map_err(|error| Problem {
        code: "listen.failed",
        text: format!(
            "Cannot listen on {address}: {error}. Choose another address with listen, or stop whoever has it."
        ),
    })
}
