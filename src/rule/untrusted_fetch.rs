//! Rules about servers that the issuer fetches something of a client from, and whose certificate nobody trusts (OpenID Connect Core 16.17, RFC 7515 8).

use crate::rule::prelude::*;

/// Why there is no such server where the issuer comes by a public URL.
pub const BEHIND_PROXY: &str = "the server with an untrusted certificate is reached on this machine only, and the issuer comes to this machine by a tunnel or a proxy (--public-url)";

/// What a server by https saw of the issuer, whose certificate nobody trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visitor {
    /// Someone came.
    pub reached: bool,
    /// Someone sent a request.
    pub asked: bool,
}

impl Visitor {
    /// Passes when whoever came went away on seeing the certificate.
    pub fn looks_at_certificate(self) -> Judgement {
        if !self.reached {
            return not_applicable("the issuer did not come to the server");
        }
        let seen = if self.asked { "a request over the connection" } else { "the issuer came, and sent no request" };
        holds(!self.asked, "no request to a server whose certificate cannot be verified", seen)
    }
}

/// A client registered keys behind an address by https, and authenticated with one of them if it could.
#[derive(Debug, Clone)]
pub struct UntrustedKeys {
    /// What the server saw.
    pub visitor: Visitor,
    /// The journal's number of the registration.
    pub exchange: usize,
}

artefact!(UntrustedKeys: [RULES], at exchange);

static RULES: &[Check<UntrustedKeys>] = &[must(
    "client-assertion/keys-over-trusted-tls",
    "OIDCC-16.17",
    "The issuer must check the certificate of the server that it fetches the keys of a client from",
    "An attacker between the issuer and the client puts other keys in the place of the client's, and is taken for the client.",
    "Verify the certificate and the host name when `jwks_uri` is fetched, with the certificate authorities that the system trusts. Remove settings that turn this off, such as `NODE_TLS_REJECT_UNAUTHORIZED=0`.",
    |keys| keys.visitor.looks_at_certificate(),
)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::not_applicable;
    use crate::rule::testing::prelude::*;

    #[test]
    fn who_comes_and_asks_nothing_has_looked() {
        let keys = |reached, asked| UntrustedKeys { visitor: Visitor { reached, asked }, exchange: 1 };
        assert_eq!(failing(&keys(true, true)), ["client-assertion/keys-over-trusted-tls"]);
        assert_eq!(passing(&keys(true, false)), ["client-assertion/keys-over-trusted-tls"]);
        assert_eq!(not_applicable(&keys(false, false)).len(), 1);
    }

    arbitrary_artefact!(UntrustedKeys:
        reached in any::<bool>(),
        asked in any::<bool>()
        => UntrustedKeys { visitor: Visitor { reached, asked }, exchange: 1 }
    );
}
