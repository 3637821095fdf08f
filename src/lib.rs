//! A conformance suite for OpenID Connect and OAuth 2.0 issuers.
pub mod cli;
pub mod config;
pub mod exit;
pub mod issuer;
pub mod report;
pub mod rule;
pub mod session;
