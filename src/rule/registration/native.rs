//! Rules about native applications: the three kinds of redirect URI that they use (RFC 8252 7).

use crate::rule::prelude::*;

/// The answers to the registration of native applications, one for each kind of redirect URI.
#[derive(Debug, Clone)]
pub struct NativeClients {
    /// With a private-use scheme (RFC 8252 7.1).
    pub own_scheme: Received,
    /// With http on loopback (7.3).
    pub loopback: Received,
    /// With https (7.2).
    pub claimed_https: Received,
    /// With http on loopback and without client authentication (8.5).
    pub public: Option<Received>,
}

impl Artefact for NativeClients {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.own_scheme.exchange)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        let about = match rule {
            LOOPBACK => &self.loopback,
            CLAIMED_HTTPS => &self.claimed_https,
            PUBLIC => self.public.as_ref().unwrap_or(&self.loopback),
            _ => &self.own_scheme,
        };
        Some(about.exchange)
    }
}

const LOOPBACK: &str = "registration/native-loopback";
const CLAIMED_HTTPS: &str = "registration/native-claimed-https";
const PUBLIC: &str = "registration/native-public";

// "To fully support this best practice, authorization servers MUST offer at least the three": an issuer that registers no native application at
// all does not say that it supports it.
static RULES: &[Check<NativeClients>] = &[
    should(
        "registration/native-own-scheme",
        "RFC8252-7.1",
        "An issuer that registers native applications should register a redirect URI with a private-use scheme",
        "Applications on phones cannot use the issuer: their operating system leads such an address back to the application.",
        "Allow redirect URIs whose scheme is a domain name in reverse order, such as `com.example.app:/callback`, for clients with `application_type` `native`.",
        |clients| clients.registers(&clients.own_scheme),
    ),
    should(
        LOOPBACK,
        "RFC8252-7.3",
        "An issuer that registers native applications should register a redirect URI by http on loopback",
        "Applications on desktops cannot use the issuer: they listen on loopback for the answer.",
        "Allow `http://127.0.0.1/...` and `http://[::1]/...` as redirect URIs, without a port too, for clients with `application_type` `native`.",
        |clients| clients.registers(&clients.loopback),
    ),
    // OpenID Connect Registration 2 has only the other two.
    may(
        CLAIMED_HTTPS,
        "RFC8252-7.2",
        "It is good practice that an issuer that registers native applications registers a redirect URI by https",
        "Applications cannot use the kind of address that an operating system gives to one application only.",
        "Allow redirect URIs by https for clients with `application_type` `native`.",
        |clients| clients.registers(&clients.claimed_https),
    ),
    // "NOT RECOMMENDED … to require client authentication of public native apps clients"; one that registers itself and is given a secret of its own is none
    // (8.4: "Except when using a mechanism like Dynamic Client Registration [RFC7591] to provision per-instance secrets").
    may(
        PUBLIC,
        "RFC8252-8.5",
        "It is good practice that an issuer that registers native applications does not make them authenticate with a secret",
        "Everyone who has an application that comes with a secret has the secret: it proves nothing, and the issuer believes that it does.",
        "Register native applications with `token_endpoint_auth_method` `none` when they ask for it, without a `client_secret`, and protect their codes by PKCE. \
         If each installation registers itself and gets a secret of its own, nothing has to change.",
        |clients| {
            let Some(response) = &clients.public else { return not_applicable("it was not tried") };
            let has_loopback = Answer::of_registration(&clients.loopback) == Answer::Given;
            applies_if(has_loopback, "the same application is not registered with a secret either")?;
            match Answer::of_registration(response) {
                Answer::Silent => not_applicable(said!("status {} says nothing about the request", response.status)),
                Answer::Refused | Answer::RefusedAsSuccess => fail("a client without client authentication", refusal(response)),
                Answer::Given => {
                    let method = response.member("token_endpoint_auth_method");
                    let by_secret = method.as_ref().and_then(Value::as_str).is_some_and(|method| method.starts_with("client_secret_"));
                    holds(!by_secret, "token_endpoint_auth_method = \"none\"", seen("token_endpoint_auth_method", method.as_ref()))
                }
            }
        },
    ),
];

impl NativeClients {
    /// Passes where a client was registered. Where none of the kinds is, the issuer has no native applications.
    fn registers(&self, response: &Received) -> Judgement {
        self.is_supported()?;
        match Answer::of_registration(response) {
            Answer::Given => pass(said!("status {} and a client", response.status)),
            Answer::Silent => not_applicable(said!("status {} says nothing about the request", response.status)),
            Answer::Refused | Answer::RefusedAsSuccess => fail("a client", refusal(response)),
        }
    }

    fn is_supported(&self) -> Result<(), Unmet> {
        let answers = [&self.own_scheme, &self.loopback, &self.claimed_https];
        if answers.into_iter().any(|response| Answer::of_registration(response) == Answer::Given) {
            return Ok(());
        }
        not_applicable(said!("the issuer registers no native application at all: {}", refusal(&self.loopback)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable};

    fn client() -> Received {
        response(201, &json!({ "client_id": "c" }))
    }

    fn refusal() -> Received {
        response(400, &json!({ "error": "invalid_redirect_uri" }))
    }

    #[test]
    fn an_issuer_of_native_applications_takes_each_kind() {
        let all = || NativeClients { own_scheme: client(), loopback: client(), claimed_https: client(), public: Some(client()) };
        assert_eq!(passing(&all()).len(), 4);
        let with_secret = response(201, &json!({ "client_id": "c", "token_endpoint_auth_method": "client_secret_basic" }));
        for wrong in [with_secret, refusal()] {
            assert_eq!(failing(&NativeClients { public: Some(wrong), ..all() }), ["registration/native-public"]);
        }
        assert_eq!(failing(&NativeClients { own_scheme: refusal(), ..all() }), ["registration/native-own-scheme"]);
        assert_eq!(failing(&NativeClients { loopback: refusal(), ..all() }), ["registration/native-loopback"]);
        assert_eq!(
            failing(&NativeClients { claimed_https: response(200, &json!({ "error": "x" })), ..all() }),
            ["registration/native-claimed-https"]
        );
        let silent = NativeClients { loopback: response(500, &json!({})), ..all() };
        assert_eq!(not_applicable(&silent), ["registration/native-loopback", "registration/native-public"]);
    }

    #[test]
    fn an_issuer_without_native_applications_is_not_judged() {
        let none = NativeClients { own_scheme: refusal(), loopback: refusal(), claimed_https: refusal(), public: Some(refusal()) };
        assert_eq!(not_applicable(&none).len(), 4);
    }

    #[test]
    fn a_finding_points_at_the_registration_it_is_about() {
        let numbered = |exchange| Received { exchange, ..client() };
        let clients = NativeClients { own_scheme: numbered(1), loopback: numbered(2), claimed_https: numbered(3), public: Some(numbered(4)) };
        assert_eq!(clients.exchange_of("registration/native-public"), Some(4));
        assert_eq!(clients.exchange_of("registration/native-own-scheme"), Some(1));
        assert_eq!(
            (clients.exchange_of("registration/native-loopback"), clients.exchange_of("registration/native-claimed-https")),
            (Some(2), Some(3))
        );
    }

    arbitrary_artefact!(NativeClients:
        own_scheme in arbitrary::received(&["error", "client_id"]),
        loopback in arbitrary::received(&["error", "client_id"]),
        claimed_https in arbitrary::received(&["error", "client_id"]),
        public in proptest::option::of(arbitrary::received(&["error", "client_id", "token_endpoint_auth_method"]))
        => NativeClients { own_scheme, loopback, claimed_https, public }
    );
}
