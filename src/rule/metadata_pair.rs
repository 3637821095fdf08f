//! Rules about metadata that an issuer publishes twice: as an `OpenID` provider and as an authorization server.

use crate::rule::prelude::*;

/// The two documents, where there are both.
#[derive(Debug, Clone)]
pub struct MetadataPair {
    /// The exchange in which the provider metadata came.
    pub exchange: usize,
    /// The provider metadata (`OpenID` Connect Discovery 1.0).
    pub provider: Map<String, Value>,
    /// The metadata of the authorization server (RFC 8414).
    pub server: Map<String, Value>,
}

artefact!(MetadataPair: [RULES], at exchange);

/// What resource servers verify access tokens by.
const OF_TOKENS: [&str; 2] = ["issuer", "jwks_uri"];

static RULES: &[Check<MetadataPair>] = &[must(
    "server-metadata/agrees-with-discovery",
    "RFC9068-4",
    "The metadata of the authorization server and the provider metadata must have the same `issuer` and the same `jwks_uri`",
    "A resource server that reads the other document looks for another issuer or other keys, and refuses every access token.",
    "Make both documents of the same settings, and publish the same `issuer` and `jwks_uri` in them.",
    |pair| {
        let both = OF_TOKENS.iter().filter_map(|name| Some((name, pair.provider.get(*name)?, pair.server.get(*name)?)));
        let differ = both.filter(|(_, one, other)| one != other).map(|(name, one, other)| said!("{name}: {} and {}", show(one), show(other)));
        none_wrong(&differ.collect::<Vec<_>>(), "the same values in both documents", "the same in both documents")
    },
)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::jose::testing::arbitrary_object;
    use crate::rule::testing::prelude::*;

    fn pair(provider: &Value, server: &Value) -> MetadataPair {
        MetadataPair { exchange: 0, provider: provider.as_object().unwrap().clone(), server: server.as_object().unwrap().clone() }
    }

    #[test]
    fn what_both_have_is_compared_and_nothing_else() {
        let provider =
            json!({"issuer": "https://op.example", "jwks_uri": "https://op.example/jwks", "scopes_supported": ["openid"], "signed_metadata": "x"});
        let server =
            json!({"issuer": "https://op.example", "jwks_uri": "https://op.example/jwks", "scopes_supported": ["a"], "signed_metadata": "y"});
        assert_eq!(passing(&pair(&provider, &server)).len(), 1);
        assert_eq!(passing(&pair(&json!({}), &server)).len(), 1);
        for (member, other) in [("issuer", json!("https://op.example/")), ("jwks_uri", json!("https://op.example/keys")), ("jwks_uri", json!(null))] {
            let mut changed = server.clone();
            changed[member] = other;
            assert_eq!(failing(&pair(&provider, &changed)), ["server-metadata/agrees-with-discovery"], "{member}");
        }
    }

    arbitrary_artefact!(MetadataPair:
        provider in arbitrary_object(&["issuer", "jwks_uri", "scopes_supported", "signed_metadata"]),
        server in arbitrary_object(&["issuer", "jwks_uri", "scopes_supported", "signed_metadata"])
        => MetadataPair { exchange: 0, provider, server }
    );
}
