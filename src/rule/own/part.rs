//! The parts that the views of several kinds of artefacts have.

/// A part: its name, and what it holds.
pub type Part = (&'static str, &'static str);

/// The part that is the body of a response.
pub const DOCUMENT: Part = ("document", "the JSON of the body");
/// The part that is the status of a response.
pub const STATUS: Part = ("status", "the HTTP status code, a number");
/// The part that is the headers of a response.
pub const HEADERS: Part = (
    "headers",
    "the response headers: names in lower case, each with a string; a header that comes more than once is joined by commas. Cookies are left out",
);
/// The part that is the claims of a token.
pub const CLAIMS: Part = ("claims", "the claims");
/// The part that is the JOSE header of a token.
pub const HEADER: Part = ("header", "the JOSE header of the token");
/// The part that is how long a token lives.
pub const LIFETIME: Part = ("lifetime", "`exp` minus `iat`, in seconds; absent where one of them is not a number");
/// The part that is the grant.
pub const GRANT: Part = ("grant", "the `grant_type` of the token request");
/// The part that is the authorization request.
pub const REQUEST: Part =
    ("request", "the parameters of the authorization request, each a string; without one, as for client credentials, the rule is not applicable");
/// The part that is the client metadata of a registration.
pub const SENT: Part = ("request", "the client metadata that was sent");
/// The part that is what reached the redirect URI.
pub const PARAMETERS: Part = ("parameters", "the parameters of the response, each a string");
/// The part that is how it did.
pub const METHOD: Part = ("method", "the HTTP method: `GET`, or `POST` for a form post");
/// The part that is an address.
pub const URL: Part = ("url", "the address");
/// The part that is the client's identifier.
pub const CLIENT_ID: Part = ("client-id", "the identifier of the client");
