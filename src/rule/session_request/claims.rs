//! What is not understood in the parameter `claims`, and what is not there (OpenID Connect Core 5.5).

use super::{Asked, SessionRequests};
use crate::rule::Check;
use crate::rule::expect::must;

pub(super) static RULES: &[Check<SessionRequests>] = &[
    must(
        "claims/unknown-members-ignored",
        "OIDCC-5.5",
        "Members of the parameter `claims` that are not understood must be ignored",
        "A client that uses an extension with other issuers cannot log in its end-users here.",
        "Read `userinfo` and `id_token` from the object in `claims`, and ignore all other members.",
        |all| all.taken(all.of(&Asked::UnknownMember)?),
    ),
    must(
        "claims/unknown-in-claim-ignored",
        "OIDCC-5.5.1",
        "Members of the request for one claim that are not understood must be ignored",
        "A client that uses an extension with other issuers cannot log in its end-users here.",
        "Read `essential`, `value` and `values` from the object that requests a claim, and ignore all other members.",
        |all| all.taken(all.of(&Asked::UnknownInClaim)?),
    ),
    must(
        "claims/unavailable-no-error",
        "OIDCC-5.5.1",
        "A claim that is requested and not available must not lead to an error, also if it is essential",
        "An end-user who lacks one claim cannot log in at all.",
        "Leave a claim that the server or the end-user does not have out of the ID token and the userinfo response, and go on with the login.",
        |all| all.taken(all.of(&Asked::UnavailableClaim)?),
    ),
];
