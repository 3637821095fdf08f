//! Pairwise subject identifiers: an end-user has another in each sector (OpenID Connect Core 8.1).

use std::sync::OnceLock;

use crate::issuer::prelude::*;

/// The sector of a client: the host of its `sector_identifier_uri`, else that of all its redirect URIs, if they have one.
pub fn of(uri: Option<&str>, redirect_uris: &[String]) -> Option<String> {
    let host = |text: &str| Url::parse(text).ok()?.host_str().map(str::to_owned);
    if let Some(uri) = uri {
        return host(uri);
    }
    let first = host(redirect_uris.first()?)?;
    redirect_uris.iter().all(|uri| host(uri).as_ref() == Some(&first)).then_some(first)
}

/// True if the document behind a `sector_identifier_uri` lists every redirect URI (OpenID Connect Registration 5).
pub fn lists(document: Option<&Value>, redirect_uris: &[String]) -> bool {
    let listed = document.and_then(Value::as_array);
    listed.is_some_and(|listed| redirect_uris.iter().all(|uri| listed.iter().any(|one| one.as_str() == Some(uri))))
}

/// What an end-user is called in a sector. Without the salt it does not show who that is.
pub fn subject(sector: &str, sub: &str) -> String {
    static SALT: OnceLock<String> = OnceLock::new();
    let salt = SALT.get_or_init(random::secret);
    URL_SAFE_NO_PAD.encode(digest(&SHA256, format!("{sector}\n{sub}\n{salt}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{lists, of, subject};
    use serde_json::json;

    #[test]
    fn an_end_user_has_another_name_in_each_sector() {
        let uris = ["https://a.example/cb".to_owned(), "https://a.example/other".to_owned()];
        assert_eq!(of(None, &uris).as_deref(), Some("a.example"));
        assert_eq!(of(Some("https://b.example/sector"), &uris).as_deref(), Some("b.example"));
        assert_eq!(of(None, &[uris[0].clone(), "https://b.example/cb".to_owned()]), None);
        assert_eq!(subject("a.example", "u"), subject("a.example", "u"));
        assert_ne!(subject("a.example", "u"), subject("b.example", "u"));
        assert_ne!(subject("a.example", "u"), subject("a.example", "v"));
        assert!(lists(Some(&json!([uris[1], uris[0], "x"])), &uris));
        for bad in [json!([uris[0]]), json!({}), json!([1])] {
            assert!(!lists(Some(&bad), &uris), "{bad}");
        }
        assert!(!lists(None, &uris));
    }
}
