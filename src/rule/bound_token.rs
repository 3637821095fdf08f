//! Rules about access tokens that are bound to the certificate of a client (RFC 8705 3).

use crate::rule::mutual_tls::Came;
use crate::rule::prelude::*;

/// The access token of a client that shows a certificate, and what came of it on connections with others.
#[derive(Debug, Clone)]
pub struct BoundToken {
    /// The token.
    pub token: Token,
    /// The thumbprint of the client's certificate.
    pub thumbprint: String,
    /// True if the issuer has said that the tokens of the client are bound: in its metadata and in the registration response.
    pub is_promised: bool,
    /// The answer of introspection to it, where that was asked.
    pub introspection: Option<Received>,
    /// Whether userinfo takes it on a connection with the right certificate.
    pub control: Control,
    /// What came of it at userinfo on a connection with another certificate.
    pub other: Came,
    /// What came of it there on a connection without any.
    pub without: Came,
}

impl Artefact for BoundToken {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        self.other.exchange()
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        match rule {
            WITHOUT => self.without.exchange(),
            IN_INTROSPECTION => self.introspection.as_ref().map(|response| response.exchange),
            _ => self.exchange(),
        }
    }
}

const WITHOUT: &str = "bound-token/without-certificate-refused";
const IN_INTROSPECTION: &str = "bound-token/in-introspection";

impl BoundToken {
    /// `x5t#S256` of `cnf` in the claims of a token that is a JWT.
    fn in_token(&self) -> Option<&Value> {
        self.token.jwt().ok()?.claims.get("cnf")?.get("x5t#S256")
    }

    /// The answer of introspection about a token that is active.
    fn active(&self) -> Option<&serde_json::Map<String, Value>> {
        let response = self.introspection.as_ref().filter(|response| response.is_success())?;
        response.members().filter(|answer| answer.get("active") == Some(&Value::Bool(true)))
    }

    /// `x5t#S256` of `cnf` in the answer of introspection.
    fn in_introspection(&self) -> Option<&Value> {
        self.active()?.get("cnf")?.get("x5t#S256")
    }

    /// Goes on where the token is bound: it says so itself, introspection says so, or the issuer has promised it.
    fn must_be_bound(&self) -> Result<(), Unmet> {
        let is_bound = self.is_promised || self.in_token().is_some() || self.in_introspection().is_some();
        applies_if(is_bound, "nothing says that the access token is bound to a certificate")
    }

    /// Passes when userinfo did not take the token.
    fn refused(&self, came: &Came) -> Judgement {
        self.must_be_bound()?;
        match came {
            Came::Ended(why) => self.control.passes(said!("the server ended the connection: {}", shorten(why))),
            Came::Answer(response) => refused_by_resource(response, &self.control, "a refusal: the certificate is not that of the token"),
        }
    }
}

static RULES: &[Check<BoundToken>] = &[
    should(
        "bound-token/thumbprint-in-token",
        "RFC8705-3.1",
        "An access token that is a JWT and is bound to a certificate should name it in `cnf`, by the member `x5t#S256`",
        "Resource servers cannot see that the token is bound, and take it from everybody.",
        "Add the claim `cnf` to the access tokens of clients with `tls_client_certificate_bound_access_tokens`: an object with `x5t#S256`, the SHA-256 of the certificate in DER, in base64url without padding.",
        |bound| {
            bound.must_be_bound()?;
            let Ok(jwt) = bound.token.jwt() else { return not_applicable("the access token is opaque") };
            holds(bound.in_token().is_some(), "cnf with x5t#S256", seen("cnf", jwt.claims.get("cnf")))
        },
    ),
    must(
        "bound-token/thumbprint",
        "RFC8705-3.1",
        "The `x5t#S256` of a bound access token must be the SHA-256 of the client's certificate, in base64url without padding",
        "No resource server takes the token from its own client, or it takes the token from the holder of another certificate.",
        "Calculate SHA-256 over the DER encoding of the certificate that the client showed on the connection to the token endpoint, and write it in base64url without `=`.",
        |bound| {
            let all = [bound.in_token(), bound.in_introspection()];
            let mut thumbprints = all.into_iter().flatten().peekable();
            applies_if(thumbprints.peek().is_some(), "neither the token nor introspection has a thumbprint")?;
            match thumbprints.find(|thumbprint| thumbprint.as_str() != Some(&bound.thumbprint)) {
                None => pass(said!("x5t#S256 = {}", shorten(&bound.thumbprint))),
                Some(other) => fail(said!("x5t#S256 = {}", shorten(&bound.thumbprint)), seen("x5t#S256", Some(other))),
            }
        },
    ),
    // No keyword: "the hash [...] is conveyed to the protected resource".
    should(
        IN_INTROSPECTION,
        "RFC8705-3.2",
        "Introspection should name the certificate that an access token is bound to in `cnf`, by the member `x5t#S256`",
        "A resource server that introspects the token cannot see that it is bound, and takes it from everybody.",
        "Add `cnf` with `x5t#S256` to the answers of introspection about tokens that are bound, with the same value as in the token.",
        |bound| {
            bound.must_be_bound()?;
            let Some(answer) = bound.active() else { return not_applicable("introspection does not call the token active, or was not asked") };
            holds(bound.in_introspection().is_some(), "cnf with x5t#S256", seen("cnf", answer.get("cnf")))
        },
    ),
    must(
        "bound-token/other-certificate-refused",
        "RFC8705-3",
        "A bound access token must be refused at userinfo on a connection with another certificate",
        "An attacker who has got hold of the token can use it: that is what the binding is to prevent.",
        "Compare the thumbprint of the certificate of the connection with the `x5t#S256` that the token is bound to, at every resource, userinfo among them.",
        |bound| bound.refused(&bound.other),
    ),
    must(
        WITHOUT,
        "RFC8705-3",
        "A bound access token must be refused at userinfo on a connection without a certificate",
        "An attacker who has got hold of the token can use it: that is what the binding is to prevent.",
        "Refuse a token that is bound to a certificate where the connection has none. If userinfo has an address without mutual TLS, check there as well.",
        |bound| bound.refused(&bound.without),
    ),
    // The text says this of a certificate that is not that of the token. Where there is none, it is who ends TLS that may refuse the request, in words of its own.
    must(
        "bound-token/refused-as-invalid-token",
        "RFC8705-3",
        "A bound access token that comes with another certificate must be refused with status 401 and `invalid_token`",
        "The client does not learn that it has to get another token, or takes the refusal for lack of a right.",
        "Answer with status 401 and `WWW-Authenticate: Bearer error=\"invalid_token\"` if the certificate of the connection is not that of the token.",
        |bound| {
            bound.must_be_bound()?;
            let Came::Answer(other) = &bound.other else { return not_applicable("the server ended the connection") };
            let is_refusal = matches!(Answer::of_resource(other), Answer::Refused | Answer::RefusedAsSuccess);
            applies_if(is_refusal && bound.control.is_good(), "the answer does not refuse the token, or the right certificate gets one too")?;
            if other.status == 401 && says_invalid_token(other) {
                return pass("status 401 and invalid_token");
            }
            let challenge = other.header("www-authenticate").map(shorten);
            fail("status 401 and invalid_token", said!("{}; WWW-Authenticate: {}", refusal(other), challenge.unwrap_or_else(|| "none".to_owned())))
        },
    ),
];

/// True if a refusal says that the token is not good, in the challenge or in the body (RFC 6750 3.1).
fn says_invalid_token(response: &Received) -> bool {
    response.header_all("www-authenticate").any(|challenge| challenge.contains("invalid_token")) || error_code(response) == Some("invalid_token")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::jose::testing::Signer;
    use crate::rule::testing::json as response;
    use crate::rule::testing::prelude::*;

    fn refusal() -> Came {
        let mut refusal = response(401, &json!({ "error": "invalid_token" }));
        refusal.headers.push(("www-authenticate".to_owned(), "Bearer error=\"invalid_token\"".to_owned()));
        Came::Answer(Box::new(refusal))
    }

    fn token(cnf: &serde_json::Value) -> BoundToken {
        BoundToken {
            token: Signer::of("ES256").token(&json!({ "alg": "ES256" }), &json!({ "sub": "u", "cnf": cnf })).into(),
            thumbprint: "the-thumbprint".to_owned(),
            is_promised: true,
            introspection: Some(response(200, &json!({ "active": true, "cnf": { "x5t#S256": "the-thumbprint" } }))),
            control: Control::Good,
            other: refusal(),
            without: Came::Ended("received fatal alert: CertificateRequired".to_owned()),
        }
    }

    fn good() -> BoundToken {
        token(&json!({ "x5t#S256": "the-thumbprint" }))
    }

    #[test]
    fn a_token_that_is_bound_breaks_no_rule() {
        let judged = judged(&good());
        assert_eq!((judged.failed.len(), judged.not_applicable.len()), (0, 0));
    }

    #[test]
    fn each_way_of_being_wrong_breaks_its_rule() {
        let given = || Came::Answer(Box::new(response(200, &json!({ "sub": "u" }))));
        let failed = |bound: &BoundToken| judged(bound).failed.join(" ");
        assert_eq!(failed(&token(&json!(null))), "bound-token/thumbprint-in-token");
        assert_eq!(failed(&token(&json!({ "x5t#S256": "the-thumbprint=" }))), "bound-token/thumbprint");
        assert_eq!(failed(&BoundToken { other: given(), ..good() }), "bound-token/other-certificate-refused");
        assert_eq!(failed(&BoundToken { without: given(), ..good() }), "bound-token/without-certificate-refused");
        let unbound = BoundToken { introspection: Some(response(200, &json!({ "active": true }))), ..good() };
        assert_eq!(failed(&unbound), "bound-token/in-introspection");
        let forbidden = BoundToken { other: Came::Answer(Box::new(response(403, &json!({ "error": "invalid_token" })))), ..good() };
        assert_eq!(failed(&forbidden), "bound-token/refused-as-invalid-token");
    }

    #[test]
    fn who_ends_tls_refuses_requests_without_a_certificate_in_its_own_words() {
        let nginx = Received { body: b"No required SSL certificate was sent".to_vec(), ..response(400, &json!({})) };
        let refused = judged(&BoundToken { without: Came::Answer(Box::new(nginx)), ..good() });
        assert!(refused.failed.is_empty() && refused.passed.contains(&"bound-token/without-certificate-refused"));
        let ended = Came::Ended("received fatal alert: CertificateRequired".to_owned());
        assert_eq!(judged(&BoundToken { other: ended, ..good() }).not_applicable, ["bound-token/refused-as-invalid-token"]);
    }

    #[test]
    fn what_is_not_bound_may_be_used_by_everybody() {
        let given = Came::Answer(Box::new(response(200, &json!({ "sub": "u" }))));
        let plain = BoundToken { is_promised: false, introspection: None, other: given.clone(), without: given, ..token(&json!(null)) };
        assert_eq!(judged(&plain).not_applicable.len(), 6);
        let unproved = BoundToken { control: Control::Missing("userinfo refuses every token".to_owned()), ..good() };
        assert_eq!(judged(&unproved).not_applicable.len(), 3);
    }

    arbitrary_artefact!(BoundToken:
        raw in ".{0,40}",
        thumbprint in "[a-z]{0,3}",
        is_promised in any::<bool>(),
        introspection in proptest::option::of(arbitrary::received(&["active", "cnf"])),
        other in arbitrary::received(&["error", "sub"]),
        good in any::<bool>()
        => {
            let control = if good { Control::Good } else { Control::Missing("no".to_owned()) };
            let other = Came::Answer(Box::new(other));
            BoundToken { token: raw.into(), thumbprint, is_promised, introspection, control, without: other.clone(), other }
        }
    );
}
