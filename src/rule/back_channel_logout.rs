//! Rules about the request by which the issuer tells a client of a logout (OpenID Connect Back-Channel Logout 1.0, 2.2 and 2.5).

use crate::rule::prelude::*;

/// A request that came to the `backchannel_logout_uri`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutRequest {
    /// Its method.
    pub method: String,
    /// The query of its address, if there is one.
    pub query: Option<String>,
    /// Its media type, with its parameters, if it has one.
    pub content_type: Option<String>,
    /// The parameters of its body, as a form has them.
    pub parameters: Vec<(String, String)>,
    /// Whether it came before the browser was sent back to the client; `None` where the browser was not, or that was not seen.
    pub before_redirect: Option<bool>,
}

impl LogoutRequest {
    /// The logout tokens in it that are not empty.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().filter(|(name, value)| name == "logout_token" && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// True if it says that its body is a form.
    fn is_form(&self) -> bool {
        let essence = self.content_type.as_deref().and_then(|kind| kind.split(';').next()).map(str::trim);
        essence.is_some_and(|kind| kind.eq_ignore_ascii_case("application/x-www-form-urlencoded"))
    }
}

/// What came to the `backchannel_logout_uri` of a client after its end-user was logged out.
#[derive(Debug, Clone)]
pub struct BackChannelLogout {
    /// The requests, the oldest first.
    pub requests: Vec<LogoutRequest>,
    /// The query that the client registered.
    pub query: String,
    /// How many seconds were waited for the first.
    pub waited: u64,
    /// True if the address is on loopback, and nothing shows that the issuer sends requests there: many servers are kept from that.
    pub may_be_kept_away: bool,
}

artefact!(BackChannelLogout: [RULES], seen in Visit);

const SENT: &str = "back-channel-logout/sent";
const POST: &str = "back-channel-logout/post";
/// Why nothing can be said.
const KEPT_AWAY: &str =
    "nothing came, but the client is on loopback, where many servers send nothing to protect what is there: with --public-url it is judged";
const FORM: &str = "back-channel-logout/form";

impl BackChannelLogout {
    /// The first request.
    fn first(&self) -> Result<&LogoutRequest, Unmet> {
        applies_if(!self.requests.is_empty() || !self.may_be_kept_away, KEPT_AWAY)?;
        self.requests.first().ok_or_else(|| Unmet::not_run(SENT))
    }

    /// The first request, where it is a POST.
    fn posted(&self) -> Result<&LogoutRequest, Unmet> {
        let first = self.first()?;
        if first.method == "POST" { Ok(first) } else { Err(Unmet::not_run(POST)) }
    }
}

static RULES: &[Check<BackChannelLogout>] = &[
    must(
        SENT,
        "OIDCBC-2.5",
        "When an end-user is logged out, the issuer must send a logout token to the `backchannel_logout_uri` of the client",
        "The end-user believes to be logged out, and is still logged in to the client.",
        "Keep the clients that an end-user has logged in to with the session. When the session ends, send each of them that has a `backchannel_logout_uri` a logout token. Look \
         whether the server reaches this address.",
        |logout| match logout.requests.len() {
            0 if logout.may_be_kept_away => not_applicable(KEPT_AWAY),
            0 => fail("a request to the backchannel_logout_uri", said!("none within {} s", logout.waited)),
            1 => pass("one request"),
            several => pass(said!("{several} requests")),
        },
    ),
    must(
        POST,
        "OIDCBC-2.5",
        "The back-channel logout request must be a POST",
        "The client takes requests by POST only, and keeps the end-user logged in.",
        "Send the logout token by the HTTP method `POST`.",
        |logout| {
            let first = logout.first()?;
            holds(first.method == "POST", "POST", shorten(&first.method))
        },
    ),
    must(
        FORM,
        "OIDCBC-2.5",
        "The body of the back-channel logout request must be `application/x-www-form-urlencoded`",
        "The client cannot read the request, and keeps the end-user logged in.",
        "Send `Content-Type: application/x-www-form-urlencoded`, and the logout token as a parameter of the form.",
        |logout| {
            let request = logout.posted()?;
            let seen = request.content_type.as_deref().map_or_else(|| "no Content-Type".to_owned(), shorten);
            holds(request.is_form(), "application/x-www-form-urlencoded", seen)
        },
    ),
    must(
        "back-channel-logout/token-present",
        "OIDCBC-2.5",
        "The back-channel logout request must have the parameter `logout_token`, once",
        "The client does not find the logout token, and keeps the end-user logged in.",
        "Add the logout token to the form as `logout_token`, once.",
        |logout| {
            let request = logout.posted()?;
            let count = request.tokens().count();
            // What is sent in another form has no parameters that could be read.
            needs(count > 0 || request.is_form(), FORM)?;
            let mut names: Vec<&str> = request.parameters.iter().map(|(name, _)| name.as_str()).collect();
            names.sort_unstable();
            holds(count == 1, "logout_token, once", said!("parameters: {}", list(&names)))
        },
    ),
    must(
        "back-channel-logout/query-kept",
        "OIDCBC-2.2",
        "The query of the `backchannel_logout_uri` must be kept",
        "A client that distinguishes issuers or tenants by the query does not know whose logout this is.",
        "Send the request to the `backchannel_logout_uri` as it was registered, with its query.",
        |logout| {
            let query = logout.first()?.query.as_deref().unwrap_or_default();
            holds(query.split('&').any(|part| part == logout.query), said!("?{}", logout.query), said!("?{}", shorten(query)))
        },
    ),
    // The text has no keyword for the order: "is to be included in these notifications before".
    should(
        "back-channel-logout/before-redirect",
        "OIDCRIL-2",
        "The client should have the logout token before the browser comes back to it from the logout",
        "The end-user comes back to the client and is still logged in there.",
        "Send the logout tokens and wait for the answers, for some seconds at most, before the browser is sent to the `post_logout_redirect_uri`.",
        |logout| match logout.first()?.before_redirect {
            Some(is_before) => holds(is_before, "before the redirect", if is_before { "before the redirect" } else { "after it" }),
            None => Err(Unmet::not_applicable("the browser was not sent back to the client")),
        },
    ),
    should(
        "back-channel-logout/not-repeated",
        "OIDCBC-2.5",
        "A back-channel logout request that was answered with status 200 should not be sent again",
        "The client does its work twice, and a client that remembers the `jti` of logout tokens takes the second one for an attack.",
        "Send a logout token once more only if the request before it was not answered, or with a status that says that it may help.",
        |logout| {
            logout.first()?;
            let tokens: Vec<&str> = logout.requests.iter().flat_map(LogoutRequest::tokens).collect();
            applies_if(!tokens.is_empty(), "no request has a logout token")?;
            let different: std::collections::BTreeSet<&str> = tokens.iter().copied().collect();
            holds(
                different.len() == tokens.len(),
                "each logout token once",
                said!("{} requests with {} logout tokens", tokens.len(), different.len()),
            )
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{failing as failed, not_applicable, not_run};

    fn request() -> LogoutRequest {
        LogoutRequest {
            method: "POST".to_owned(),
            query: Some("kept=1".to_owned()),
            content_type: Some("application/x-www-form-urlencoded; charset=utf-8".to_owned()),
            parameters: vec![("logout_token".to_owned(), "a.b.c".to_owned())],
            before_redirect: Some(true),
        }
    }

    fn logout(requests: Vec<LogoutRequest>) -> BackChannelLogout {
        BackChannelLogout { requests, query: "kept=1".to_owned(), waited: 5, may_be_kept_away: false }
    }

    #[test]
    fn a_good_request_breaks_no_rule() {
        let more = LogoutRequest { query: Some("a=b&kept=1".to_owned()), before_redirect: None, ..request() };
        assert!(failed(&logout(vec![request()])).is_empty());
        assert!(failed(&logout(vec![more.clone()])).is_empty());
        assert_eq!(not_applicable(&logout(vec![more])), ["back-channel-logout/before-redirect"]);
        // Two sessions are two logouts.
        let other = LogoutRequest { parameters: vec![("logout_token".to_owned(), "d.e.f".to_owned())], ..request() };
        assert!(failed(&logout(vec![request(), other])).is_empty());
    }

    #[test]
    fn each_way_of_being_wrong_breaks_its_rule() {
        let rule = |name: &str| vec![format!("back-channel-logout/{name}")];
        assert_eq!(failed(&logout(Vec::new())), rule("sent"));
        assert_eq!(not_run(&logout(Vec::new())).len(), 6);
        let kept_away = BackChannelLogout { may_be_kept_away: true, ..logout(Vec::new()) };
        assert_eq!((failed(&kept_away).len(), not_run(&kept_away).len(), not_applicable(&kept_away).len()), (0, 0, 7));
        assert!(failed(&BackChannelLogout { may_be_kept_away: true, ..logout(vec![request()]) }).is_empty());
        assert_eq!(failed(&logout(vec![LogoutRequest { method: "GET".to_owned(), ..request() }])), rule("post"));
        assert_eq!(failed(&logout(vec![LogoutRequest { content_type: Some("application/json".to_owned()), ..request() }])), rule("form"));
        assert_eq!(failed(&logout(vec![LogoutRequest { content_type: None, parameters: Vec::new(), ..request() }])), rule("form"));
        let parameters = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect();
        assert_eq!(failed(&logout(vec![LogoutRequest { parameters: parameters(&["token"]), ..request() }])), rule("token-present"));
        assert_eq!(failed(&logout(vec![LogoutRequest { parameters: Vec::new(), ..request() }])), rule("token-present"));
        assert_eq!(failed(&logout(vec![LogoutRequest { query: None, ..request() }])), rule("query-kept"));
        assert_eq!(failed(&logout(vec![LogoutRequest { before_redirect: Some(false), ..request() }])), rule("before-redirect"));
        assert_eq!(failed(&logout(vec![request(), request()])), rule("not-repeated"));
    }

    arbitrary_artefact!(BackChannelLogout:
        method in prop_oneof!["GET", "POST", ".{0,5}"],
        query in proptest::option::of(".{0,20}"),
        content_type in proptest::option::of(".{0,20}"),
        value in ".{0,10}",
        before_redirect in proptest::option::of(any::<bool>()),
        count in 0_usize..3
        => logout(vec![LogoutRequest { method, query, content_type, parameters: vec![("logout_token".to_owned(), value)], before_redirect }; count])
    );
}
