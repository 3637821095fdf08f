//! Rules about the client configuration endpoint (RFC 7592 2): who reads a configuration there, and what it is.

use crate::rule::prelude::*;
use crate::rule::userinfo_request::challenge::well_formed;

mod deletion;
#[cfg(test)]
mod tests;

pub use deletion::{DeletedClient, DeletionByOthers, UnknownCode};

/// The answers to reading a client's configuration with its own token, and with none or a wrong one.
#[derive(Debug, Clone)]
pub struct ClientConfiguration {
    /// The client.
    pub client_id: String,
    /// The registration response.
    pub registration: Map<String, Value>,
    /// With its own registration access token.
    pub own: Received,
    /// The same once more.
    pub again: Received,
    /// Without any.
    pub without: Received,
    /// With one the issuer never gave.
    pub unknown: Received,
    /// With that of another client, where there is another.
    pub other: Option<Received>,
    /// With its own, as a page of another origin asks.
    pub shared: Option<Received>,
    /// With its own, by a method that nothing defines there.
    pub patched: Option<Received>,
    /// True if the issuer is an OpenID provider, and not an authorization server of another kind.
    pub openid: bool,
}

impl Artefact for ClientConfiguration {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.own.exchange)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        let about = match rule {
            WITHOUT => Some(&self.without),
            UNKNOWN => Some(&self.unknown),
            OTHER => self.other.as_ref(),
            UNCHANGED => Some(&self.again),
            SHARED => self.shared.as_ref(),
            METHOD | METHOD_405 => self.patched.as_ref(),
            _ => self.first_broken(rule),
        };
        Some(about.unwrap_or(&self.own).exchange)
    }
    const VIEW: Option<&'static ViewKind> = Some(&ViewKind {
        name: "client-configuration",
        what: "The answer to a client that reads its configuration (RFC 7592).",
        parts: &[part::DOCUMENT, part::STATUS, part::HEADERS],
    });
    fn view(&self) -> View {
        let document = needs(self.own.status == 200, READ).and_then(|()| self.own.members().ok_or_else(|| Unmet::not_run(READ)));
        View::of_response(&self.own, document)
    }
}

impl ClientConfiguration {
    /// The first refusal that breaks a rule about all of them; the first refusal if none does, and `None` for a rule about no refusal.
    fn first_broken(&self, rule: &str) -> Option<&Received> {
        let judge = RULES.iter().find(|check| check.rule.id == rule && rule.starts_with(REFUSALS))?.judge;
        // Of an issuer that is busy no rule says anything.
        let busy = || Received { status: 429, ..self.without.clone() };
        let none = Self { without: busy(), unknown: busy(), other: None, ..self.clone() };
        let alone = [
            (Some(&self.without), Self { without: self.without.clone(), ..none.clone() }),
            (Some(&self.unknown), Self { unknown: self.unknown.clone(), ..none.clone() }),
            (self.other.as_ref(), Self { other: self.other.clone(), ..none }),
        ];
        let broken = alone.into_iter().find_map(|(refusal, alone)| refusal.filter(|_| is_broken(&judge(&alone))));
        broken.or(Some(&self.without))
    }
}

const READ: &str = "client-config/read-200";
const WITHOUT: &str = "client-config/no-token-refused";
const UNKNOWN: &str = "client-config/unknown-token-refused";
const OTHER: &str = "client-config/other-token-refused";
const UNCHANGED: &str = "client-config/read-unchanged";
const SHARED: &str = "client-config/cross-origin";
const METHOD: &str = "client-config/method-refused";
const METHOD_405: &str = "client-config/method-http-405";
const STATUS: &str = "client-config/refusals-http-401";
/// What the ids of the rules about all refusals begin with.
const REFUSALS: &str = "client-config/refusals-";

static RULES: &[Check<ClientConfiguration>] = &[
    must(
        READ,
        "RFC7592-2.1",
        "A client must be able to read its configuration with its registration access token",
        "The client cannot find out how it is registered.",
        "Answer a GET at the `registration_client_uri` with status 200 and the client's metadata as JSON when the request has the registration access token of this client.",
        |config| match config.own.status {
            // RFC 7592 2.1: that is the answer to a client that may not read it.
            403 => not_applicable("status 403: the issuer says that the client may not read it"),
            405 => not_applicable("status 405: the issuer says that it does not offer reading"),
            200 => pass("status 200"),
            _ => fail("status 200", refusal(&config.own)),
        },
    ),
    must(
        "client-config/read-client-id",
        "RFC7592-2.1",
        "The configuration that a client reads must have the `client_id` of this client",
        "The client takes the registration of another client for its own.",
        "Return `client_id` in the answer as in the registration response, and select the client by the registration access token and the address together.",
        |config| {
            if config.own.status != 200 {
                return not_run(READ);
            }
            let client = config.own.members();
            let is_left_out = client.is_some_and(|client| member(client, "client_id").is_none());
            // OpenID Connect Registration 4.3: it "SHOULD return all registered Metadata".
            applies_if(!(config.openid && is_left_out), "the answer has no client_id, which an OpenID provider may leave out")?;
            match client.and_then(|client| client.get("client_id")) {
                Some(Value::String(id)) => same("client_id", &config.client_id, id),
                other => fail(said!("client_id = {}", shorten(&config.client_id)), seen("client_id", other)),
            }
        },
    ),
    should(
        "client-config/read-content-type-json",
        "OIDCR-4.3",
        "The configuration that a client reads should have the media type `application/json`",
        "Client libraries check the media type before they parse the response, and refuse a response of another type.",
        "Set `Content-Type: application/json` on the answers of the client configuration endpoint.",
        |config| {
            config.configuration()?;
            media_type(&config.own, &["application/json"])
        },
    ),
    should(
        "client-config/read-metadata",
        "OIDCR-4.3",
        "The configuration that a client reads should have every member of its registration response",
        "The client cannot find out how it is registered: what it reads seems to have been deleted.",
        "Build the answer to the read from the same metadata as the registration response.",
        |config| {
            let read = config.configuration()?;
            // The credentials need not be told once more, and the two that lead here only where they have changed.
            let is_told = |name: &&String| !CREDENTIALS.contains(&name.as_str()) && member(&config.registration, name).is_some();
            let missing: Vec<_> = config.registration.keys().filter(is_told).filter(|name| member(read, name).is_none()).collect();
            none_wrong(&missing, "every member of the registration response", said!("{} members", read.len()))
        },
    ),
    should(
        UNCHANGED,
        "OIDCR-4.2",
        "A client that reads its configuration should not change it by that",
        "A client that only looks at its configuration finds another one the next time.",
        "Write nothing into the database for a GET. A new secret or a new registration access token may be issued (RFC 7592, section 2.1); the metadata stay as they are.",
        |config| {
            let first = config.configuration()?;
            let Some(second) = config.again.members().filter(|_| config.again.status == 200) else {
                return fail("the same configuration", refusal(&config.again));
            };
            let names: BTreeSet<&String> = first.keys().chain(second.keys()).filter(|name| !CREDENTIALS.contains(&name.as_str())).collect();
            let changed: Vec<_> = names.into_iter().filter(|name| first.get(*name) != second.get(*name)).collect();
            none_wrong(&changed, "the same metadata at the second read", "the same metadata at the second read")
        },
    ),
    must(
        "client-config/read-management",
        "RFC7592-3",
        "An authorization server that is no OpenID provider must return `registration_client_uri` and `registration_access_token` when a client reads its configuration",
        "A client does not see whether its token was replaced, and may lose access to its configuration.",
        "Write `registration_client_uri` and the present `registration_access_token` into every client information response.",
        |config| {
            let read = config.configuration()?;
            // OpenID Connect Registration 4.3: it "need not include" them "unless they have been updated".
            applies_if(!config.openid, "an OpenID provider need not include them")?;
            let missing: Vec<_> =
                ["registration_client_uri", "registration_access_token"].into_iter().filter(|name| member(read, name).is_none()).collect();
            none_wrong(&missing, "both members", "both members")
        },
    ),
    should(
        SHARED,
        "OIDCR-4",
        "The client configuration endpoint should be readable by clients that run in a browser",
        "A client that runs in a browser can register itself, and cannot read its configuration.",
        "Send `Access-Control-Allow-Origin: *` with every answer of the endpoint, as at the registration endpoint, and answer `OPTIONS` requests.",
        |config| {
            config.configuration()?;
            applies_if(config.openid, "the issuer is no OpenID provider, and RFC 7592 does not speak of it")?;
            let Some(shared) = config.shared.as_ref().filter(|shared| shared.status == 200) else {
                return not_applicable("the same request from a page of another origin was not granted");
            };
            let allowed = shared.header("access-control-allow-origin");
            let seen = allowed
                .map_or_else(|| "no Access-Control-Allow-Origin".to_owned(), |origin| format!("Access-Control-Allow-Origin: {}", shorten(origin)));
            holds(allowed.is_some(), "Access-Control-Allow-Origin", seen)
        },
    ),
    must(
        METHOD,
        "RFC7592-2",
        "A method that the client configuration endpoint does not support must be refused with the error for it",
        "A client takes an error of the server for one that passes, and sends the request again and again.",
        "Answer methods other than GET, PUT and DELETE at the `registration_client_uri` with status 405 and the header `Allow`.",
        |config| {
            let response = config.other_method()?;
            let is_error = matches!(response.status, 400..=499 | 501);
            holds(is_error, "a status of 4xx, or 501", refusal(response))
        },
    ),
    should(
        METHOD_405,
        "RFC9110-9.1",
        "A method that the client configuration endpoint does not support should be refused with status 405 or 501",
        "The client looks for a mistake in its token or in its address, and there is none.",
        "Answer methods other than GET, PUT and DELETE at the `registration_client_uri` with status 405 and the header `Allow`, before the token is looked at.",
        |config| {
            let response = config.other_method()?;
            needs(matches!(response.status, 400..=499 | 501), METHOD)?;
            holds(matches!(response.status, 405 | 501), "status 405, or 501", refusal(response))
        },
    ),
    must(
        WITHOUT,
        "RFC6749-7",
        "A client's configuration must be refused without a registration access token",
        "Every visitor of the address can read the client's secret.",
        "Demand the registration access token in every request at the `registration_client_uri`. Without it, answer with status 401 and `WWW-Authenticate: Bearer`.",
        |config| withheld(config, &config.without),
    ),
    must(
        UNKNOWN,
        "RFC6749-7",
        "A client's configuration must be refused to a registration access token that the issuer never issued",
        "An attacker who invents a token reads the client's secret.",
        "Look the registration access token up and compare it with that of the client. If it is unknown, answer with status 401 and `error=\"invalid_token\"` in `WWW-Authenticate`.",
        |config| withheld(config, &config.unknown),
    ),
    must(
        OTHER,
        "RFC6749-7",
        "A client's configuration must be refused to the registration access token of another client",
        "Every party that may register a client reads the secrets of all other clients, and changes or deletes these clients.",
        "Check that the registration access token belongs to the client in the address, for reading, changing and deleting. If not, answer with status 401 or 403.",
        |config| match &config.other {
            Some(other) => withheld(config, other),
            None => not_applicable("there was no other client to try it with"),
        },
    ),
    must(
        STATUS,
        "OIDCR-4.4",
        "An OpenID provider must refuse an unknown registration access token with 401, that of another client with 401 or 403, and never answer 404",
        "The client cannot see that its token is the problem, and an attacker who tries addresses learns which clients exist.",
        "Answer with status 401 when the registration access token is missing or unknown, with 401 or 403 when it belongs to another client, and never with 404.",
        |config| {
            applies_if(config.openid, "the issuer is no OpenID provider")?;
            every(config, |response, rule| {
                expect_refusal(response, rule)?;
                let (fits, expected) = match rule {
                    UNKNOWN => (response.status == 401, "status 401"),
                    // Another client's token is good, and may not read this configuration.
                    OTHER => (matches!(response.status, 401 | 403), "status 401, or 403"),
                    _ => (response.status != 404, "another status than 404"),
                };
                holds(fits, expected, refusal(response))
            })
        },
    ),
    should(
        "client-config/refusals-as-bearer",
        "RFC6750-3.1",
        "A client's configuration should be refused with 401 or 403 where no stricter rule demands 401",
        "The client cannot see that its token is the problem.",
        "Answer with status 401 when the registration access token is missing or not valid, and with 401 or 403 when it belongs to another client, as for any other bearer token (RFC 6750, section 3.1).",
        |config| {
            every(config, |response, rule| {
                expect_refusal(response, rule)?;
                applies_if(!config.openid || rule == WITHOUT, "another rule asks for 401")?;
                needs(!config.openid || response.status != 404, STATUS)?;
                // RFC 7592 2.1 has 403 for a client that may not read the configuration.
                holds(matches!(response.status, 401 | 403), "status 401, or 403", refusal(response))
            })
        },
    ),
    must(
        "client-config/refusals-challenge",
        "RFC6750-3",
        "The refusal of a client's configuration must name the scheme `Bearer` in `WWW-Authenticate`",
        "The client cannot find out what is demanded, nor why its token is refused.",
        "Add the header `WWW-Authenticate: Bearer` to the refusals of the client configuration endpoint, with `error=\"invalid_token\"` when a token was sent.",
        |config| every(config, names_bearer),
    ),
    must(
        "client-config/challenges-well-formed",
        "RFC6750-3",
        "The Bearer challenges of the client configuration endpoint must have the syntax of `WWW-Authenticate`, and at least one parameter, each once",
        "Clients that parse the header cannot read the reason of the refusal.",
        "Write the header as scheme, space and parameters that are separated by commas, with the values in double quotes: `Bearer realm=\"registration\", error=\"invalid_token\"`.",
        |config| {
            every(config, |response, rule| {
                expect_refusal(response, rule)?;
                well_formed(response.header_all("www-authenticate"))
            })
        },
    ),
    must(
        "client-config/refusals-disclose-nothing",
        "RFC6749-7",
        "The refusal of a client's configuration must hold none of this configuration",
        "The refusal discloses the data that it is meant to protect.",
        "Build the refusal from `error` and `error_description` alone, and write the client's metadata only after the registration access token was accepted.",
        |config| {
            every(config, |response, rule| {
                expect_refusal(response, rule)?;
                let names = ["client_secret", "registration_access_token", "redirect_uris", "registration_client_uri"];
                let there: Vec<_> = names.into_iter().filter(|name| response.members().is_some_and(|body| body.contains_key(*name))).collect();
                none_wrong(&there, "an error and nothing of the client", "nothing of the client")
            })
        },
    ),
];

/// What may be another at each read, or need not be told (RFC 7592 2.1, OpenID Connect Registration 4.3).
const CREDENTIALS: [&str; 5] =
    ["client_secret", "client_secret_expires_at", "client_id_issued_at", "registration_access_token", "registration_client_uri"];

impl ClientConfiguration {
    /// What the client read with its own token.
    fn configuration(&self) -> Result<&Map<String, Value>, Unmet> {
        match self.own.status {
            200 => self.own.members().ok_or_else(|| Unmet::not_run("client-config/read-client-id")),
            status @ (403 | 405) => not_applicable(said!("status {status}: the client does not read its configuration")),
            _ => not_run(READ),
        }
    }
}

impl ClientConfiguration {
    /// The answer to a method that nothing defines there, from an issuer that does not take it for one of its own.
    fn other_method(&self) -> Result<&Received, Unmet> {
        is_readable(self)?;
        let response = self.patched.as_ref().ok_or_else(|| Unmet::not_applicable("no other method was tried"))?;
        not_busy(response)?;
        applies_if(!response.is_success(), said!("status {}: the issuer has a meaning for PATCH", response.status))?;
        Ok(response)
    }
}

/// Judges whether a configuration was refused that its own client reads: where nobody reads it, a refusal says nothing.
fn withheld(config: &ClientConfiguration, response: &Received) -> Judgement {
    let passed = refused(response)?;
    is_readable(config)?;
    Ok(passed)
}

/// Goes on where the client reads its configuration.
fn is_readable(config: &ClientConfiguration) -> Result<(), Unmet> {
    match config.own.status {
        200 => Ok(()),
        status @ (403 | 405) => not_applicable(said!("status {status}: the client itself does not read its configuration either")),
        _ => not_run(READ),
    }
}

/// Judges all the refusals: the first that fails counts, else the first that passes.
fn every(config: &ClientConfiguration, judge: impl Fn(&Received, &'static str) -> Judgement) -> Judgement {
    is_readable(config)?;
    let answers = [Some((&config.without, WITHOUT)), Some((&config.unknown, UNKNOWN)), config.other.as_ref().map(|other| (other, OTHER))];
    let judged: Vec<Judgement> = answers.into_iter().flatten().map(|(response, rule)| judge(response, rule)).collect();
    let first = |is_wanted: fn(&Judgement) -> bool| judged.iter().find(|judgement| is_wanted(judgement));
    first(is_broken).or_else(|| first(Result::is_ok)).or_else(|| judged.first()).cloned().unwrap_or_else(|| not_applicable("there is no refusal"))
}
