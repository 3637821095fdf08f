//! The integration tests, in one binary: each module is a part of what the program promises.
//!
//! `cargo test --test integration docs` runs the tests of one of them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what is wrong by panicking")]

#[cfg(unix)]
mod another_network;
mod artefacts;
mod auto;
mod baseline;
mod browser;
mod busy;
mod certificate;
mod certification;
mod clean_up;
mod client_keys;
mod common;
mod config;
mod configured_clients;
mod deadlines;
mod docs;
mod doctor;
mod embedded_issuer;
mod embedding;
mod encryption;
mod example_report;
mod exit_codes;
mod features;
mod formats;
#[cfg(target_os = "linux")]
mod fuzz;
mod gates;
#[cfg(target_os = "linux")]
mod grid;
#[cfg(target_os = "linux")]
mod guard;
mod guarded;
mod history;
#[cfg(target_os = "linux")]
mod hostile;
mod html_report;
mod https_redirect;
mod interop;
mod issuer;
mod jobs;
#[cfg(target_os = "linux")]
mod kill;
mod layers;
mod left_out;
mod levels;
mod manual;
#[cfg(target_os = "linux")]
mod memory;
mod oauth;
mod oidc;
mod openactive_config;
mod own_tests;
#[cfg(target_os = "linux")]
mod packages;
mod pages;
mod personas;
mod pipelines;
mod products;
mod public_url;
mod report;
mod schema;
mod screens;
mod secret_scan;
mod security;
mod selection;
mod serve;
mod session_frame;
mod several_issuers;
mod shards;
mod size;
mod tolerance;
mod words;
