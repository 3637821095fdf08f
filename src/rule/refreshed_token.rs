//! Rules about what the access token of a refresh is good for, beside that of the login it goes back to (RFC 6749 6, RFC 9068 2.2.1).

use crate::rule::prelude::*;

/// The access token of a refresh, beside that of the login.
#[derive(Debug, Clone)]
pub struct RefreshedToken {
    /// The exchange of the refresh.
    pub exchange: usize,
    /// The access token of the login.
    pub before: Token,
    /// The refreshed access token.
    pub after: Token,
    /// The scope that the refresh granted; that of the login where the response names none.
    pub scope: String,
    /// What userinfo answers to the one and to the other, where there is an endpoint.
    pub userinfo: Option<(Received, Received)>,
    /// What introspection says of the one and of the other, where there is an endpoint for this client.
    pub introspection: Option<(Received, Received)>,
}

impl Artefact for RefreshedToken {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.exchange)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        let about = match rule {
            USERINFO | "refresh/userinfo-same-claims" => self.userinfo.as_ref(),
            INTROSPECTION => self.introspection.as_ref(),
            _ => None,
        };
        Some(about.map_or(self.exchange, |(_, after)| after.exchange))
    }
}

const USERINFO: &str = "refresh/access-token-at-userinfo";
const INTROSPECTION: &str = "refresh/access-token-active";

static RULES: &[Check<RefreshedToken>] = &[
    must(
        USERINFO,
        "RFC6749-6",
        "Userinfo must accept the access token of a refresh that was granted the scope `openid`",
        "The client has a new access token that opens nothing, and must ask the end-user to log in again.",
        "Store the refreshed access token like that of the login, with the same end-user and the scope that was granted, and revoke the old one only after that.",
        |token| match Answer::of_resource(token.at_userinfo()?) {
            Answer::Given => pass("userinfo answers to both access tokens"),
            Answer::Silent => not_applicable("the server is out of order"),
            _ => fail("the answer that the access token of the login gets", refusal(token.at_userinfo()?)),
        },
    ),
    // Which claims there are is the scope's (Core 5.4), and that stays the same where the refresh asks for none.
    may(
        "refresh/userinfo-same-claims",
        "OIDCC-5.4",
        "It is good practice that userinfo returns the same claims for the access token of a refresh as for that of the login",
        "What the client knows of the end-user depends on whether its access token was refreshed.",
        "Store the scope and the requested claims with the grant, and select the claims for a refreshed access token by them.",
        |token| {
            let answer = token.at_userinfo()?;
            let Some((before, _)) = &token.userinfo else { return not_applicable("there is no userinfo endpoint") };
            if Answer::of_resource(answer) != Answer::Given {
                return not_run(USERINFO);
            }
            let (Some(before), Some(after)) = (claims(before), claims(answer)) else { return not_applicable("an answer that is no set of claims") };
            let others = |of: &Map<String, Value>, than: &Map<String, Value>| -> Vec<String> {
                of.keys().filter(|name| member(of, name).is_some() && member(than, name).is_none()).cloned().collect()
            };
            let (lost, new) = (others(&before, &after), others(&after, &before));
            let seen = if lost.is_empty() && new.is_empty() {
                said!("{} claims, the same as before", after.len())
            } else {
                said!("lost: {}; new: {}", list(&lost), list(&new))
            };
            holds(lost.is_empty() && new.is_empty(), list(&before.keys().collect::<Vec<_>>()), seen)
        },
    ),
    should(
        INTROSPECTION,
        "RFC7662-2.2",
        "The access token of a refresh should be active at introspection",
        "Resource servers that ask refuse every request of a client that has refreshed.",
        "Store the refreshed access token where introspection looks for it, like that of the login.",
        |token| {
            let Some((before, after)) = &token.introspection else { return not_applicable("the client has no introspection endpoint to ask") };
            applies_if(active(before) == Some(true), "the access token of the login is not called active either")?;
            match active(after) {
                Some(active) => holds(active, "active = true", said!("active = {active}")),
                None => not_applicable(said!("could not be judged: {}", refusal(after))),
            }
        },
    ),
    must(
        "refresh/access-token-auth-claims",
        "RFC9068-2.2.1",
        "The `auth_time`, `acr` and `amr` of a refreshed access token with the `typ` `at+jwt` must be those of the first access token",
        "A resource server that asks for a fresh or a strong login takes a refresh for one.",
        "Store `auth_time`, `acr` and `amr` of the login with the refresh token, and write these values into every access token that it gives.",
        |token| {
            let (before, after) = (profiled(&token.before)?, profiled(&token.after)?);
            let names = ["auth_time", "acr", "amr"];
            let both: Vec<&str> = names.into_iter().filter(|name| member(before, name).is_some() && member(after, name).is_some()).collect();
            applies_if(!both.is_empty(), "the two access tokens have none of them in common")?;
            let same = both.iter().all(|name| before.get(*name) == after.get(*name));
            let shown = |claims: &Map<String, Value>| Words::join(&both.iter().map(|name| seen(name, claims.get(*name))).collect::<Vec<_>>(), ", ");
            holds(same, shown(before), shown(after))
        },
    ),
];

impl RefreshedToken {
    /// Userinfo's answer to the refreshed token, where it answered to that of the login and the scope is still enough.
    fn at_userinfo(&self) -> Result<&Received, Unmet> {
        let Some((before, after)) = &self.userinfo else { return not_applicable("there is no userinfo endpoint") };
        applies_if(Answer::of_resource(before) == Answer::Given, "userinfo does not answer to the access token of the login either")?;
        applies_if(scope_words(&self.scope).contains("openid"), "the refresh was not granted the scope openid")?;
        Ok(after)
    }
}

/// The claims of an access token whose `typ` claims RFC 9068.
fn profiled(token: &Token) -> Result<&Map<String, Value>, Unmet> {
    match token.jwt() {
        Ok(jwt) if jwt.typ().as_deref() == Some("at+jwt") => Ok(&jwt.claims),
        Ok(_) => not_applicable("the access token is a JWT that does not claim RFC 9068 by its typ"),
        Err(_) => not_applicable("the access token is opaque"),
    }
}

/// The claims of an answer of userinfo, signed or not.
fn claims(response: &Received) -> Option<Map<String, Value>> {
    response.object().or_else(|| Jwt::parse(response.text().trim()).ok().map(|jwt| jwt.claims))
}

/// What introspection says of a token.
fn active(response: &Received) -> Option<bool> {
    response.member("active").filter(|_| response.is_success())?.as_bool()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::jose::testing::Signer;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable};

    fn jwt(claims: &Value) -> Token {
        Token::from(Signer::of("ES256").token(&json!({ "alg": "ES256", "typ": "at+jwt" }), claims))
    }

    fn userinfo(claims: &Value) -> Received {
        response(200, claims)
    }

    fn good() -> RefreshedToken {
        let claims = json!({ "auth_time": 100, "acr": "a", "amr": ["pwd"], "iat": 1 });
        let active = || response(200, &json!({ "active": true }));
        let user = || userinfo(&json!({ "sub": "u", "name": "Ann" }));
        RefreshedToken {
            exchange: 3,
            before: jwt(&claims),
            after: jwt(&claims),
            scope: "openid profile".to_owned(),
            userinfo: Some((user(), user())),
            introspection: Some((active(), active())),
        }
    }

    #[test]
    fn a_refreshed_token_is_as_good_as_the_first() {
        assert_eq!(passing(&good()).len(), 4);
        let opaque = RefreshedToken { after: Token::from("opaque".to_owned()), userinfo: None, introspection: None, ..good() };
        assert_eq!(not_applicable(&opaque).len(), 4);
        let narrowed = RefreshedToken { scope: "profile".to_owned(), ..good() };
        assert_eq!(not_applicable(&narrowed).len(), 2);
    }

    #[test]
    fn each_loss_breaks_its_rule() {
        let refused = || response(401, &json!({ "error": "invalid_token" }));
        let first = good().userinfo.map_or_else(refused, |(before, _)| before);
        let at_userinfo = |after| RefreshedToken { userinfo: Some((first.clone(), after)), ..good() };
        let of = |claims: Value| RefreshedToken { after: jwt(&claims), ..good() };
        let inactive = response(200, &json!({ "active": false }));
        for (token, rule) in [
            (at_userinfo(refused()), "refresh/access-token-at-userinfo"),
            (at_userinfo(userinfo(&json!({ "sub": "u" }))), "refresh/userinfo-same-claims"),
            (at_userinfo(userinfo(&json!({ "sub": "u", "name": "Ann", "email": "a@b" }))), "refresh/userinfo-same-claims"),
            (
                RefreshedToken { introspection: good().introspection.map(|(before, _)| (before, inactive.clone())), ..good() },
                "refresh/access-token-active",
            ),
            (of(json!({ "auth_time": 200 })), "refresh/access-token-auth-claims"),
            (of(json!({ "acr": "b", "auth_time": 100 })), "refresh/access-token-auth-claims"),
            (of(json!({ "amr": ["pwd", "otp"] })), "refresh/access-token-auth-claims"),
        ] {
            assert_eq!(failing(&token), [rule]);
        }
        assert!(failing(&of(json!({ "iat": 2 }))).is_empty(), "what is not there says nothing else");
        let unproven = RefreshedToken { introspection: Some((inactive.clone(), inactive)), userinfo: Some((refused(), refused())), ..good() };
        assert_eq!((failing(&unproven).len(), not_applicable(&unproven).len()), (0, 3));
    }

    arbitrary_artefact!(RefreshedToken:
        texts in (".{0,20}", ".{0,20}"),
        scope in "(openid| |x){0,3}",
        userinfo in proptest::option::of((arbitrary::received(&["sub", "name"]), arbitrary::received(&["sub", "name"]))),
        introspection in proptest::option::of((arbitrary::received(&["active"]), arbitrary::received(&["active"])))
        => RefreshedToken { before: Token::from(texts.0), after: Token::from(texts.1), scope, userinfo, introspection, ..good() }
    );
}
