//! Rules about `sector_identifier_uri` (OpenID Connect Registration 5).

use super::{about_metadata, registered};
use crate::rule::prelude::*;

/// The answer to a registration whose sector document does not list the redirect URI, from an issuer that has accepted one that does.
#[derive(Debug, Clone)]
pub struct SectorMismatch {
    /// The response, whatever its status.
    pub response: Received,
}

artefact!(SectorMismatch: [RULES], at response.exchange);

/// The answer to a registration with pairwise subjects and a sector document that lists the redirect URI, where a client came of it.
#[derive(Debug, Clone)]
pub struct SectorAccepted {
    /// The response.
    pub response: Received,
    /// The `sector_identifier_uri` that was sent.
    pub sent: String,
}

artefact!(SectorAccepted: [ACCEPTED], at response.exchange);

static ACCEPTED: &[Check<SectorAccepted>] = &[should(
    "sector-identifier/used",
    "OIDCC-8.1",
    "An issuer with pairwise subjects should use the `sector_identifier_uri` of a client, and say so in the registration response",
    "A client that moves to another host loses all of its end-users, because their pairwise `sub` changes with the host.",
    "Store `sector_identifier_uri` with the client, compute the pairwise `sub` from its host, and return it in the registration response.",
    |accepted| {
        let client = accepted.response.members().filter(|_| accepted.response.is_success());
        let Some(client) = client else { return not_applicable("no client was registered") };
        let uri = member(client, "sector_identifier_uri").filter(|uri| *uri != "");
        // Of what is not "a URL using the "https" scheme" nothing may be used (OpenID Connect Registration 5, 7).
        applies_if(uri.is_some() || accepted.sent.starts_with("https:"), "the issuer does not use one by http, which is right")?;
        holds(uri.and_then(Value::as_str) == Some(&accepted.sent), "the sector_identifier_uri that was sent", seen("sector_identifier_uri", uri))
    },
)];

const REFUSED: &str = "sector-identifier/mismatch-refused";

static RULES: &[Check<SectorMismatch>] = &[
    must(
        REFUSED,
        "OIDCR-5",
        "The issuer must not register a client with a `sector_identifier_uri` whose document does not list the redirect URI",
        "A client could join the sector of another organisation, and learn the pairwise `sub` by which the end-users are known there.",
        "Fetch the document at `sector_identifier_uri` at registration and compare every redirect URI with its entries. If a redirect URI is missing there, refuse the request with status 400 and `error=invalid_client_metadata`.",
        |mismatch| {
            let response = &mismatch.response;
            not_busy(response)?;
            about_metadata(response)?;
            if !response.is_success() {
                return pass(refusal(response));
            }
            // An issuer that registers the client without the sector does not let it in there.
            match response.members().and_then(|client| member(client, "sector_identifier_uri")).filter(|uri| *uri != "") {
                None => pass("the client is registered without sector_identifier_uri"),
                Some(uri) => fail("a refusal: status 400", said!("a client is registered with sector_identifier_uri = {}", show(uri))),
            }
        },
    ),
    must(
        "sector-identifier/mismatch-http-400",
        "OIDCR-3.3",
        "The refusal of a registration whose sector document does not list the redirect URI must have status 400",
        "Clients take another status for a problem of the network or of the token, and send the same request again.",
        "Send status 400 and `error=invalid_client_metadata` if the document lacks a redirect URI. Treat a mismatch as a fault of the client metadata, and not as an error of the server.",
        |mismatch| {
            expect_refusal(&mismatch.response, REFUSED)?;
            about_metadata(&mismatch.response)?;
            holds(mismatch.response.status == 400, "status 400", refusal(&mismatch.response))
        },
    ),
];

/// The answers to registrations with a `sector_identifier_uri` that is not by https.
#[derive(Debug, Clone)]
pub struct SectorByHttp {
    /// Where the document is there and lists the redirect URI; none where it is by https.
    pub fetchable: Option<Received>,
    /// On a remote host.
    pub remote: Received,
    /// Whether the same client is registered without a sector.
    pub control: Control,
}

artefact!(SectorByHttp: [BY_HTTP], at remote.exchange);

static BY_HTTP: &[Check<SectorByHttp>] = &[must(
    "sector-identifier/https",
    "OIDCR-5",
    "The issuer must not register a client with a `sector_identifier_uri` by http on a remote host",
    "An attacker on the way adds their own redirect URI to the document of the sector, and learns the pairwise `sub` by which the end-users are known there.",
    "Check the scheme of `sector_identifier_uri` at registration. If it is not `https`, refuse the request with status 400 and `error=invalid_client_metadata`.",
    |sector| {
        // It may be replaced, too.
        let kept = |response: &Received| {
            registered(response, "sector_identifier_uri").as_ref().and_then(Value::as_str).is_some_and(|uri| uri.starts_with("http:"))
        };
        not_busy(&sector.remote)?;
        if kept(&sector.remote) {
            return fail("a refusal: status 400", "a client is registered with sector_identifier_uri by http");
        }
        // A document that is not there is refused for that: only a refusal of one that is there can be about http.
        let Some(fetchable) = &sector.fetchable else {
            return not_applicable("could not be judged: one by http cannot be fetched here, and so it may be refused for that");
        };
        applies_if(!kept(fetchable), "could not be judged: one on loopback is taken, as in development, and the remote one cannot be fetched")?;
        sector.control.passes(refusal(fetchable))
    },
)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable};

    #[test]
    fn a_sector_by_http_is_refused() {
        let given = || response(201, &json!({ "client_id": "c", "sector_identifier_uri": "http://client.example/sector" }));
        let refused = || response(400, &json!({ "error": "invalid_client_metadata" }));
        let of = |fetchable, remote, control| SectorByHttp { fetchable: Some(fetchable), remote, control };
        let rule = ["sector-identifier/https"];
        assert_eq!(passing(&of(refused(), refused(), Control::Good)), rule);
        assert_eq!(failing(&of(refused(), given(), Control::Good)), rule);
        assert_eq!(failing(&of(given(), given(), Control::Missing("no".to_owned()))), rule);
        // A client without the sector is none of it.
        for uri in [Value::Null, json!(""), json!("https://client.example/sector")] {
            let without = response(201, &json!({ "client_id": "c", "sector_identifier_uri": uri }));
            assert_eq!(passing(&of(refused(), without.clone(), Control::Good)), rule, "{uri}");
            assert_eq!(passing(&of(without.clone(), without, Control::Good)), rule, "{uri}");
        }
        assert_eq!(passing(&of(refused(), response(201, &json!({ "client_id": "c" })), Control::Good)), rule);
        for open in [of(given(), refused(), Control::Good), of(refused(), refused(), Control::Missing("no".to_owned()))] {
            assert!(passing(&open).is_empty() && failing(&open).is_empty());
        }
        // Behind a public URL by https no refusal is about http, and a client with such a sector is wrong all the same.
        let by_https = |remote| SectorByHttp { fetchable: None, remote, control: Control::Good };
        assert_eq!(not_applicable(&by_https(refused())), rule);
        assert_eq!(failing(&by_https(given())), rule);
    }

    arbitrary_artefact!(SectorByHttp:
        fetchable in proptest::option::of(arbitrary::received(&["error", "client_id", "sector_identifier_uri"])),
        remote in arbitrary::received(&["error", "client_id", "sector_identifier_uri"])
        => SectorByHttp { fetchable, remote, control: Control::Good }
    );

    #[test]
    fn a_refusal_and_a_client_without_the_sector_pass() {
        let of = |status, body| failing(&SectorMismatch { response: response(status, &body) });
        assert!(of(400, json!({ "error": "invalid_client_metadata" })).is_empty());
        for without in [json!({ "client_id": "c" }), json!({ "client_id": "c", "sector_identifier_uri": "" })] {
            assert!(of(201, without).is_empty());
        }
        assert!(of(503, json!({})).is_empty());
        // A token that is used up, or a policy, says nothing of the document.
        for status in [401, 403] {
            assert_eq!(not_applicable(&SectorMismatch { response: response(status, &json!({})) }).len(), 2, "{status}");
        }
        assert_eq!(of(201, json!({ "client_id": "c", "sector_identifier_uri": "https://a.example" })), ["sector-identifier/mismatch-refused"]);
        assert_eq!(of(500, json!({})), ["sector-identifier/mismatch-http-400"]);
    }

    #[test]
    fn the_sector_that_was_sent_is_used() {
        let of = |sent: &str, status, body| SectorAccepted { response: response(status, &body), sent: sent.to_owned() };
        for sent in ["http://a/s", "https://a/s"] {
            assert_eq!(passing(&of(sent, 201, json!({ "client_id": "c", "sector_identifier_uri": sent }))).len(), 1);
            assert_eq!(failing(&of(sent, 201, json!({ "client_id": "c", "sector_identifier_uri": "https://b/s" }))), ["sector-identifier/used"]);
            assert_eq!(not_applicable(&of(sent, 400, json!({}))).len(), 1);
        }
        for without in
            [json!({ "client_id": "c" }), json!({ "client_id": "c", "sector_identifier_uri": null }), json!({ "sector_identifier_uri": "" })]
        {
            assert_eq!(failing(&of("https://a/s", 201, without.clone())), ["sector-identifier/used"]);
            assert_eq!(not_applicable(&of("http://a/s", 201, without)), ["sector-identifier/used"]);
        }
    }

    arbitrary_artefact!(SectorAccepted:
        response in arbitrary::received(&["client_id", "sector_identifier_uri"]) => SectorAccepted { response, sent: "http://a/s".to_owned() }
    );
    arbitrary_artefact!(SectorMismatch: response in arbitrary::received(&["error", "client_id", "sector_identifier_uri"]) => SectorMismatch { response });
}
