//! The response types that there are (OAuth 2.0 Multiple Response Type Encoding Practices).

use crate::issuer::prelude::*;

/// Those of the code flow alone.
pub const CODE: &[&str] = &["code"];

/// Those of every flow of OpenID Connect.
pub const ALL: &[&str] = &["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"];

/// The response type of this text, in whatever order its words are; `None` for one that there is not.
pub fn known(settings: &PersonaSettings, text: &str) -> Option<ResponseType> {
    settings.response_types.iter().any(|known| ResponseType::is_same(known, text)).then(|| ResponseType::of(text))
}
