use super::*;
use crate::rule::testing::prelude::*;
use crate::rule::testing::{json as response, text};
use crate::rule::token_refusal::{Provocation, TokenRefusal};

const ALL: [Attack; 24] = [
    Attack::WrongVerifier,
    Attack::ShortVerifier,
    Attack::MissingVerifier,
    Attack::UnaskedVerifier,
    Attack::ChallengeAsVerifier,
    Attack::VerifierOfAnotherFlow,
    Attack::VerifierByUnnamedMethod,
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
    Attack::ChangedRefreshToken,
    Attack::UsedRefreshToken,
    Attack::UsedConfidentialRefreshToken,
];

/// Every kind of artefact made of one answer: the ids that fail and the ids that pass.
fn judged(attack: Attack, response: &Received) -> (Vec<&'static str>, Vec<&'static str>) {
    fn of<A: Artefact>(artefact: &A) -> (Vec<&'static str>, Vec<&'static str>) {
        (failing(artefact), passing(artefact))
    }
    let attacked = Attacked { attack, response: response.clone(), control: Control::Good, works: None };
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
        let refusals = [response(400, &json!({ "error": "invalid_grant" })), text(405, "", ""), text(302, "", "")];
        for refused in refusals.iter().chain([&response(200, &json!({ "error": "invalid_grant" }))]) {
            assert_eq!(judged(attack, refused), (vec![], vec![attack.rule()]), "{attack:?}");
        }
        assert_eq!(judged(attack, &response(200, &json!({ "access_token": "a" }))), (vec![attack.rule()], vec![]), "{attack:?}");
        for silent in [text(429, "", ""), text(500, "", "")] {
            assert_eq!(judged(attack, &silent), (vec![], vec![]), "it says nothing: {attack:?}");
        }
        let passed = if attack == Attack::GetRequest { vec![attack.rule()] } else { vec![] };
        for page in [text(200, "text/html", "<p>"), response(200, &json!({}))] {
            assert_eq!(judged(attack, &page), (vec![], passed.clone()), "neither tokens nor a refusal: {attack:?}");
        }
    }
    let ids = PkceAttack::rules().count() + ClientAttack::rules().count() + CodeAttack::rules().count() + RefreshAttack::rules().count();
    assert_eq!(ids, rules.len());
}

#[test]
fn nothing_is_concluded_without_a_control_and_without_trying_the_token() {
    let attacked = |response, control, works| ClientAttack(Attacked { attack: Attack::NoAuthentication, response, control, works });
    let missing = Control::Missing("a right request is refused, too".to_owned());
    let refused = attacked(response(401, &json!({ "error": "invalid_client" })), missing, None);
    assert_eq!((failing(&refused), passing(&refused)), (vec![], vec![]));
    for (works, failed) in [(Some(true), 1), (None, 1), (Some(false), 0)] {
        let given = attacked(response(200, &json!({ "access_token": "a" })), Control::Good, works);
        assert_eq!((failing(&given).len(), passing(&given)), (failed, vec![]), "{works:?}");
    }
}

#[test]
fn the_form_of_a_refusal_is_judged_beside_it() {
    let of = |attack, status, error: &str| {
        let provocation = Provocation::Attack(attack);
        let mut response = response(status, &json!({ "error": error }));
        response.headers.push(("cache-control".to_owned(), "no-store".to_owned()));
        failing(&TokenRefusal { response, provocation, by_header: false, grant_unlisted: false })
    };
    for attack in ALL {
        let right = if attack.is_failed_authentication() { "invalid_client" } else { "invalid_grant" };
        assert!(of(attack, 400, right).is_empty(), "{attack:?}");
        assert_eq!(of(attack, 200, right), ["token-error/refused"], "{attack:?}");
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
    let works = proptest::option::of(any::<bool>());
    (select(&ALL[..]), response, works).prop_map(|(attack, response, works)| Attacked { attack, response, control: Control::Good, works })
}

arbitrary_artefact!(PkceAttack: attacked in any_attacked() => PkceAttack(attacked));
arbitrary_artefact!(ClientAttack: attacked in any_attacked() => ClientAttack(attacked));
arbitrary_artefact!(CodeAttack: attacked in any_attacked() => CodeAttack(attacked));
arbitrary_artefact!(RefreshAttack: attacked in any_attacked() => RefreshAttack(attacked));
