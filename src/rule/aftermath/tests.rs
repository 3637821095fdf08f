use proptest::prelude::*;
use serde_json::json;

use super::{Aftermath, Cause};
use crate::rule::testing::{arbitrary, failing, json as response, not_applicable, not_run, text};

const CAUSES: [(Cause, &[&str]); 4] = [
    (Cause::CodeReuse { refused: true }, &["code/reuse-revokes-access-token", "code/reuse-revokes-refresh-token"]),
    (Cause::RefreshReuse { refused: true }, &["refresh/reuse-revokes-family"]),
    (Cause::RefreshRevoked, &["revocation/cascade"]),
    (Cause::AccessRevoked { revoked: true }, &["revocation/access-token-dead"]),
];

fn dead(cause: Cause) -> Aftermath {
    Aftermath {
        cause,
        userinfo: Some(response(401, &json!({}))),
        introspection: Some(response(200, &json!({ "active": false }))),
        refresh: Some(response(400, &json!({ "error": "invalid_grant" }))),
    }
}

#[test]
fn dead_tokens_break_no_rule_and_living_ones_break_their_own() {
    for (cause, rules) in CAUSES {
        assert!(failing(&dead(cause)).is_empty());
        let living = Aftermath { userinfo: Some(response(200, &json!({ "sub": "u" }))), refresh: Some(response(200, &json!({}))), ..dead(cause) };
        assert_eq!(failing(&living), rules);
        let untold = Aftermath { userinfo: None, introspection: Some(text(401, "text/html", "")), refresh: None, ..dead(cause) };
        assert_eq!((failing(&untold).len(), not_applicable(&untold).len()), (0, 5));
    }
    let active = Aftermath { introspection: Some(response(200, &json!({ "active": true }))), ..dead(Cause::RefreshRevoked) };
    assert_eq!(failing(&active), ["revocation/cascade"]);
}

#[test]
fn what_was_not_refused_leads_nowhere() {
    assert_eq!(not_run(&dead(Cause::CodeReuse { refused: false })).len(), 2);
    assert_eq!(not_run(&dead(Cause::RefreshReuse { refused: false })), [("refresh/reuse-revokes-family", "refresh/reuse-refused".to_owned())]);
    assert_eq!(not_applicable(&dead(Cause::AccessRevoked { revoked: false })).len(), 5);
}

proptest! {
    #[test]
    fn nothing_panics(userinfo in arbitrary::received(&["sub"]), introspection in arbitrary::received(&["active"]), refresh in arbitrary::received(&["error"])) {
        for (cause, _) in CAUSES {
            let _ = failing(&Aftermath { cause, userinfo: Some(userinfo.clone()), introspection: Some(introspection.clone()), refresh: Some(refresh.clone()) });
        }
    }
}
