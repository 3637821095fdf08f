//! What can be said: the feature documents in `features/`, their stories, and the proof that each can be told.
//!
//! Data composes, Rust judges: a document holds prose and lists of [`Step`]s, and nothing that decides.

use std::mem::discriminant;

use include_dir::{Dir, include_dir};
use schemars::JsonSchema;
use serde::Deserialize;
use thiserror::Error;

use crate::rule::own::OwnRule;
use crate::text::folder::{FolderError, documents};

pub mod authorize;
pub mod certification;
pub mod fact;
pub mod logout;
pub mod own;
pub mod plan;
pub mod proof;
pub mod readme;
pub mod register;
pub mod step;

use authorize::ResponseMode;
pub use own::Own;
pub use step::Step;

static FOLDER: Dir = include_dir!("$CARGO_MANIFEST_DIR/features");

/// The profile of authorization servers without `OpenID` Connect.
pub const OAUTH: &str = "oauth";
/// The profile of what booking partners do.
pub const OPENACTIVE: &str = "openactive";

/// Something an issuer may implement, with the tests that show whether it does.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "A feature document of oa-authtest")]
pub struct Feature {
    /// Its id, in lower-case letters, digits and hyphens: the first half of the ids of its tests.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]*$"), length(max = 80))]
    pub id: String,
    /// The profile that it belongs to, in lower-case letters, digits and hyphens.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]*$"), length(max = 80))]
    pub profile: String,
    /// The group of features that it belongs to, for the reader.
    #[schemars(regex(pattern = r"^\S.*$"), length(max = 200))]
    pub category: String,
    /// Its title.
    #[schemars(regex(pattern = r"^\S.*$"), length(max = 200))]
    pub title: String,
    /// What it is: Markdown.
    #[schemars(length(min = 1, max = 4000))]
    pub description: String,
    /// The address at which it is specified.
    #[serde(default)]
    #[schemars(regex(pattern = r"^https?://\S+$"), length(max = 1000))]
    pub spec: Option<String>,
    /// Its tests, in the order in which they are reported.
    #[schemars(length(min = 1, max = 500))]
    pub tests: Vec<Test>,
}

/// One test: steps that are taken in order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "a test")]
pub struct Test {
    /// Its id, in lower-case letters, digits and hyphens: the second half of `feature/test`.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]*$"), length(max = 80))]
    pub id: String,
    /// Its title.
    #[schemars(regex(pattern = r"^\S.*$"), length(max = 200))]
    pub title: String,
    /// What it shows: Markdown.
    #[schemars(length(min = 1, max = 4000))]
    pub description: String,
    /// What is done, in order. Each step finds what it needs in what the steps before it gave.
    #[schemars(length(min = 1, max = 100))]
    pub steps: Vec<Step>,
    /// The same test for several response types: one test of each, whose id says which.
    #[serde(default)]
    pub variants: Option<Variants>,
    /// The headings of the steps that the test is about: where none of them leads to a judgement, the test is left out. Without it, those are the last step
    /// and the others of its kind.
    #[serde(default)]
    pub about: Vec<String>,
}

/// What a test is repeated with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Variants {
    /// The response types: that of each authorization and of each client of the test that names none itself. Without it, they are those of the steps.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub response_types: Vec<String>,
    /// The response modes: that of each authorization that names none itself. Without it, the response mode is left to the response type.
    #[serde(default)]
    pub response_modes: Vec<ResponseMode>,
    /// The algorithms of ID tokens: `id_token_signed_response_alg` of each client that the test registers and that names none itself.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub id_token_algs: Vec<String>,
    /// The algorithms by which ID tokens are encrypted: `id_token_encrypted_response_alg` of each such client.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub id_token_encryptions: Vec<String>,
    /// The algorithms by which their content is encrypted: `id_token_encrypted_response_enc` of each such client.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub id_token_encs: Vec<String>,
}

/// One value of each that a test is repeated with, as far as it is.
#[derive(Debug, Clone, Copy, Default)]
struct Repeated<'a> {
    kind: Option<&'a String>,
    mode: Option<ResponseMode>,
    alg: Option<&'a String>,
    encryption: Option<&'a String>,
    enc: Option<&'a String>,
}

impl Test {
    /// The tests that it stands for: one of each of its variants, or itself where it has none.
    pub fn variants(self) -> Vec<Self> {
        let Some(variants) = &self.variants else { return vec![self] };
        let all = times(vec![Repeated::default()], &variants.response_types, |one, kind| one.kind = Some(kind));
        let all = times(all, &variants.response_modes, |one, mode| one.mode = Some(*mode));
        let all = times(all, &variants.id_token_algs, |one, alg| one.alg = Some(alg));
        let all = times(all, &variants.id_token_encryptions, |one, encryption| one.encryption = Some(encryption));
        let all = times(all, &variants.id_token_encs, |one, enc| one.enc = Some(enc));
        all.into_iter().map(|one| self.variant(one)).collect()
    }

    /// The test with these; what is not given stays as the steps have it.
    fn variant(&self, Repeated { kind, mode, alg, encryption, enc }: Repeated<'_>) -> Self {
        let mode_word = mode.map(ResponseMode::as_str);
        let algorithms = [alg, encryption, enc].map(|name| name.map(String::as_str));
        let words = [Some(self.id.as_str()), kind.map(String::as_str), mode_word].into_iter().chain(algorithms);
        let id = words.flatten().collect::<Vec<_>>().join("-").replace([' ', '_', '+'], "-").to_ascii_lowercase();
        let by = mode_word.map(|mode| format!("by {mode}"));
        let said = [kind.cloned(), by].into_iter().chain(algorithms.map(|name| name.map(str::to_owned))).flatten().collect::<Vec<_>>().join(" ");
        let title = if said.is_empty() { self.title.clone() } else { format!("{}: {said}", self.title) };
        let mut steps = self.steps.clone();
        for step in &mut steps {
            match step {
                Step::Authorize(authorize) => {
                    authorize.response_type = authorize.response_type.take().or_else(|| kind.cloned());
                    authorize.response_mode = authorize.response_mode.or(mode);
                }
                Step::UseClient { response_types, .. } if response_types.is_empty() => response_types.extend(kind.cloned()),
                Step::Register(register) => {
                    if register.response_types.is_empty() {
                        register.response_types.extend(kind.cloned());
                    }
                    register.id_token_alg = register.id_token_alg.take().or_else(|| alg.cloned());
                    register.id_token_encryption = register.id_token_encryption.take().or_else(|| encryption.cloned());
                    register.id_token_enc = register.id_token_enc.take().or_else(|| enc.cloned());
                }
                _ => {}
            }
        }
        Self { id, title, steps, variants: None, ..self.clone() }
    }
}

/// Each of these with each of the values; these alone where there is no value.
fn times<'a, T>(all: Vec<Repeated<'a>>, values: &'a [T], set: impl Fn(&mut Repeated<'a>, &'a T)) -> Vec<Repeated<'a>> {
    if values.is_empty() {
        return all;
    }
    let with = |one: &Repeated<'a>, value| {
        let mut one = *one;
        set(&mut one, value);
        one
    };
    all.iter().flat_map(|one| values.iter().map(|value| with(one, value)).collect::<Vec<_>>()).collect()
}

impl Feature {
    /// The feature with each test in all of its variants.
    #[must_use]
    pub fn with_variants(self) -> Self {
        let tests = self.tests.into_iter().flat_map(Test::variants).collect();
        Self { tests, ..self }
    }

    /// The ids of its tests: `feature/test`.
    pub fn test_ids(&self) -> Vec<String> {
        self.tests.iter().map(|test| format!("{}/{}", self.id, test.id)).collect()
    }
}

/// What there is to be tested.
#[derive(Debug, Clone)]
pub struct Available {
    /// The features of the program and, after them, those of the user's own.
    pub features: Vec<Feature>,
    /// The tests and rules of the user's own, if there are any.
    pub own: Option<Own>,
}

impl Available {
    /// The features of the program, with what the user adds.
    pub fn new(mut features: Vec<Feature>, own: Option<Own>) -> Self {
        features.extend(own.iter().flat_map(|own| own.features.iter().cloned()));
        Self { features, own }
    }

    /// The rules of the user's own.
    pub fn own_rules(&self) -> impl Iterator<Item = &OwnRule> {
        self.own.iter().flat_map(|own| own.rules.iter())
    }
}

impl Test {
    /// True if an end-user logs in somewhere in the story.
    pub fn logs_in(&self) -> bool {
        self.steps.iter().any(|step| step.settings().contains(&fact::Need::User))
    }

    /// True if what the end-user's agent is shown is what the story is about, or a part of that: a step that it is about goes through the agent.
    pub fn is_about_agent(&self) -> bool {
        self.steps.iter().enumerate().any(|(index, step)| step.settings().contains(&fact::Need::User) && self.is_about(index))
    }

    /// True if the story waits so long on its way that others can run meanwhile.
    pub fn waits_long(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::ReplayCode { later: true }))
    }

    /// True if a step, by its index, is one that the story is about: where no such step came to anything, the test is left out.
    pub fn is_about(&self, index: usize) -> bool {
        let Some((step, last)) = self.steps.get(index).zip(self.steps.last()) else { return false };
        if self.about.is_empty() { discriminant(step) == discriminant(last) } else { self.about.contains(&step.name()) }
    }

    /// The same story, with this scope wherever it leaves the scope to the settings.
    #[must_use]
    pub fn asking_for(mut self, configured: Option<&str>) -> Self {
        for step in &mut self.steps {
            let scope = match step {
                Step::ClientCredentials { scope, .. } => scope,
                Step::Authorize(authorize) => &mut authorize.scope,
                _ => continue,
            };
            if scope.is_empty() {
                configured.unwrap_or_default().clone_into(scope);
            }
        }
        self
    }

    /// Every scope value the story asks for, once, in order of appearance.
    pub fn scopes(&self) -> Vec<&str> {
        let mut scopes = Vec::new();
        for scope in self.steps.iter().filter_map(Step::scope).flat_map(str::split_ascii_whitespace) {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        scopes
    }
}

/// What is wrong with a feature document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FeatureError {
    /// A document is not listed, or not there.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// It is not what a feature document looks like.
    #[error("features/{file}: {why}")]
    Malformed {
        /// The file.
        file: String,
        /// serde's words, with line and column.
        why: String,
    },
    /// A test of it cannot be run as it is written.
    #[error("features/{file}: {why}")]
    Unsound {
        /// The file.
        file: String,
        /// The test, the step, and what is wrong with it.
        why: String,
    },
}

/// The embedded features, each story proved: whatever a step needs, an earlier one gives.
///
/// # Errors
/// [`FeatureError`] names the file, the place and what is wrong.
pub fn features() -> Result<Vec<Feature>, FeatureError> {
    documents("features", &FOLDER)?.iter().map(|(file, text)| load(file, text)).collect()
}

/// The profiles of the features, each once, in order of appearance.
pub fn profiles(features: &[Feature]) -> Vec<&str> {
    let mut profiles: Vec<&str> = Vec::new();
    for feature in features {
        if !profiles.contains(&feature.profile.as_str()) {
            profiles.push(&feature.profile);
        }
    }
    profiles
}

fn load(file: &str, text: &str) -> Result<Feature, FeatureError> {
    let feature: Feature = serde_json::from_str(text).map_err(|e| FeatureError::Malformed { file: file.to_owned(), why: e.to_string() })?;
    match proof::unsound(&feature).into_iter().next() {
        Some(unsound) => Err(FeatureError::Unsound { file: file.to_owned(), why: unsound.says }),
        None => Ok(feature.with_variants()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_story_is_proved() {
        let features = features().expect("the embedded documents are sound");
        let ids: Vec<String> = features.iter().flat_map(|f| f.tests.iter().map(move |t| format!("{}/{}", f.id, t.id))).collect();
        assert_eq!(
            ids[..6],
            [
                "booking-partner-authentication/client-credentials-flow",
                "booking-partner-authentication/authorization-code-flow",
                "booking-partner-authentication/authorization-persisted",
                "booking-partner-authentication/authentication-authority-present",
                "dynamic-client-registration/client-credentials-flow",
                "dynamic-client-registration/authorization-code-flow",
            ]
        );
        for (at, id) in ids.iter().enumerate() {
            assert!(!ids[..at].contains(id), "{id} is there twice");
        }
    }

    #[test]
    fn profile_oauth_leaves_the_scope_to_the_settings() {
        let features = features().expect("the embedded documents are sound");
        let steps =
            features.iter().flat_map(|f| f.tests.iter().flat_map(move |test| test.steps.iter().map(move |step| (&f.profile, &test.id, step))));
        for (profile, test, authorize) in steps.filter_map(|(profile, test, step)| match step {
            Step::Authorize(authorize) => Some((profile, test, authorize)),
            _ => None,
        }) {
            assert!(profile != OAUTH || authorize.scope.is_empty(), "{test}: the scope is that of the settings");
        }
    }

    #[test]
    fn the_profile_for_oauth_asks_for_what_is_configured_and_never_for_openid() {
        let features = features().expect("the embedded documents are sound");
        let tests = features.iter().filter(|feature| feature.profile == OAUTH).flat_map(|feature| &feature.tests);
        let mut asking = 0;
        for test in tests {
            assert_eq!(test.scopes(), [""; 0], "{}", test.id);
            assert_eq!(test.clone().asking_for(None), *test, "{}", test.id);
            let scopes = test.clone().asking_for(Some("read write"));
            if test.steps.iter().any(|step| matches!(step, Step::Authorize(_) | Step::ClientCredentials { .. })) {
                assert_eq!(scopes.scopes(), ["read", "write"], "{}", test.id);
                asking += 1;
            }
        }
        assert!(asking > 3);
        let other = features[0].tests[0].clone();
        assert_eq!(other.clone().asking_for(Some("read")), other, "what a story says itself stays");
    }

    #[test]
    fn a_story_that_lacks_a_step_is_refused() {
        let text = r#"{"id":"f","profile":"p","category":"c","title":"t","description":"d","spec":"s",
            "tests":[{"id":"t","title":"t","description":"d","steps":[{"discover":{}},{"client-credentials":{"scope":"a"}}]}]}"#;
        let error = load("x.json", text).expect_err("it lacks a key set and a client");
        assert_eq!(
            error.to_string(),
            "features/x.json: test t: step 2, \"client-credentials\", needs the key set, which no step before it gives: add \"fetch-key-set\" before it"
        );
    }

    #[test]
    fn a_story_is_about_the_steps_it_names_else_about_the_last_and_its_like() {
        let story = |about: &str| {
            let text = format!(
                r#"{{"id":"f","profile":"p","category":"c","title":"t","description":"d","spec":"s","tests":[{{"id":"t","title":"t","description":"d",
                {about}"steps":[{{"discover":{{}}}},{{"use-client":{{}}}},{{"try-grants":{{}}}},{{"refuse-token-requests":{{}}}},{{"try-grants":{{}}}}]}}]}}"#
            );
            let feature = load("x.json", &text).map_err(|error| error.to_string())?;
            Ok::<_, String>((0..6).map(|index| feature.tests[0].is_about(index)).collect::<Vec<_>>())
        };
        assert_eq!(story(""), Ok(vec![false, false, true, false, true, false]));
        assert_eq!(story(r#""about":["Token Refusals"],"#), Ok(vec![false, false, false, true, false, false]));
        let error = story(r#""about":["Refresh"],"#).expect_err("there is no such step");
        let headings = r#"expected one of "Discovery", "Credentials", "Grants", "Token Refusals""#;
        assert_eq!(error, format!(r#"features/x.json: test t: it is about "Refresh", and no step of it has that heading, {headings}"#));
    }

    #[test]
    fn a_second_login_needs_a_first_and_an_error_gives_no_code() {
        let story = |steps: &str| {
            let text = format!(
                r#"{{"id":"f","profile":"p","category":"c","title":"t","description":"d","spec":"s",
                "tests":[{{"id":"t","title":"t","description":"d","steps":[{{"discover":{{}}}},{{"fetch-key-set":{{}}}},{{"use-client":{{}}}},{steps}]}}]}}"#
            );
            load("x.json", &text).map_err(|error| error.to_string())
        };
        let second = r#"{"authorize":{"scope":"openid","prompt":"login","second":"prompt-login","attempt":"again"}}"#;
        assert!(story(second).expect_err("there is no first").contains(r#""authorize", needs a login"#));
        let first = r#"{"authorize":{"scope":"openid"}},{"exchange-code":{}}"#;
        story(&format!("{first},{second},{{\"exchange-code\":{{}}}}")).expect("there is a first");
        let refused = r#"{"authorize":{"scope":"openid","prompt":"none","expect":"error"}},{"exchange-code":{}}"#;
        assert!(story(refused).expect_err("there is no code").contains(r#""exchange-code", needs an authorization code"#));
        let variants = r#"{"request-userinfo-variants":{}}"#;
        assert!(story(variants).expect_err("there is no token").contains("needs the tokens of a login"));
        story(r#"{"refuse-token-requests":{}}"#).expect("a client is enough");
    }

    #[test]
    fn a_test_with_variants_is_one_of_each() {
        let text = r#"{"id":"f","profile":"p","category":"c","title":"t","description":"d","tests":[{"id":"t","title":"Login","description":"d",
            "variants":{"response-types":["code","code id_token"],"response-modes":["fragment","form_post"]},"steps":[{"discover":{}},{"fetch-key-set":{}},
            {"use-client":{}},{"authorize":{"scope":"openid"}},{"authorize":{"scope":"openid","response-mode":"query","attempt":"other"}}]}]}"#;
        let feature = load("x.json", text).expect("it is sound");
        let ids: Vec<_> = feature.tests.iter().map(|test| test.id.as_str()).collect();
        assert_eq!(ids, ["t-code-fragment", "t-code-form-post", "t-code-id-token-fragment", "t-code-id-token-form-post"]);
        let last = &feature.tests[3];
        assert_eq!(last.title, "Login: code id_token by form_post");
        let Step::UseClient { response_types, .. } = &last.steps[2] else { panic!("{:?}", last.steps[2]) };
        assert_eq!(response_types, &["code id_token"]);
        let modes: Vec<_> = last.steps.iter().filter_map(|step| if let Step::Authorize(step) = step { step.response_mode } else { None }).collect();
        assert_eq!(modes, [ResponseMode::FormPost, ResponseMode::Query], "what a step says itself stays");
    }

    #[test]
    fn a_test_is_repeated_with_algorithms_of_id_tokens() {
        let text = r#"{"id":"f","profile":"p","category":"c","title":"t","description":"d","tests":[{"id":"t","title":"Login","description":"d",
            "variants":{"id-token-algs":["EdDSA","none"]},"steps":[{"discover":{}},{"fetch-key-set":{}},
            {"register":{}},{"authorize":{"scope":"openid"}},{"register":{"id-token-alg":"ES256"}}]}]}"#;
        let feature = load("x.json", text).expect("it is sound");
        let titles: Vec<_> = feature.tests.iter().map(|test| (test.id.as_str(), test.title.as_str())).collect();
        assert_eq!(titles, [("t-eddsa", "Login: EdDSA"), ("t-none", "Login: none")]);
        let algs: Vec<_> = feature.tests[1]
            .steps
            .iter()
            .filter_map(|step| if let Step::Register(client) = step { client.id_token_alg.as_deref() } else { None })
            .collect();
        assert_eq!(algs, ["none", "ES256"], "what a step says itself stays");
        assert!(feature.tests[0].steps.iter().all(|step| !matches!(step, Step::Authorize(authorize) if authorize.response_type.is_some())));
    }

    #[test]
    fn a_test_is_repeated_with_algorithms_of_encryption() {
        let text = r#"{"id":"f","profile":"p","category":"c","title":"t","description":"d","tests":[{"id":"t","title":"Login","description":"d",
            "variants":{"id-token-encryptions":["ECDH-ES+A128KW","dir"],"id-token-encs":["A128GCM"]},"steps":[{"discover":{}},{"fetch-key-set":{}},
            {"register":{}},{"register":{"id-token-encryption":"offered"}}]}]}"#;
        let feature = load("x.json", text).expect("it is sound");
        let ids: Vec<_> = feature.tests.iter().map(|test| test.id.as_str()).collect();
        assert_eq!(ids, ["t-ecdh-es-a128kw-a128gcm", "t-dir-a128gcm"]);
        let registered: Vec<_> = feature.tests[1]
            .steps
            .iter()
            .filter_map(|step| {
                if let Step::Register(client) = step { client.id_token_encryption.as_deref().zip(client.id_token_enc.as_deref()) } else { None }
            })
            .collect();
        assert_eq!(registered, [("dir", "A128GCM"), ("offered", "A128GCM")], "what a step says itself stays");
    }

    #[test]
    fn a_typo_is_named_with_its_place() {
        let text = r#"{"id":"f","profile":"p","category":"c","title":"t","description":"d","spec":"s",
            "tests":[{"id":"t","title":"t","description":"d","steps":[{"discovr":{}}]}]}"#;
        let error = load("x.json", text).expect_err("discovr is no step").to_string();
        assert!(error.contains("unknown variant `discovr`") && error.contains("line 2"), "{error}");
    }
}
