//! Rules about authorization responses (RFC 6749 4.1.2, `OpenID` Connect Core 3.1.2.5, RFC 9207).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use url::form_urlencoded;

use crate::rule::authorization_parameters::{self as parameters, ISS_SUPPORTED};
use crate::rule::front_channel;
use crate::rule::own::view;
use crate::rule::prelude::*;

/// What reached the redirect URI.
#[derive(Debug, Clone)]
pub struct AuthorizationResponse {
    /// The callback's URL, fragment included where it was seen.
    pub url: Url,
    /// The HTTP method of the callback: `GET`, or `POST` for `response_mode=form_post`.
    pub method: String,
    /// The redirect URI that was asked for.
    pub redirect_uri: Url,
    /// The response parameters with their values decoded, in order, without those the redirect URI itself carried.
    pub parameters: Vec<(String, String)>,
    /// The request that it answers.
    pub request: Arc<AuthorizationRequest>,
    /// The issuer that was asked.
    pub issuer: String,
    /// The provider metadata, as parsed.
    pub metadata: Value,
}

impl AuthorizationResponse {
    /// The first value of a response parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        parameters::value(&self.parameters, name)
    }

    /// Nothing to judge in an error: one rule says it all.
    pub(super) fn success(&self) -> Result<(), Unmet> {
        needs(self.parameter("error").is_none(), NO_ERROR)
    }
}

impl Artefact for AuthorizationResponse {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES, front_channel::RULES];
    const SEEN_IN: SeenIn = SeenIn::Visit;
    fn exchange(&self) -> Option<usize> {
        None
    }
    const VIEW: Option<&'static ViewKind> = Some(&ViewKind {
        name: "authorization-response",
        what: "What reached the redirect URI after a request that is to succeed. The code in it is never shown.",
        parts: &[part::PARAMETERS, part::METHOD, part::REQUEST],
    });
    fn view(&self) -> View {
        let view = View::default().with(part::PARAMETERS, view::parameters(&self.parameters)).with(part::METHOD, self.method.as_str());
        view.with_request(Some(&self.request))
    }
}

/// What success of an authorization request depends on.
pub(super) const NO_ERROR: &str = "authz/no-error";
const CODE_PRESENT: &str = "authz/code-present";

/// The fewest characters that 128 bits fit into: there are 95 printable ASCII characters, about 6.57 bits each.
const FEWEST: usize = 20;

static RULES: &[Check<AuthorizationResponse>] = &[
    must(
        NO_ERROR,
        "OIDCC-3.1.2.5",
        "A valid authorization request must succeed: the response must have no `error`",
        "No end-user can log in with this request.",
        "Look up the `error` and its `error_description` in the server's log, and check that the client, its redirect URIs, its scopes and its response types are set up as this request needs them.",
        |response| match (response.parameter("error"), response.parameter("error_description")) {
            (None, _) => pass("no error"),
            (Some(error), None) => fail("no error", shorten(error)),
            (Some(error), Some(description)) => fail("no error", shorten(&format!("{error} ({description})"))),
        },
    ),
    must(
        CODE_PRESENT,
        "RFC6749-4.1.2",
        "The authorization response must have a `code`",
        "The client has nothing to exchange for tokens.",
        "Add the issued code as `code` to the redirect URI when the request with `response_type=code` is granted, and check that no later redirect loses it.",
        |response| {
            response.success()?;
            applies_if(response.request.response_type().code, "the response type asks for no code")?;
            match response.parameter("code") {
                None => fail("a code", said!("no code; parameters: {}", parameters::names(&response.parameters))),
                Some("") => fail("a code", "an empty code"),
                Some(code) => pass(said!("a code of {} characters", code.chars().count())),
            }
        },
    ),
    must(
        "authz/code-length",
        "RFC6749-10.10",
        "The authorization code must have at least 20 characters, the fewest that can hold 128 bits",
        "A short code can be guessed before it expires.",
        "Make the code from at least 16 bytes of a cryptographic random generator, for example as 22 characters of base64url.",
        |response| {
            response.success()?;
            applies_if(response.request.response_type().code, "the response type asks for no code")?;
            let Some(code) = response.parameter("code").filter(|code| !code.is_empty()) else { return not_run(CODE_PRESENT) };
            let length = code.chars().count();
            holds(length >= FEWEST, said!("at least {FEWEST} characters"), said!("{length} characters"))
        },
    ),
    must(
        "authz/state-echo",
        "RFC6749-4.1.2",
        "The authorization response must return the `state` as it was sent",
        "The client cannot distinguish the response to its own request from one that an attacker started, and refuses it.",
        "Keep the `state` of the request over login and consent, and add it unchanged, form-encoded once, to the response.",
        |response| parameters::state_returned(response.request.state(), response.parameter("state")),
    ),
    must(
        "authz/iss-correct-if-present",
        "RFC9207-2",
        "The `iss` of the authorization response, if there is one, must be the issuer identifier, byte for byte",
        "Clients that protect themselves against mix-up attacks refuse the response.",
        "Take `iss` from the same setting as `issuer` in the metadata: same scheme, host, port, path and final slash.",
        |response| parameters::iss_is(&response.issuer, &response.parameters),
    ),
    must(
        "authz/iss-on-success",
        "RFC9207-2",
        "The authorization response must have an `iss` if the metadata set `authorization_response_iss_parameter_supported` to true",
        "Clients that rely on the metadata refuse the response.",
        "Add `iss` with the issuer identifier to every authorization response, or remove `authorization_response_iss_parameter_supported` from the metadata.",
        |response| {
            parameters::iss_promised(&response.metadata)?;
            response.success()?;
            // "MAY be omitted": the ID token says it, and its signature keeps it from being changed (RFC 9207 4).
            applies_if(response.parameter("id_token").is_none(), "an ID token in the response names the issuer")?;
            parameters::iss_is_there(&response.parameters)
        },
    ),
    should(
        "authz/iss-advertised",
        "RFC9207-2.3",
        "The metadata should set `authorization_response_iss_parameter_supported` to true if the authorization response has an `iss`",
        "Clients do not know that they may demand an `iss`, and the protection against mix-up attacks is lost.",
        "Add `authorization_response_iss_parameter_supported` with the JSON value `true` to the metadata.",
        |response| {
            applies_if(response.parameter("iss").is_some(), "no iss")?;
            let seen = response.metadata.get(ISS_SUPPORTED).map_or_else(|| "absent".to_owned(), show);
            holds(parameters::promise_iss(&response.metadata), said!("{ISS_SUPPORTED} = true"), said!("{ISS_SUPPORTED}: {seen}"))
        },
    ),
    must(
        "authz/no-duplicates",
        "RFC6749-3.1",
        "Each parameter of the authorization response must come only once",
        "Two libraries read two different values, which an attacker can use.",
        "Set each parameter once where the response is built: replace a value that is there already instead of adding a second one.",
        |response| {
            let twice = parameters::repeated(&response.parameters);
            let actual = if twice.is_empty() { parameters::names(&response.parameters) } else { format!("more than once: {}", scope_text(&twice)) };
            holds(twice.is_empty(), "each parameter once", actual)
        },
    ),
    must(
        "authz/redirect-query-kept",
        "RFC6749-3.1.2",
        "The authorization response must keep the query of the redirect URI",
        "Clients that use this query to select the tenant or the page lose the login.",
        "Append the parameters of the response to the query that the redirect URI already has, with `&`, and do not replace this query.",
        |response| parameters::query_kept(&response.redirect_uri, &response.url),
    ),
    must(
        "authz/form-post-by-post",
        "OAuth2-FP-2",
        "The response to a request with `response_mode=form_post` must come by POST, with its parameters in the body",
        "The code gets into histories and logs, which the client wanted to avoid; and a client that waits for a form receives nothing.",
        "Answer with an HTML page whose form sends all parameters of the response to the redirect URI by POST, as hidden fields, and add none of them to the address.",
        |response| {
            applies_if(response.request.get("response_mode") == Some("form_post"), "the request did not ask for form_post")?;
            let beside = |name: &str| response.url.query_pairs().any(|(key, _)| key == name);
            let in_query = ["code", "access_token", "id_token", "state", "error"]
                .into_iter()
                .find(|name| beside(name) && response.redirect_uri.query_pairs().all(|(key, _)| key != *name));
            let actual = in_query.map_or_else(|| response.method.clone(), |name| format!("{}, with {name} in the query", response.method));
            holds(response.method == "POST" && in_query.is_none(), "POST", actual)
        },
    ),
    must(
        "authz/in-query",
        "OIDCC-3.1.2.5",
        "The authorization response of the code flow must be in the query of the redirect URI and not in its fragment",
        "Browsers do not send the fragment to the client's server, so the client does not see the code.",
        "For `response_type=code`, append the parameters of the response to the query of the redirect URI. Use the fragment only for response types that return tokens, or if `response_mode` asks for it.",
        |response| {
            response.success()?;
            let mode = response.request.get("response_mode").filter(|mode| !mode.is_empty());
            applies_if(mode.is_none_or(|mode| mode == "query"), "the request asked for another response mode")?;
            applies_if(response.request.get("response_type").is_none_or(|kind| kind == "code"), "the response type is not that of the code flow")?;
            let fragment = response.url.fragment().unwrap_or_default();
            let there = form_urlencoded::parse(fragment.as_bytes()).any(|(name, _)| name == "code");
            holds(!there, "the code in the query", if there { "the code in the fragment" } else { "not in the fragment" })
        },
    ),
    must(
        "authz/code-hides-challenge",
        "RFC7636-4.4",
        "The authorization code must not hold the code challenge in a form that others can read",
        "Who reads the code reads the challenge, too. If its method is `plain`, that is the code verifier, and PKCE protects nothing.",
        "Store the code challenge on the server with the code, or encrypt what the code holds. Base64 and a signature do not hide it.",
        |response| {
            response.success()?;
            let Some(challenge) = response.request.get("code_challenge").filter(|challenge| challenge.len() >= SHORTEST_CHALLENGE) else {
                return not_applicable("the request had no code_challenge");
            };
            let Some(code) = response.parameter("code").filter(|code| !code.is_empty()) else { return not_run(CODE_PRESENT) };
            let is_there = holds_challenge(code, challenge);
            holds(!is_there, "a code without the challenge", if is_there { "the challenge is in the code" } else { "not in the code" })
        },
    ),
    must(
        "authz/session-state",
        "OIDCSM-2",
        "The response to a request for the scope `openid` must have a `session_state` if the metadata have a `check_session_iframe`",
        "Clients that watch the session have nothing to ask the `check_session_iframe` with, and do not notice a logout.",
        "Add `session_state` to every response to an OpenID Connect request, or remove `check_session_iframe` from the metadata.",
        |response| {
            parameters::session_state_due(&response.metadata, &response.request)?;
            response.success()?;
            let is_there = response.parameter("session_state").is_some_and(|state| !state.is_empty());
            holds(is_there, "a session_state", parameters::names(&response.parameters))
        },
    ),
    must(
        "authz/session-state-blank",
        "OIDCSM-2",
        "The `session_state` of the authorization response, if there is one, must not contain a blank",
        "The client sends it to the `check_session_iframe` after a blank, and the frame cuts the message at the wrong place.",
        "Build `session_state` of characters such as letters, digits and periods: encode the hash in base64url or in hexadecimal digits.",
        |response| {
            let Some(state) = response.parameter("session_state") else { return not_applicable("no session_state") };
            holds(!state.contains(' '), "no blank", if state.contains(' ') { "a blank" } else { "no blank" })
        },
    ),
    should(
        "authz/no-tokens",
        "OIDCC-3.1",
        "The authorization response of the code flow should hold no tokens",
        "Tokens in URLs end up in browser histories, in logs and in the `Referer` header that other sites receive.",
        "For `response_type=code`, return the code alone, and issue all tokens at the token endpoint.",
        |response| {
            response.success()?;
            applies_if(!response.request.response_type().asks_for_tokens(), "the response type asks for tokens")?;
            let found: BTreeSet<&str> =
                ["access_token", "id_token", "refresh_token"].into_iter().filter(|name| response.parameter(name).is_some()).collect();
            let actual = if found.is_empty() { "none".to_owned() } else { scope_text(&found) };
            holds(found.is_empty(), "no access_token, id_token or refresh_token", actual)
        },
    ),
];

/// The fewest characters of a code challenge (RFC 7636 4.2).
const SHORTEST_CHALLENGE: usize = 43;

/// True if a code has a code challenge in it: as it is, or in what is base64url in the code, or the hash that the challenge stands for.
fn holds_challenge(code: &str, challenge: &str) -> bool {
    let decoded = |text: &str| [URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')), STANDARD.decode(text)].into_iter().find_map(Result::ok);
    let hash = decoded(challenge).filter(|hash| hash.len() >= 32);
    let wanted: Vec<&[u8]> = std::iter::once(challenge.as_bytes()).chain(hash.as_deref()).collect();
    let parts = code.split(['.', '~', ':', '|']).chain([code]).filter_map(decoded);
    let mut texts = parts.chain([code.as_bytes().to_vec()]);
    texts.any(|text| wanted.iter().any(|wanted| text.windows(wanted.len()).any(|window| window == *wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;

    fn response(parameters: &[(&str, &str)]) -> AuthorizationResponse {
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        AuthorizationResponse {
            url: "http://127.0.0.1:9/cb?tenant=7&code=c&state=s".parse().unwrap(),
            method: "GET".to_owned(),
            redirect_uri: "http://127.0.0.1:9/cb?tenant=7".parse().unwrap(),
            parameters,
            request: Arc::new([("state", "the-state")].into()),
            issuer: "https://issuer.example".to_owned(),
            metadata: json!({ "authorization_response_iss_parameter_supported": true }),
        }
    }

    /// The rules about responses with tokens.
    const OF_TOKENS: &[&str] = &[
        "authz/in-fragment",
        "authz/id-token-present",
        "authz/access-token-present",
        "authz/token-type",
        "authz/expires-in",
        "authz/no-refresh-token",
        "authz/nothing-unasked",
    ];

    const CODE: (&str, &str) = ("code", "01234567890123456789");
    const STATE: (&str, &str) = ("state", "the-state");
    const ISS: (&str, &str) = ("iss", "https://issuer.example");

    #[test]
    fn a_good_response_passes_every_rule() {
        let good = judged(&response(&[CODE, STATE, ISS]));
        assert_eq!((good.failed.len(), good.not_run.len()), (0, 0), "{good:?}");
        let unused = ["authz/form-post-by-post", "authz/code-hides-challenge", "authz/session-state", "authz/session-state-blank"];
        assert_eq!(good.not_applicable, [&unused[..], OF_TOKENS].concat());
        // IdentityServer and Keycloak send more than they must.
        let more = response(&[CODE, STATE, ISS, ("scope", "openid"), ("session_state", "x")]);
        assert!(judged(&more).failed.is_empty());
    }

    #[test]
    fn each_way_of_being_wrong_fails_its_rule() {
        let table: [(&[(&str, &str)], &str); 10] = [
            (&[STATE, ISS], "authz/code-present"),
            (&[("code", ""), STATE, ISS], "authz/code-present"),
            (&[("code", "0123456789012345678"), STATE, ISS], "authz/code-length"),
            (&[CODE, ISS], "authz/state-echo"),
            (&[CODE, ("state", "The-State"), ISS], "authz/state-echo"),
            (&[CODE, STATE, ("iss", "https://issuer.example/")], "authz/iss-correct-if-present"),
            (&[CODE, STATE], "authz/iss-on-success"),
            (&[CODE, STATE, ISS, STATE], "authz/no-duplicates"),
            (&[CODE, STATE, ISS, ("id_token", "x")], "authz/no-tokens"),
            (&[("error", "access_denied"), ("error_description", "no"), STATE, ISS], "authz/no-error"),
        ];
        for (parameters, failed) in table {
            assert_eq!(judged(&response(parameters)).failed, [failed], "{parameters:?}");
        }
        let mut unadvertised = response(&[CODE, STATE, ISS]);
        unadvertised.metadata = json!({});
        assert_eq!(judged(&unadvertised).failed, ["authz/iss-advertised"]);
        let mut lost = response(&[CODE, STATE, ISS]);
        lost.url = "http://127.0.0.1:9/cb?code=c".parse().unwrap();
        assert_eq!(judged(&lost).failed, ["authz/redirect-query-kept"]);
    }

    #[test]
    fn a_form_comes_by_post_with_nothing_in_the_query() {
        let answer = |method: &str, url: &str| {
            let mut response = response(&[CODE, STATE, ISS]);
            response.request = Arc::new([("state", "the-state"), ("response_mode", "form_post")].into());
            (response.method, response.url) = (method.to_owned(), url.parse().unwrap());
            judged(&response).failed
        };
        assert!(answer("POST", "http://127.0.0.1:9/cb?tenant=7").is_empty());
        assert_eq!(answer("GET", "http://127.0.0.1:9/cb?tenant=7&code=c&state=s"), ["authz/form-post-by-post"]);
        assert_eq!(answer("POST", "http://127.0.0.1:9/cb?tenant=7&code=c"), ["authz/form-post-by-post"]);
    }

    #[test]
    fn a_code_comes_in_the_query_unless_another_mode_is_asked_for() {
        let answer = |mode: Option<&str>, fragment: Option<&str>| {
            let mut response = response(&[CODE, STATE, ISS]);
            let mode = mode.map(|mode| ("response_mode".to_owned(), mode.to_owned()));
            let asked = [("state".to_owned(), "the-state".to_owned())].into_iter().chain(mode).collect();
            response.request = Arc::new(crate::observed::authorization_request::AuthorizationRequest::new(asked));
            response.url.set_fragment(fragment);
            judged(&response).failed
        };
        assert_eq!((answer(None, Some("code=c&state=s")), answer(Some("query"), Some("code=c"))), (vec!["authz/in-query"], vec!["authz/in-query"]));
        assert!(answer(None, None).is_empty() && answer(None, Some("_=_")).is_empty() && answer(Some("fragment"), Some("code=c")).is_empty());
    }

    #[test]
    fn a_code_does_not_show_its_challenge() {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let failed = |code: &str| {
            let mut response = response(&[("code", code), STATE, ISS]);
            response.request = Arc::new([("state", "the-state"), ("code_challenge", challenge)].into());
            judged(&response).failed
        };
        let payload = URL_SAFE_NO_PAD.encode(format!("{{\"cc\":\"{challenge}\"}}"));
        let hash = URL_SAFE_NO_PAD.decode(challenge).unwrap();
        let raw = URL_SAFE_NO_PAD.encode([&[1, 2, 3][..], &hash, &[4]].concat());
        for code in [format!("0123456789.{challenge}"), format!("e30.{payload}.c2ln"), raw] {
            assert_eq!(failed(&code), ["authz/code-hides-challenge"], "{code}");
        }
        for code in ["0123456789012345678901234567890123456789", "e30.e30.c2lnbmF0dXJlLW9mLWFueXRoaW5n"] {
            assert!(failed(code).is_empty(), "{code}");
        }
    }

    #[test]
    fn the_state_of_the_session_comes_where_it_is_published() {
        let of = |scope: &str, parameters: &[(&str, &str)], metadata: Value| {
            let mut response = response(parameters);
            response.metadata = metadata;
            response.request = Arc::new([("state", "the-state"), ("scope", scope)].into());
            judged(&response).failed
        };
        let failed = |parameters: &[(&str, &str)], metadata: Value| of("email openid", parameters, metadata);
        let iframe = json!({ "check_session_iframe": "https://issuer.example/s", "authorization_response_iss_parameter_supported": true });
        assert_eq!(failed(&[CODE, STATE, ISS], iframe.clone()), ["authz/session-state"]);
        assert_eq!(failed(&[CODE, STATE, ISS, ("session_state", "a b")], iframe.clone()), ["authz/session-state-blank"]);
        assert!(failed(&[CODE, STATE, ISS, ("session_state", "a.b")], iframe.clone()).is_empty());
        assert!(of("email", &[CODE, STATE, ISS], iframe).is_empty(), "it is no request of OpenID Connect");
    }

    #[test]
    fn what_was_not_asked_for_is_not_judged() {
        let mut plain = response(&[CODE]);
        plain.request = Arc::default();
        plain.metadata = Value::Null;
        plain.redirect_uri = "http://127.0.0.1:9/cb".parse().unwrap();
        let judged = judged(&plain);
        assert!(judged.failed.is_empty());
        let unused = [
            "authz/state-echo",
            "authz/iss-correct-if-present",
            "authz/iss-on-success",
            "authz/iss-advertised",
            "authz/redirect-query-kept",
            "authz/form-post-by-post",
            "authz/code-hides-challenge",
            "authz/session-state",
            "authz/session-state-blank",
        ];
        assert_eq!(judged.not_applicable, [&unused[..], OF_TOKENS].concat());
    }

    arbitrary_artefact!(AuthorizationResponse:
        parameters in arbitrary::parameters("code|state|iss|error|x") => AuthorizationResponse { parameters, ..response(&[]) }
    );
}
