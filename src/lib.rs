//! A conformance suite for OpenID Connect and OAuth 2.0 issuers.
//!
//! It is a program, `oa-authtest`, and a library: [`run`] tests an issuer from within another program and returns the [`RunReport`]. What else is public
//! is there for the program and its tests, and changes with them.
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
//! | own | of the user, not of this program: tests and rules that are read from documents when it starts (`--tests-from`) |
//!
//! # The floors
//!
//! A module uses those on the floors below it, and nothing beside or above it (`tests/layers.rs` holds it to that).
//!
//! ```text
//! command                              the commands
//! listing reference demo cli           what the other commands print and read
//! doctor self_test embedding           looking before a run; every flaw against every rule; a run in another program
//! launch                               a run from its settings to its reports
//! serve                                the page of a run that goes on
//! report                               what is told of a result
//! runner exit                          a plan made into a result; what that means to a pipeline
//! protocol                             what is done: one file per move
//! session                              what a test holds while it runs
//! agent                                who logs in: a browser or plain HTTP
//! result                               what a run is: data
//! feature http                         stories and their plan; the HTTP client
//! config                               flags, environment and file, made into settings
//! rule                                 what must hold
//! issuer observed                      the issuer we ship; what came over the wire
//! guard listen redact jwe              child processes, servers on loopback, secrets in texts, encryption
//! text                                 text of any kind
//! ```
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
//!                     │               └ Recorder ──▶ Client ──▶ the issuer              │
//!                     ▼                        └──────── journal ───────────────────────┤
//!               result::event::Event                                                    ▼
//!                     │                                                     result::model::RunReport
//!                     ▼                                                                 │
//!          report::console, serve                                    results.json, Markdown
//! ```

pub mod agent;
pub mod cli;
pub mod command;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod embedding;
pub mod exit;
pub mod feature;
pub mod guard;
pub mod http;
pub mod issuer;
pub mod jwe;
pub mod launch;
pub mod listen;
pub mod listing;
pub mod observed;
pub mod protocol;
pub mod redact;
pub mod reference;
pub mod report;
pub mod result;
pub mod rule;
pub mod runner;
pub mod self_test;
pub mod serve;
pub mod session;
pub mod text;

pub use embedding::{RunError, Settings, run};
pub use result::event::Event;
pub use result::model::{RunReport, Verdict};
