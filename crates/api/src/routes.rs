//! The routes: one file a resource, with its handlers and its bodies.

pub(crate) mod api_keys;
pub(crate) mod app_files;
pub(crate) mod connect_flows;
pub(crate) mod connection_checks;
pub(crate) mod connections;
pub(crate) mod events;
pub(crate) mod explanations;
pub(crate) mod field_mappings;
pub(crate) mod groups;
pub(crate) mod integrations;
pub(crate) mod limits;
pub(crate) mod mapping_drafts;
pub(crate) mod mapping_previews;
pub(crate) mod mapping_templates;
pub(crate) mod members;
pub(crate) mod personal_connections;
pub(crate) mod records;
pub(crate) mod row_error_kinds;
pub(crate) mod rule_fields;
pub(crate) mod runs;
pub(crate) mod session;
pub(crate) mod sessions;
pub(crate) mod set_up;
pub(crate) mod shares;
pub(crate) mod sobjects;
pub(crate) mod sweeps;
pub(crate) mod sync_rules;
pub(crate) mod timeline;
pub(crate) mod workspace;

use utoipa_axum::router::OpenApiRouter;

use crate::app_state::AppState;

/// All routes below `/api/v1`.
pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(session::router())
        .merge(sessions::router())
        .merge(members::router())
        .merge(api_keys::router())
        .merge(connect_flows::router())
        .merge(connections::router())
        .merge(personal_connections::router())
        .merge(connection_checks::router())
        .merge(app_files::router())
        .merge(integrations::router())
        .merge(groups::router())
        .merge(shares::router())
        .merge(set_up::router())
        .merge(sobjects::router())
        .merge(sync_rules::router())
        .merge(rule_fields::router())
        .merge(field_mappings::router())
        .merge(mapping_previews::router())
        .merge(mapping_drafts::router())
        .merge(mapping_templates::router())
        .merge(runs::router())
        .merge(row_error_kinds::router())
        .merge(limits::router())
        .merge(events::router())
        .merge(records::router())
        .merge(sweeps::router())
        .merge(explanations::router())
        .merge(timeline::router())
        .merge(workspace::router())
}
