//! Rules about logout tokens (OpenID Connect Back-Channel Logout 1.0, 2.4 and 2.6).

use secrecy::ExposeSecret;

use super::jose::{self, Jwt, Keys, Token, Verification};
use crate::rule::prelude::*;

/// The member of `events` that makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The longest lifetime that the text prefers, in seconds, with some room for rounding.
const SHORT: f64 = 130.0;

/// A day, in seconds: so old a token may be when it is received.
const DAY: f64 = 86_400.0;

/// A logout token and everything it has to agree with.
#[derive(Debug, Clone)]
pub struct LogoutToken {
    /// The token as received.
    pub raw: Token,
    /// When it came, by the issuer's clock: seconds since the epoch.
    pub received_at: i64,
    /// The clock skew allowed to the issuer, in seconds.
    pub skew: i64,
    /// The issuer that was asked, as in its provider metadata.
    pub issuer: String,
    /// The client identifier.
    pub client_id: String,
    /// The client secret, for HS256 and its kin.
    pub client_secret: Option<secrecy::SecretString>,
    /// The `id_token_signed_response_alg` the client is registered with, if known.
    pub registered_alg: Option<String>,
    /// The published keys.
    pub keys: Keys,
    /// True if the client registered `backchannel_logout_session_required`.
    pub session_required: bool,
    /// The claims of the ID token of the login that was ended.
    pub id_token: Map<String, Value>,
}

artefact!(LogoutToken: [RULES], seen in Visit);

const WELL_FORMED: &str = "logout-token/well-formed";
const NOT_NONE: &str = "logout-token/alg-not-none";
const EVENTS: &str = "logout-token/events";
const EVENT_OBJECT: &str = "logout-token/event-object";
const EXP: &str = "logout-token/exp-present";
const IAT: &str = "logout-token/iat-present";
const IAT_NOT_FUTURE: &str = "logout-token/iat-not-future";
const SID: &str = "logout-token/sid-present";

impl LogoutToken {
    fn jwt(&self) -> Result<&Jwt, Unmet> {
        self.raw.jwt().map_err(|_| Unmet::not_run(WELL_FORMED))
    }

    fn claims(&self) -> Result<&Map<String, Value>, Unmet> {
        Ok(&self.jwt()?.claims)
    }

    /// The algorithm of a token that is signed.
    fn alg(&self) -> Result<&str, Unmet> {
        match self.jwt()?.alg() {
            Some(alg) if !alg.eq_ignore_ascii_case("none") => Ok(alg),
            _ => not_run(NOT_NONE),
        }
    }

    /// The event in it.
    fn event(&self) -> Result<&Value, Unmet> {
        self.claims()?.get("events").and_then(|events| events.get(EVENT)).ok_or_else(|| Unmet::not_run(EVENTS))
    }

    /// A time in it.
    fn time(&self, name: &str, rule: &str) -> Result<f64, Unmet> {
        self.claims()?.get(name).and_then(Value::as_f64).ok_or_else(|| Unmet::not_run(rule))
    }

    /// Passes when a claim that is there is the same as in the ID token.
    fn is_same(&self, name: &str) -> Judgement {
        let Some(own) = self.claims()?.get(name) else { return not_applicable(said!("no {name}")) };
        let Some(known) = self.id_token.get(name) else { return not_applicable(said!("the ID token has no {name}")) };
        holds(own == known, said!("{}, as in the ID token", seen(name, Some(known))), seen(name, Some(own)))
    }
}

/// Passes when a time is a number.
fn has_number(claims: &Map<String, Value>, name: &str) -> Judgement {
    holds(claims.get(name).is_some_and(Value::is_number), said!("{name}: a number"), seen(name, claims.get(name)))
}

static RULES: &[Check<LogoutToken>] = &[
    must(
        WELL_FORMED,
        "OIDCBC-2.4",
        "The logout token must be a JWT: header, claims and signature in base64url, the first two JSON objects",
        "No client can read the token, so the end-user stays logged in there.",
        "Create logout tokens with a JOSE library, as a signed JWT in compact serialization. Do not encrypt them if the client did not register for encrypted ID tokens.",
        |token| match token.raw.jwt() {
            Ok(jwt) => pass(said!("a JWT with {} claims, header {}", jwt.claims.len(), show(&Value::Object(jwt.header.clone())))),
            Err(why) => fail("a signed JWT in compact serialization", why.to_owned()),
        },
    ),
    must(
        NOT_NONE,
        "OIDCBC-2.6",
        "The logout token must be signed: its `alg` must not be `none`",
        "Everybody who knows the address of the client can log out its end-users.",
        "Sign every logout token with a key of the server, also for clients that registered for ID tokens without a signature.",
        |token| match token.jwt()?.alg() {
            Some(alg) => holds(!alg.eq_ignore_ascii_case("none"), "a signature algorithm", said!("alg = {}", shorten(alg))),
            None => fail("alg: a string", seen("alg", token.jwt()?.header.get("alg"))),
        },
    ),
    // "selection of the algorithm used is governed by": there is no keyword but for where nothing is registered.
    should(
        "logout-token/alg-as-registered",
        "OIDCBC-2.6",
        "The logout token should be signed with the `id_token_signed_response_alg` that the client is registered with",
        "A client allows only the algorithm that it registered, and refuses every other, so the end-user stays logged in there.",
        "Choose the signing key of a logout token as for an ID token: by the client's `id_token_signed_response_alg` (RS256 if it has none).",
        |token| {
            let Some(registered) = &token.registered_alg else {
                return not_applicable("it is not known which algorithm the client is registered with");
            };
            let alg = token.alg()?;
            applies_if(registered != "none", "the client registered for ID tokens without a signature")?;
            holds(alg == registered, said!("alg = {}", shorten(registered)), said!("alg = {}", shorten(alg)))
        },
    ),
    must(
        "logout-token/signature",
        "OIDCBC-2.4",
        "The signature of the logout token must verify with a published key: the keys are those of ID tokens",
        "Clients refuse the token as forged, so the end-user stays logged in there.",
        "Sign logout tokens with the key that signs ID tokens, and name it by `kid`.",
        |token| {
            let alg = token.alg()?;
            let keys = if jose::is_symmetric(alg) { &[] } else { token.keys.published()? };
            let secret = token.client_secret.as_ref().map(ExposeSecret::expose_secret);
            match jose::verify(token.jwt()?, keys, secret) {
                Verification::NoSecret => fail("the signature of a published key", "a MAC, and the client has no secret"),
                other => other.judge(),
            }
        },
    ),
    should(
        "logout-token/typ",
        "OIDCBC-2.4",
        "The `typ` of the logout token should be `logout+jwt`",
        "A logout token can be taken for a token of another kind, such as an ID token.",
        "Set `typ` in the header of logout tokens to `logout+jwt`.",
        |token| {
            let typ = token.jwt()?.typ();
            let seen = typ.as_deref().map_or_else(|| "no typ".to_owned(), |typ| format!("typ = {}", shorten(typ)));
            holds(typ.as_deref() == Some("logout+jwt"), "typ = logout+jwt", seen)
        },
    ),
    must(
        "logout-token/issuer",
        "OIDCBC-2.4",
        "The `iss` of the logout token must be the issuer identifier, byte for byte",
        "Clients refuse the token, so the end-user stays logged in there.",
        "Take `iss` from the same setting as that of ID tokens and `issuer` in the metadata.",
        |token| issuer_claim(&token.issuer, token.claims()?.get("iss")),
    ),
    must(
        "logout-token/audience",
        "OIDCBC-2.4",
        "The `aud` of the logout token must name the client",
        "Clients refuse the token, so the end-user stays logged in there.",
        "Make a logout token for each client, and set its `aud` to the identifier of the client, as a string or as an element of an array of strings.",
        |token| {
            let aud = token.claims()?.get("aud");
            let is_client = |aud: &Value| aud.as_str() == Some(token.client_id.as_str());
            let is_named = aud.is_some_and(|aud| is_client(aud) || aud.as_array().is_some_and(|several| several.iter().any(is_client)));
            holds(is_named, said!("aud: {}, or an array of strings with it", shorten(&token.client_id)), seen("aud", aud))
        },
    ),
    must(
        IAT,
        "OIDCBC-2.4",
        "The logout token must have an `iat`, as a number",
        "Clients that check when the token was issued refuse it.",
        "Set `iat` to the time of issue, as a number of seconds since 1970-01-01T00:00:00Z.",
        |token| has_number(token.claims()?, "iat"),
    ),
    must(
        IAT_NOT_FUTURE,
        "OIDCBC-2.6",
        "The `iat` of the logout token must not be in the future when the token is received",
        "Clients check `iat` as they do that of an ID token, and refuse the token, so the end-user stays logged in there.",
        "Set `iat` from the server's clock when the token is signed, in seconds, and synchronize the clock (NTP).",
        |token| {
            let ahead = token.time("iat", IAT)? - seconds(token.received_at);
            let expected = said!("iat no later than {} s after the token was received", token.skew);
            holds(ahead <= seconds(token.skew), expected, said!("iat: {} s after it was received", number(ahead)))
        },
    ),
    // What is too far away "is Client specific".
    may(
        "logout-token/iat-fresh",
        "OIDCBC-2.6",
        "It is good practice that the logout token was issued in the day before it was received",
        "Clients may refuse tokens that were issued too long ago. An old token in a new request hints at a cache or a wrong clock.",
        "Make a new logout token for each logout, with `iat` from the server's clock, and synchronize the clock (NTP).",
        |token| {
            let age = seconds(token.received_at) - token.time("iat", IAT)?;
            holds(age <= DAY + seconds(token.skew), said!("iat at most {DAY} s before it was received"), said!("{} s", number(age)))
        },
    ),
    must(
        EXP,
        "OIDCBC-2.4",
        "The logout token must have an `exp`, as a number",
        "Clients refuse the token, or an attacker who has seen it can log out the end-user for ever.",
        "Set `exp` to the time of issue plus two minutes at most, as a number of seconds since 1970-01-01T00:00:00Z.",
        |token| has_number(token.claims()?, "exp"),
    ),
    must(
        "logout-token/exp-future",
        "OIDCBC-2.6",
        "The logout token must not have expired when it is received",
        "Clients refuse the token, so the end-user stays logged in there.",
        "Make a new logout token for each logout, and set its `exp` to a time after that. Check the clock of the server.",
        |token| {
            let left = token.time("exp", EXP)? - seconds(token.received_at);
            holds(left + seconds(token.skew) > 0.0, "exp: after it was received", said!("exp: {} s after it was received", number(left)))
        },
    ),
    // "OPs are encouraged", "preferably".
    may(
        "logout-token/exp-short",
        "OIDCBC-4",
        "It is good practice that a logout token expires two minutes after it was issued at the latest",
        "An attacker who has seen the token can send it again until it expires, and log out the end-user once more.",
        "Set `exp` of logout tokens to two minutes after `iat`.",
        |token| {
            let lifetime = token.time("exp", EXP)? - token.time("iat", IAT)?;
            holds(lifetime <= SHORT, "two minutes at most", said!("{} s", number(lifetime)))
        },
    ),
    must(
        "logout-token/jti",
        "OIDCBC-2.4",
        "The logout token must have a `jti`",
        "Clients cannot tell whether they have received the token before.",
        "Set `jti` to a random string that is another for each logout token.",
        |token| has_text(token.claims()?, "jti"),
    ),
    must(
        EVENTS,
        "OIDCBC-2.4",
        "The logout token must have `events`, with a member for back-channel logout",
        "Clients do not take the token for a logout token, and refuse it.",
        "Set `events` to an object with the member `http://schemas.openid.net/event/backchannel-logout`, spelled exactly so.",
        |token| {
            let events = token.claims()?.get("events");
            holds(events.is_some_and(|events| events.get(EVENT).is_some()), said!("events: an object with {EVENT}"), seen("events", events))
        },
    ),
    must(
        EVENT_OBJECT,
        "OIDCBC-2.4",
        "The member of `events` for back-channel logout must be a JSON object",
        "Libraries cannot read the token, and refuse it.",
        "Set the member of `events` to an empty object: `{}`.",
        |token| {
            let event = token.event()?;
            holds(event.is_object(), "an object", show(event))
        },
    ),
    should(
        "logout-token/event-empty",
        "OIDCBC-2.4",
        "The member of `events` for back-channel logout should be an empty object",
        "Clients that compare the event with `{}` refuse the token.",
        "Set the member of `events` to an empty object: `{}`.",
        |token| match token.event()? {
            Value::Object(members) => holds(members.is_empty(), "{}", show(&Value::Object(members.clone()))),
            _ => not_run(EVENT_OBJECT),
        },
    ),
    must(
        "logout-token/subject-or-session",
        "OIDCBC-2.4",
        "The logout token must have a `sub` or a `sid`",
        "The client does not know whom to log out.",
        "Add `sub` with the subject identifier of the end-user, `sid` with the identifier of the session, or both.",
        |token| {
            let claims = token.claims()?;
            let is_there = text(claims, "sub").is_some() || text(claims, "sid").is_some();
            holds(is_there, "sub or sid", said!("{}, {}", seen("sub", claims.get("sub")), seen("sid", claims.get("sid"))))
        },
    ),
    must(
        "logout-token/sub-of-login",
        "OIDCBC-2.5",
        "The `sub` of the logout token, if there is one, must be that of the ID token of the login",
        "The client logs out no end-user, or another one.",
        "Take `sub` from the login of the end-user at this client: it differs from client to client where subjects are pairwise.",
        |token| token.is_same("sub"),
    ),
    // A client requires it by its registration; the issuer has said that it can.
    must(
        SID,
        "OIDCBC-2.2",
        "The logout token of a client that registered `backchannel_logout_session_required` must have a `sid`",
        "The client does not know which of the sessions of the end-user has ended, and refuses the token.",
        "Add `sid` to the logout tokens of clients with `backchannel_logout_session_required`, or set `backchannel_logout_session_supported` to `false`.",
        |token| {
            applies_if(token.session_required, "the client does not require it")?;
            has_text(token.claims()?, "sid")
        },
    ),
    must(
        "logout-token/sid-of-login",
        "OIDCBC-2.4",
        "The `sid` of the logout token, if there is one, must be that of the ID token of the login",
        "The client finds no session with this `sid`, and logs out no end-user.",
        "Take `sid` of ID tokens and logout tokens from the same session, also when the ID token is refreshed.",
        |token| token.is_same("sid"),
    ),
    // No keyword: "the "sid" Claim is also included in ID Tokens issued by the OP."
    should(
        "logout-token/sid-known",
        "OIDCBC-2.1",
        "Where the logout token has a `sid`, the ID token of the login should have one",
        "The client has no session with this `sid`, and does not know whom to log out.",
        "Add `sid` to the ID tokens of clients that have a `backchannel_logout_uri`, from the session of the login.",
        |token| {
            applies_if(token.session_required, "the client does not require it")?;
            if text(token.claims()?, "sid").is_none() {
                return not_run(SID);
            }
            let known = token.id_token.get("sid");
            holds(known.is_some(), "a sid in the ID token", seen("sid", known))
        },
    ),
    must(
        "logout-token/no-nonce",
        "OIDCBC-2.4",
        "The logout token must not have a `nonce`",
        "An attacker who has seen the token can use it as an ID token, and clients refuse it.",
        "Build the claims of logout tokens apart from those of ID tokens, without `nonce`.",
        |token| {
            let nonce = token.claims()?.get("nonce");
            holds(nonce.is_none(), "no nonce", seen("nonce", nonce))
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::jose::testing::{Signer, arbitrary_object, changed};
    use crate::rule::testing::prelude::*;

    fn signer() -> &'static Signer {
        Signer::of("ES256")
    }

    fn of(raw: String) -> LogoutToken {
        LogoutToken {
            raw: raw.into(),
            received_at: 1_700_000_000,
            skew: 10,
            issuer: "https://issuer.example".to_owned(),
            client_id: "client".to_owned(),
            client_secret: None,
            registered_alg: Some("ES256".to_owned()),
            keys: Keys::Known(vec![signer().public.clone()]),
            session_required: true,
            id_token: json!({ "sub": "u", "sid": "s" }).as_object().unwrap().clone(),
        }
    }

    fn claims(changes: &Value) -> Value {
        let good = json!({
            "iss": "https://issuer.example", "aud": "client", "iat": 1_700_000_000, "exp": 1_700_000_120, "jti": "j", "sub": "u", "sid": "s",
            "events": { EVENT: {} }
        });
        changed(&good, changes)
    }

    fn token(header: &Value, changes: &Value) -> LogoutToken {
        let header = changed(&json!({ "alg": "ES256", "kid": signer().kid, "typ": "logout+jwt" }), header);
        of(signer().token(&header, &claims(changes)))
    }

    #[test]
    fn a_good_token_breaks_no_rule() {
        for changes in [json!({}), json!({ "aud": ["client", "other"] }), json!({ "sub": null }), json!({ "more": 1 })] {
            let judged = judged(&token(&json!({}), &changes));
            assert_eq!((judged.failed, judged.not_run.len()), (vec![], 0), "{changes}");
        }
        let without_sid = LogoutToken { session_required: false, ..token(&json!({ "typ": "application/logout+jwt" }), &json!({ "sid": null })) };
        assert!(judged(&without_sid).failed.is_empty());
    }

    #[test]
    fn each_way_of_being_wrong_breaks_its_rule() {
        for (changes, failed) in [
            (json!({ "iss": "https://other.example" }), &["issuer"][..]),
            (json!({ "iss": null }), &["issuer"]),
            (json!({ "aud": "other" }), &["audience"]),
            (json!({ "aud": null }), &["audience"]),
            (json!({ "iat": null }), &["iat-present"]),
            (json!({ "iat": "now" }), &["iat-present"]),
            (json!({ "iat": 1_700_000_011 }), &["iat-not-future"]),
            (json!({ "iat": 1_699_913_589 }), &["iat-fresh", "exp-short"]),
            (json!({ "exp": null }), &["exp-present"]),
            (json!({ "exp": 1_699_999_000 }), &["exp-future"]),
            (json!({ "exp": 1_700_003_600 }), &["exp-short"]),
            (json!({ "jti": null }), &["jti"]),
            (json!({ "events": null }), &["events"]),
            (json!({ "events": [EVENT] }), &["events"]),
            (json!({ "events": { EVENT: true } }), &["event-object"]),
            (json!({ "events": { EVENT: { "a": 1 } } }), &["event-empty"]),
            (json!({ "sub": null, "sid": null }), &["subject-or-session", "sid-present"]),
            (json!({ "sub": "v" }), &["sub-of-login"]),
            (json!({ "sid": null }), &["sid-present"]),
            (json!({ "sid": "t" }), &["sid-of-login"]),
            (json!({ "nonce": "n" }), &["no-nonce"]),
        ] {
            let failed: Vec<String> = failed.iter().map(|name| format!("logout-token/{name}")).collect();
            assert_eq!(judged(&token(&json!({}), &changes)).failed, failed, "{changes}");
        }
        let unknown = LogoutToken { id_token: json!({ "sub": "u" }).as_object().unwrap().clone(), ..token(&json!({}), &json!({})) };
        assert_eq!(judged(&unknown).failed, ["logout-token/sid-known"]);
    }

    #[test]
    fn each_odd_signature_breaks_its_rule() {
        assert_eq!(judged(&of("opaque".to_owned())).failed, ["logout-token/well-formed"]);
        assert_eq!(judged(&token(&json!({ "alg": "none" }), &json!({}))).failed, ["logout-token/alg-not-none"]);
        assert_eq!(judged(&token(&json!({ "typ": "JWT" }), &json!({}))).failed, ["logout-token/typ"]);
        assert_eq!(judged(&token(&json!({ "typ": null }), &json!({}))).failed, ["logout-token/typ"]);
        let other = LogoutToken { registered_alg: Some("RS256".to_owned()), ..token(&json!({}), &json!({})) };
        assert_eq!(judged(&other).failed, ["logout-token/alg-as-registered"]);
        let foreign = LogoutToken { keys: Keys::Known(vec![Signer::of("RS256").public.clone()]), ..token(&json!({}), &json!({})) };
        assert_eq!(judged(&foreign).failed, ["logout-token/signature"]);
        let keyless = LogoutToken { keys: Keys::Unknown, ..token(&json!({}), &json!({})) };
        assert!(judged(&keyless).failed.is_empty());
        let header = json!({ "alg": "HS256", "typ": "logout+jwt" });
        let mac = LogoutToken { registered_alg: None, ..of(Signer::hmac("HS256", "secret").token(&header, &claims(&json!({})))) };
        assert_eq!(judged(&mac).failed, ["logout-token/signature"]);
        let known = LogoutToken { client_secret: Some("secret".into()), ..mac };
        assert!(judged(&known).failed.is_empty());
    }

    const NAMES: &[&str] = &["iss", "aud", "iat", "exp", "jti", "events", "sub", "sid", "nonce"];

    arbitrary_artefact!(LogoutToken:
        raw in prop_oneof![".{0,30}", arbitrary_object(NAMES).prop_map(|claims| signer().token(&json!({ "alg": "ES256" }), &Value::Object(claims)))],
        received_at in any::<i64>(),
        session_required in any::<bool>()
        => LogoutToken { received_at, session_required, ..of(raw) }
    );
}
