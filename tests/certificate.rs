//! `certificate.jsonld`: JSON-LD that a processor reads, about what ran and nothing else.

use std::fs;
use std::path::Path;

use oxjsonld::JsonLdParser;
use serde_json::Value;

use crate::common::{Ended, program, results, root, run};

const CERTIFICATE: &str = "reports/certificate.jsonld";

fn call(folder: &Path, words: &[&str]) -> Ended {
    let mut command = program(folder);
    command.args(words);
    run(command)
}

fn demo(folder: &Path, more: &[&str]) -> Ended {
    call(folder, &[&["run", "--demo", "--agent", "http", "--statement"], more].concat())
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))).expect("it is JSON")
}

/// The triples of a document, as N-Triples has them. A context that has to be fetched is an error.
fn triples(document: &Value) -> Vec<String> {
    let parser = JsonLdParser::new().with_base_iri("https://published.example/certificate").expect("an IRI");
    let text = document.to_string();
    parser.for_slice(text.as_bytes()).map(|quad| quad.unwrap_or_else(|why| panic!("{why}: {text}")).to_string()).collect()
}

/// What the documentation shows between these fences.
fn block<'a>(documentation: &'a str, language: &str) -> &'a str {
    let fence = format!("```{language}\n");
    let from = documentation.find(&fence).expect("it is there") + fence.len();
    documentation[from..].split("```").next().expect("it ends")
}

#[test]
fn the_example_of_the_documentation_runs_and_a_processor_reads_it() {
    let documentation = fs::read_to_string(root().join("docs/certificate.md")).expect("it is there");
    let folder = tempfile::tempdir().expect("a folder");
    // Words in quotes are one.
    let mut words: Vec<String> = Vec::new();
    for (index, part) in block(&documentation, "bash").trim().split('"').enumerate() {
        if index % 2 == 1 { words.push(part.to_owned()) } else { words.extend(part.split_whitespace().map(str::to_owned)) }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ended = call(folder.path(), &words[1..]);
    assert!(ended.code == 0 && ended.stdout.contains("\nCertificate: reports/certificate.jsonld\n"), "{}", ended.said());
    let certificate = read(&folder.path().join(CERTIFICATE));
    let shown: Value = serde_json::from_str(block(&documentation, "json")).expect("it is JSON");
    for (name, value) in shown.as_object().expect("an object") {
        assert_eq!(&certificate[name], value, "{name}");
    }

    let triples = triples(&certificate);
    let report = results(folder.path());
    let has = |subject: &str, predicate: &str, object: &str| {
        let is_there =
            triples.iter().any(|triple| triple.starts_with(subject) && triple.contains(&format!(" <{predicate}> ")) && triple.contains(object));
        assert!(is_there, "{subject} {predicate} {object}: {triples:#?}");
    };
    let id = "<https://acme.example/openactive/certificate>";
    has(id, "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://openactive.io/conformance-certification#ConformanceCertificate>");
    has(id, "https://openactive.io/conformance-certification#awardedTo", "_:");
    has("_:", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://openactive.io/BookingService>");
    has(id, "https://schema.org/creator", "_:");
    has(id, "https://schema.org/dateCreated", "^^<http://www.w3.org/2001/XMLSchema#dateTime>");
    has("_:", "https://schema.org/contentUrl", "<https://published.example/results.json>");
    has("_:", "https://schema.org/url", &format!("<{}>", report.issuer));
    has("_:", "http://www.w3.org/ns/earl#subject", &format!("<{}>", report.issuer));
    has("_:", "http://www.w3.org/ns/earl#mode", "<http://www.w3.org/ns/earl#automatic>");
    // A list, in order.
    has("_:", "http://www.w3.org/1999/02/22-rdf-syntax-ns#first", "<https://openactive.io/specification-features#dynamic-client-registration>");
    let feature = "<https://openactive.io/specification-features#dynamic-client-registration>";
    has(feature, "http://www.w3.org/2004/02/skos/core#inScheme", "<https://openactive.io/specification-features>");
    has(feature, "http://www.w3.org/2004/02/skos/core#prefLabel", "\"Dynamic Client Registration for Multiple Seller Systems\"");
    let passed = triples.iter().filter(|triple| triple.contains("<http://www.w3.org/ns/earl#outcome> <http://www.w3.org/ns/earl#passed>")).count();
    assert_eq!(passed, report.tests.len(), "each test that ran is there");
    // The digest is that of the results.
    let digest = oa_authtest::text::digest::sha256(&fs::read(folder.path().join("reports/results.json")).expect("it is there"));
    assert_eq!(format!("sha256:{}", certificate["associatedMedia"]["sha256"].as_str().expect("a text")), digest);
}

#[test]
fn no_word_of_it_is_without_meaning() {
    /// Every member that is no keyword has a triple: a processor drops what the context does not know.
    fn members(value: &Value, count: &mut usize) {
        match value {
            Value::Object(members_of) => {
                for (name, value) in members_of.iter().filter(|(name, _)| *name != "@context") {
                    // A list has a triple for itself and two for each item.
                    match (name.as_str(), value) {
                        ("@id", _) => {}
                        ("cert:featureImplemented", Value::Array(items)) => *count += 1 + 2 * items.len(),
                        (_, Value::Array(items)) => *count += items.len(),
                        _ => *count += 1,
                    }
                    members(value, count);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| members(item, count)),
            _ => {}
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let ended = demo(folder.path(), &["--certificate-for", "Acme", "--certificate-for-url", "https://acme.example"]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let certificate = read(&folder.path().join(CERTIFICATE));
    let mut count = 0;
    members(&certificate, &mut count);
    let triples = triples(&certificate);
    assert_eq!(triples.len(), count, "{triples:#?}");
    let mut unknown = certificate.clone();
    unknown["unheard-of"] = Value::Bool(true);
    assert_eq!(self::triples(&unknown).len(), count, "what the context does not know is dropped, so that this test can fail");
}

#[test]
fn it_is_made_again_and_goes_with_its_results() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(demo(folder.path(), &[]).code, 0);
    assert!(read(&folder.path().join(CERTIFICATE)).get("creator").is_none());
    let again = call(folder.path(), &["report", "reports/results.json", "--statement", "--certificate-by", "Acme Testing"]);
    assert!(again.code == 0 && again.stdout.ends_with("reports/certificate.jsonld\n"), "{}", again.said());
    assert_eq!(read(&folder.path().join(CERTIFICATE))["creator"]["name"], "Acme Testing");
    let mistaken = call(folder.path(), &["report", "reports/results.json", "--statement", "--certificate-by-url", "https://acme.example"]);
    assert!(mistaken.code == 2 && mistaken.stderr.contains("--certificate-by"), "{}", mistaken.said());
    // The next run's results are others.
    assert_eq!(call(folder.path(), &["run", "--demo", "--agent", "http"]).code, 0);
    assert!(!folder.path().join(CERTIFICATE).exists());
}

#[test]
fn there_is_none_of_a_part_or_of_another_profile() {
    let folder = tempfile::tempdir().expect("a folder");
    let part = demo(folder.path(), &["--skip", "*/authorization-persisted"]);
    assert!(part.code == 0 && part.stdout.contains("Statement: ") && !part.stdout.contains("Certificate: "), "{}", part.said());
    let why = "1 test of profile openactive did not pass: booking-partner-authentication/authorization-persisted";
    assert!(part.stderr.contains(why) && !folder.path().join(CERTIFICATE).exists(), "{}", part.said());
    let failed = demo(folder.path(), &["--flaw", "id-token-expired"]);
    assert!(failed.code == 1 && failed.stderr.matches("warning: ").count() == 1 && !folder.path().join(CERTIFICATE).exists(), "{}", failed.said());
    let other = demo(folder.path(), &["--persona", "aidbox"]);
    assert!(other.code == 0 && other.stdout.contains("Statement: ") && !other.stderr.contains("ertificate"), "{}", other.said());
}
