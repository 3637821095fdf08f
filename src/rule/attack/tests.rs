use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::{Attack, Attacked, ClientAttack, CodeAttack, PkceAttack, RefreshAttack};
use crate::observed::received::Received;
use crate::rule::Artefact;
use crate::rule::testing::{arbitrary, arbitrary_artefact, failing, json as response, passing, text};
use crate::rule::token_refusal::{Provocation, TokenRefusal};

const ALL: [Attack; 21] = [
    Attack::WrongVerifier,
    Attack::ShortVerifier,
    Attack::MissingVerifier,
    Attack::UnaskedVerifier,
    Attack::ChallengeAsVerifier,
    Attack::VerifierOfAnotherFlow,
    Attack::NoAuthentication,
    Attack::UnknownClient,
    Attack::WrongClientSecret,
    Attack::SecretInQuery,
    Attack::TwoMethods,
    Attack::CodeOfAnotherClient,
    Attack::OtherRedirectUri,
    Attack::MissingRedirectUri,
    Attack::UsedCode,
    Attack::RepeatedParameter,
    Attack::GetRequest,
    Attack::RefreshTokenOfAnotherClient,
    Attack::RefreshWithWrongSecret,
    Attack::AccessTokenAsRefreshToken,
    Attack::UsedRefreshToken,
];

/// Every kind of artefact made of one answer: the ids that fail and the ids that pass.
fn judged(attack: Attack, response: &Received) -> (Vec<&'static str>, Vec<&'static str>) {
    fn of<A: Artefact>(artefact: &A) -> (Vec<&'static str>, Vec<&'static str>) {
        (failing(artefact), passing(artefact))
    }
    let attacked = Attacked { attack, response: response.clone() };
    let all =
        [of(&PkceAttack(attacked.clone())), of(&ClientAttack(attacked.clone())), of(&CodeAttack(attacked.clone())), of(&RefreshAttack(attacked))];
    all.into_iter().fold(<(Vec<_>, Vec<_>)>::default(), |(mut failed, mut passed), (more_failed, more_passed)| {
        failed.extend(more_failed);
        passed.extend(more_passed);
        (failed, passed)
    })
}

#[test]
fn each_attack_is_judged_by_its_own_rule() {
    let mut rules = BTreeSet::new();
    for attack in ALL {
        assert!(rules.insert(attack.rule()), "{attack:?}");
        for refused in [response(400, &json!({ "error": "invalid_grant" })), text(405, "", ""), text(302, "", "")] {
            assert_eq!(judged(attack, &refused), (vec![], vec![attack.rule()]), "{attack:?}");
        }
        for accepted in [response(200, &json!({ "access_token": "a" })), text(200, "text/html", "<p>")] {
            assert_eq!(judged(attack, &accepted), (vec![attack.rule()], vec![]), "{attack:?}");
        }
        assert_eq!(judged(attack, &text(429, "", "")), (vec![], vec![]), "too busy to say anything: {attack:?}");
    }
    let ids = PkceAttack::rules().count() + ClientAttack::rules().count() + CodeAttack::rules().count() + RefreshAttack::rules().count();
    assert_eq!(ids, rules.len());
}

#[test]
fn the_form_of_a_refusal_is_judged_beside_it() {
    let of = |attack, status, error: &str| {
        let provocation = Provocation::Attack(attack);
        let mut response = response(status, &json!({ "error": error }));
        response.headers.push(("cache-control".to_owned(), "no-store".to_owned()));
        failing(&TokenRefusal { response, provocation, by_header: false })
    };
    for attack in ALL {
        let right = if attack.is_failed_authentication() { "invalid_client" } else { "invalid_grant" };
        assert!(of(attack, 400, right).is_empty(), "{attack:?}");
        assert!(of(attack, 200, right).is_empty(), "its own rule says so: {attack:?}");
        assert_eq!(of(attack, 500, right), ["token-error/http-400"], "{attack:?}");
    }
    assert_eq!(of(Attack::WrongVerifier, 400, "invalid_request"), ["token-error/invalid-grant"]);
    assert_eq!(of(Attack::NoAuthentication, 400, "invalid_grant"), ["token-error/invalid-client"]);
    for attack in [Attack::MissingVerifier, Attack::UnaskedVerifier, Attack::MissingRedirectUri, Attack::TwoMethods, Attack::SecretInQuery] {
        assert!(of(attack, 400, "invalid_request").is_empty(), "the specifications leave the choice: {attack:?}");
    }
}

fn any_attacked() -> impl Strategy<Value = Attacked> {
    let response = arbitrary::received(&["error", "access_token"]);
    (select(&ALL[..]), response).prop_map(|(attack, response)| Attacked { attack, response })
}

arbitrary_artefact!(PkceAttack: attacked in any_attacked() => PkceAttack(attacked));
arbitrary_artefact!(ClientAttack: attacked in any_attacked() => ClientAttack(attacked));
arbitrary_artefact!(CodeAttack: attacked in any_attacked() => CodeAttack(attacked));
arbitrary_artefact!(RefreshAttack: attacked in any_attacked() => RefreshAttack(attacked));
