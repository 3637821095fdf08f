//! Servers that grant nothing to a request without scope, which they may (RFC 6749 3.3).

use crate::config::setting::SCOPE;
use crate::feature::OAUTH;
use crate::protocol::prelude::*;
use crate::rule::scope_left_out::ScopeLeftOut;
use crate::text::markdown::code;
use crate::text::problem::Problem;

/// Scopes of OpenID Connect that make a request another one: the first asks for an ID token, the second for a refresh token.
const OF_OPENID: [&str; 2] = ["openid", "offline_access"];

impl Session {
    /// Judges a request without a scope that was granted; or the error, when the same request with a scope got a code: nothing else was wrong with it.
    pub(super) fn judge_missing_scope(&mut self, error: Option<String>, pages: usize) {
        self.sentence("should grant a default scope, or say that the scope is missing");
        self.judge(&ScopeLeftOut { error, pages });
    }

    /// The scope to ask for instead, where a request without any was refused and the server lists one; `None` where the refusal is not about that.
    /// Stops where only the settings can say which.
    pub(super) fn scope_instead(&mut self, asked: &str, error: Option<&str>) -> Result<Option<String>, Stop> {
        let is_about_scope = matches!(error, Some("invalid_scope" | "access_denied"));
        let error = error.unwrap_or_default();
        if !asked.is_empty() {
            // Only the one that was taken from the metadata is no choice of the reader's.
            if !is_about_scope || self.facts.issuer.scope_taken.as_deref() != Some(asked) {
                return Ok(None);
            }
            let says = format!("the server grants nothing to a request without scope, nor to one for the scope {asked}, which it lists ({error})");
            return Err(if self.lists("scopes_supported", "openid")? == Some(true) {
                Stop::not_offered(said!(
                    "{says}: it may serve OpenID Connect alone, which profile oidc is about; a scope that it grants is set by {SCOPE}"
                ))
            } else {
                wanted(says)
            });
        }
        // Some servers know of no code for it but that nothing could be granted, or that a parameter is missing.
        if !is_about_scope && (error != "invalid_request" || self.profile != OAUTH) {
            return Ok(None);
        }
        let listed = self.listed("scopes_supported")?.filter(|_| self.profile == OAUTH).unwrap_or_default();
        let scope = listed.iter().find(|scope| !OF_OPENID.contains(*scope)).map(|scope| (*scope).to_owned());
        match scope {
            Some(scope) => {
                self.note(said!(
                    "The server refused a request without scope ({}), as it may (RFC 6749, section 3.3). It is asked again for one that `scopes_supported` lists, {}. \
                     Another is set by {SCOPE}.",
                    code(error),
                    code(&scope)
                ));
                self.facts.issuer.scope_taken = Some(scope.clone());
                Ok(Some(scope))
            }
            None if is_about_scope => Err(wanted(format!("the server grants nothing to a request without scope ({error})"))),
            None => Ok(None),
        }
    }
}

fn wanted(says: String) -> Stop {
    Stop::Untestable(Problem::new(says).with_hint(": ", format!("set {SCOPE}")))
}
