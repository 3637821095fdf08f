//! Own rules as a document has them.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::condition::ConditionDocument;
use crate::rule::{Level, views};

/// A file of own rules.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "A rules document of oa-authtest")]
pub struct RulesDocument {
    /// The rules.
    #[schemars(length(min = 1, max = 500))]
    pub rules: Vec<RuleDocument>,
}

/// A rule: one sentence about one kind of artefact, judged each time that such an artefact is judged.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "a rule")]
pub struct RuleDocument {
    /// Its id: a family of your own, a slash and a name, in lower-case letters, digits and hyphens.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9-]*$"), length(max = 100))]
    pub id: String,
    /// The kind of artefact that it is about.
    pub artefact: ArtefactName,
    /// How binding it is: broken, a `must` is a failure, a `should` a warning, and a `may` a suggestion.
    pub level: Level,
    /// What is demanded, true when the rule holds: one sentence without a full stop. Code stands between backticks.
    #[schemars(regex(pattern = r"^\S.*$"), length(max = 300))]
    pub says: String,
    /// Why it matters: what goes wrong when it is broken.
    #[schemars(regex(pattern = r"^\S.*$"), length(max = 1000))]
    pub why: String,
    /// How to mend it, for the people who run the server.
    #[schemars(regex(pattern = r"^\S.*$"), length(max = 1000))]
    pub fix: String,
    /// Where it is written down.
    pub spec: Option<SpecDocument>,
    /// What must hold.
    pub expect: ConditionDocument,
    /// When the rule applies; where this does not hold, it is not applicable. Without it, it always applies.
    pub when: Option<ConditionDocument>,
    /// Examples of artefacts for which it holds. An example is an object with parts of the artefact; a part that it leaves out is absent.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub passes: Vec<Map<String, Value>>,
    /// Examples of artefacts that break it.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub fails: Vec<Map<String, Value>>,
    /// Examples of artefacts to which it does not apply.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub does_not_apply: Vec<Map<String, Value>>,
}

/// Where a rule is written down.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "a specification")]
pub struct SpecDocument {
    /// Its name and the place in it. A reference such as `RFC6749-5.1` or `OIDCC-3.1.3.7-2` gets its address by itself.
    #[schemars(regex(pattern = r"^\S.*$"), length(max = 300))]
    pub text: String,
    /// Its address.
    #[schemars(regex(pattern = r"^https://\S+$"), length(max = 1000))]
    pub url: Option<String>,
}

/// The name of a kind of artefact that own rules can be about.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct ArtefactName(pub String);

impl JsonSchema for ArtefactName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ArtefactName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let (names, says): (Vec<_>, Vec<_>) = views().into_iter().map(|kind| (kind.name, kind.what)).unzip();
        json_schema!({ "enum": names, "enumDescriptions": says })
    }
}
