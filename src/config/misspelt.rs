//! Variables that look like settings and are none: told, since a setting that is silently not read costs an afternoon.

use super::setting::SETTINGS;
use crate::text::nearest::nearest;

/// What the name of every variable of this program begins with.
const PREFIX: &str = "OA_AUTHTEST_";

/// The variable that asks for nothing but ASCII on the terminal, as `--ascii` does.
pub const ASCII: &str = "OA_AUTHTEST_ASCII";

/// Variables of this program that are no settings of a run.
const OTHERS: [&str; 5] = [ASCII, "OA_AUTHTEST_CA_OUT", "OA_AUTHTEST_PORT", "OA_AUTHTEST_TLS", crate::guard::MARKER];

/// A remark for each name that was probably meant for a setting: `OA_AUTHTEST_ISUER is no setting: did you mean OA_AUTHTEST_ISSUER?`.
///
/// A name that comes near to none is somebody's own: a file may take its secrets from any variable.
pub fn misspelt(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let known = || SETTINGS.iter().map(|setting| setting.env).chain(OTHERS);
    let lower: Vec<String> = known().map(|known| known[PREFIX.len()..].to_ascii_lowercase()).collect();
    let mut remarks: Vec<String> = names
        .into_iter()
        .filter(|name| name.starts_with(PREFIX) && known().all(|known| known != name))
        .filter_map(|name| {
            let meant = nearest(&name[PREFIX.len()..], lower.iter().map(String::as_str))?.to_ascii_uppercase();
            Some(format!("{name} is no setting and was not read: did you mean {PREFIX}{meant}?"))
        })
        .collect();
    remarks.sort();
    remarks
}

/// A remark for each variable of a setting that is set and empty, which is what pipelines make of a secret that they do not give.
pub fn set_and_empty(variables: impl IntoIterator<Item = (String, String)>) -> Vec<String> {
    let is_setting = |name: &str| SETTINGS.iter().any(|setting| setting.env == name);
    let empty = variables.into_iter().filter(|(name, value)| value.is_empty() && is_setting(name));
    let mut remarks: Vec<String> = empty.map(|(name, _)| format!("{name} is set and empty: it counts as not set")).collect();
    remarks.sort();
    remarks
}

#[cfg(test)]
mod tests {
    use super::{misspelt, set_and_empty};

    #[test]
    fn a_variable_that_is_set_and_empty_is_named() {
        let variables = [("OA_AUTHTEST_CLIENT_SECRET", ""), ("OA_AUTHTEST_ISSUER", "https://op.example"), ("OA_AUTHTEST_OTHER", "")];
        let remarks = set_and_empty(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(remarks, ["OA_AUTHTEST_CLIENT_SECRET is set and empty: it counts as not set"]);
    }

    #[test]
    fn only_what_comes_near_is_told() {
        let names = ["OA_AUTHTEST_ISUER", "OA_AUTHTEST_ISSUER", "OA_AUTHTEST_PORT", "OA_AUTHTEST_VAULT_TOKEN_STAGING", "PATH", "OA_AUTHTEST_"];
        let told = misspelt(names.map(str::to_owned));
        assert_eq!(told, ["OA_AUTHTEST_ISUER is no setting and was not read: did you mean OA_AUTHTEST_ISSUER?"]);
    }
}
