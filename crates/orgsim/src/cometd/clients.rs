//! Who listens over CometD, to what, and how far they are.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::random;
use crate::rights::Rights;
use crate::stream::{Event, Position, Settings, Streams, Topic};

/// The most events of one answer.
const MAX_DELIVERED: usize = 500;

/// The most channels of one client.
const MAX_SUBSCRIPTIONS: usize = 100;

/// Events with the channel they are delivered on.
pub(super) type Delivery = Vec<(String, Position, Arc<Event>)>;

/// Why nothing can be delivered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Lost {
    Unknown,
    /// The client connected once more, and is answered there.
    Superseded,
    TooMany,
}

/// The clients that shook hands.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    by_id: Mutex<HashMap<String, Client>>,
    /// Wakes held connects when a client changes what it listens to, or goes.
    changes: watch::Sender<u64>,
    /// One for each connect that is held.
    held: Arc<()>,
}

#[derive(Debug)]
struct Client {
    /// By channel, in the words of the client.
    subscriptions: BTreeMap<String, (Topic, Position)>,
    /// How often it connected.
    connects: u64,
    /// When it was last heard of, or is to be answered.
    seen_at: Instant,
}

impl Clients {
    /// Lets a client in and returns its id. Answers `None` if there are too many.
    pub(super) fn add(&self, settings: &Settings) -> Option<String> {
        let mut clients = self.lock();
        drop_silent(&mut clients, settings);
        if clients.len() >= settings.cometd_clients {
            return None;
        }
        let id = random::letters(26).to_ascii_lowercase();
        let client = Client { subscriptions: BTreeMap::new(), connects: 0, seen_at: Instant::now() };
        clients.insert(id.clone(), client);
        Some(id)
    }

    /// Counts a connect as held for as long as what this returns is kept.
    pub(super) fn hold(&self) -> Arc<()> {
        Arc::clone(&self.held)
    }

    /// Returns how many clients there are that connect in time, and how many connects are held.
    pub(crate) fn count(&self, settings: &Settings) -> (usize, usize) {
        let mut clients = self.lock();
        drop_silent(&mut clients, settings);
        (clients.len(), Arc::strong_count(&self.held) - 1)
    }

    /// Returns what tells when a client changes or goes.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(super) fn remove(&self, id: &str) -> bool {
        let is_known = self.lock().remove(id).is_some();
        self.note_change();
        is_known
    }

    /// Forgets everybody: they have to shake hands again.
    pub(crate) fn forget_all(&self) {
        self.lock().clear();
        self.note_change();
    }

    fn note_change(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// Notes that a client connects. Answers how often it did, and `None` if it is unknown.
    pub(super) fn begin_connect(&self, id: &str, settings: &Settings) -> Option<u64> {
        let mut clients = self.lock();
        drop_silent(&mut clients, settings);
        let client = clients.get_mut(id)?;
        client.seen_at = Instant::now() + Duration::from_millis(settings.connect_ms);
        client.connects += 1;
        let connects = client.connects;
        drop(clients);
        self.note_change();
        Some(connects)
    }

    pub(super) fn end_connect(&self, id: &str) {
        if let Some(client) = self.lock().get_mut(id) {
            client.seen_at = Instant::now();
        }
    }

    /// Subscribes a client. Answers false if it is unknown, or has too many subscriptions.
    pub(super) fn subscribe(&self, id: &str, channel: &str, topic: Topic, position: Position) -> bool {
        let mut clients = self.lock();
        let Some(client) = clients.get_mut(id) else { return false };
        client.subscriptions.insert(channel.to_owned(), (topic, position));
        let fits = client.subscriptions.len() <= MAX_SUBSCRIPTIONS;
        drop(clients);
        self.note_change();
        fits
    }

    /// Ends a subscription. Answers false if the client is unknown.
    pub(super) fn unsubscribe(&self, id: &str, channel: &str) -> bool {
        self.lock().get_mut(id).map(|client| client.subscriptions.remove(channel)).is_some()
    }

    /// Takes what there is for a client.
    pub(super) fn deliver(
        &self,
        id: &str,
        connect: u64,
        streams: &Streams,
        rights: &Rights,
    ) -> Result<Delivery, Lost> {
        let mut clients = self.lock();
        let client = clients.get_mut(id).ok_or(Lost::Unknown)?;
        if client.connects != connect {
            return Err(Lost::Superseded);
        }
        let mut delivery = Delivery::new();
        // What may no longer be read is told no more.
        let open = client.subscriptions.iter_mut().filter(|(_, (topic, _))| topic.is_open_to(rights));
        for (channel, (topic, position)) in open {
            loop {
                let room = MAX_DELIVERED.saturating_sub(delivery.len());
                // Whoever falls behind what is retained reads on where that begins.
                let Ok(fetched) = streams.fetch(topic, *position, room) else {
                    *position = streams.earliest();
                    continue;
                };
                let granted = streams.deliver(fetched.events.len());
                if granted < fetched.events.len() {
                    return Err(Lost::TooMany);
                }
                *position = fetched.until;
                delivery.extend(fetched.events.into_iter().map(|(at, event)| (channel.clone(), at, event)));
                if !fetched.has_more || delivery.len() >= MAX_DELIVERED {
                    break;
                }
            }
        }
        delivery.sort_by_key(|(_, position, _)| *position);
        Ok(delivery)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Client>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets those who did not connect in time.
fn drop_silent(clients: &mut HashMap<String, Client>, settings: &Settings) {
    let patience = Duration::from_millis(settings.reconnect_ms);
    let now = Instant::now();
    clients.retain(|_, client| now.saturating_duration_since(client.seen_at) <= patience);
}
