//! The event bus: change events of the org's records, platform events, and who may read which of them from where.
//!
//! Pub/Sub API and CometD are two ways to read the one log. Nothing is kept of sObjects that nobody selected.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use tokio::sync::watch;

pub(crate) use self::event_schema::{ChangeType, change_event_name};
use self::log::Log;
pub(crate) use self::log::{Event, Fetched, Position, Start, StartError};
pub(crate) use self::managed::{Managed, ManagedBody, State};
pub(crate) use self::origin::Origin;
pub(crate) use self::platform::Unpublished;
use self::schemas::Schemas;
pub(crate) use self::settings::{ALL_CHANGES, ChannelInfo, Settings, find_captured};
pub(crate) use self::topic::{Topic, TopicKind};
use crate::clock::Clock;
use crate::faults::{FaultKind, Faults};
use crate::limits::Usage;
use crate::schema::{SObject, Schema};

pub(crate) mod avro;
pub(crate) mod bitmap;
mod capture;
mod change;
mod event_schema;
mod json;
mod log;
mod managed;
mod narrow;
mod origin;
mod platform;
mod schemas;
mod settings;
mod topic;

/// The event bus of one org.
#[derive(Debug)]
pub(crate) struct Streams {
    clock: Clock,
    /// The fields of sObjects as they are now.
    schema: RwLock<&'static Schema>,
    settings: RwLock<Arc<Settings>>,
    /// Whether the changes of any sObject are wanted, so that a write that concerns nobody costs nothing.
    captures: AtomicBool,
    schemas: Mutex<Schemas>,
    log: Mutex<Log>,
    faults: OnceLock<Arc<Faults>>,
    /// Events that wait for the next one, to come behind it.
    late: Mutex<Vec<Event>>,
    managed: Mutex<Vec<Managed>>,
    /// Wakes those who wait for events.
    wake: watch::Sender<u64>,
    /// Counts how often all streams were closed.
    closings: watch::Sender<u64>,
    delivered: Usage,
    /// As many streams are open over Pub/Sub.
    clients: Arc<()>,
}

impl Streams {
    pub(crate) fn new(clock: Clock) -> Self {
        let settings = Settings::default();
        let log = Log::new(clock.now_ms());
        Self {
            captures: AtomicBool::new(settings.captures()),
            delivered: Usage::new(settings.deliveries, settings.enforce_deliveries),
            schema: RwLock::new(Schema::standard()),
            settings: RwLock::new(Arc::new(settings)),
            schemas: Mutex::default(),
            log: Mutex::new(log),
            faults: OnceLock::new(),
            late: Mutex::default(),
            managed: Mutex::default(),
            wake: watch::Sender::new(0),
            closings: watch::Sender::new(0),
            clients: Arc::new(()),
            clock,
        }
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Returns the switches as they stand.
    pub(crate) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the switches by what they are, with no other change in between. Schemas may be others from now on.
    pub(crate) fn change_settings<E>(
        &self,
        change: impl FnOnce(Settings) -> Result<Settings, E>,
    ) -> Result<(), E> {
        let mut held = self.settings.write().unwrap_or_else(PoisonError::into_inner);
        let settings = change(Settings::clone(&held))?;
        self.captures.store(settings.captures(), Ordering::Release);
        self.delivered.set_max(settings.deliveries);
        self.delivered.enforce(settings.enforce_deliveries);
        *held = Arc::new(settings);
        drop(held);
        self.lock_schemas().forget_current();
        Ok(())
    }

    /// Goes by other fields from now on. Events that were told keep their schema.
    pub(crate) fn set_schema(&self, schema: &'static Schema) {
        *self.schema.write().unwrap_or_else(PoisonError::into_inner) = schema;
        self.lock_schemas().forget_current();
    }

    /// Returns an sObject with the fields that it has now.
    fn as_it_is(&self, sobject: &'static SObject) -> &'static SObject {
        let schema = *self.schema.read().unwrap_or_else(PoisonError::into_inner);
        &schema.sobjects()[sobject.index]
    }

    /// Returns whether transactions have to be looked at.
    pub(crate) fn captures(&self) -> bool {
        self.captures.load(Ordering::Acquire)
    }

    /// Returns what tells when there are new events.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.wake.subscribe()
    }

    /// Returns what tells when all streams have to end.
    pub(crate) fn watch_closings(&self) -> watch::Receiver<u64> {
        self.closings.subscribe()
    }

    /// Ends all streams and connections, as when servers are replaced.
    pub(crate) fn close_all(&self) {
        self.closings.send_modify(|closings| *closings += 1);
    }

    /// Takes a place among the clients of Pub/Sub. Answers `None` if all are taken.
    pub(crate) fn enter(&self) -> Option<Arc<()>> {
        let place = Arc::clone(&self.clients);
        (Arc::strong_count(&place) - 1 <= self.settings().pubsub_clients).then_some(place)
    }

    /// Decides where a subscription starts.
    pub(crate) fn start(&self, start: Start) -> Result<Position, StartError> {
        self.lock_log().start(start)
    }

    /// Returns a position behind all events, which stays good for as long as events are retained.
    pub(crate) fn latest(&self) -> Position {
        let now_ms = self.now_ms();
        self.lock_log().fresh_position(now_ms)
    }

    /// Returns a position behind all events if none of the topic is behind the one given. Both are seen at one moment: no
    /// event can come in between and be passed over.
    pub(crate) fn mark_behind(&self, topic: &Topic, after: Position) -> Result<Option<Position>, StartError> {
        let now_ms = self.now_ms();
        let mut log = self.lock_log();
        let mut after = after;
        loop {
            let fetched = log.fetch(topic, after, 1)?;
            if !fetched.events.is_empty() {
                return Ok(None);
            }
            if !fetched.has_more {
                return Ok(Some(log.fresh_position(now_ms)));
            }
            after = fetched.until;
        }
    }

    /// Returns the position before all events.
    pub(crate) fn earliest(&self) -> Position {
        self.lock_log().floor()
    }

    /// Returns the events of a topic behind a position. They are not counted as delivered yet.
    pub(crate) fn fetch(&self, topic: &Topic, after: Position, max: usize) -> Result<Fetched, StartError> {
        self.lock_log().fetch(topic, after, max)
    }

    /// Counts events that go to a client and returns how many may, under the daily allocation.
    pub(crate) fn deliver(&self, count: usize) -> usize {
        self.delivered.take_up_to(count as u64, self.now_ms()) as usize
    }

    /// Returns how many events were delivered in 24 hours, and how many may be.
    pub(crate) fn delivered_and_max(&self) -> (u64, u64) {
        self.delivered.used_and_max(self.now_ms())
    }

    /// Makes it so many events delivered.
    pub(crate) fn set_delivered(&self, count: u64) {
        self.delivered.set_used(count, self.now_ms());
    }

    /// Forgets all events and every position, as when an org moves to another instance.
    pub(crate) fn reset(&self) {
        let now_ms = self.now_ms();
        self.lock_log().reset(now_ms);
        self.lock_managed().iter_mut().for_each(|managed| managed.committed = None);
    }

    /// Lets faults befall events from now on.
    pub(crate) fn suffer(&self, faults: Arc<Faults>) {
        // An org has one list of faults, which is set once.
        let _ = self.faults.set(faults);
    }

    /// Does to events what faults are in place for.
    fn befall(&self, events: Vec<Event>) -> Vec<Event> {
        let Some(faults) = self.faults.get() else { return events };
        let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        let mut told = Vec::with_capacity(events.len());
        for event in events {
            let name = event.schema.sobject.map(|sobject| change_event_name(&sobject.name));
            let befallen = faults.befall_event(&name.unwrap_or_default());
            if befallen.contains(&FaultKind::EventLost) {
                continue;
            }
            if befallen.contains(&FaultKind::EventLate) {
                late.push(event);
                continue;
            }
            let copies = if befallen.contains(&FaultKind::EventTwice) { 2 } else { 1 };
            told.extend((0..copies).map(|_| event.clone()));
            told.append(&mut late);
        }
        told
    }

    /// Appends events that belong together.
    fn append(&self, events: Vec<Event>) -> Vec<Position> {
        let (now_ms, settings) = (self.now_ms(), self.settings());
        let mut log = self.lock_log();
        let positions: Vec<Position> = events.into_iter().map(|event| log.push(event, now_ms)).collect();
        log.purge(now_ms, &settings);
        drop(log);
        self.wake.send_modify(|count| *count += 1);
        positions
    }

    fn lock_log(&self) -> MutexGuard<'_, Log> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.purge(self.now_ms(), &self.settings());
        log
    }

    fn lock_schemas(&self) -> MutexGuard<'_, Schemas> {
        self.schemas.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_managed(&self) -> MutexGuard<'_, Vec<Managed>> {
        self.managed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
