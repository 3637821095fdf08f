//! Rules about the other claims: what ties the token to its request and response, how the user was authenticated, and who it is.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::IdToken;
use crate::rule::jose::left_half_hash;
use crate::rule::prelude::*;
use crate::rule::scope_claims::SCOPES;
use crate::rule::token_response::Grant;
use crate::rule::userinfo::formats;
use crate::text::response_type::ResponseType;

const C_HASH_FORM: &str = "id-token/c-hash-form";

/// Passes when a token of the authorization endpoint has the hash of what came beside it.
fn has_hash(token: &IdToken, name: &'static str, is_beside: bool, otherwise: &'static str) -> Judgement {
    let claims = token.claims()?;
    applies_if(token.grant == Grant::Implicit, "the token did not come from the authorization endpoint")?;
    applies_if(is_beside, otherwise)?;
    holds(member(claims, name).is_some(), name, seen(name, member(claims, name)))
}

pub(super) static RULES: &[Check<IdToken>] = &[
    must(
        "id-token/nonce",
        "OIDCC-2",
        "The `nonce` of the ID token must be the one that was sent; after a refresh it may be left out",
        "The client cannot distinguish its own login from a replayed one, and refuses the token.",
        "Store the `nonce` of the authorization request with the code, and copy it unchanged into the ID token.",
        |token| {
            let claims = token.claims()?;
            let Some(sent) = token.request.as_deref().and_then(AuthorizationRequest::nonce) else { return not_applicable("no nonce was sent") };
            match member(claims, "nonce") {
                // Core 12.2: a refreshed ID token should not have one; if it does, it is the original one.
                None if token.grant == Grant::RefreshToken => pass("no nonce, after a refresh"),
                Some(Value::String(nonce)) if nonce == sent => pass(said!("the nonce that was sent, {} characters", nonce.chars().count())),
                other => fail("the nonce that was sent", seen("nonce", other)),
            }
        },
    ),
    must(
        "id-token/at-hash-valid",
        "OIDCC-3.1.3.6",
        "The `at_hash` of the ID token, if there is one, must be the hash of the access token of the same response",
        "Libraries that check it refuse the response, because the two tokens do not belong together.",
        "Hash the access token with the hash function of the ID token's `alg` (SHA-256 for RS256), and encode the left half of the hash in base64url without padding. Hash the same access token that the response holds.",
        |token| {
            let jwt = token.jwt()?;
            let Some(at_hash) = member(&jwt.claims, "at_hash") else {
                return not_applicable("no at_hash");
            };
            let Some(access_token) = &token.access_token else { return not_applicable("no access token came beside it") };
            let alg = token.hash_alg()?;
            let Some(hash) = left_half_hash(alg, access_token) else {
                return not_applicable(said!("the hash of {} is unknown to this build", shorten(alg)));
            };
            holds(at_hash.as_str() == Some(&hash), said!("at_hash = {hash}"), said!("at_hash = {}", show(at_hash)))
        },
    ),
    must(
        "id-token/at-hash-present",
        "OIDCC-3.2.2.10",
        "An ID token that comes with an access token from the authorization endpoint must have an `at_hash`",
        "The client cannot see whether the access token in the address belongs to the ID token, and an attacker can put another one there.",
        "Hash the access token of the response with the hash function of the ID token's `alg`, and put the left half of the hash, in base64url, into the ID token as `at_hash`.",
        |token| has_hash(token, "at_hash", token.access_token.is_some(), "no access token came beside it"),
    ),
    must(
        "id-token/c-hash-present",
        "OIDCC-3.3.2.11",
        "An ID token that comes with a code from the authorization endpoint must have a `c_hash`",
        "The client cannot see whether the code in the address belongs to the ID token, and an attacker can put another one there.",
        "Hash the code of the response with the hash function of the ID token's `alg`, and put the left half of the hash, in base64url, into the ID token as `c_hash`.",
        |token| has_hash(token, "c_hash", token.code.is_some(), "no code came beside it"),
    ),
    // "the resulting Claims are returned in the ID Token": which of them the end-user has is not known.
    should(
        "id-token/scope-claims",
        "OIDCC-5.4",
        "Where no access token is issued, the ID token should hold the claims that the scope asks for",
        "The client has no access token to ask userinfo with, so it never learns the end-user's name or address.",
        "For `response_type=id_token`, put the claims of the granted scopes (OpenID Connect Core, section 5.4) into the ID token.",
        |token| {
            let claims = token.claims()?;
            let request = token.request.as_deref().filter(|_| token.grant == Grant::Implicit);
            let alone = ResponseType { id_token: true, ..ResponseType::default() };
            let Some(request) = request.filter(|request| request.response_type() == alone && token.access_token.is_none()) else {
                return not_applicable("an access token is issued, for which userinfo has the claims");
            };
            let asked = scope_words(request.scope());
            let scopes: Vec<_> = SCOPES.iter().filter(|(scope, _)| asked.contains(scope)).collect();
            applies_if(!scopes.is_empty(), "the scope asks for no claims")?;
            let there: Vec<_> = scopes.iter().flat_map(|(_, names)| *names).filter(|name| member(claims, name).is_some()).collect();
            let names: Vec<_> = scopes.iter().map(|(scope, _)| scope).collect();
            let actual = if there.is_empty() { "none of them".to_owned() } else { list(&there) };
            holds(!there.is_empty(), said!("claims of the scopes {}", list(&names)), actual)
        },
    ),
    must(
        "id-token/acr-string",
        "OIDCC-2",
        "The `acr` of the ID token, if there is one, must be a string",
        "Libraries cannot parse the token.",
        "Write `acr` as one string, even if the level is a number (`\"1\"`), and leave the claim out when there is no value.",
        |token| optional_string(token.claims()?, "acr"),
    ),
    must(
        "id-token/amr-strings",
        "OIDCC-2",
        "The `amr` of the ID token, if there is one, must be an array of strings",
        "Libraries cannot parse the token. The usual mistake is a single string in place of the array.",
        "Write `amr` as an array of strings, such as `[\"pwd\"]`, even if there is only one method.",
        |token| optional_strings(token.claims()?, "amr"),
    ),
    must(
        "id-token/acr-essential",
        "OIDCC-5.5.1.1",
        "The `acr` of the ID token must be one of the values that the request asked for as essential",
        "A client that insists on a second factor gets a login without one, and refuses it.",
        "Compare the values of an essential `acr` in the parameter `claims` with the context of the login. Write the one that fits as `acr` into the ID token, and issue no code if none fits.",
        |token| {
            let claims = token.claims()?;
            let is_supported = token.metadata.get("claims_parameter_supported") == Some(&Value::Bool(true));
            applies_if(is_supported, "the metadata do not set claims_parameter_supported to true")?;
            let asked = token.requested_claim("acr").filter(|claim| claim["essential"] == true && token.grant != Grant::RefreshToken);
            let Some(asked) = asked else { return not_applicable("acr was not requested as an essential claim") };
            let values: Vec<&Value> = asked["values"].as_array().into_iter().flatten().chain(asked.get("value")).collect();
            applies_if(!values.is_empty(), "no value of acr was requested")?;
            let acr = member(claims, "acr");
            let expected: Vec<String> = values.iter().map(ToString::to_string).collect();
            holds(acr.is_some_and(|acr| values.contains(&acr)), said!("acr = {}", shorten(&expected.join(" or "))), seen("acr", acr))
        },
    ),
    // "is not required to provide this Claim" stands beside "SHOULD return the session's current acr"; a session may have none.
    may(
        "id-token/acr-voluntary",
        "OIDCC-5.5.1.1",
        "It is good practice that the ID token has an `acr` if the request has `acr_values` and the issuer publishes that claim",
        "The client does not learn how the end-user was authenticated, although it asked.",
        "Write the authentication context of the session as `acr` into the ID token when `acr_values` is in the request, also if it is none of those values.",
        |token| {
            let claims = token.claims()?;
            let asked = token.request.as_deref().and_then(|request| request.get("acr_values")).filter(|_| token.grant != Grant::RefreshToken);
            applies_if(asked.is_some(), "the request had no acr_values")?;
            let supported = token.metadata.get("claims_supported").and_then(Value::as_array);
            let is_published = supported.is_some_and(|claims| claims.iter().any(|claim| claim == "acr"));
            applies_if(is_published, "`claims_supported` does not list acr")?;
            holds(member(claims, "acr").is_some(), "an acr", seen("acr", member(claims, "acr")))
        },
    ),
    must(
        "id-token/claims-types",
        "OIDCC-5.1",
        "The standard claims in the ID token must have the JSON types that their definition demands",
        "Typed libraries refuse the whole token if one boolean is written as a string.",
        "Write `email_verified` and `phone_number_verified` as booleans, `updated_at` as a number, `address` as an object and all other standard claims as strings. Check the mapping from the user database.",
        |token| standard_claims(token.claims()?),
    ),
    should(
        "id-token/no-null-claims",
        "OIDCC-2",
        "The ID token should leave out claims that have no value: no claim should be null",
        "Clients store null as the end-user's name, and typed libraries refuse the token.",
        "Leave a claim out when the end-user has no value for it, for example by a JSON serializer that skips null.",
        |token| without(token.claims()?, "null", Value::is_null),
    ),
    // The sentence about an empty string is of userinfo.
    may(
        "id-token/no-empty-claims",
        "OIDCC-5.3.2",
        "It is good practice that no claim of the ID token is an empty string, as in userinfo",
        "Clients store an empty text as the end-user's name.",
        "Leave a claim out when its value in the user database is an empty string.",
        |token| without(token.claims()?, "empty", |value| value == ""),
    ),
    must(
        "id-token/jti-string",
        "RFC7519-4.1.7",
        "The `jti` of the ID token, if there is one, must be a string",
        "Libraries cannot parse the token.",
        "Write `jti` as a string, also where the identifier in the database is a number.",
        |token| optional_string(token.claims()?, "jti"),
    ),
    must(
        "id-token/c-hash-valid",
        "OIDCC-3.3.2.11",
        "The `c_hash` of an ID token that came for a code, if there is one, must be the hash of that code",
        "Libraries that check it refuse the response, because the token does not belong to the code.",
        "Hash the code that was exchanged with the hash function of the ID token's `alg`, or leave `c_hash` out of ID tokens from the token endpoint.",
        |token| {
            let jwt = token.jwt()?;
            let c_hash = optional(&jwt.claims, "c_hash")?;
            let Some(code) = token.code.as_ref().filter(|_| matches!(token.grant, Grant::AuthorizationCode | Grant::Implicit)) else {
                return not_applicable("the token did not come for a code that is known");
            };
            let alg = token.hash_alg()?;
            let Some(hash) = left_half_hash(alg, code) else { return not_applicable("the hash of the algorithm is unknown to this build") };
            // What has another form is the fault of the rule about that.
            let octets = |text: &str| URL_SAFE_NO_PAD.decode(text).ok().map(|hash| hash.len());
            needs(c_hash.as_str().and_then(octets) == octets(&hash), C_HASH_FORM)?;
            holds(c_hash.as_str() == Some(&hash), said!("c_hash = {hash}"), said!("c_hash = {}", show(c_hash)))
        },
    ),
    // What has another length is the hash of no code, known or not.
    must(
        C_HASH_FORM,
        "OIDCC-3.3.2.11",
        "The `c_hash` of the ID token, if there is one, must be half a hash of the token's algorithm, in base64url",
        "Libraries that check it refuse the response.",
        "Hash the code with the hash function of the ID token's `alg` (SHA-256 for RS256), and encode the left half in base64url without padding. In an ID token from the token endpoint, `c_hash` can be left out.",
        |token| {
            let jwt = token.jwt()?;
            let c_hash = optional(&jwt.claims, "c_hash")?;
            let alg = token.hash_alg()?;
            let octets = |text: &str| URL_SAFE_NO_PAD.decode(text).ok().map(|hash| hash.len());
            let Some(expected) = left_half_hash(alg, "").and_then(|hash| octets(&hash)) else {
                return not_applicable("the hash of the algorithm is unknown to this build");
            };
            let is_half_a_hash = c_hash.as_str().and_then(octets) == Some(expected);
            holds(is_half_a_hash, said!("c_hash: {expected} octets in base64url"), said!("c_hash = {}", show(c_hash)))
        },
    ),
    must(
        "id-token/birthdate-format",
        "OIDCC-5.1",
        "The `birthdate` of the ID token, if there is one, must be a date as YYYY-MM-DD or a year as YYYY",
        "The client takes the day for the month, or stores no date.",
        "Convert the date to `YYYY-MM-DD` when the claim is written, with `0000` for a year that is not known, and leave the claim out when the stored text is no date.",
        |token| formats::birthdate(token.claims()?),
    ),
    must(
        "id-token/email-format",
        "OIDCC-5.1",
        "The `email` of the ID token, if there is one, must be an e-mail address",
        "The client's e-mails do not reach the end-user.",
        "Write the address alone, such as `jane@example.com`, without a display name. Take the claim from the right field of the user database, and leave it out when there is no address.",
        |token| formats::email(token.claims()?),
    ),
    should(
        "id-token/zoneinfo-format",
        "OIDCC-5.1",
        "The `zoneinfo` of the ID token, if there is one, should have the form of a time zone's name such as Europe/Paris",
        "The client shows times in the wrong zone: an offset changes with the season.",
        "Store the end-user's time zone by its name in the IANA time zone database, and write this name, not an offset such as `+01:00` or a display name.",
        |token| formats::zoneinfo(token.claims()?),
    ),
    should(
        "id-token/locale-format",
        "OIDCC-5.1",
        "The `locale` of the ID token, if there is one, should be a language tag",
        "The client shows its pages in the wrong language.",
        "Write a language tag such as `en` or `en-GB`, and not the name of the language.",
        |token| formats::locale(token.claims()?),
    ),
    should(
        "id-token/phone-number-format",
        "OIDCC-5.1",
        "The `phone_number` of the ID token, if there is one, should begin with a plus sign and the country code",
        "A client in another country calls a wrong number.",
        "Store phone numbers in the E.164 format, such as `+441632960983`, and convert national numbers before the claim is written.",
        |token| formats::phone_number(token.claims()?),
    ),
    should(
        "id-token/url-formats",
        "OIDCC-5.1",
        "The `profile`, `picture` and `website` of the ID token, if they are there, should be absolute URLs",
        "The client shows a broken image, or a link to a page of its own.",
        "Write these claims with scheme and host: put the server's base address before stored paths such as `/avatars/1.png`.",
        |token| formats::urls(token.claims()?),
    ),
    must(
        "id-token/updated-at-seconds",
        "OIDCC-5.1",
        "The `updated_at` of the ID token, if there is one, must be in seconds, not milliseconds",
        "The client reads a date thousands of years in the future, and its copy of the data seems outdated for ever.",
        "Divide the timestamp by 1000 when the claim is written: `updated_at` is the number of seconds since 1970-01-01T00:00:00Z.",
        |token| formats::updated_at(token.claims()?),
    ),
];
