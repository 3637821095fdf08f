//! Rules about an `OpenActive` dataset site and the authentication authority it names.

use crate::rule::prelude::*;

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

artefact!(DatasetSite: [RULES], at response.exchange);

const HTTP_200: &str = "dataset-site/http-200";
const JSON_LD: &str = "dataset-site/has-json-ld";
const AUTHORITY: &str = "dataset-site/authentication-authority";

static RULES: &[Check<DatasetSite>] = &[
    must(
        HTTP_200,
        "OA-DAD-embedded-json",
        "The dataset site must be served with status 200",
        "Booking partners find the API, and the way to log in to it, through this page.",
        "Publish the page at the configured address without a login, and answer with status 200. If the page was moved, correct its address in the configuration of the test.",
        |site| status(&site.response, 200),
    ),
    must(
        JSON_LD,
        "OA-DAD-embedded-json",
        "The dataset site must hold JSON-LD",
        "Programs read nothing else on the page.",
        "Embed the description of the dataset as valid JSON in a `<script type=\"application/ld+json\">` element of the page.",
        |site| {
            let good = site.success()?.documents().count();
            let faults: Vec<_> = site.json_ld.iter().filter_map(|block| block.as_ref().err()).collect();
            let expected = "a script of type application/ld+json that holds JSON";
            match (good, faults.as_slice()) {
                (0, faults) => fail(expected, list(faults)),
                (good, []) => pass(said!("{good} JSON-LD blocks")),
                (good, faults) => pass(said!("{good} JSON-LD blocks, and {} that do not parse", faults.len())),
            }
        },
    ),
    // The definition gives this member no status of its own; without it the login cannot be found.
    should(
        AUTHORITY,
        "OA-DAD-supporting-booking-schema-webapi",
        "The dataset site should name the authentication authority of its API as an absolute URL",
        "A booking partner cannot find out where to register and where to log in.",
        "Add `authenticationAuthority` to the `accessService` in the JSON-LD, with the URL of the issuer as a string.",
        |site| {
            let found = site.read()?;
            let expected = "accessService.authenticationAuthority: an absolute URL";
            let url = found.iter().find(|value| value.as_str().is_some_and(is_absolute_url));
            match (url, found.first()) {
                (Some(url), _) => pass(said!("authenticationAuthority = {}", show(url))),
                (None, Some(other)) => fail(expected, said!("authenticationAuthority = {}", show(other))),
                (None, None) => fail(expected, "no accessService.authenticationAuthority"),
            }
        },
    ),
    should(
        "dataset-site/authority-is-issuer",
        "OA-DAD-supporting-booking-schema-webapi",
        "The authentication authority of the dataset site should be the issuer under test",
        "Booking partners would use the metadata of another issuer and send their credentials there.",
        "Set `accessService.authenticationAuthority` in the JSON-LD to the issuer identifier. If the API has another issuer, test that issuer.",
        |site| {
            let found: Vec<_> = site.read()?.into_iter().filter_map(Value::as_str).collect();
            if found.is_empty() {
                return not_run(AUTHORITY);
            }
            // It is a place to ask at, not an identifier to compare: a slash at its end leads to the same metadata.
            let same = found.iter().any(|authority| authority.trim_end_matches('/') == site.issuer.trim_end_matches('/'));
            holds(same, said!("authenticationAuthority = {}", shorten(&site.issuer)), said!("authenticationAuthority = {}", list(&found)))
        },
    ),
];

impl DatasetSite {
    /// The page, if it has status 200.
    fn success(&self) -> Result<&Self, Unmet> {
        if self.response.status == 200 { Ok(self) } else { not_run(HTTP_200) }
    }

    /// Every authentication authority, if there is JSON-LD to read it from.
    fn read(&self) -> Result<Vec<&Value>, Unmet> {
        if self.success()?.documents().next().is_none() { not_run(JSON_LD) } else { Ok(self.authorities()) }
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
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{not_run, text};

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

    arbitrary_artefact!(DatasetSite:
        blocks in proptest::collection::vec(proptest::option::of(arbitrary::value(NAMES)), 0..4)
        => artefact(blocks.into_iter().map(|block| block.ok_or_else(|| "not JSON".to_owned())).collect())
    );
}
