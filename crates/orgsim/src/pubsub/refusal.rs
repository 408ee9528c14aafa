//! Refusals of the Pub/Sub API: a gRPC status, and trailers that say more (Pub/Sub API, Handle Errors).

use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};

/// What every code of the API begins with.
const PREFIX: &str = "sfdc.platform.eventbus.grpc.";

/// Why a call is refused.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    status: Code,
    code: &'static str,
    message: &'static str,
}

pub(super) const AUTH: Refusal = Refusal {
    status: Code::Unauthenticated,
    code: "service.auth.error",
    message: "An authentication exception occurred. Provide valid authentication via metadata headers.",
};
pub(super) const TOO_MANY_CLIENTS: Refusal = Refusal {
    status: Code::ResourceExhausted,
    code: "concurrent.client.limit.exceeded",
    message: "The maximum number of concurrent clients across all topics has been exceeded.",
};
pub(super) const UNAVAILABLE: Refusal = Refusal {
    status: Code::Unavailable,
    code: "service.unavailable",
    message: "The Pub/Sub API service is unavailable.",
};
pub(super) const NO_TOPIC: Refusal = Refusal {
    status: Code::InvalidArgument,
    code: "topic.notfound",
    message: "Topic does not exist, or the user cannot access it.",
};
pub(super) const NO_SCHEMA: Refusal =
    Refusal { status: Code::NotFound, code: "schema.notfound", message: "There is no schema with that ID." };
pub(super) const OTHER_TOPIC: Refusal = Refusal {
    status: Code::InvalidArgument,
    code: "subscription.fetch.topic.mismatch",
    message: "The topic name differs from that of the first request of the stream.",
};
pub(super) const BAD_COUNT: Refusal = Refusal {
    status: Code::InvalidArgument,
    code: "subscription.fetch.requested.events.invalid",
    message: "The number of requested events must be greater than 0.",
};
pub(super) const REPLAY_MISSING: Refusal = Refusal {
    status: Code::InvalidArgument,
    code: "subscription.fetch.replayid.validation.failed",
    message: "The replay ID validation failed. Ensure that the replay_id field value in FetchRequest is valid.",
};
pub(super) const REPLAY_CORRUPTED: Refusal = Refusal {
    status: Code::InvalidArgument,
    code: "subscription.fetch.replayid.corrupted",
    message: "The Replay ID validation failed. Ensure that the Replay ID is valid and within the retention window.",
};
pub(super) const DELIVERY_LIMIT: Refusal = Refusal {
    status: Code::ResourceExhausted,
    code: "subscription.limit.exceeded",
    message: "You have exceeded the event delivery limit for your org.",
};
pub(super) const NO_SUBSCRIPTION: Refusal = Refusal {
    status: Code::InvalidArgument,
    code: "managed.subscription.notfound",
    message: "The managed event subscription does not exist, or is not in the state RUN.",
};
pub(super) const NO_EVENTS: Refusal = Refusal {
    status: Code::InvalidArgument,
    code: "publish.request.invalid",
    message: "A publish request must have at least one event.",
};
pub(super) const IDLE_PUBLISHER: Refusal = Refusal {
    status: Code::DeadlineExceeded,
    code: "publish.stream.idle",
    message: "The publish stream was closed because no valid request came in time.",
};
pub(super) const READ_ONLY_TOPIC: Refusal = Refusal {
    status: Code::PermissionDenied,
    code: "publish.topic.notpublishable",
    message: "Events of this topic cannot be published by clients.",
};

/// Returns what a fault refuses a call with.
pub(super) fn of_fault(code: Option<&str>) -> Refusal {
    match code {
        Some("INVALID_ARGUMENT") => REPLAY_CORRUPTED,
        Some("RESOURCE_EXHAUSTED") => TOO_MANY_CLIENTS,
        Some("UNAUTHENTICATED") => AUTH,
        _ => UNAVAILABLE,
    }
}

impl Refusal {
    /// Makes the status with its trailers; the message ends with the id of the call.
    pub(super) fn into_status(self, rpc_id: &str) -> Status {
        let mut trailers = MetadataMap::new();
        for (name, value) in [("error-code", format!("{PREFIX}{}", self.code)), ("rpc-id", rpc_id.to_owned())]
        {
            if let Ok(value) = MetadataValue::try_from(value) {
                trailers.insert(name, value);
            }
        }
        Status::with_metadata(self.status, format!("{} rpcId: {rpc_id}", self.message), trailers)
    }
}
