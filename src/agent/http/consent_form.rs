//! A consent form as a browser would send it, and as a page of another site can: without what it cannot know.

use url::Url;

use super::form::Sent;

/// How long a value is that can be a secret, in characters.
const SECRET: usize = 16;

/// A consent form, filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentForm {
    /// What is sent.
    pub(super) sent: Sent,
    /// The page that it is on.
    pub page: Url,
}

impl ConsentForm {
    /// The form as another site sends it, which has seen that of another browser for the same request: what differs there, it cannot know.
    #[must_use]
    pub fn forged(&self, other: &Self) -> Self {
        let mut form = self.clone();
        let pairs = |url: &Url| url.query_pairs().into_owned().collect::<Vec<_>>();
        let segments = |url: &Url| url.path().split('/').map(str::to_owned).collect::<Vec<_>>();
        let path: Vec<String> = segments(&self.sent.url)
            .into_iter()
            .enumerate()
            .map(|(at, segment)| if segments(&other.sent.url).get(at) == Some(&segment) { segment } else { garbled(&segment) })
            .collect();
        form.sent.url.set_path(&path.join("/"));
        if self.sent.url.query().is_some() {
            let query = without_secrets(&pairs(&self.sent.url), &pairs(&other.sent.url));
            form.sent.url.query_pairs_mut().clear().extend_pairs(query);
        }
        let others = other.sent.body.as_deref().unwrap_or_default();
        form.sent.body = self.sent.body.as_deref().map(|body| without_secrets(body, others));
        form
    }

    /// True if the form has what may be a secret of the end-user's, since it is the same in another browser, and is no part of the request.
    #[must_use]
    pub fn may_be_known(&self, request: &[(String, String)]) -> bool {
        let is_of_request = |value: &str| request.iter().any(|(_, known)| known.contains(value) || value.contains(known.as_str()));
        let is_odd = |value: &str| {
            let is_text = value.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-' | b' ' | b'.' | b':' | b'/'));
            value.len() >= SECRET && !is_text && !is_of_request(value)
        };
        let path = self.sent.url.path().split('/').map(str::to_owned);
        let query = self.sent.url.query_pairs().map(|(_, value)| value.into_owned());
        let body = self.sent.body.iter().flatten().map(|(_, value)| value.clone());
        path.chain(query).chain(body).any(|value| is_odd(&value))
    }

    /// True if the form has what nobody can guess, and what that of another browser has not.
    #[must_use]
    pub fn has_secret_beside(&self, other: &Self, request: &[(String, String)]) -> bool {
        self.part(other, false).may_be_known(request)
    }

    /// What the form has in common with that of another browser.
    #[must_use]
    pub fn shared(&self, other: &Self) -> Self {
        self.part(other, true)
    }

    /// What of the form that of another browser has, or what it has not.
    fn part(&self, other: &Self, is_shared: bool) -> Self {
        let mut form = self.clone();
        let theirs: Vec<&str> = other.sent.url.path().split('/').collect();
        let path: Vec<&str> = self.sent.url.path().split('/').filter(|segment| theirs.contains(segment) == is_shared).collect();
        form.sent.url.set_path(&path.join("/"));
        let others: Vec<_> = other.sent.url.query_pairs().into_owned().collect();
        let query: Vec<_> = self.sent.url.query_pairs().into_owned().filter(|pair| others.contains(pair) == is_shared).collect();
        form.sent.url.query_pairs_mut().clear().extend_pairs(query);
        let others = other.sent.body.as_deref().unwrap_or_default();
        let body = |body: &Vec<(String, String)>| body.iter().filter(|pair| others.contains(pair) == is_shared).cloned().collect();
        form.sent.body = self.sent.body.as_ref().map(body);
        form
    }
}

/// The values of a form, garbled where the same form of another browser has another or none.
fn without_secrets(values: &[(String, String)], others: &[(String, String)]) -> Vec<(String, String)> {
    let known = |pair: &(String, String)| others.contains(pair);
    values.iter().map(|pair| if known(pair) { pair.clone() } else { (pair.0.clone(), garbled(&pair.1)) }).collect()
}

/// A value of the same form that is nobody's: each letter and each digit is the next one.
fn garbled(value: &str) -> String {
    let next = |letter: char| match letter {
        'z' => 'a',
        'Z' => 'A',
        '9' => '0',
        'a'..='y' | 'A'..='Y' | '0'..='8' => char::from_u32(u32::from(letter) + 1).unwrap_or(letter),
        other => other,
    };
    value.chars().map(next).collect()
}

#[cfg(test)]
mod tests {
    use super::{ConsentForm, Sent, garbled};

    fn form(url: &str, values: &[(&str, &str)]) -> ConsentForm {
        let body = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let page = "https://op.example/consent".parse().expect("a URL");
        ConsentForm { sent: Sent { url: url.parse().expect("a URL"), body: Some(body) }, page }
    }

    #[test]
    fn another_site_knows_what_is_the_same_for_everybody() {
        let own = form("https://op.example/i/aZ9/confirm?tab=x1&client=c", &[("csrf", "Qz0-"), ("scope", "openid"), ("allow", "yes")]);
        let other = form("https://op.example/i/bbb/confirm?tab=y2&client=c", &[("csrf", "other"), ("scope", "openid"), ("allow", "yes")]);
        let forged = own.forged(&other);
        assert_eq!(forged.sent.url.as_str(), "https://op.example/i/bA0/confirm?tab=y2&client=c");
        let values: Vec<_> = forged.sent.body.iter().flatten().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["Ra1-", "openid", "yes"]);
        assert_eq!(own.forged(&own), own);
        let shared = own.shared(&other);
        assert_eq!(shared.sent.url.as_str(), "https://op.example/i/confirm?client=c");
        assert_eq!(shared.sent.body.map(|body| body.len()), Some(2));
        assert_eq!(garbled("zZ9 é"), "aA0 é");
    }

    #[test]
    fn a_secret_of_one_form_is_what_cannot_be_guessed_and_is_not_in_the_other() {
        let at = |flow: &str| form(&format!("https://op.example/consent?flow={flow}"), &[("csrf", "9f8e7d6c5b4a39281706"), ("allow", "yes")]);
        assert!(!at("17").has_secret_beside(&at("18"), &[]), "the one value that differs is a number");
        assert!(at("aB3dE6gH9jK2mN5p").has_secret_beside(&at("qR8sT1uV4wX7yZ0a"), &[]));
        assert!(form("https://op.example/c/aB3dE6gH9jK2mN5p", &[]).has_secret_beside(&form("https://op.example/c/qR8sT1uV4wX7yZ0a", &[]), &[]));
    }

    #[test]
    fn what_may_be_a_secret_of_the_end_user() {
        let request = [("state".to_owned(), "s1234567890123456".to_owned()), ("scope".to_owned(), "openid".to_owned())];
        for (value, may) in
            [("allow", false), ("grant_all_of_the_scopes", false), ("s1234567890123456", false), ("9f8e7d6c5b4a39281706", true), ("short1", false)]
        {
            assert_eq!(form("https://op.example/consent", &[("v", value)]).may_be_known(&request), may, "{value}");
        }
    }
}
