//! HTTP: sign-in, permissions, routes, OpenAPI, events, the embedded web build.
