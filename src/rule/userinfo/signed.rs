//! Rules about signed userinfo responses (OpenID Connect Core 5.3.2), for a client that registered an algorithm for them.

use crate::rule::jose::{Keys, Verification, is_symmetric, verify};
use crate::rule::prelude::*;

/// The userinfo response to a client whose registration has `userinfo_signed_response_alg`.
#[derive(Debug, Clone)]
pub struct SignedUserInfo {
    /// The response.
    pub response: Received,
    /// Its body.
    pub token: Token,
    /// The algorithm of the registration.
    pub alg: String,
    /// The published keys.
    pub keys: Keys,
    /// The issuer identifier.
    pub issuer: String,
    /// The client.
    pub client_id: String,
}

impl SignedUserInfo {
    /// The JWT of a success.
    fn jwt(&self) -> Result<&Jwt, Unmet> {
        self.token.jwt().ok().filter(|_| self.response.is_success()).ok_or_else(|| Unmet::not_run(JWT))
    }
}

artefact!(SignedUserInfo: [RULES], at response.exchange);

const JWT: &str = "userinfo-signed/jwt";
const ALG: &str = "userinfo-signed/alg-as-registered";

static RULES: &[Check<SignedUserInfo>] = &[
    must(
        JWT,
        "OIDCR-2",
        "The userinfo response to a client that registered `userinfo_signed_response_alg` must be a JWT",
        "The client looks for a signature and does not find it, and must discard the claims.",
        "Look up `userinfo_signed_response_alg` of the client that the access token was issued to, and sign the response with this algorithm. If the server cannot sign userinfo responses, leave the member out of the registration response.",
        |userinfo| {
            needs(userinfo.response.is_success(), "userinfo/http-200")?;
            // An encrypted one was not asked for, but is a JWT.
            match userinfo.token.jwt() {
                Ok(_) => pass("a JWT"),
                Err(_) if userinfo.response.members().is_some() => fail("a JWT", "a JSON object"),
                Err(why) => fail("a JWT", shorten(why)),
            }
        },
    ),
    must(
        "userinfo-signed/content-type",
        "OIDCC-5.3.2",
        "A userinfo response that is a JWT must have the media type `application/jwt`",
        "Clients that check the media type parse the JWT as JSON and fail.",
        "Set `Content-Type: application/jwt` on signed userinfo responses.",
        |userinfo| {
            userinfo.jwt()?;
            media_type(&userinfo.response, &["application/jwt"])
        },
    ),
    must(
        ALG,
        "OIDCR-2",
        "A signed userinfo response must be signed with the algorithm that the client registered",
        "A client that accepts only its registered algorithm, as is safe, discards the claims.",
        "Choose the signing key by the client's `userinfo_signed_response_alg`, and not by the server's default algorithm or that of the ID token. At registration, refuse algorithms for which the server has no key.",
        |userinfo| match userinfo.jwt()?.alg() {
            Some(alg) => same("alg", &userinfo.alg, alg),
            None => fail(said!("alg = {}", shorten(&userinfo.alg)), "no alg"),
        },
    ),
    must(
        "userinfo-signed/signature",
        "OIDCC-10.1",
        "The signature of a signed userinfo response must verify with a published key",
        "The client cannot tell the claims from forged claims, and must discard them.",
        "Sign with a private key whose public key is in the document at `jwks_uri`, and name the key in `kid`. Publish a new key before the server signs with it.",
        |userinfo| {
            let jwt = userinfo.jwt()?;
            match verify(jwt, userinfo.keys.published()?, None) {
                Verification::Unsigned if userinfo.alg != "none" => not_run(ALG),
                other => other.judge(),
            }
        },
    ),
    // No text forbids it; what keeps the two kinds of token apart is that only one has it.
    may(
        "userinfo-signed/no-nonce",
        "OIDCC-5.3.2",
        "It is good practice that a signed userinfo response has no `nonce`",
        "An attacker who gets hold of the response can pass it off as an ID token of the same login.",
        "Keep `nonce` for ID tokens, and do not copy claims of the ID token into the userinfo response.",
        |userinfo| {
            let nonce = userinfo.jwt()?.claims.get("nonce");
            holds(nonce.is_none(), "no nonce", seen("nonce", nonce))
        },
    ),
    must(
        "userinfo-signed/iss",
        "OIDCC-5.3.2",
        "The `iss` of a signed userinfo response must be the issuer identifier",
        "The client takes the response for a response of another issuer, and discards it.",
        "Set `iss` to the issuer identifier as published in the metadata, character for character, before the response is signed.",
        |userinfo| issuer_claim(&userinfo.issuer, userinfo.jwt()?.claims.get("iss")),
    ),
    must(
        "userinfo-signed/aud",
        "OIDCC-5.3.2",
        "The `aud` of a signed userinfo response must be the client identifier or include it",
        "The client takes the response for a response to another client, and discards it.",
        "Set `aud` to the `client_id` of the client that the access token was issued to, and not to the audience of the access token.",
        |userinfo| {
            let aud = userinfo.jwt()?.claims.get("aud");
            let is_client = |aud: &Value| aud.as_str() == Some(&userinfo.client_id);
            let is_named = aud.is_some_and(|aud| is_client(aud) || aud.as_array().is_some_and(|several| several.iter().any(is_client)));
            holds(is_named, said!("aud: {}, or an array with it", shorten(&userinfo.client_id)), seen("aud", aud))
        },
    ),
    must(
        "userinfo-signed/kid",
        "OIDCC-10.1",
        "A signed userinfo response must name its key by `kid` when the issuer publishes more than one key",
        "Clients do not know which key to verify with, and many discard the claims.",
        "Set `kid` in the header to the `kid` of the key that signs, as a string.",
        |userinfo| {
            let jwt = userinfo.jwt()?;
            applies_if(!jwt.alg().is_some_and(|alg| is_symmetric(alg) || alg == "none"), "no published key signs it")?;
            match (jwt.header.get("kid"), userinfo.keys.published()?.len()) {
                (None, 0 | 1) => not_applicable("there is one published key at most, and no kid"),
                (kid, _) => holds(kid.is_some_and(Value::is_string), "kid: a string", seen("kid", kid)),
            }
        },
    ),
    should(
        "userinfo-signed/typ-short",
        "RFC7515-4.1.9",
        "The `typ` of a signed userinfo response should be written without `application/`",
        "Libraries that compare the `typ` discard the claims.",
        "Set `typ` to `JWT`, or leave it out.",
        |userinfo| userinfo.jwt()?.typ_short(),
    ),
    should(
        "userinfo-signed/no-cty",
        "RFC7519-5.2",
        "The header of a signed userinfo response should have no `cty`",
        "A library takes the claims for another token that it has to unpack first.",
        "Remove `cty` from the header. It belongs into tokens that hold another JWT.",
        |userinfo| userinfo.jwt()?.without_cty(),
    ),
    must(
        "userinfo-signed/crit-form",
        "RFC7515-4.1.11",
        "The `crit` of a signed userinfo response, if there is one, must name extensions that are in its header, each once",
        "Every client has to discard the claims.",
        "Remove `crit` from the header, or list only the names of extensions that are there.",
        |userinfo| userinfo.jwt()?.crit_well_formed(),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::jose::testing::{Signer, arbitrary_object, changed, received};
    use crate::rule::testing::prelude::*;

    fn userinfo(content_type: &str, body: &str) -> SignedUserInfo {
        let response = received(200, content_type, body);
        SignedUserInfo {
            token: (&response).into(),
            response,
            alg: "ES256".to_owned(),
            keys: Keys::Known(vec![Signer::of("ES256").public.clone()]),
            issuer: "https://issuer.example".to_owned(),
            client_id: "client".to_owned(),
        }
    }

    fn signed(changes: &Value) -> String {
        let claims = changed(&json!({ "sub": "u", "iss": "https://issuer.example", "aud": ["client", "other"] }), changes);
        Signer::of("ES256").token(&json!({ "alg": "ES256", "kid": Signer::of("ES256").kid }), &claims)
    }

    #[test]
    fn a_good_response_breaks_no_rule() {
        for changes in [json!({}), json!({ "aud": "client" })] {
            let judged = judged(&userinfo("application/jwt", &signed(&changes)));
            assert_eq!((judged.failed.len(), judged.not_run.len()), (0, 0));
            assert_eq!(judged.not_applicable, ["userinfo-signed/typ-short", "userinfo-signed/crit-form"]);
        }
        let keyless = SignedUserInfo { keys: Keys::Unknown, ..userinfo("application/jwt", &signed(&json!({}))) };
        assert_eq!(judged(&keyless).not_run.len(), 2);
    }

    #[test]
    fn each_way_of_being_wrong_breaks_its_rule() {
        for (changes, failed) in [
            (json!({ "iss": "https://other.example" }), "iss"),
            (json!({ "iss": 1 }), "iss"),
            (json!({ "aud": ["other"] }), "aud"),
            (json!({ "aud": 1 }), "aud"),
            (json!({ "iss": null }), "iss"),
            (json!({ "aud": null }), "aud"),
            (json!({ "nonce": "n" }), "no-nonce"),
        ] {
            assert_eq!(judged(&userinfo("application/jwt", &signed(&changes))).failed, [format!("userinfo-signed/{failed}")], "{changes}");
        }
        assert_eq!(judged(&userinfo("application/json", &signed(&json!({})))).failed, ["userinfo-signed/content-type"]);
        assert_eq!(judged(&userinfo("application/json", "{\"sub\":\"u\"}")).failed, ["userinfo-signed/jwt"]);
        let other = SignedUserInfo { alg: "RS256".to_owned(), ..userinfo("application/jwt", &signed(&json!({}))) };
        assert_eq!(judged(&other).failed, ["userinfo-signed/alg-as-registered"]);
        let foreign =
            SignedUserInfo { keys: Keys::Known(vec![Signer::of("RS256").public.clone()]), ..userinfo("application/jwt", &signed(&json!({}))) };
        assert_eq!(judged(&foreign).failed, ["userinfo-signed/signature"]);
        let refused = SignedUserInfo { response: received(500, "text/html", ""), ..other };
        assert!(judged(&refused).failed.is_empty());
    }

    #[test]
    fn each_odd_header_breaks_its_rule() {
        let two = || Keys::Known(vec![Signer::of("ES256").public.clone(), Signer::of("RS256").public.clone()]);
        for (header, failed) in [
            (json!({ "kid": null }), "kid"),
            (json!({ "typ": "application/jwt" }), "typ-short"),
            (json!({ "cty": "JWT" }), "no-cty"),
            (json!({ "crit": [] }), "crit-form"),
        ] {
            let header = changed(&json!({ "alg": "ES256", "kid": Signer::of("ES256").kid }), &header);
            let token = Signer::of("ES256").token(&header, &json!({ "sub": "u", "iss": "https://issuer.example", "aud": "client" }));
            let userinfo = SignedUserInfo { keys: two(), ..userinfo("application/jwt", &token) };
            assert_eq!(judged(&userinfo).failed, [format!("userinfo-signed/{failed}")], "{header}");
        }
        let nameless =
            Signer::of("ES256").token(&json!({ "alg": "ES256" }), &json!({ "sub": "u", "iss": "https://issuer.example", "aud": "client" }));
        assert_eq!(judged(&userinfo("application/jwt", &nameless)).failed, [""; 0], "there is one key only");
    }

    arbitrary_artefact!(SignedUserInfo:
        status in any::<u16>(),
        body in prop_oneof![
            ".{0,30}",
            arbitrary_object(&["iss", "aud", "sub"]).prop_map(|claims| Signer::of("ES256").token(&json!({ "alg": "ES256" }), &Value::Object(claims))),
        ]
        => SignedUserInfo { response: received(status, "application/jwt", &body), ..userinfo("", &body) }
    );
}
