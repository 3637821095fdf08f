//! A conformance suite for OpenID Connect and OAuth 2.0 issuers.
pub mod config;
pub mod guard;
pub mod issuer;
pub mod report;
pub mod rule;
pub mod session;
