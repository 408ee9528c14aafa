//! Values bound to statements.

use std::borrow::Cow;

use model::{
    ApiKeyId, ConnectFlowId, ConnectionId, DataKeyId, FieldMappingId, GroupId, IntegrationId, OrgId,
    SessionId, Slug, SweepId, SyncRuleId, SyncRunId, TimelineId, UserId, WorkId, WorkspaceId,
};
use salesforce::{RecordId, Timestamp};
use sqlx::Arguments;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;

/// A value for a placeholder. A missing value still has a type, which PostgreSQL wants to know.
#[derive(Clone, Debug)]
pub(crate) enum Param<'a> {
    Int(Option<i64>),
    Real(Option<f64>),
    Text(Option<Cow<'a, str>>),
    Bytes(Option<Cow<'a, [u8]>>),
}

/// Something that can be bound.
pub(crate) trait AsParam {
    /// What is bound where there is none of it.
    const NULL: Param<'static> = Param::Text(None);

    fn as_param(&self) -> Param<'_>;
}

impl AsParam for str {
    fn as_param(&self) -> Param<'_> {
        Param::Text(Some(self.into()))
    }
}

impl AsParam for &str {
    fn as_param(&self) -> Param<'_> {
        Param::Text(Some((*self).into()))
    }
}

impl AsParam for String {
    fn as_param(&self) -> Param<'_> {
        Param::Text(Some(self.into()))
    }
}

impl AsParam for Slug {
    fn as_param(&self) -> Param<'_> {
        Param::Text(Some(self.as_str().into()))
    }
}

impl AsParam for RecordId {
    fn as_param(&self) -> Param<'_> {
        Param::Text(Some(self.as_str().into()))
    }
}

impl AsParam for Vec<u8> {
    const NULL: Param<'static> = Param::Bytes(None);

    fn as_param(&self) -> Param<'_> {
        Param::Bytes(Some(self.into()))
    }
}

impl AsParam for i64 {
    const NULL: Param<'static> = Param::Int(None);

    fn as_param(&self) -> Param<'_> {
        Param::Int(Some(*self))
    }
}

impl AsParam for u32 {
    const NULL: Param<'static> = Param::Int(None);

    fn as_param(&self) -> Param<'_> {
        Param::Int(Some(i64::from(*self)))
    }
}

impl AsParam for u64 {
    const NULL: Param<'static> = Param::Int(None);

    fn as_param(&self) -> Param<'_> {
        // Counters: none comes near the bound.
        Param::Int(Some(i64::try_from(*self).unwrap_or(i64::MAX)))
    }
}

impl AsParam for Timestamp {
    const NULL: Param<'static> = Param::Int(None);

    fn as_param(&self) -> Param<'_> {
        Param::Int(Some(self.as_millis()))
    }
}

impl<T: AsParam> AsParam for Option<T> {
    fn as_param(&self) -> Param<'_> {
        self.as_ref().map_or(T::NULL, T::as_param)
    }
}

macro_rules! ids_as_params {
    ($($id:ident),+) => {$(
        impl AsParam for $id {
            fn as_param(&self) -> Param<'_> {
                Param::Text(Some(self.to_string().into()))
            }
        }
    )+};
}

ids_as_params!(
    ApiKeyId,
    ConnectFlowId,
    ConnectionId,
    DataKeyId,
    FieldMappingId,
    GroupId,
    IntegrationId,
    OrgId,
    SessionId,
    SweepId,
    SyncRuleId,
    SyncRunId,
    TimelineId,
    UserId,
    WorkId,
    WorkspaceId
);

/// Arguments of one driver.
pub(super) trait Bind: Sized {
    fn bind(params: &[Param<'_>]) -> Result<Self, BoxDynError>;
}

macro_rules! bind_with {
    ($($arguments:ident),+) => {$(
        impl Bind for $arguments {
            fn bind(params: &[Param<'_>]) -> Result<Self, BoxDynError> {
                let mut arguments = Self::default();
                for param in params {
                    match param {
                        Param::Int(value) => arguments.add(*value)?,
                        Param::Real(value) => arguments.add(*value)?,
                        Param::Text(value) => arguments.add(value.as_deref().map(str::to_owned))?,
                        Param::Bytes(value) => arguments.add(value.as_deref().map(<[u8]>::to_vec))?,
                    }
                }
                Ok(arguments)
            }
        }
    )+};
}

bind_with!(SqliteArguments, PgArguments);
