//! The messages of the Pub/Sub API, version `eventbus.v1` (Pub/Sub API, RPC Method Reference).

use prost::{Enumeration, Message};

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TopicInfo {
    #[prost(string, tag = "1")]
    pub(crate) topic_name: String,
    #[prost(string, tag = "2")]
    pub(crate) tenant_guid: String,
    #[prost(bool, tag = "3")]
    pub(crate) can_publish: bool,
    #[prost(bool, tag = "4")]
    pub(crate) can_subscribe: bool,
    #[prost(string, tag = "5")]
    pub(crate) schema_id: String,
    #[prost(string, tag = "6")]
    pub(crate) rpc_id: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TopicRequest {
    #[prost(string, tag = "1")]
    pub(crate) topic_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct EventHeader {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ProducerEvent {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(string, tag = "2")]
    pub(crate) schema_id: String,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) payload: Vec<u8>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) headers: Vec<EventHeader>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ConsumerEvent {
    #[prost(message, optional, tag = "1")]
    pub(crate) event: Option<ProducerEvent>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) replay_id: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct PublishResult {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) replay_id: Vec<u8>,
    #[prost(message, optional, tag = "2")]
    pub(crate) error: Option<Error>,
    #[prost(string, tag = "3")]
    pub(crate) correlation_key: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Error {
    #[prost(enumeration = "ErrorCode", tag = "1")]
    pub(crate) code: i32,
    #[prost(string, tag = "2")]
    pub(crate) msg: String,
}

#[derive(Clone, Copy, Debug, Eq, Enumeration, Hash, Ord, PartialEq, PartialOrd)]
#[repr(i32)]
pub(crate) enum ErrorCode {
    Unknown = 0,
    Publish = 1,
    Commit = 2,
}

#[derive(Clone, Copy, Debug, Eq, Enumeration, Hash, Ord, PartialEq, PartialOrd)]
#[repr(i32)]
pub(crate) enum ReplayPreset {
    Latest = 0,
    Earliest = 1,
    Custom = 2,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct FetchRequest {
    #[prost(string, tag = "1")]
    pub(crate) topic_name: String,
    #[prost(enumeration = "ReplayPreset", tag = "2")]
    pub(crate) replay_preset: i32,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) replay_id: Vec<u8>,
    #[prost(int32, tag = "4")]
    pub(crate) num_requested: i32,
    #[prost(string, tag = "5")]
    pub(crate) auth_refresh: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct FetchResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) events: Vec<ConsumerEvent>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) latest_replay_id: Vec<u8>,
    #[prost(string, tag = "3")]
    pub(crate) rpc_id: String,
    #[prost(int32, tag = "4")]
    pub(crate) pending_num_requested: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SchemaRequest {
    #[prost(string, tag = "1")]
    pub(crate) schema_id: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SchemaInfo {
    #[prost(string, tag = "1")]
    pub(crate) schema_json: String,
    #[prost(string, tag = "2")]
    pub(crate) schema_id: String,
    #[prost(string, tag = "3")]
    pub(crate) rpc_id: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct PublishRequest {
    #[prost(string, tag = "1")]
    pub(crate) topic_name: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) events: Vec<ProducerEvent>,
    #[prost(string, tag = "3")]
    pub(crate) auth_refresh: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct PublishResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) results: Vec<PublishResult>,
    #[prost(string, tag = "2")]
    pub(crate) schema_id: String,
    #[prost(string, tag = "3")]
    pub(crate) rpc_id: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ManagedFetchRequest {
    #[prost(string, tag = "1")]
    pub(crate) subscription_id: String,
    #[prost(string, tag = "2")]
    pub(crate) developer_name: String,
    #[prost(int32, tag = "3")]
    pub(crate) num_requested: i32,
    #[prost(string, tag = "4")]
    pub(crate) auth_refresh: String,
    #[prost(message, optional, tag = "5")]
    pub(crate) commit_replay_id_request: Option<CommitReplayRequest>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ManagedFetchResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) events: Vec<ConsumerEvent>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) latest_replay_id: Vec<u8>,
    #[prost(string, tag = "3")]
    pub(crate) rpc_id: String,
    #[prost(int32, tag = "4")]
    pub(crate) pending_num_requested: i32,
    #[prost(message, optional, tag = "5")]
    pub(crate) commit_response: Option<CommitReplayResponse>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CommitReplayRequest {
    #[prost(string, tag = "1")]
    pub(crate) commit_request_id: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) replay_id: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CommitReplayResponse {
    #[prost(string, tag = "1")]
    pub(crate) commit_request_id: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) replay_id: Vec<u8>,
    #[prost(message, optional, tag = "3")]
    pub(crate) error: Option<Error>,
    #[prost(int64, tag = "4")]
    pub(crate) process_time: i64,
}
