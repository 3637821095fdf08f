//! Rules about clients that run in a browser: what the pages of another origin may read (Cross-Origin Resource Sharing, the Fetch standard 3.2).

use crate::rule::prelude::*;

/// What requests of a page of another origin were answered.
#[derive(Debug, Clone, Default)]
pub struct CrossOrigin {
    /// The origin of the page: that of the client's redirect URI, which an issuer that lists origins knows.
    pub origin: String,
    /// The provider metadata.
    pub metadata: Option<Asked>,
    /// The key set.
    pub key_set: Option<Asked>,
    /// The token endpoint.
    pub token: Option<Asked>,
    /// The userinfo endpoint.
    pub userinfo: Option<Asked>,
    /// The registration endpoint.
    pub registration: Option<Asked>,
    /// The authorization endpoint.
    pub authorization: Option<Asked>,
}

/// What an endpoint answered.
#[derive(Debug, Clone)]
pub struct Asked {
    /// To the request itself, with `Origin`.
    pub answer: Received,
    /// To the request by which a browser asks whether it may send it.
    pub preflight: Option<Preflight>,
}

/// A request by which a browser asks whether it may send another (Fetch 4.8).
#[derive(Debug, Clone)]
pub struct Preflight {
    /// The method that it asks for.
    pub method: &'static str,
    /// The header that it asks for, in lower case.
    pub header: &'static str,
    /// The answer.
    pub answer: Received,
}

impl Artefact for CrossOrigin {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        let all = [&self.metadata, &self.key_set, &self.token, &self.userinfo, &self.registration, &self.authorization];
        all.into_iter().flatten().next().map(|asked| asked.answer.exchange)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        let asked = match rule.split('/').nth(1)? {
            "metadata" => &self.metadata,
            "key-set" => &self.key_set,
            "token-endpoint" => &self.token,
            "userinfo" | "userinfo-preflight" => &self.userinfo,
            "registration" | "registration-preflight" => &self.registration,
            _ => &self.authorization,
        };
        let answer = asked.as_ref().map(|asked| match &asked.preflight {
            Some(preflight) if rule.ends_with("-preflight") => preflight.answer.exchange,
            _ => asked.answer.exchange,
        });
        answer.or_else(|| self.exchange())
    }
}

/// What allows an origin to read an answer.
const ALLOW_ORIGIN: &str = "access-control-allow-origin";

const MEND: &str = "Send `Access-Control-Allow-Origin: *`, or the origin of the client, with every answer of the endpoint, and answer `OPTIONS` requests. The endpoint needs no cookies, so \
                    leave `Access-Control-Allow-Credentials` out. Most servers have a setting for it, named CORS or web origins.";

static RULES: &[Check<CrossOrigin>] = &[
    should(
        "cross-origin/metadata",
        "OIDCD-4",
        "The provider metadata should be readable by clients that run in a browser",
        "A single-page application cannot read the metadata, and cannot be configured by the issuer's address alone.",
        MEND,
        |pages| shared(pages, pages.metadata.as_ref()),
    ),
    should(
        "cross-origin/key-set",
        "OIDCD-3",
        "The key set should be readable by clients that run in a browser",
        "A single-page application cannot get the keys, and so cannot verify an ID token.",
        MEND,
        |pages| shared(pages, pages.key_set.as_ref()),
    ),
    should(
        "cross-origin/token-endpoint",
        "OIDCD-3",
        "The token endpoint should be readable by clients that run in a browser",
        "A single-page application cannot exchange its authorization code, and falls back on flows that are less safe.",
        MEND,
        |pages| shared(pages, pages.token.as_ref()),
    ),
    should(
        "cross-origin/userinfo",
        "OIDCC-5.3",
        "The userinfo endpoint should be readable by clients that run in a browser",
        "A single-page application does not learn who has logged in.",
        MEND,
        |pages| shared(pages, pages.userinfo.as_ref()),
    ),
    should(
        "cross-origin/userinfo-preflight",
        "OIDCC-5.3",
        "The userinfo endpoint should let browsers send the `Authorization` header of clients that run in them",
        "A browser asks by an `OPTIONS` request first. Where this one is refused, it never sends the request with the access token.",
        "Answer `OPTIONS` requests to the userinfo endpoint with a status of 2xx, without looking for a token, with `Access-Control-Allow-Origin` and with `Authorization` by name in \
         `Access-Control-Allow-Headers`: `*` does not stand for it.",
        |pages| preflight(pages, pages.userinfo.as_ref(), "cross-origin/userinfo"),
    ),
    should(
        "cross-origin/registration",
        "OIDCR-3",
        "The registration endpoint should be readable by clients that run in a browser",
        "A client that runs in a browser cannot register itself.",
        MEND,
        |pages| shared(pages, pages.registration.as_ref()),
    ),
    should(
        "cross-origin/registration-preflight",
        "OIDCR-3",
        "The registration endpoint should let browsers send the JSON of clients that run in them",
        "A browser asks by an `OPTIONS` request first. Where this one is refused, it never sends the client's metadata.",
        "Answer `OPTIONS` requests to the registration endpoint with a status of 2xx, without looking for a token, with `Access-Control-Allow-Origin` and with `Content-Type` in \
         `Access-Control-Allow-Headers`.",
        |pages| preflight(pages, pages.registration.as_ref(), "cross-origin/registration"),
    ),
    // OpenID Connect Discovery 3 says NOT RECOMMENDED.
    must_by_bcp(
        "cross-origin/authorization-endpoint",
        "RFC9700-2.6",
        "The authorization endpoint must not be readable by pages of another origin",
        "A page in the end-user's browser could read what belongs to the end-user's session: an authorization response that came without a click.",
        "Leave the authorization endpoint out of the CORS settings: clients send the browser there and never read its answer. Restrict a setting for the whole server to the other endpoints.",
        |pages| {
            let asked = asked(pages.authorization.as_ref())?;
            holds(!allows(&pages.origin, &asked.answer), said!("no {ALLOW_ORIGIN} for the page"), seen(&asked.answer))
        },
    ),
];

fn asked(asked: Option<&Asked>) -> Result<&Asked, Unmet> {
    asked.ok_or_else(|| Unmet::not_applicable("the issuer has no such endpoint"))
}

/// True if a page of the origin may read an answer to a request without cookies (Fetch 4.10).
fn allows(origin: &str, answer: &Received) -> bool {
    answer.header(ALLOW_ORIGIN).is_some_and(|allowed| allowed.trim() == "*" || allowed.trim() == origin)
}

fn seen(answer: &Received) -> Words {
    match answer.header(ALLOW_ORIGIN) {
        Some(allowed) => said!("status {}, {ALLOW_ORIGIN}: {}", answer.status, shorten(allowed)),
        None => said!("status {}, no {ALLOW_ORIGIN}", answer.status),
    }
}

/// Passes where the page may read the answer. A refusal may come without the header where what is granted has it, so a browser's question is as good.
fn shared(pages: &CrossOrigin, endpoint: Option<&Asked>) -> Judgement {
    let asked = asked(endpoint)?;
    let questions = asked.preflight.iter().map(|preflight| &preflight.answer);
    let allowing = std::iter::once(&asked.answer).chain(questions).find(|answer| allows(&pages.origin, answer));
    holds(allowing.is_some(), said!("{ALLOW_ORIGIN}: * or the origin of the page"), seen(allowing.unwrap_or(&asked.answer)))
}

/// Passes where a browser goes on after its question (Fetch 4.8).
fn preflight(pages: &CrossOrigin, endpoint: Option<&Asked>, shares: &str) -> Judgement {
    let asked = asked(endpoint)?;
    let preflight = asked.preflight.as_ref().ok_or_else(|| Unmet::not_applicable("no question was asked"))?;
    needs(shared(pages, endpoint).is_ok(), shares)?;
    let Preflight { method, header, answer } = preflight;
    let names = |of: &str| answer.header(of).unwrap_or_default().split(',').map(|name| name.trim().to_ascii_lowercase()).collect::<Vec<_>>();
    let headers = names("access-control-allow-headers");
    // The wildcard stands for every header but this one (Fetch 4.8, step 7).
    let by_wildcard = *header != "authorization" && headers.iter().any(|name| name == "*");
    let is_right = answer.is_success() && allows(&pages.origin, answer) && (by_wildcard || headers.iter().any(|name| name == header));
    let what = said!("{method} with {header} allowed");
    let shown = answer.header("access-control-allow-headers").map_or_else(|| "nothing".to_owned(), shorten);
    let (status, given) = (answer.status, allows(&pages.origin, answer));
    holds(is_right, what, said!("status {status}, {} for the origin, headers: {shown}", if given { "allowed" } else { "not allowed" }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{not_applicable, not_run, text};

    const ORIGIN: &str = "https://client.example";

    fn answer(status: u16, headers: &[(&str, &str)]) -> Received {
        let mut answer = text(status, "text/plain", "");
        answer.headers.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        answer
    }

    #[allow(clippy::unnecessary_wraps, reason = "what the artefact holds")]
    fn question(header: &'static str, status: u16, headers: &[(&str, &str)]) -> Option<Preflight> {
        Some(Preflight { method: "GET", header, answer: answer(status, headers) })
    }

    #[allow(clippy::unnecessary_wraps, reason = "what the artefact holds")]
    fn plain(headers: &[(&str, &str)]) -> Option<Asked> {
        Some(Asked { answer: answer(200, headers), preflight: None })
    }

    fn good() -> CrossOrigin {
        let any = [(ALLOW_ORIGIN, "*")];
        let with = |header| {
            let preflight = question(header, 204, &[(ALLOW_ORIGIN, "*"), ("access-control-allow-headers", "Content-Type, Authorization")]);
            Some(Asked { answer: answer(401, &any), preflight })
        };
        CrossOrigin {
            origin: ORIGIN.to_owned(),
            metadata: plain(&any),
            key_set: plain(&[(ALLOW_ORIGIN, ORIGIN)]),
            token: plain(&any),
            userinfo: with("authorization"),
            registration: with("content-type"),
            authorization: plain(&[]),
        }
    }

    #[test]
    fn what_is_shared_passes_and_what_is_not_there_does_not_apply() {
        assert_eq!(passing(&good()).len(), CrossOrigin::rules().count(), "{:?}", failing(&good()));
        assert_eq!(not_applicable(&CrossOrigin::default()).len(), CrossOrigin::rules().count());
    }

    #[test]
    fn each_way_of_being_wrong_fails_its_rule() {
        let none: [(&str, &str); 0] = [];
        for (other, rule) in vec![
            (CrossOrigin { metadata: plain(&none), ..good() }, "cross-origin/metadata"),
            (CrossOrigin { metadata: plain(&[(ALLOW_ORIGIN, "https://other.example")]), ..good() }, "cross-origin/metadata"),
            (CrossOrigin { key_set: plain(&none), ..good() }, "cross-origin/key-set"),
            (CrossOrigin { key_set: plain(&[(ALLOW_ORIGIN, "null")]), ..good() }, "cross-origin/key-set"),
            (CrossOrigin { token: plain(&none), ..good() }, "cross-origin/token-endpoint"),
            (CrossOrigin { userinfo: plain(&none), ..good() }, "cross-origin/userinfo"),
            (CrossOrigin { registration: plain(&none), ..good() }, "cross-origin/registration"),
            (CrossOrigin { authorization: plain(&[(ALLOW_ORIGIN, "*")]), ..good() }, "cross-origin/authorization-endpoint"),
            (CrossOrigin { authorization: plain(&[(ALLOW_ORIGIN, ORIGIN)]), ..good() }, "cross-origin/authorization-endpoint"),
        ] {
            assert_eq!(failing(&other), [rule]);
        }
    }

    #[test]
    fn a_browser_goes_on_only_where_its_question_is_answered() {
        let any = [(ALLOW_ORIGIN, "*")];
        let userinfo = |preflight| CrossOrigin { userinfo: Some(Asked { answer: answer(200, &any), preflight }), ..good() };
        let named = [(ALLOW_ORIGIN, "*"), ("access-control-allow-headers", "authorization")];
        for (preflight, is_right) in [
            (question("authorization", 200, &named), true),
            (question("content-type", 200, &[(ALLOW_ORIGIN, "*"), ("access-control-allow-headers", "*")]), true),
            (question("authorization", 200, &[(ALLOW_ORIGIN, "*"), ("access-control-allow-headers", "*")]), false),
            (question("authorization", 200, &any), false),
            (question("authorization", 401, &named), false),
            (question("authorization", 200, &named[1..]), false),
        ] {
            let other = userinfo(preflight);
            assert_eq!(failing(&other).is_empty(), is_right, "{:?}", other.userinfo);
            assert!(is_right || failing(&other) == ["cross-origin/userinfo-preflight"], "{:?}", other.userinfo);
        }
        let nothing = CrossOrigin { userinfo: Some(Asked { answer: answer(401, &[]), preflight: question("authorization", 405, &[]) }), ..good() };
        assert_eq!(failing(&nothing), ["cross-origin/userinfo"]);
        assert_eq!(not_run(&nothing), [("cross-origin/userinfo-preflight", "cross-origin/userinfo".to_owned())]);
    }

    arbitrary_artefact!(CrossOrigin:
        values in proptest::collection::vec(prop_oneof!["\\*", "https://client.example", "[ -~]{0,12}"], 6),
        headers in "(authorization|content-type|\\*|,| ){0,4}",
        status in 100..600_u16
        => {
            let asked = |at: usize| {
                let allowed = [(ALLOW_ORIGIN, values[at].as_str()), ("access-control-allow-headers", headers.as_str())];
                Some(Asked { answer: answer(status, &allowed), preflight: question("authorization", status, &allowed) })
            };
            CrossOrigin {
                origin: ORIGIN.to_owned(),
                metadata: asked(0), key_set: asked(1), token: asked(2), userinfo: asked(3), registration: asked(4), authorization: asked(5),
            }
        }
    );
}
