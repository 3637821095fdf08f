use proptest::prelude::*;
use serde_json::{Value, json};

use super::RefreshPractice;
use crate::rule::testing::{arbitrary, failing, json as response, not_applicable, not_run};

fn practice(after: &Value, narrow: &Value, wide_status: u16, wide: &Value) -> RefreshPractice {
    RefreshPractice {
        after_attacks: response(200, after),
        sent: "old".to_owned(),
        is_public: true,
        granted: "openid offline_access".to_owned(),
        narrow: Some(("openid".to_owned(), response(200, narrow))),
        wide: Some(response(wide_status, wide)),
    }
}

fn good() -> RefreshPractice {
    practice(&json!({ "refresh_token": "new" }), &json!({ "scope": "openid" }), 400, &json!({ "error": "invalid_scope" }))
}

#[test]
fn what_the_specification_allows_breaks_no_rule() {
    let refresh = json!({ "refresh_token": "new" });
    assert!(failing(&good()).is_empty() && not_applicable(&good()).is_empty());
    assert!(failing(&practice(&refresh, &json!({}), 200, &json!({ "scope": "openid offline_access" }))).is_empty());
    assert_eq!(not_applicable(&practice(&refresh, &json!({}), 200, &json!({}))), ["refresh/wider-scope-not-granted"]);
    let confidential = RefreshPractice { is_public: false, ..practice(&json!({}), &json!({}), 400, &json!({})) };
    assert_eq!((failing(&confidential).len(), not_applicable(&confidential)), (0, vec!["refresh/public-client-rotates"]));
    let plain = RefreshPractice { narrow: None, wide: None, ..good() };
    assert_eq!((failing(&plain).len(), not_applicable(&plain).len()), (0, 2));
}

#[test]
fn each_wrong_answer_breaks_its_rule() {
    let refresh = json!({ "refresh_token": "new" });
    let refused = response(400, &json!({ "error": "invalid_grant" }));
    for (practice, rule) in [
        (practice(&json!({ "refresh_token": "old" }), &json!({}), 400, &json!({})), "refresh/public-client-rotates"),
        (practice(&json!({}), &json!({}), 400, &json!({})), "refresh/public-client-rotates"),
        (practice(&refresh, &json!({ "scope": "openid offline_access" }), 400, &json!({})), "refresh/narrow-scope-granted"),
        (RefreshPractice { narrow: Some(("openid".to_owned(), refused.clone())), ..good() }, "refresh/narrow-scope-granted"),
        (practice(&refresh, &json!({}), 200, &json!({ "scope": "openid profile" })), "refresh/wider-scope-not-granted"),
        (RefreshPractice { after_attacks: refused.clone(), ..good() }, "refresh/survives-attacks"),
    ] {
        assert_eq!(failing(&practice), [rule]);
    }
    assert_eq!(not_run(&RefreshPractice { after_attacks: refused, ..good() }).len(), 2);
}

proptest! {
    #[test]
    fn nothing_panics(after in arbitrary::received(&["refresh_token", "scope"]), narrow in arbitrary::received(&["scope"]), wide in arbitrary::received(&["scope"])) {
        let _ = failing(&RefreshPractice { after_attacks: after, narrow: Some(("openid".to_owned(), narrow)), wide: Some(wide), ..good() });
    }
}
