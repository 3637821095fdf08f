//! A conformance suite for OpenID Connect and OAuth 2.0 issuers.
//!
//! # The words
//!
//! | word | meaning |
//! |---|---|
//! | profile | a set of features: `openactive`, `oidc`, `oauth`, `security`, `airlock`, `aidbox`, `features` |
//! | feature | something an issuer may implement |
//! | test | one story told to an issuer, in order; its id is `feature/test` |
//! | step | one move in a story: discover, register, authorize, … |
//! | artefact | something the issuer handed over: provider metadata, key set, ID token, … |
//! | rule | one sentence about one kind of artefact, true when it passes; its id is `artefact/rule` |
//! | finding | a rule, its outcome, expected, actual, the exchange it was judged on |
//! | exchange | one HTTP request and its response, redacted when recorded |
//! | journal | exchanges, pages and notes of a test, in order |
//! | persona | a face the embedded issuer can wear |
//! | capability | what metadata can advertise and `[features]` of the configuration can declare, `introspection` for one |
//! | flaw | one deliberate way for the embedded issuer to be wrong |
//!
//! # The flow
//!
//! ```text
//!  flags + environment + file          features/*.json
//!             │                              │
//!             ▼                              ▼
//!   config::Config ───────────────▶ feature::plan::Plan      run, or skip with a reason
//!                                            │
//!                                            ▼
//!                runner::run ──▶ session::Session ──▶ Step ──▶ Artefact ──▶ Check ──▶ Finding
//!                     │               │ └ UserAgent (browser or HTTP)                   │
//!                     │               └ Recorder ──▶ Door ──▶ the issuer                │
//!                     ▼                        └──────── journal ───────────────────────┤
//!               report::event::Event                                                    ▼
//!                     │                                                     report::model::RunReport
//!                     ▼                                                                 │
//!               report::console                                      results.json, Markdown
//! ```

pub mod cli;
pub mod command;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod exit;
pub mod feature;
pub mod guard;
pub mod issuer;
pub mod launch;
pub mod listing;
pub mod protocol;
pub mod reference;
pub mod report;
pub mod rule;
pub mod runner;
pub mod self_test;
pub mod session;
