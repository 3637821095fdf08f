//! Tests an issuer from within another program, as the test suite of an issuer would: `cargo run --example embed`.
//!
//! The issuer is the embedded one, so that the example needs nothing else. Put your own in its place.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use oa_authtest::issuer::{self, IssuerOptions};
use oa_authtest::{Event, RunReport, Settings, Verdict};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let redirect_uri = "http://localhost:3000/cb";
    let issuer = issuer::start(IssuerOptions { redirect_uris: vec![redirect_uri.to_owned()], ..IssuerOptions::default() }).await?;
    let report = conformance(issuer.issuer(), redirect_uri).await?;
    issuer.stop().await;
    println!("{:?}: {} rules passed, {} failed", report.verdict, report.counts.passed, report.counts.failures);
    if report.verdict < Verdict::Failed { Ok(()) } else { Err("the issuer is not conformant".into()) }
}

/// Runs profile `oidc` without a browser, with the client and the user that the issuer has, and shows each test that ends.
///
/// # Errors
/// A setting that cannot be, or a run that cannot begin. A broken rule is none: it is in the report.
pub async fn conformance(issuer: &str, redirect_uri: &str) -> Result<RunReport, Box<dyn Error>> {
    let settings = Settings::of_issuer(issuer)
        .set("profile", "oidc")
        .set("agent", "http")
        .set("redirect-uri", redirect_uri)
        .set("client-id", issuer::CLIENT_ID)
        .set("client-secret", issuer::CLIENT_SECRET)
        .set("username", issuer::USERNAME)
        .set("password", issuer::PASSWORD)
        .watch(|event| {
            if let Event::TestEnded(test) = event {
                println!("{:?} {}", test.verdict, test.id);
            }
        });
    let report = oa_authtest::run(settings).await?;
    for test in report.tests.iter().filter(|test| test.verdict >= Verdict::Failed) {
        let broken = test.findings.iter().filter(|finding| finding.is_broken());
        println!("{}: {:?} {:?}", test.id, test.reason, broken.map(|finding| &finding.rule).collect::<Vec<_>>());
    }
    Ok(report)
}
