//! Rules about an `OpenActive` dataset site and the authentication authority it names.

use crate::rule::expect::{must, should};
use crate::rule::judgement::{Unmet, fail, not_run, pass};
use serde_json::Value;
use url::Url;

use super::{Artefact, Check, expect};
use crate::observed::received::Received;

/// A dataset site's page.
#[derive(Debug, Clone)]
pub struct DatasetSite {
    /// The response to the request for the page.
    pub response: Received,
    /// The JSON-LD blocks found in the page, or what is wrong with each.
    pub json_ld: Vec<Result<Value, String>>,
    /// The issuer under test.
    pub issuer: String,
}

impl Artefact for DatasetSite {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

static RULES: &[Check<DatasetSite>] = &[
    must(
        "dataset-site/http-200",
        "OA-DAD-embedded-json",
        "The dataset site is served with status 200",
        "Booking partners find the API, and how to log in to it, by this page.",
        |artefact| expect::status(&artefact.response, 200),
    ),
    must(
        "dataset-site/has-json-ld",
        "OA-DAD-embedded-json",
        "The dataset site holds JSON-LD",
        "Machines read nothing else of the page.",
        |artefact| {
            if artefact.response.status != 200 {
                return not_run("dataset-site/http-200");
            }
            let good = artefact.documents().count();
            let faults: Vec<_> = artefact.json_ld.iter().filter_map(|block| block.as_ref().err()).collect();
            let expected = "a script of type application/ld+json that holds JSON";
            match (good, faults.as_slice()) {
                (0, []) => fail(expected, "none"),
                (0, faults) => fail(expected, expect::list(faults)),
                (good, []) => pass(format!("{good} JSON-LD blocks")),
                (good, faults) => pass(format!("{good} JSON-LD blocks, and {} that do not parse", faults.len())),
            }
        },
    ),
    // The definition gives this member no status of its own; without it the login cannot be found.
    should(
        "dataset-site/authentication-authority",
        "OA-DAD-supporting-booking-schema-webapi",
        "The dataset site names the authentication authority of its API as a URL",
        "A booking partner cannot find out where to register and to log in.",
        |artefact| {
            if let Some(outcome) = artefact.unread() {
                return Err(outcome);
            }
            let found = artefact.authorities();
            let expected = "accessService.authenticationAuthority: an absolute URL";
            let is_url = |value: &&Value| value.as_str().is_some_and(|text| Url::parse(text).is_ok_and(|url| url.has_host()));
            match (found.iter().copied().find(is_url), found.first()) {
                (Some(url), _) => pass(format!("authenticationAuthority = {}", expect::show(url))),
                (None, Some(other)) => fail(expected, format!("authenticationAuthority = {}", expect::show(other))),
                (None, None) => fail(expected, "no accessService.authenticationAuthority"),
            }
        },
    ),
    should(
        "dataset-site/authority-is-issuer",
        "OA-DAD-supporting-booking-schema-webapi",
        "The authentication authority named is the issuer under test",
        "Booking partners would discover, and send their credentials to, somebody else.",
        |artefact| {
            if let Some(outcome) = artefact.unread() {
                return Err(outcome);
            }
            let found: Vec<_> = artefact.authorities().into_iter().filter_map(Value::as_str).collect();
            if found.is_empty() {
                return not_run("dataset-site/authentication-authority");
            }
            // It is a place to ask at, not an identifier to compare: a slash at its end leads to the same metadata.
            let same = found.iter().any(|authority| authority.trim_end_matches('/') == artefact.issuer.trim_end_matches('/'));
            expect::holds(
                same,
                format!("authenticationAuthority = {}", expect::shorten(&artefact.issuer)),
                format!("authenticationAuthority = {}", expect::list(&found)),
            )
        },
    ),
];

impl DatasetSite {
    /// Why nothing can be read from the page, if so.
    fn unread(&self) -> Option<Unmet> {
        if self.response.status != 200 {
            return Some(Unmet::not_run("dataset-site/http-200"));
        }
        (self.documents().count() == 0).then(|| Unmet::not_run("dataset-site/has-json-ld"))
    }

    /// The JSON-LD blocks that are objects or arrays.
    fn documents(&self) -> impl Iterator<Item = &Value> {
        self.json_ld.iter().filter_map(|block| block.as_ref().ok()).filter(|block| block.is_object() || block.is_array())
    }

    /// The issuers it names.
    pub fn named(&self) -> Vec<&str> {
        self.authorities().into_iter().filter_map(Value::as_str).collect()
    }

    /// Every `accessService.authenticationAuthority`, of the blocks themselves and of the members of their `@graph`.
    fn authorities(&self) -> Vec<&Value> {
        let blocks = self.documents().flat_map(each);
        let nodes = blocks.flat_map(|block| std::iter::once(block).chain(block.get("@graph").into_iter().flat_map(each)));
        let services = nodes.filter_map(|node| node.get("accessService")).flat_map(each);
        services.filter_map(|service| service.get("authenticationAuthority")).flat_map(each).filter(|value| !value.is_null()).collect()
    }
}

/// The elements of an array, or the value itself: JSON-LD makes no difference between one value and an array of one.
fn each(value: &Value) -> std::slice::Iter<'_, Value> {
    match value {
        Value::Array(elements) => elements.iter(),
        other => std::slice::from_ref(other).iter(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::rule::testing::{arbitrary, failing, not_run, passing, text};

    fn artefact(json_ld: Vec<Result<Value, String>>) -> DatasetSite {
        DatasetSite { response: text(200, "text/html", "<html>"), json_ld, issuer: "https://issuer.example".to_owned() }
    }

    fn naming(authority: &Value) -> Value {
        json!({"@type": "Dataset", "accessService": {"@type": "WebAPI", "authenticationAuthority": authority}})
    }

    #[test]
    fn a_site_that_names_the_issuer_passes() {
        for document in [
            naming(&json!("https://issuer.example")),
            naming(&json!("https://issuer.example/")),
            naming(&json!(["https://issuer.example"])),
            json!([naming(&json!("https://issuer.example"))]),
            json!({"@graph": [{"@type": "Organization"}, naming(&json!("https://issuer.example"))]}),
            json!({"accessService": [{}, {"authenticationAuthority": "https://issuer.example"}]}),
        ] {
            assert_eq!(passing(&artefact(vec![Err("not JSON".to_owned()), Ok(document.clone())])).len(), 4, "{document}");
        }
    }

    #[test]
    fn each_way_of_being_wrong_fails_its_rule_and_no_other() {
        for (json_ld, rule) in [
            (vec![], "dataset-site/has-json-ld"),
            (vec![Err("not JSON: eof".to_owned())], "dataset-site/has-json-ld"),
            (vec![Ok(json!("text"))], "dataset-site/has-json-ld"),
            (vec![Ok(json!({"@type": "Dataset"}))], "dataset-site/authentication-authority"),
            (vec![Ok(naming(&json!(null)))], "dataset-site/authentication-authority"),
            (vec![Ok(naming(&json!({"@id": "https://issuer.example"})))], "dataset-site/authentication-authority"),
            (vec![Ok(naming(&json!("https://other.example")))], "dataset-site/authority-is-issuer"),
        ] {
            let artefact = artefact(json_ld);
            assert_eq!(failing(&artefact), [rule], "{:?}", artefact.json_ld);
            assert!(not_run(&artefact).iter().all(|(_, because)| because == rule), "{:?}", not_run(&artefact));
        }
        let gone = DatasetSite { response: text(404, "text/html", ""), ..artefact(vec![Ok(naming(&json!("https://issuer.example")))]) };
        assert_eq!(failing(&gone), ["dataset-site/http-200"]);
        assert_eq!(not_run(&gone).len(), 3);
    }

    const NAMES: &[&str] = &["accessService", "authenticationAuthority", "@graph"];

    proptest! {
        #[test]
        fn nothing_panics(blocks in proptest::collection::vec(proptest::option::of(arbitrary::value(NAMES)), 0..4)) {
            let _ = failing(&artefact(blocks.into_iter().map(|block| block.ok_or_else(|| "not JSON".to_owned())).collect()));
        }
    }
}
