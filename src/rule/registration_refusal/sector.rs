//! Rules about `sector_identifier_uri` (OpenID Connect Registration 5).

use crate::observed::received::Received;
use crate::rule::expect::{holds, member, must, refusal, show};
use crate::rule::judgement::{fail, pass};
use crate::rule::protected::{expect_refusal, not_busy};
use crate::rule::{Artefact, Check};

/// The answer to a registration whose sector document does not list the redirect URI, from an issuer that has accepted one that does.
#[derive(Debug, Clone)]
pub struct SectorMismatch {
    /// The response, whatever its status.
    pub response: Received,
}

impl Artefact for SectorMismatch {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

const REFUSED: &str = "sector-identifier/mismatch-refused";

static RULES: &[Check<SectorMismatch>] = &[
    must(
        REFUSED,
        "OIDCR-5",
        "A registration whose sector document does not list the redirect URI fails",
        "Anybody joins another's sector, and learns by which name its users go there.",
        "",
        |mismatch| {
            let response = &mismatch.response;
            not_busy(response)?;
            if !response.is_success() {
                return pass(refusal(response));
            }
            // An issuer that registers the client without the sector does not let it in there.
            match response.members().and_then(|client| member(client, "sector_identifier_uri")) {
                None => pass("the client is registered without sector_identifier_uri"),
                Some(uri) => fail("a refusal: status 400", format!("a client is registered with sector_identifier_uri = {}", show(uri))),
            }
        },
    ),
    must(
        "sector-identifier/mismatch-http-400",
        "OIDCR-3.3",
        "A registration whose sector document does not list the redirect URI is refused with status 400",
        "Clients take other statuses for trouble on the way, or for a wrong token, and try again.",
        "",
        |mismatch| {
            expect_refusal(&mismatch.response, REFUSED)?;
            holds(mismatch.response.status == 400, "status 400", refusal(&mismatch.response))
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::SectorMismatch;
    use crate::rule::testing::{arbitrary, arbitrary_artefact, failing, json as response};
    use serde_json::json;

    #[test]
    fn a_refusal_and_a_client_without_the_sector_pass() {
        let of = |status, body| failing(&SectorMismatch { response: response(status, &body) });
        assert!(of(400, json!({ "error": "invalid_client_metadata" })).is_empty());
        assert!(of(201, json!({ "client_id": "c" })).is_empty());
        assert!(of(503, json!({})).is_empty());
        assert_eq!(of(201, json!({ "client_id": "c", "sector_identifier_uri": "https://a.example" })), ["sector-identifier/mismatch-refused"]);
        assert_eq!(of(500, json!({})), ["sector-identifier/mismatch-http-400"]);
    }

    arbitrary_artefact!(SectorMismatch: response in arbitrary::received(&["error", "client_id", "sector_identifier_uri"]) => SectorMismatch { response });
}
