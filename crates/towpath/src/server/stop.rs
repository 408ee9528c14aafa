//! Telling a server to stop.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use crate::exit::{self, Exit};

/// Tells all parts of a server to stop, and each part when. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Sender<bool>);

impl Stop {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Tells everybody.
    pub(crate) fn tell(&self) {
        self.0.send_replace(true);
    }

    /// Ends once everybody has been told.
    pub(crate) async fn told(self) {
        let mut receiver = self.0.subscribe();
        // It cannot close: we hold a sender.
        let _ = receiver.wait_for(|is_told| *is_told).await;
    }
}

/// Tells at Ctrl-C or SIGTERM; the second one ends the process at once, which loses nothing but time.
pub(crate) fn stop_on_signals() -> std::io::Result<Stop> {
    let stop = Stop::new();
    let told = stop.clone();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut next = async move || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    tokio::spawn(async move {
        next().await;
        told.tell();
        next().await;
        exit::tell("Stopped at once.");
        std::process::exit(i32::from(Exit::Interrupted as u8));
    });
    Ok(stop)
}
