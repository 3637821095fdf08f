//! `certificate.jsonld`: what a program can read of a run in which every test of profile `openactive` passed (`--statement`).
//!
//! It has the form that the `OpenActive` community proposed for its certificates, with the terms of the vocabulary
//! <https://openactive.io/conformance-certification> as far as they are true here, of schema.org and SKOS; what ran is said in EARL, the vocabulary of the W3C for
//! results of tests. The context is part of the file, so that nothing has to be fetched to understand it. `docs/certificate.md` says what is left out and why.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Value, json};
use thiserror::Error;

use super::error::ReportError;
use super::statement::Refusal;
use super::{file, json as results_json, words};
use crate::config::{CertificateConfig, Party};
use crate::feature::Feature;
use crate::result::model::{RunReport, TestReport, Verdict};
use crate::rule::Level;
use crate::text::{count, digest};

/// The file's name in the report directory.
pub const NAME: &str = "certificate.jsonld";

/// What it begins with; by it that of an earlier run is known.
pub const BEGINNING: &str = "{\n  \"@context\": {\n    \"@version\": 1.1,\n    \"cert\": \"https://openactive.io/conformance-certification#\",";

/// The profile that it is about.
const PROFILE: &str = "openactive";

/// The scheme of the features of the `OpenActive` specifications, by which its test suite names them.
const SCHEME: &str = "https://openactive.io/specification-features";

/// A feature of the specifications: its identifier and name, and the tests that show it.
struct Implemented {
    identifier: &'static str,
    label: &'static str,
    tests: &'static [&'static str],
}

/// The features that the tests of the profile show. Together they are all tests of the profile.
const FEATURES: [Implemented; 3] = [
    Implemented {
        identifier: "booking-partner-openid-authentication",
        label: "Booking Partner OpenID Authentication",
        tests: &["booking-partner-authentication/client-credentials-flow", "booking-partner-authentication/authentication-authority-present"],
    },
    Implemented {
        identifier: "booking-partner-openid-authentication-for-multiple-sellers",
        label: "Booking Partner OpenID Authentication for Multiple Seller Systems",
        tests: &["booking-partner-authentication/authorization-code-flow", "booking-partner-authentication/authorization-persisted"],
    },
    Implemented {
        identifier: "dynamic-client-registration",
        label: "Dynamic Client Registration for Multiple Seller Systems",
        tests: &["dynamic-client-registration/client-credentials-flow", "dynamic-client-registration/authorization-code-flow"],
    },
];

/// Why there can be no certificate of a run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoCertificate {
    /// The run is not about the profile.
    #[error("the run is not about profile {PROFILE}")]
    OtherProfile,
    /// There can be no statement either.
    #[error("{0}")]
    NoStatement(Refusal),
    /// Not every test of the profile passed.
    #[error("{}", Refusal::tests(.0, "of profile openactive did not pass"))]
    Incomplete(Vec<String>),
    /// A rule of level MUST is broken, and that is known.
    #[error("{0} broken and known (--known)")]
    Known(String),
    /// Nobody knows which server answered.
    #[error("TLS certificates were not verified: the answers may have come from another server")]
    NotVerified,
    /// The results that it would name hold secrets.
    #[error("the results hold secrets in clear text (--show-secrets)")]
    SecretsShown,
}

impl NoCertificate {
    /// Why a run allows of none, if it does not. `features` are all there are.
    fn of(report: &RunReport, features: &[Feature]) -> Option<Self> {
        if !report.environment.profiles.iter().any(|profile| profile == PROFILE) {
            return Some(Self::OtherProfile);
        }
        if let Some(refusal) = Refusal::of(report) {
            return Some(Self::NoStatement(refusal));
        }
        let passed = |id: &String| of_profile(report).any(|test| test.id == *id && is_passed(test));
        let ids = features
            .iter()
            .filter(|feature| feature.profile == PROFILE)
            .flat_map(|feature| feature.tests.iter().map(move |test| format!("{}/{}", feature.id, test.id)));
        let missing: Vec<String> = ids.filter(|id| !passed(id)).collect();
        if !missing.is_empty() {
            return Some(Self::Incomplete(missing));
        }
        let known = of_profile(report).flat_map(|test| &test.findings).filter(|finding| finding.is_known() && finding.level == Level::Must);
        let known: std::collections::BTreeSet<&str> = known.map(|finding| finding.rule.as_str()).collect();
        if !known.is_empty() {
            let verb = if known.len() == 1 { "is" } else { "are" };
            return Some(Self::Known(format!("{} {verb}", count(known.len(), "MUST rule"))));
        }
        if report.environment.tls_verified != Some(true) {
            return Some(Self::NotVerified);
        }
        report.environment.secrets_shown.then_some(Self::SecretsShown)
    }
}

fn of_profile(report: &RunReport) -> impl Iterator<Item = &TestReport> {
    report.tests.iter().filter(|test| test.profile == PROFILE)
}

/// True if a test got to its end and no rule of level MUST is broken in it.
fn is_passed(test: &TestReport) -> bool {
    matches!(test.verdict, Verdict::Passed | Verdict::Suggested | Verdict::Warned) && test.reason.is_none()
}

/// The certificate of a run whose results are in a file with these bytes.
///
/// # Errors
/// [`NoCertificate`] if the run allows of none.
pub fn of(report: &RunReport, results: &[u8], features: &[Feature], said: &CertificateConfig, created: Timestamp) -> Result<Value, NoCertificate> {
    if let Some(none) = NoCertificate::of(report, features) {
        return Err(none);
    }
    let sha256 = digest::sha256(results);
    let mut certificate = json!({
        "@context": context(),
        "@type": "cert:ConformanceCertificate",
    });
    let tool = format!("{} {}", report.tool.name, report.tool.version);
    let tests = of_profile(report).count();
    let description = format!(
        "{tool} ran the {} of its profile {PROFILE} against {} on {}, and found no broken rule of level MUST. This certificate was made by who ran the tests, not \
         by OpenActive, whose validation service does not know it. It is about these tests on that day, and about nothing else.",
        count(tests, "test"),
        report.issuer,
        words::moment(&report.started),
    );
    let mut set = |name: &str, value: Value| certificate[name] = value;
    if let Some(id) = &said.id {
        set("@id", id.as_str().into());
    }
    set("name", format!("Conformance of {} with profile {PROFILE} of {tool}", report.issuer).into());
    set("description", description.into());
    set("dateCreated", created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into());
    if let Some(by) = &said.by {
        set("creator", party("Organization", by));
    }
    if let Some(awarded_to) = &said.awarded_to {
        set("cert:awardedTo", party("BookingService", awarded_to));
    }
    set("about", json!({ "@type": "WebAPI", "url": report.issuer }));
    let is_shown = |feature: &&Implemented| feature.tests.iter().all(|id| of_profile(report).any(|test| test.id == *id && is_passed(test)));
    set("cert:featureImplemented", FEATURES.iter().filter(is_shown).map(concept).collect());
    set(
        "associatedMedia",
        json!({
            "@type": "MediaObject",
            "contentUrl": results_json::NAME,
            "encodingFormat": "application/json",
            "sha256": sha256.strip_prefix("sha256:").unwrap_or(&sha256),
        }),
    );
    set("isBasedOn", of_profile(report).map(|test| assertion(report, test)).collect());
    Ok(certificate)
}

/// What the words of the file mean.
fn context() -> Value {
    let address = |term: &str| json!({ "@id": term, "@type": "@id" });
    let list = |term: &str| json!({ "@id": term, "@container": "@list" });
    let moment = |term: &str| json!({ "@id": term, "@type": "xsd:dateTime" });
    json!({
        "@version": 1.1,
        "cert": "https://openactive.io/conformance-certification#",
        "oa": "https://openactive.io/",
        "schema": "https://schema.org/",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "earl": "http://www.w3.org/ns/earl#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
        "cert:featureImplemented": list("cert:featureImplemented"),
        "BookingService": "oa:BookingService",
        "Organization": "schema:Organization",
        "WebAPI": "schema:WebAPI",
        "MediaObject": "schema:MediaObject",
        "SoftwareApplication": "schema:SoftwareApplication",
        "name": "schema:name",
        "description": "schema:description",
        "identifier": "schema:identifier",
        "url": address("schema:url"),
        "dateCreated": moment("schema:dateCreated"),
        "creator": "schema:creator",
        "about": "schema:about",
        "associatedMedia": "schema:associatedMedia",
        "contentUrl": address("schema:contentUrl"),
        "encodingFormat": "schema:encodingFormat",
        "sha256": "schema:sha256",
        "isBasedOn": "schema:isBasedOn",
        "softwareVersion": "schema:softwareVersion",
        "Concept": "skos:Concept",
        "prefLabel": "skos:prefLabel",
        "inScheme": address("skos:inScheme"),
        "earl:subject": address("earl:subject"),
        "earl:mode": address("earl:mode"),
        "earl:outcome": address("earl:outcome"),
    })
}

fn party(kind: &str, party: &Party) -> Value {
    let mut value = json!({ "@type": kind, "name": party.name });
    if let Some(url) = &party.url {
        value["url"] = url.as_str().into();
    }
    value
}

fn concept(feature: &Implemented) -> Value {
    json!({ "@type": "Concept", "@id": format!("{SCHEME}#{}", feature.identifier), "prefLabel": feature.label, "inScheme": SCHEME })
}

/// What a test says about the issuer.
fn assertion(report: &RunReport, test: &TestReport) -> Value {
    json!({
        "@type": "earl:Assertion",
        "earl:assertedBy": {
            "@type": ["earl:Software", "SoftwareApplication"],
            "name": report.tool.name,
            "softwareVersion": report.tool.version,
        },
        "earl:subject": report.issuer,
        "earl:test": { "@type": "earl:TestCase", "identifier": test.id, "name": test.title },
        "earl:mode": "earl:automatic",
        "earl:result": {
            "@type": "earl:TestResult",
            "earl:outcome": "earl:passed",
            "description": words::triad_and_known(test.counts),
            "dateCreated": test.started,
        },
    })
}

/// Writes the certificate of a run beside its results, which are there already; returns its path.
///
/// # Errors
/// [`ReportError::NoCertificate`] if the run allows of none, [`ReportError::Read`] or [`ReportError::Write`] for the file that could not be read or written.
pub fn write(report: &RunReport, results: &Path, features: &[Feature], said: &CertificateConfig, created: Timestamp) -> Result<PathBuf, ReportError> {
    let bytes = std::fs::read(results).map_err(|source| ReportError::Read { path: results.to_owned(), source })?;
    let certificate = of(report, &bytes, features, said, created).map_err(ReportError::NoCertificate)?;
    let path = results.parent().unwrap_or(Path::new("")).join(NAME);
    let text = results_json::pretty(&certificate).map_err(|e| ReportError::Write { path: path.clone(), source: std::io::Error::other(e) })?;
    file::write(&path, text.as_bytes())?;
    Ok(path)
}

#[cfg(test)]
mod tests;
