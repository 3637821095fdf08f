//! Rules about authorization responses with tokens: the implicit and the hybrid flow (OpenID Connect Core 3.2.2.5, 3.3.2.5, OAuth 2.0 Multiple Response
//! Type Encoding Practices).

use super::authorization_parameters as parameters;
use super::authorization_response::AuthorizationResponse;
use crate::rule::prelude::*;
use crate::text::response_type::ResponseType;

const ACCESS_TOKEN: &str = "authz/access-token-present";

/// What an authorization response can be answered with.
const GRANTED: [&str; 4] = ["code", "access_token", "id_token", "state"];

impl AuthorizationResponse {
    /// What was asked for, where that is tokens and no error came.
    fn asked_tokens(&self) -> Result<ResponseType, Unmet> {
        let asked = self.request.response_type();
        applies_if(asked.asks_for_tokens(), "the response type asks for no tokens")?;
        self.success()?;
        Ok(asked)
    }

    /// A parameter that is not empty.
    fn given(&self, name: &str) -> Option<&str> {
        self.parameter(name).filter(|text| !text.is_empty())
    }

    /// Nothing to judge about an access token that was not asked for; that one is lacking, one rule says.
    fn has_access_token(&self) -> Result<(), Unmet> {
        applies_if(self.asked_tokens()?.token, "the response type asks for no access token")?;
        needs(self.given("access_token").is_some(), ACCESS_TOKEN)
    }

    /// Passes when a token is there.
    fn has_token(&self, name: &str) -> Judgement {
        match self.given(name) {
            Some(text) => pass(said!("{} of {} characters", name, text.chars().count())),
            None => fail(name.to_owned(), said!("no {name}; parameters: {}", parameters::names(&self.parameters))),
        }
    }
}

pub(super) static RULES: &[Check<AuthorizationResponse>] = &[
    must(
        "authz/in-fragment",
        "OAuth2-RT-7",
        "The response to a request for tokens must be in the fragment of the redirect URI, and never in its query",
        "Tokens in a query end up in the logs of the client's server, in proxies and in the `Referer` header that other sites receive.",
        "For response types with `token` or `id_token`, add the parameters of the response to the fragment of the redirect URI. Refuse `response_mode=query` for them.",
        |response| {
            response.asked_tokens()?;
            applies_if(response.request.get("response_mode") != Some("form_post"), "the request asked for form_post")?;
            parameters::in_fragment(&response.url, &GRANTED)
        },
    ),
    must(
        "authz/id-token-present",
        "OAuth2-RT-3",
        "The response to a request for an ID token must have an `id_token`",
        "The client does not learn who has logged in.",
        "For response types with `id_token`, add an ID token to the authorization response as `id_token`.",
        |response| {
            let asked = response.asked_tokens()?;
            applies_if(asked.id_token, "the response type asks for no ID token")?;
            response.has_token("id_token")
        },
    ),
    must(
        ACCESS_TOKEN,
        "OAuth2-RT-5",
        "The response to a request for an access token must have an `access_token`",
        "The client has nothing to ask the userinfo endpoint and other resources with.",
        "For response types with `token`, add an access token to the authorization response as `access_token`.",
        |response| {
            let asked = response.asked_tokens()?;
            applies_if(asked.token, "the response type asks for no access token")?;
            response.has_token("access_token")
        },
    ),
    must(
        "authz/token-type",
        "OIDCC-3.2.2.5",
        "The `token_type` beside an access token in the authorization response must be `Bearer`",
        "The client does not know how to use the access token, and refuses it.",
        "Add `token_type=Bearer` to every authorization response that has an `access_token`.",
        |response| {
            response.has_access_token()?;
            let kind = response.parameter("token_type");
            let seen = kind.map_or_else(|| "no token_type".to_owned(), |kind| format!("token_type = {}", shorten(kind)));
            holds(kind.is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")), "token_type = Bearer", seen)
        },
    ),
    should(
        "authz/expires-in",
        "RFC6749-4.2.2",
        "The authorization response with an access token should say in `expires_in` how many seconds the token lives, as a number",
        "The client does not know when to ask for a new token, and fails at a resource instead.",
        "Add `expires_in` with the lifetime of the access token, in seconds and in digits only, to the authorization response.",
        |response| {
            response.has_access_token()?;
            let seconds = response.parameter("expires_in");
            let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let seen = seconds.map_or_else(|| "no expires_in".to_owned(), |text| format!("expires_in = {}", shorten(text)));
            holds(seconds.is_some_and(is_number), "expires_in: digits", seen)
        },
    ),
    must(
        "authz/no-refresh-token",
        "RFC6749-4.2.2",
        "The authorization response must have no refresh token",
        "A refresh token in an address is good for months, and everyone who sees the browser's history has it.",
        "Issue refresh tokens at the token endpoint only.",
        |response| {
            response.asked_tokens()?;
            let is_there = response.parameter("refresh_token").is_some();
            holds(!is_there, "no refresh_token", if is_there { "a refresh_token" } else { "none" })
        },
    ),
    should(
        "authz/nothing-unasked",
        "OIDCC-3.3.2.5",
        "The authorization response should have only those of `code`, `id_token` and `access_token` that the response type asks for",
        "What the client did not ask for it does not protect: it stays in the address, for everybody who looks into the browser's history.",
        "Build the response by the words of `response_type`: `code` for a code, `id_token` for an ID token, `token` for an access token, and nothing else.",
        |response| {
            let asked = response.asked_tokens()?;
            let all = [("code", asked.code), ("id_token", asked.id_token), ("access_token", asked.token)];
            let more: Vec<_> = all.into_iter().filter(|(name, asked)| !asked && response.parameter(name).is_some()).map(|(name, _)| name).collect();
            let seen = if more.is_empty() { parameters::names(&response.parameters) } else { format!("also: {}", list(&more)) };
            holds(more.is_empty(), "only what was asked for", seen)
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;

    fn response(kind: &str, parameters: &[(&str, &str)], in_query: bool) -> AuthorizationResponse {
        let all = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let separator = if in_query { '?' } else { '#' };
        AuthorizationResponse {
            url: format!("http://127.0.0.1:9/cb{separator}{all}").parse().unwrap(),
            method: "GET".to_owned(),
            redirect_uri: "http://127.0.0.1:9/cb".parse().unwrap(),
            parameters: parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            request: Arc::new([("response_type", kind), ("state", "s")].into()),
            issuer: "https://issuer.example".to_owned(),
            metadata: json!({}),
        }
    }

    const CODE: (&str, &str) = ("code", "01234567890123456789");
    const ID_TOKEN: (&str, &str) = ("id_token", "e.e.e");
    const TOKEN: [(&str, &str); 3] = [("access_token", "opaque"), ("token_type", "bearer"), ("expires_in", "60")];
    const STATE: (&str, &str) = ("state", "s");

    #[test]
    fn each_response_type_has_what_it_asks_for_and_nothing_else() {
        let (code, id_token) = (vec![CODE], vec![ID_TOKEN]);
        for (kind, parts) in [
            ("id_token", vec![id_token.clone()]),
            ("id_token token", vec![id_token.clone(), TOKEN.to_vec()]),
            ("code id_token", vec![code.clone(), id_token.clone()]),
            ("code token", vec![code.clone(), TOKEN.to_vec()]),
            ("token code id_token", vec![code, id_token, TOKEN.to_vec()]),
        ] {
            let all: Vec<_> = parts.concat().into_iter().chain([STATE]).collect();
            assert!(judged(&response(kind, &all, false)).failed.is_empty(), "{kind}");
            assert_eq!(judged(&response(kind, &all, true)).failed, ["authz/in-fragment"], "{kind}");
            let with_refresh: Vec<_> = all.iter().copied().chain([("refresh_token", "r")]).collect();
            assert_eq!(judged(&response(kind, &with_refresh, false)).failed, ["authz/no-refresh-token"], "{kind}");
            for gone in
                ["code", "id_token", "access_token", "token_type", "expires_in"].into_iter().filter(|gone| all.iter().any(|(name, _)| name == gone))
            {
                let without: Vec<_> = all.iter().copied().filter(|(name, _)| *name != gone).collect();
                let rule = match gone {
                    "code" | "id_token" | "access_token" => format!("authz/{}-present", gone.replace('_', "-")),
                    other => format!("authz/{}", other.replace('_', "-")),
                };
                assert_eq!(judged(&response(kind, &without, false)).failed, [rule.as_str()], "{kind} without {gone}");
            }
        }
        let more = [ID_TOKEN, CODE, STATE];
        assert_eq!(judged(&response("id_token", &more, false)).failed, ["authz/nothing-unasked"]);
    }
}
