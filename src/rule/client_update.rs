//! Rules about a client that changes its configuration (RFC 7592 2.2).

use crate::rule::prelude::*;

/// The answers to changes of a client's configuration: one in order, and those that must be refused.
#[derive(Debug, Clone)]
pub struct ClientUpdate {
    /// The client.
    pub client_id: String,
    /// The configuration before.
    pub before: Map<String, Value>,
    /// What was sent to replace it.
    pub request: Value,
    /// The answer to that.
    pub response: Received,
    /// What followed, where that succeeded.
    pub attacks: Option<UpdateAttacks>,
}

/// The answers to changes that must be refused, sent after one that succeeded.
#[derive(Debug, Clone)]
pub struct UpdateAttacks {
    /// With no token, with one that the issuer never gave, and with that of another client.
    pub by_others: Vec<(&'static str, Received)>,
    /// With the identifier of another client in the body, and that identifier.
    pub other_id: (Received, String),
    /// With a secret of the client's choice, and that secret; `None` for a client without a secret.
    pub chosen_secret: Option<(Received, String)>,
    /// With a redirect URI that has a fragment, and that URI.
    pub fragment: (Received, String),
    /// The answer to a read with the token that a newer one has replaced, where one was replaced.
    pub replaced: Option<Received>,
    /// The configuration that the client reads after all that.
    pub read: Received,
}

impl Artefact for ClientUpdate {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        let about = self.attacks.as_ref().and_then(|attacks| match rule {
            KEPT => Some(&attacks.read),
            OTHER_ID | OTHER_ID_TAKEN => Some(&attacks.other_id.0),
            SECRET | SECRET_REFUSED => attacks.chosen_secret.as_ref().map(|(response, _)| response),
            FRAGMENT | REFUSAL_STATUS | REFUSAL_ERROR => Some(&attacks.fragment.0),
            REPLACED => attacks.replaced.as_ref(),
            TOKENS => attacks.by_others.iter().find(|(_, response)| response.gives()).or(attacks.by_others.first()).map(|(_, response)| response),
            _ => None,
        });
        Some(about.unwrap_or(&self.response).exchange)
    }
}

const UPDATED: &str = "client-config/update-200";
const KEPT: &str = "client-config/update-kept";
const OTHER_ID: &str = "client-config/update-other-id-refused";
const OTHER_ID_TAKEN: &str = "client-config/update-id-not-changed";
const SECRET: &str = "client-config/update-secret-not-chosen";
const SECRET_REFUSED: &str = "client-config/update-secret-refused";
const FRAGMENT: &str = "client-config/update-redirect-fragment";
const REFUSAL_STATUS: &str = "client-config/update-refusal-http-400";
const REFUSAL_ERROR: &str = "client-config/update-refusal-error";
const REPLACED: &str = "client-config/replaced-token-dead";
const TOKENS: &str = "client-config/update-by-others-refused";
const REPLACES: &str = "client-config/update-replaces";

static RULES: &[Check<ClientUpdate>] = &[
    must(
        UPDATED,
        "RFC7592-2.2",
        "An issuer that offers updates must answer the update of a client with status 200",
        "A client that changes its address or its keys cannot tell the issuer so.",
        "Answer a PUT at the `registration_client_uri` that has the client's metadata and its registration access token with status 200. If updates are not offered, answer with status 405.",
        |update| match update.response.status {
            // "If an authorization server does not support a particular method …, it MUST respond with the appropriate error code."
            403 => not_applicable("status 403: the issuer says that the client may not change its configuration"),
            code @ (404 | 405 | 501) => not_applicable(said!("status {code}: the issuer does not offer updates")),
            200 if update.response.gives() => pass("status 200"),
            _ => {
                not_busy(&update.response)?;
                fail("status 200 and the client's metadata", refusal(&update.response))
            }
        },
    ),
    should(
        "client-config/update-content-type-json",
        "RFC7592-2.2",
        "The answer to the update of a client should have the media type `application/json`",
        "Client libraries check the media type before they parse the response, and refuse a response of another type.",
        "Set `Content-Type: application/json` on the answers of the client configuration endpoint.",
        |update| {
            update.updated()?;
            media_type(&update.response, &["application/json"])
        },
    ),
    must(
        "client-config/update-client-id",
        "RFC7592-2.2",
        "The answer to the update of a client must have the same `client_id` as before",
        "The client goes on with the identifier of another client, or with none.",
        "Keep the identifier when a client is changed, and write it into the answer as in the registration response.",
        |update| match member(update.updated()?, "client_id") {
            Some(Value::String(id)) => same("client_id", &update.client_id, id),
            other => fail(said!("client_id = {}", update.client_id), seen("client_id", other)),
        },
    ),
    must(
        REPLACES,
        "RFC7592-2.2",
        "The redirect URIs of an update must replace those that the client had before",
        "A client that gives up an address goes on receiving codes there: the next owner of the address gets the logins.",
        "Delete the redirect URIs that are stored for the client, and store those of the request. Do not add to them. If one is not acceptable, refuse the whole request with status 400.",
        |update| update.has_new_redirect_uris(update.updated()?),
    ),
    must(
        KEPT,
        "RFC7592-2.2",
        "The configuration that a client reads after an update must be the updated one",
        "The client believes that its old address is given up, and the issuer still uses it.",
        "Write the change into the database before the answer is sent, and empty the caches of all instances of the server.",
        |update| {
            let attacks = update.attacks()?;
            needs(update.has_new_redirect_uris(update.updated()?).is_ok(), REPLACES)?;
            let read = attacks.configuration()?;
            // What a later request changed, which the issuer had to refuse, is said by the rule about that. It may also replace what is invalid in it
            // ("MAY replace any invalid values with suitable default values"): then the redirect URIs are those of that request.
            let is_changed = attacks.fragment.0.gives() || redirect_uris(read)?.contains(attacks.fragment.1.as_str());
            applies_if(!is_changed, "a later request changed the redirect URIs")?;
            update.has_new_redirect_uris(read)
        },
    ),
    // "The authorization server MAY ignore any null or empty value in the request."
    may(
        "client-config/update-deletes",
        "RFC7592-2.2",
        "It is good practice that members which an update leaves out are deleted",
        "A client cannot take back what it registered, for example the address of a person.",
        "Treat members that are missing in the update as null, and delete them or set them to their default.",
        |update| {
            let after = update.updated()?;
            let omitted: Vec<_> =
                update.before.keys().filter(|name| update.request.get(*name).is_none() && OPTIONAL.contains(&name.as_str())).collect();
            applies_if(!omitted.is_empty(), "the configuration before had no member that could be left out")?;
            let kept: Vec<_> =
                omitted.into_iter().filter(|name| member(after, name).is_some_and(|value| Some(value) == update.before.get(*name))).collect();
            holds(kept.is_empty(), "no such member", if kept.is_empty() { "it is gone".into() } else { said!("kept: {}", list(&kept)) })
        },
    ),
    must(
        "client-config/update-management-returned",
        "RFC7592-3",
        "The answer to the update of a client must have `registration_client_uri` and `registration_access_token`",
        "A client does not see whether its token was replaced, and may lose access to its configuration.",
        "Write `registration_client_uri` and the present `registration_access_token` into every client information response.",
        |update| {
            let after = update.updated()?;
            let missing: Vec<_> =
                ["registration_client_uri", "registration_access_token"].into_iter().filter(|name| member(after, name).is_none()).collect();
            holds(missing.is_empty(), "both members", if missing.is_empty() { "both members".into() } else { said!("missing: {}", list(&missing)) })
        },
    ),
    must(
        OTHER_ID_TAKEN,
        "RFC7592-2.2",
        "An update must not change the `client_id`, whatever its body says",
        "A client takes the identifier of another one, and with it the consent of that client's end-users.",
        "Take the client from the registration access token, compare the `client_id` of the body with it, and refuse the request with status 400 if they differ.",
        |update| {
            let (response, other) = &update.attacks()?.other_id;
            let taken = response.gives() && response.members().and_then(|after| member(after, "client_id")).is_some_and(|id| id == other.as_str());
            holds(!taken, "the client_id as before, or a refusal", if taken { "the client_id of the request".into() } else { refusal(response) })
        },
    ),
    should(
        OTHER_ID,
        "RFC7592-2.2",
        "An update whose body has another `client_id` should be refused",
        "A client that mixes up two configurations overwrites one with the other.",
        "Compare the `client_id` of the body with the client of the registration access token. If they differ, or if there is none, answer with status 400 and `error=invalid_client_metadata`.",
        |update| {
            let (response, other) = &update.attacks()?.other_id;
            needs(
                response.members().and_then(|after| member(after, "client_id")).is_none_or(|id| id != other.as_str()) || !response.gives(),
                OTHER_ID_TAKEN,
            )?;
            is_refused(response)
        },
    ),
    must(
        SECRET,
        "RFC7592-2.2",
        "A client must not be able to replace its `client_secret` by one of its choice",
        "An attacker who has the registration access token sets a secret that they know, or one that can be guessed.",
        "Compare the `client_secret` of the body with the present one. If they differ, answer with status 400 and `error=invalid_client_metadata`. Never store it.",
        |update| {
            let (response, is_chosen) = update.attacks()?.chosen_secret()?;
            holds(!is_chosen, "the secret as before, or a refusal", if is_chosen { "the secret of the request".into() } else { refusal(response) })
        },
    ),
    // The text says of the request that the two match, and not what becomes of one where they do not.
    should(
        SECRET_REFUSED,
        "RFC7592-2.2",
        "An update whose body has another `client_secret` than the present one should be refused",
        "A client that mixes up two secrets believes that it has replaced one, and is refused at the token endpoint.",
        "Compare the `client_secret` of the body with the present one. If they differ, answer with status 400 and `error=invalid_client_metadata`.",
        |update| {
            let (response, is_chosen) = update.attacks()?.chosen_secret()?;
            needs(!is_chosen, SECRET)?;
            is_refused(response)
        },
    ),
    must(
        FRAGMENT,
        "RFC6749-3.1.2",
        "An update must not give a client a redirect URI that has a fragment",
        "What is checked when a client registers can be had by a change afterwards.",
        "Put an update through the same checks as a registration: every member, every redirect URI.",
        |update| {
            let attacks = update.attacks()?;
            let (response, uri) = &attacks.fragment;
            let has = |response: &Received| {
                response.gives() && response.members().is_some_and(|after| redirect_uris(after).is_ok_and(|uris| uris.contains(uri.as_str())))
            };
            let is_kept = has(response) || has(&attacks.read);
            holds(!is_kept, "a refusal: status 400", if is_kept { said!("the redirect URI {uri}") } else { refusal(response) })
        },
    ),
    must(
        REFUSAL_STATUS,
        "RFC7592-2.2",
        "The refusal of an update for its metadata must have status 400",
        "Clients take another status for a problem of the network or of the token, and send the same request again.",
        "Answer an update with wrong metadata as a registration with wrong metadata: with status 400.",
        |update| {
            let response = update.refusal()?;
            holds(response.status == 400, "status 400", refusal(response))
        },
    ),
    must(
        REFUSAL_ERROR,
        "RFC7592-2.2",
        "The refusal of an update for its metadata must be a JSON object with an `error`",
        "Developers cannot tell which kind of mistake they made.",
        "Send a body such as `{\"error\": \"invalid_redirect_uri\"}`, as the registration endpoint does.",
        |update| match update.refusal()?.members() {
            Some(body) => has_text(body, "error"),
            None => fail("a JSON object with an error", "no JSON object"),
        },
    ),
    must(
        TOKENS,
        "RFC6749-7",
        "The update of a client must be refused without its own registration access token",
        "Everyone who knows the address sets a redirect URI of their own, and receives the codes of the client's end-users.",
        "Demand the registration access token of this client in every PUT at the `registration_client_uri`. Without it, answer with status 401 and `WWW-Authenticate: Bearer`.",
        |update| {
            let answers = &update.attacks()?.by_others;
            each(
                "a refusal of each",
                answers.iter().map(|(with, response)| {
                    let is_right = (!is_busy(response)).then(|| !response.gives());
                    (is_right, said!("{with}: {}", refusal(response)).to_string())
                }),
            )
        },
    ),
    should(
        REPLACED,
        "RFC7592-A.1",
        "A registration access token that the issuer has replaced should be refused",
        "An attacker who has the old token still reads and changes the client, although the token was replaced to prevent that.",
        "Store one registration access token for each client, and overwrite it when a new one is issued.",
        |update| {
            let Some(response) = &update.attacks()?.replaced else { return not_applicable("the issuer replaced no token") };
            is_refused(response)
        },
    ),
];

/// Members that a client may leave out of its configuration.
const OPTIONAL: [&str; 2] = ["contacts", "client_uri"];

impl ClientUpdate {
    /// The configuration that the answer to the update has.
    fn updated(&self) -> Result<&Map<String, Value>, Unmet> {
        match self.response.status {
            403 | 404 | 405 | 501 => not_applicable("the issuer did not update the client, as it may"),
            _ if is_busy(&self.response) => not_applicable("the issuer did not update the client, as it may"),
            200 if self.response.gives() => self.response.members().ok_or_else(|| Unmet::not_run(UPDATED)),
            _ => not_run(UPDATED),
        }
    }

    /// What followed an update that succeeded: without that, a refusal says nothing.
    fn attacks(&self) -> Result<&UpdateAttacks, Unmet> {
        self.updated()?;
        self.attacks.as_ref().ok_or_else(|| Unmet::not_applicable("nothing more was tried"))
    }

    /// The refusal of wrong metadata.
    fn refusal(&self) -> Result<&Received, Unmet> {
        let (response, _) = &self.attacks()?.fragment;
        not_busy(response)?;
        applies_if(!response.gives(), "the issuer changed the client")?;
        Ok(response)
    }

    /// Passes where a configuration has the redirect URIs of the update and no other.
    fn has_new_redirect_uris(&self, configuration: &Map<String, Value>) -> Judgement {
        let wanted: BTreeSet<&str> = self.request["redirect_uris"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let there = redirect_uris(configuration)?;
        let shown = said!("redirect_uris: {}", list(&there.iter().collect::<Vec<_>>()));
        holds(there == wanted, said!("redirect_uris: {}", list(&wanted.iter().collect::<Vec<_>>())), shown)
    }
}

impl UpdateAttacks {
    /// The answer to an update with a secret of the client's choice, and whether the client has that now.
    fn chosen_secret(&self) -> Result<(&Received, bool), Unmet> {
        let Some((response, chosen)) = &self.chosen_secret else { return not_applicable("the client has no secret") };
        let has = |response: &Received| response.gives() && response.members().and_then(|after| after.get("client_secret")?.as_str()) == Some(chosen);
        Ok((response, has(response) || has(&self.read)))
    }

    /// The configuration that the client reads afterwards.
    fn configuration(&self) -> Result<&Map<String, Value>, Unmet> {
        let read = self.read.members().filter(|_| self.read.gives());
        read.ok_or_else(|| Unmet::not_applicable(said!("the client did not read its configuration afterwards: {}", refusal(&self.read))))
    }
}

/// The redirect URIs of a configuration.
fn redirect_uris(configuration: &Map<String, Value>) -> Result<BTreeSet<&str>, Unmet> {
    let uris = member(configuration, "redirect_uris").map(strings);
    match uris {
        Some(Ok(uris)) => Ok(uris.into_iter().collect()),
        _ => not_applicable("the answer has no redirect_uris"),
    }
}

/// Passes where a request was refused, which one like it is not.
fn is_refused(response: &Received) -> Judgement {
    match Answer::of_resource(response) {
        Answer::Given => fail("a refusal", said!("status {}", response.status)),
        Answer::Silent => not_applicable(said!("status {} says nothing about the request", response.status)),
        Answer::Refused | Answer::RefusedAsSuccess => pass(refusal(response)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable, not_run, text};

    const NEW: &str = "https://client.example/new";
    const FRAGMENT: &str = "https://client.example/new#x";

    fn configuration() -> Value {
        json!({
            "client_id": "c", "client_secret": "s", "redirect_uris": [NEW],
            "registration_client_uri": "https://issuer.example/c", "registration_access_token": "r"
        })
    }

    fn with(changes: &Value) -> Received {
        response(200, &crate::rule::testing::with(&configuration(), changes))
    }

    fn refusal(status: u16) -> Received {
        response(status, &json!({ "error": "invalid_redirect_uri" }))
    }

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    fn attacks() -> UpdateAttacks {
        UpdateAttacks {
            by_others: vec![("without a token", refusal(401)), ("with a made-up token", refusal(401))],
            other_id: (refusal(400), "d".to_owned()),
            chosen_secret: Some((refusal(400), "word".to_owned())),
            fragment: (refusal(400), FRAGMENT.to_owned()),
            replaced: Some(refusal(401)),
            read: with(&json!({})),
        }
    }

    fn good() -> ClientUpdate {
        ClientUpdate {
            client_id: "c".to_owned(),
            before: object(&json!({ "client_id": "c", "redirect_uris": ["https://client.example/old"], "contacts": ["a"] })),
            request: json!({ "client_id": "c", "redirect_uris": [NEW] }),
            response: with(&json!({})),
            attacks: Some(attacks()),
        }
    }

    fn attacked(attacks: UpdateAttacks) -> ClientUpdate {
        ClientUpdate { attacks: Some(attacks), ..good() }
    }

    #[test]
    fn an_update_in_order_passes() {
        assert_eq!(passing(&good()).len(), ClientUpdate::rules().count());
        let unrotated = UpdateAttacks { replaced: None, chosen_secret: None, ..attacks() };
        assert_eq!(
            not_applicable(&attacked(unrotated)),
            ["client-config/update-secret-not-chosen", "client-config/update-secret-refused", "client-config/replaced-token-dead"]
        );
        // Corrected instead of refused: what is read afterwards is that correction.
        let corrected = || with(&json!({ "/redirect_uris": ["https://client.example/new-too"] }));
        let correcting = attacked(UpdateAttacks { fragment: (corrected(), FRAGMENT.to_owned()), read: corrected(), ..attacks() });
        assert!(failing(&correcting).is_empty() && not_applicable(&correcting).contains(&"client-config/update-kept"), "{:?}", failing(&correcting));
        // Ignored instead of refused.
        let ignoring = UpdateAttacks { chosen_secret: Some((with(&json!({})), "word".to_owned())), ..attacks() };
        assert_eq!(failing(&attacked(ignoring)), ["client-config/update-secret-refused"]);
    }

    #[test]
    fn an_issuer_need_not_offer_updates() {
        for status in [403, 404, 405, 501, 503] {
            let closed = ClientUpdate { response: response(status, &json!({})), attacks: None, ..good() };
            assert_eq!(not_applicable(&closed).len(), ClientUpdate::rules().count(), "{status}");
        }
        let alone = ClientUpdate { attacks: None, ..good() };
        assert!(failing(&alone).is_empty() && passing(&alone).len() == 6, "{:?}", passing(&alone));
    }

    #[test]
    fn each_answer_that_is_wrong_fails_its_rule() {
        let of = |response: Received| failing(&ClientUpdate { response, ..good() });
        for (changes, rule) in [
            (json!({ "/client_id": "d" }), "update-client-id"),
            (json!({ "/client_id": "$remove" }), "update-client-id"),
            (json!({ "/redirect_uris/-": "https://client.example/old" }), "update-replaces"),
            (json!({ "/redirect_uris": ["https://client.example/old"] }), "update-replaces"),
            (json!({ "/contacts": ["a"] }), "update-deletes"),
            (json!({ "/registration_access_token": "$remove" }), "update-management-returned"),
            (json!({ "/registration_client_uri": null }), "update-management-returned"),
        ] {
            assert_eq!(of(with(&changes)), [format!("client-config/{rule}")], "{changes}");
        }
        assert_eq!(of(text(200, "text/plain", &configuration().to_string())), ["client-config/update-content-type-json"]);
        for refused in [response(400, &json!({})), response(204, &json!({})), response(200, &json!({ "error": "x" }))] {
            let update = ClientUpdate { response: refused, ..good() };
            assert_eq!(failing(&update), ["client-config/update-200"]);
            assert_eq!(not_run(&update).len(), ClientUpdate::rules().count() - 1);
        }
    }

    #[test]
    fn what_must_be_refused_and_is_not_fails_its_rule() {
        let with_fragment = || with(&json!({ "/redirect_uris": [FRAGMENT] }));
        for (attacks, rule) in [
            (UpdateAttacks { by_others: vec![("without a token", with(&json!({})))], ..attacks() }, "update-by-others-refused"),
            (UpdateAttacks { other_id: (with(&json!({ "/client_id": "d" })), "d".to_owned()), ..attacks() }, "update-id-not-changed"),
            (UpdateAttacks { other_id: (with(&json!({})), "d".to_owned()), ..attacks() }, "update-other-id-refused"),
            (
                UpdateAttacks { chosen_secret: Some((with(&json!({ "/client_secret": "word" })), "word".to_owned())), ..attacks() },
                "update-secret-not-chosen",
            ),
            (UpdateAttacks { chosen_secret: Some((refusal(400), "s".to_owned())), ..attacks() }, "update-secret-not-chosen"),
            (UpdateAttacks { fragment: (with_fragment(), FRAGMENT.to_owned()), ..attacks() }, "update-redirect-fragment"),
            (UpdateAttacks { read: with_fragment(), ..attacks() }, "update-redirect-fragment"),
            (UpdateAttacks { fragment: (refusal(422), FRAGMENT.to_owned()), ..attacks() }, "update-refusal-http-400"),
            (UpdateAttacks { fragment: (text(400, "text/html", "<p>"), FRAGMENT.to_owned()), ..attacks() }, "update-refusal-error"),
            (UpdateAttacks { fragment: (response(400, &json!({})), FRAGMENT.to_owned()), ..attacks() }, "update-refusal-error"),
            (UpdateAttacks { replaced: Some(with(&json!({}))), ..attacks() }, "replaced-token-dead"),
            (UpdateAttacks { read: with(&json!({ "/redirect_uris": ["https://client.example/old"] })), ..attacks() }, "update-kept"),
        ] {
            assert_eq!(failing(&attacked(attacks)), [format!("client-config/{rule}")]);
        }
    }

    #[test]
    fn a_finding_points_at_the_answer_it_is_about() {
        let numbered = |exchange: usize, response: Received| Received { exchange, ..response };
        let attacks = UpdateAttacks {
            by_others: vec![("a", numbered(2, refusal(401))), ("b", numbered(3, with(&json!({}))))],
            other_id: (numbered(4, refusal(400)), "d".to_owned()),
            chosen_secret: Some((numbered(5, refusal(400)), "word".to_owned())),
            fragment: (numbered(6, refusal(400)), FRAGMENT.to_owned()),
            replaced: Some(numbered(7, refusal(401))),
            read: numbered(8, with(&json!({}))),
        };
        let update = ClientUpdate { response: numbered(1, with(&json!({}))), ..attacked(attacks) };
        for (rule, exchange) in [
            ("update-200", 1),
            ("update-by-others-refused", 3),
            ("update-id-not-changed", 4),
            ("update-secret-not-chosen", 5),
            ("update-redirect-fragment", 6),
            ("update-refusal-error", 6),
            ("replaced-token-dead", 7),
            ("update-kept", 8),
        ] {
            assert_eq!(update.exchange_of(&format!("client-config/{rule}")), Some(exchange), "{rule}");
        }
    }

    const NAMES: &[&str] = &["client_id", "client_secret", "redirect_uris", "registration_access_token", "error", "contacts"];

    arbitrary_artefact!(ClientUpdate:
        answer in arbitrary::received(NAMES),
        other in arbitrary::received(NAMES),
        read in arbitrary::received(NAMES),
        before in arbitrary::value(NAMES),
        request in arbitrary::value(NAMES)
        => {
            let attacks = UpdateAttacks {
                by_others: vec![("without a token", other.clone())],
                other_id: (other.clone(), "d".to_owned()),
                chosen_secret: Some((other.clone(), "s".to_owned())),
                fragment: (other.clone(), FRAGMENT.to_owned()),
                replaced: Some(other),
                read,
            };
            ClientUpdate { client_id: "c".to_owned(), before: object(&before), request, response: answer, attacks: Some(attacks) }
        }
    );
}
