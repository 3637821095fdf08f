use super::deletion::{CREDENTIALS_DEAD, DELETION, GONE, NOT_AUTHORIZED, UPDATE};
use super::*;
use crate::rule::testing::prelude::*;
use crate::rule::testing::{json as response, not_applicable};

fn refusal() -> Received {
    let mut response = response(401, &json!({ "error": "invalid_token" }));
    response.headers.push(("www-authenticate".to_owned(), "Bearer error=\"invalid_token\"".to_owned()));
    response
}

fn good() -> ClientConfiguration {
    ClientConfiguration {
        client_id: "c".to_owned(),
        registration: json!({ "client_id": "c", "client_secret": "s", "registration_access_token": "r" }).as_object().cloned().unwrap_or_default(),
        own: response(200, &configuration("s")),
        again: response(200, &configuration("t")),
        without: refusal(),
        unknown: refusal(),
        other: Some(refusal()),
        shared: Some(shared("*")),
        patched: Some(response(405, &json!({}))),
        openid: true,
    }
}

fn configuration(secret: &str) -> Value {
    json!({ "client_id": "c", "client_secret": secret, "registration_client_uri": "u", "registration_access_token": "r" })
}

fn shared(origin: &str) -> Received {
    let mut response = response(200, &json!({ "client_id": "c" }));
    response.headers.push(("access-control-allow-origin".to_owned(), origin.to_owned()));
    response
}

#[test]
fn a_finding_points_at_the_refusal_it_is_about() {
    let numbered = |number: usize, response: Received| Received { exchange: number, ..response };
    let config = ClientConfiguration {
        own: numbered(1, good().own),
        without: numbered(2, refusal()),
        unknown: numbered(3, response(401, &json!({}))),
        other: Some(numbered(4, response(403, &json!({ "client_secret": "s" })))),
        ..good()
    };
    for (rule, exchange) in [
        (READ, 1),
        (WITHOUT, 2),
        (UNKNOWN, 3),
        (OTHER, 4),
        ("client-config/refusals-challenge", 3),
        ("client-config/refusals-disclose-nothing", 4),
        ("client-config/refusals-http-401", 2),
    ] {
        assert_eq!(config.exchange_of(rule), Some(exchange), "{rule}");
    }
}

#[test]
fn good_answers_pass() {
    assert!(failing(&good()).is_empty());
    assert_eq!(not_applicable(&ClientConfiguration { other: None, ..good() }), ["client-config/read-management", OTHER]);
    let server = ClientConfiguration { openid: false, ..good() };
    assert!(failing(&server).is_empty() && passing(&server).contains(&"client-config/read-management"), "{:?}", failing(&server));
    // What a provider should return and does not is said by the rule about all members.
    let unnamed = || response(200, &json!({ "client_secret": "s", "registration_client_uri": "u", "registration_access_token": "r" }));
    let silent = ClientConfiguration { own: unnamed(), again: unnamed(), ..good() };
    assert_eq!((failing(&silent), not_applicable(&silent).contains(&"client-config/read-client-id")), (vec!["client-config/read-metadata"], true));
    let server = ClientConfiguration { openid: false, ..silent };
    assert_eq!(failing(&server), ["client-config/read-client-id", "client-config/read-metadata"]);
    // PATCH may have a meaning, a refusal other than 405 is an error too, and an issuer may refuse pages of other origins altogether.
    let own_way = ClientConfiguration { patched: Some(response(200, &json!({}))), shared: Some(response(403, &json!({}))), ..good() };
    assert!(failing(&own_way).is_empty() && !passing(&own_way).contains(&METHOD), "{:?}", passing(&own_way));
    for status in [403, 405] {
        assert!(failing(&ClientConfiguration { own: response(status, &json!({})), ..good() }).is_empty(), "{status}");
    }
    let mut forbidden = refusal();
    forbidden.status = 403;
    assert!(failing(&ClientConfiguration { other: Some(forbidden.clone()), ..good() }).is_empty());
    assert!(failing(&ClientConfiguration { without: forbidden.clone(), unknown: forbidden, openid: false, ..good() }).is_empty());
}

#[test]
fn each_way_of_being_wrong_fails_its_rule() {
    let open = || response(200, &json!({ "client_id": "c", "client_secret": "s" }));
    let bare = || response(401, &json!({}));
    let twice = || {
        let mut twice = response(401, &json!({}));
        twice.headers.push(("www-authenticate".to_owned(), "Bearer realm=a, realm=b".to_owned()));
        twice
    };
    let bare_configuration = || response(200, &json!({ "client_id": "c", "client_secret": "s", "registration_client_uri": "u" }));
    let mut disclosing = refusal();
    disclosing.put_body(br#"{"error":"invalid_token","client_secret":"s"}"#.to_vec());
    let with_status = |status| Received { status, ..refusal() };
    for (config, rule) in vec![
        (ClientConfiguration { own: response(404, &json!({})), ..good() }, "read-200"),
        (
            ClientConfiguration { own: response(200, &json!({ "client_id": "d" })), again: response(200, &json!({ "client_id": "d" })), ..good() },
            "read-client-id",
        ),
        (ClientConfiguration { own: response(200, &json!([])), ..good() }, "read-client-id"),
        (ClientConfiguration { own: bare_configuration(), again: bare_configuration(), openid: false, ..good() }, "read-management"),
        (ClientConfiguration { shared: Some(response(200, &json!({ "client_id": "c" }))), ..good() }, "cross-origin"),
        (ClientConfiguration { patched: Some(response(500, &json!({}))), ..good() }, "method-refused"),
        (ClientConfiguration { patched: Some(response(404, &json!({}))), ..good() }, "method-http-405"),
        (ClientConfiguration { without: open(), ..good() }, "no-token-refused"),
        (ClientConfiguration { unknown: open(), ..good() }, "unknown-token-refused"),
        (ClientConfiguration { other: Some(open()), ..good() }, "other-token-refused"),
        (ClientConfiguration { unknown: bare(), ..good() }, "refusals-challenge"),
        (ClientConfiguration { unknown: twice(), ..good() }, "challenges-well-formed"),
        (ClientConfiguration { without: with_status(404), ..good() }, "refusals-http-401"),
        (ClientConfiguration { without: with_status(400), ..good() }, "refusals-as-bearer"),
        (ClientConfiguration { unknown: with_status(403), ..good() }, "refusals-http-401"),
        (ClientConfiguration { other: Some(with_status(404)), ..good() }, "refusals-http-401"),
        (ClientConfiguration { unknown: with_status(404), openid: false, ..good() }, "refusals-as-bearer"),
        (ClientConfiguration { other: Some(disclosing), ..good() }, "refusals-disclose-nothing"),
    ] {
        assert_eq!(failing(&config), [format!("client-config/{rule}")]);
    }
}

#[test]
fn what_a_client_reads_is_all_of_it_and_stays_the_same() {
    let members = |members: serde_json::Value| members.as_object().cloned().unwrap_or_default();
    let more = ClientConfiguration { registration: members(json!({ "client_id": "c", "client_name": "A", "contacts": null })), ..good() };
    assert_eq!(failing(&more), ["client-config/read-metadata"]);
    for again in [response(200, &json!({ "client_id": "c", "client_name": "A" })), response(401, &json!({}))] {
        assert_eq!(failing(&ClientConfiguration { again, ..good() }), ["client-config/read-unchanged"]);
    }
    let as_text = crate::rule::testing::text(200, "text/plain", "{\"client_id\":\"c\"}");
    assert_eq!(failing(&ClientConfiguration { own: as_text, ..good() }), ["client-config/read-content-type-json"]);
}

#[test]
fn a_client_is_deleted_by_itself_alone() {
    let answers = |last: Received| vec![("without a token", refusal()), ("with a made-up token", last)];
    let of = |last: Received, own: u16| DeletionByOthers { answers: answers(last), own: Some(response(own, &json!({}))) };
    assert_eq!(passing(&of(refusal(), 204)).len(), 1);
    assert_eq!(failing(&of(response(204, &json!({})), 401)), ["client-config/delete-by-others-refused"]);
    assert_eq!(not_applicable(&of(refusal(), 403)).len(), 1);
    assert_eq!(not_applicable(&DeletionByOthers { answers: Vec::new(), own: None }).len(), 1);
    let mut numbered = of(response(204, &json!({})), 401);
    numbered.answers[1].1.exchange = 7;
    assert_eq!(numbered.exchange(), Some(7));
}

#[test]
fn a_deleted_client_gets_no_codes() {
    let redirect = |to: &str| {
        let mut response = response(302, &json!({}));
        response.headers.push(("location".to_owned(), to.to_owned()));
        response
    };
    let to_client = || redirect("https://client.example/cb?error=login_required");
    let of = |before: Received, after: Received| DeletedClient { authorization: Some((before, after)), ..dead() };
    let rule = [NOT_AUTHORIZED];
    assert!(passing(&of(to_client(), response(400, &json!({})))).contains(&NOT_AUTHORIZED));
    assert!(passing(&of(to_client(), redirect("https://issuer.example/error"))).contains(&NOT_AUTHORIZED));
    assert_eq!(failing(&of(to_client(), to_client())), rule);
    assert_eq!(not_applicable(&of(response(200, &json!({})), response(400, &json!({})))), rule);
    assert_eq!(not_applicable(&of(to_client(), response(503, &json!({})))), rule);
}

/// With these errors for a wrong secret, and after the deletion.
fn unknown_code(wrong_secret: &str, after: &str) -> UnknownCode {
    let of = |error: &str| response(400, &json!({ "error": error }));
    UnknownCode { before: of("invalid_grant"), wrong_secret: Some(of(wrong_secret)), after: of(after) }
}

fn dead() -> DeletedClient {
    DeletedClient {
        was_readable: true,
        read: refusal(),
        token: Some(unknown_code("invalid_client", "invalid_client")),
        authorization: None,
        redirect_uri: "https://client.example/cb".to_owned(),
        update: Some(refusal()),
        deletion: Some(refusal()),
    }
}

#[test]
fn a_refusal_says_nothing_where_the_client_itself_is_refused_too() {
    for status in [403, 405] {
        let closed = ClientConfiguration { own: response(status, &json!({})), ..good() };
        assert_eq!(passing(&closed), Vec::<&str>::new(), "{status}");
    }
    let open = ClientConfiguration { own: response(405, &json!({})), without: response(200, &json!({ "client_id": "c" })), ..good() };
    assert_eq!(failing(&open), [WITHOUT]);
    let unread = DeletedClient { was_readable: false, token: None, update: None, deletion: None, ..dead() };
    assert_eq!(passing(&unread), Vec::<&str>::new());
}

#[test]
fn a_deleted_client_is_dead() {
    assert!(failing(&dead()).is_empty());
    assert!(failing(&DeletedClient { token: None, ..dead() }).is_empty());
    assert_eq!(failing(&DeletedClient { read: response(200, &json!({})), ..dead() }), [GONE]);
    assert_eq!(failing(&DeletedClient { read: response(404, &json!({})), ..dead() }), ["client-config/deleted-http-401"]);
    let rule = [CREDENTIALS_DEAD];
    let of = |token: UnknownCode| DeletedClient { token: Some(token), ..dead() };
    assert_eq!(failing(&of(unknown_code("invalid_client", "invalid_grant"))), rule);
    let granted = UnknownCode { after: response(200, &json!({ "access_token": "t" })), ..unknown_code("invalid_grant", "") };
    assert_eq!(failing(&of(granted)), rule);
    // An issuer that looks at the code first says the same whoever sends it, and one that never knew the client says nothing by refusing it.
    let never_known = UnknownCode { before: response(401, &json!({})), ..unknown_code("invalid_client", "invalid_client") };
    let by_certificate = UnknownCode { wrong_secret: None, ..unknown_code("", "invalid_grant") };
    for token in [unknown_code("invalid_grant", "invalid_grant"), by_certificate, never_known] {
        let silent = of(token);
        assert!(failing(&silent).is_empty() && not_applicable(&silent).contains(&rule[0]), "{:?}", silent.token);
    }
    for status in [204, 404] {
        let again = || Some(response(status, &json!({})));
        assert_eq!(failing(&DeletedClient { update: again(), ..dead() }), [UPDATE], "{status}");
        assert_eq!(failing(&DeletedClient { deletion: again(), ..dead() }), [DELETION], "{status}");
    }
}

arbitrary_artefact!(ClientConfiguration:
    own in arbitrary::received(&["client_id", "error", "client_secret"]),
    without in arbitrary::received(&["error"]),
    unknown in arbitrary::received(&["error", "client_secret"]),
    other in proptest::option::of(arbitrary::received(&["error", "client_secret"])),
    shared in proptest::option::of(arbitrary::received(&["error"])),
    patched in proptest::option::of(arbitrary::received(&["error"])),
    openid in proptest::bool::ANY
    => ClientConfiguration { own, without, unknown, other, shared, patched, openid, ..good() }
);

arbitrary_artefact!(DeletedClient:
    read in arbitrary::received(&["error", "client_id"]),
    was_readable in proptest::bool::ANY,
    token in proptest::option::of((arbitrary::received(&["error"]), arbitrary::received(&["error"]))),
    authorization in proptest::option::of((arbitrary::received(&["error"]), arbitrary::received(&["error"]))),
    update in proptest::option::of(arbitrary::received(&["error"])),
    deletion in proptest::option::of(arbitrary::received(&["error"]))
    => {
        let token = token.map(|(first, after)| UnknownCode { before: first.clone(), wrong_secret: Some(first), after });
        DeletedClient { read, was_readable, token, authorization, update, deletion, ..dead() }
    }
);

arbitrary_artefact!(DeletionByOthers:
    answer in arbitrary::received(&["error", "client_id"]),
    own in proptest::option::of(arbitrary::received(&["error"]))
    => DeletionByOthers { answers: vec![("without a token", answer)], own }
);
