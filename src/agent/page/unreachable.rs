//! A page that could not be had, told with the next action.

use crate::agent::visit::VisitError;

/// The error for an address, in the words of the browser or the library, with advice where a certificate is the matter.
pub(crate) fn unreachable(url: &str, why: &str) -> VisitError {
    let upper = why.to_uppercase();
    let certificate = ["CERT", "SSL", "PRIVACY ERROR", "SEC_ERROR", "UNKNOWNISSUER"].iter().any(|part| upper.contains(part));
    let advice =
        if certificate { "; trust the issuer's certificate authority with --ca-file, or accept any certificate with --insecure" } else { "" };
    VisitError::Unreachable { url: url.to_owned(), why: format!("{why}{advice}") }
}
