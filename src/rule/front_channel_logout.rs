//! Rules about how the issuer tells a client of a logout by the browser: a frame with an address of the client (OpenID Connect Front-Channel Logout 1.0, 2 and 3).

use crate::rule::prelude::*;

/// What came to the `frontchannel_logout_uri` of a client when its end-user was logged out.
#[derive(Debug, Clone)]
pub struct FrontChannelLogout {
    /// The query of each request, the oldest first.
    pub queries: Vec<String>,
    /// The query that the client registered.
    pub registered: String,
    /// How many seconds were waited for the first.
    pub waited: u64,
    /// True if the page of the logout runs scripts, and the user agent runs none.
    pub by_script: bool,
    /// The directive of its Content Security Policy that keeps the page from loading the frame, if one was seen to.
    pub refused: Option<String>,
    /// The issuer identifier.
    pub issuer: String,
    /// True if the client registered `frontchannel_logout_session_required`.
    pub session_required: bool,
    /// The claims of the ID token of the login that was ended.
    pub id_token: Map<String, Value>,
}

artefact!(FrontChannelLogout: [RULES], seen in Visit);

const LOADED: &str = "front-channel-logout/loaded";
const BOTH: &str = "front-channel-logout/both-or-neither";
const NAMED: &str = "front-channel-logout/session-named";

/// Why nothing can be said.
const BY_SCRIPT: &str =
    "the page of the logout runs scripts, which may load the frame, and --agent http runs none: with --agent webdriver it is judged";

impl FrontChannelLogout {
    /// The query of the first request.
    fn query(&self) -> Result<&str, Unmet> {
        match self.queries.first() {
            Some(query) => Ok(query),
            None if self.by_script && self.refused.is_none() => not_applicable(BY_SCRIPT),
            None => not_run(LOADED),
        }
    }

    /// A parameter of it that is not of the registered query.
    fn parameter(&self, name: &str) -> Result<Option<String>, Unmet> {
        let pairs = url::form_urlencoded::parse(self.query()?.as_bytes());
        Ok(pairs.into_owned().find(|(known, _)| known == name).map(|(_, value)| value))
    }
}

static RULES: &[Check<FrontChannelLogout>] = &[
    must(
        LOADED,
        "OIDCFC-2",
        "When an end-user is logged out, a page of the issuer must load the `frontchannel_logout_uri` of the client in a frame",
        "The end-user believes to be logged out, and is still logged in to the client.",
        "When a session ends, show a page with an `iframe` for each client that the end-user has logged in to and that has a `frontchannel_logout_uri`. Name the address in \
         `frame-src` of the page's Content Security Policy, and wait until the frames are loaded before the page leads on.",
        |logout| match (logout.queries.len(), &logout.refused) {
            (0, Some(directive)) => {
                fail("the address in a frame", said!("the page's Content-Security-Policy does not let it load the frame: {}", shorten(directive)))
            }
            (0, None) if logout.by_script => not_applicable(BY_SCRIPT),
            (0, None) => fail("the address in a frame", said!("it was not loaded within {} s", logout.waited)),
            _ => pass("it was loaded"),
        },
    ),
    must(
        "front-channel-logout/query-kept",
        "OIDCFC-2",
        "The query of the `frontchannel_logout_uri` must be kept when parameters are added",
        "A client that distinguishes issuers or tenants by the query does not know whose logout this is.",
        "Add `iss` and `sid` after the query that the `frontchannel_logout_uri` was registered with, if it has one.",
        |logout| {
            let query = logout.query()?;
            holds(query.split('&').any(|part| part == logout.registered), said!("?{}", logout.registered), said!("?{}", shorten(query)))
        },
    ),
    must(
        BOTH,
        "OIDCFC-2",
        "The issuer must add both `iss` and `sid` to the `frontchannel_logout_uri`, or neither",
        "The client cannot tell whose session this is, and does not log out the end-user.",
        "Add `iss` with the issuer identifier and `sid` with the identifier of the session, always together.",
        |logout| {
            let (iss, sid) = (logout.parameter("iss")?, logout.parameter("sid")?);
            let said = match (&iss, &sid) {
                (Some(_), Some(_)) => "both",
                (None, None) => "neither",
                (Some(_), None) => "iss without sid",
                (None, Some(_)) => "sid without iss",
            };
            holds(iss.is_some() == sid.is_some(), "both or neither", said)
        },
    ),
    // A client requires it by its registration; the issuer has said that it can.
    must(
        NAMED,
        "OIDCFC-2",
        "The issuer must add `iss` and `sid` for a client that registered `frontchannel_logout_session_required`",
        "The client does not know which session has ended, and does not log out the end-user.",
        "Add `iss` and `sid` to the address of clients with `frontchannel_logout_session_required`, or set `frontchannel_logout_session_supported` to `false`.",
        |logout| {
            applies_if(logout.session_required, "the client does not require it")?;
            let (iss, sid) = (logout.parameter("iss")?, logout.parameter("sid")?);
            let there: Vec<&str> = [("iss", iss), ("sid", sid)].into_iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name).collect();
            holds(there.len() == 2, "iss and sid", if there.is_empty() { "neither".to_owned() } else { there.join(" and ") })
        },
    ),
    must(
        "front-channel-logout/issuer",
        "OIDCFC-2",
        "The `iss` that is added to the `frontchannel_logout_uri` must be the issuer identifier",
        "The client takes the request for one of another issuer, and does not log out the end-user.",
        "Take `iss` from the same setting as `issuer` in the metadata, and encode it for a query.",
        |logout| match logout.parameter("iss")? {
            Some(iss) => same_issuer("iss", &logout.issuer, &iss),
            None => not_applicable("no iss"),
        },
    ),
    must(
        "front-channel-logout/sid-of-login",
        "OIDCFC-2",
        "The `sid` that is added to the `frontchannel_logout_uri` must be that of the ID token of the login",
        "The client finds no session with this `sid`, and does not log out the end-user.",
        "Take `sid` of ID tokens and of the address from the same session.",
        |logout| {
            let Some(sid) = logout.parameter("sid")? else { return not_applicable("no sid") };
            match logout.id_token.get("sid") {
                Some(known) => holds(*known == sid, said!("{}, as in the ID token", seen("sid", Some(known))), said!("sid = {}", shorten(&sid))),
                None => not_applicable("the ID token has no sid"),
            }
        },
    ),
    // No keyword: "the "sid" Claim is also included in ID Tokens issued by the OP."
    should(
        "front-channel-logout/sid-known",
        "OIDCFC-3",
        "Where a `sid` is added to the `frontchannel_logout_uri`, the ID token of the login should have one",
        "The client has no session with this `sid`, and does not know whom to log out.",
        "Add `sid` to the ID tokens of clients that have a `frontchannel_logout_uri`, from the session of the login.",
        |logout| {
            applies_if(logout.session_required, "the client does not require it")?;
            if logout.parameter("sid")?.is_none() {
                return not_run(NAMED);
            }
            let known = logout.id_token.get("sid");
            holds(known.is_some(), "a sid in the ID token", seen("sid", known))
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{not_applicable, not_run};

    const GOOD: &str = "kept=1&iss=https%3A%2F%2Fissuer.example&sid=s";

    fn logout(queries: &[&str]) -> FrontChannelLogout {
        FrontChannelLogout {
            queries: queries.iter().map(|query| (*query).to_owned()).collect(),
            registered: "kept=1".to_owned(),
            waited: 5,
            by_script: false,
            refused: None,
            issuer: "https://issuer.example".to_owned(),
            session_required: true,
            id_token: json!({ "sid": "s" }).as_object().unwrap().clone(),
        }
    }

    #[test]
    fn a_good_request_breaks_no_rule() {
        assert!(failing(&logout(&[GOOD])).is_empty());
        assert!(failing(&FrontChannelLogout { session_required: false, ..logout(&["kept=1"]) }).is_empty());
        let by_script = FrontChannelLogout { by_script: true, ..logout(&[]) };
        assert_eq!((failing(&by_script).len(), not_run(&by_script).len(), not_applicable(&by_script).len()), (0, 0, 7));
    }

    #[test]
    fn each_way_of_being_wrong_breaks_its_rule() {
        let rules = |names: &[&str]| names.iter().map(|name| format!("front-channel-logout/{name}")).collect::<Vec<_>>();
        assert_eq!(failing(&logout(&[])), rules(&["loaded"]));
        assert_eq!(not_run(&logout(&[])).len(), 6);
        let refused = FrontChannelLogout { refused: Some("default-src 'none'".to_owned()), by_script: true, ..logout(&[]) };
        assert_eq!(failing(&refused), rules(&["loaded"]));
        for (query, failed) in [
            ("iss=https%3A%2F%2Fissuer.example&sid=s", &["query-kept"][..]),
            ("kept=1&sid=s", &["both-or-neither", "session-named"]),
            ("kept=1&iss=https://issuer.example", &["both-or-neither", "session-named"]),
            ("kept=1", &["session-named"]),
            ("kept=1&iss=https://other.example&sid=s", &["issuer"]),
            ("kept=1&iss=https://issuer.example&sid=t", &["sid-of-login"]),
        ] {
            assert_eq!(failing(&logout(&[query])), rules(failed), "{query}");
        }
        let unknown = FrontChannelLogout { id_token: serde_json::Map::new(), ..logout(&[GOOD]) };
        assert_eq!(failing(&unknown), rules(&["sid-known"]));
    }

    arbitrary_artefact!(FrontChannelLogout:
        query in proptest::option::of("(kept=1|iss=|sid=|[&%a-z0-9]){0,10}"),
        by_script in any::<bool>(),
        refused in proptest::option::of(".{0,20}"),
        session_required in any::<bool>()
        => FrontChannelLogout { by_script, refused, session_required, ..logout(&query.iter().map(String::as_str).collect::<Vec<_>>()) }
    );
}
