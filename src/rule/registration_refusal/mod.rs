//! Rules about registrations that ask for what no client may have (RFC 7591 3.2.2, OpenID Connect Registration 3.3).

use crate::rule::prelude::*;

mod client;
mod error;
pub mod login;
pub mod sector;
#[cfg(test)]
mod tests;

/// Makes [`Wrong`] of one row for each mistake: what it is, and the words of the report for it.
macro_rules! mistakes {
    ($($(#[$doc:meta])* $name:ident = $says:literal,)*) => {
        /// What is wrong with a registration request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Wrong {
            $($(#[$doc])* $name,)*
        }

        impl Wrong {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// What was asked for, for the report.
            pub fn says(self) -> &'static str {
                match self {
                    $(Self::$name => $says,)*
                }
            }
        }
    };
}

mistakes! {
    /// A redirect URI with a fragment.
    Fragment = "a redirect URI with a fragment",
    /// A redirect URI that is relative.
    Relative = "a relative redirect URI",
    /// A redirect URI that a browser runs.
    Script = "a redirect URI with the scheme javascript",
    /// A redirect URI that is a page by itself.
    Data = "a redirect URI with the scheme data",
    /// A redirect URI that anybody on the way can read.
    RemoteHttp = "a redirect URI by http on a remote host",
    /// The same for a native application.
    NativeRemoteHttp = "a native application whose redirect URI is by http on a remote host",
    /// A scheme of a native application's own that is no domain name.
    SchemeWithoutPeriod = "a native application whose scheme has no period",
    /// No `redirect_uris` beside the grant that redirects.
    NoRedirectUris = "no redirect URI for the grant authorization_code",
    /// `redirect_uris` that is no array.
    RedirectUrisAsString = "redirect_uris as a string",
    /// `jwks` beside `jwks_uri`.
    BothKeySets = "jwks and jwks_uri",
    /// A `jwks_uri` that is not by https.
    KeysByHttp = "a jwks_uri by http on a remote host",
    /// `response_types` that need a grant which is not in `grant_types`.
    Inconsistent = "response_types that do not fit grant_types",
    /// A `token_endpoint_auth_method` that does not exist.
    UnknownMethod = "an authentication method that does not exist",
    /// `token_endpoint_auth_signing_alg` of a client that authenticates by assertions is `none`.
    UnsignedAssertions = "unsigned client assertions",
    /// ID tokens signed with a secret, for a client that has none.
    SymmetricPublic = "ID tokens by HS256 for a public client",
    /// A redirect URI by http of a web application with the implicit grant.
    ImplicitHttp = "a redirect URI by http for the implicit grant",
    /// A redirect URI at localhost of such an application.
    ImplicitLocalhost = "a redirect URI at localhost for the implicit grant",
    /// ID tokens without a signature, which come from the authorization endpoint.
    UnsignedImplicit = "unsigned ID tokens for the implicit grant",
    /// Pages and a logo on another host than the redirect URI.
    ForeignLinks = "a logo and a policy on another host",
}

/// A method of client authentication that does not exist.
pub const NO_SUCH_METHOD: &str = "urn:example:no-such-method";

/// A host that no redirect URI is at.
pub const ELSEWHERE: &str = "https://elsewhere.example/";

/// What a client registers there: the member, and the page.
pub const LINKS: [(&str, &str); 3] = [("logo_uri", "logo.png"), ("policy_uri", "policy"), ("tos_uri", "terms")];

/// Goes on where an answer can be about the metadata of the request: registration "may be rate-limited or otherwise limited" (RFC 7591 3), and a token that was
/// good for one client need not be good for the next.
pub fn about_metadata(response: &Received) -> Result<(), Unmet> {
    applies_if(!matches!(response.status, 401 | 403), said!("status {}: the request was refused for its token, or by a policy", response.status))
}

/// A member that a client was registered with. One without a value is one that was left out, as an issuer may (OpenID Connect Registration 3.2).
fn registered(response: &Received, name: &str) -> Option<Value> {
    let value = response.member(name).filter(|_| Answer::of_registration(response) == Answer::Given);
    value.filter(|value| !value.is_null() && *value != "")
}

/// The answer to a registration request that asks for what no client may have. The issuer may correct it instead of refusing (RFC 7591 3.2.1).
#[derive(Debug, Clone)]
pub struct RegistrationRefusal {
    /// The response, whatever its status.
    pub response: Received,
    /// What was wrong with the request.
    pub wrong: Wrong,
    /// The metadata that was asked for.
    pub request: Value,
    /// Whether the same client without the mistake is registered.
    pub control: Control,
    /// True if the issuer is an OpenID provider, and not an authorization server of another kind.
    pub openid: bool,
}

impl Artefact for RegistrationRefusal {
    const RULES: &'static [&'static [Check<Self>]] = &[client::RULES, error::RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
    const VIEW: Option<&'static ViewKind> = Some(&ViewKind {
        name: "registration-error",
        what: "The answer to a registration that asks for what no client may have.",
        parts: &[part::DOCUMENT, part::STATUS, part::HEADERS, part::SENT],
    });
    fn view(&self) -> View {
        View::of_answer(&self.error(), self.error_body()).with(part::SENT, self.request.clone())
    }
}
