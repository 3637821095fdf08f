//! What a page is made of beside what it shows, and what the issuer set and answered on the way: facts of responses and of their HTML.
//! Values of cookies are never kept.

use std::time::SystemTime;

use scraper::{Html, Selector};
use url::Url;

use super::markup::{self, Unparsed};

/// How many elements of a kind are looked at: a page built to be slow must not be.
const ELEMENTS: usize = 500;
/// How many cookies of a visit are kept.
pub const COOKIES: usize = 100;

/// The document behind a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its response headers, names in lower case, without cookies; `None` where the user agent does not show them.
    pub headers: Option<Vec<(String, String)>>,
    /// What its HTML holds, or why that was not parsed.
    pub content: Result<Content, Unparsed>,
    /// The password that was typed stands in it.
    pub echoes_password: bool,
}

impl Default for Document {
    fn default() -> Self {
        Self { headers: None, content: Ok(Content::default()), echoes_password: false }
    }
}

/// What the HTML of a document holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// It runs scripts.
    pub scripts: bool,
    /// Scripts, style sheets and frames that it loads. Images are not counted: the client's logo is one.
    pub resources: Vec<Url>,
    /// Where its links lead, as far as that is a page elsewhere.
    pub links: Vec<Url>,
    /// The referrer policy it declares in itself.
    pub referrer: Option<String>,
    /// Where its forms with a password field go.
    pub actions: Vec<Url>,
}

impl Document {
    /// Reads a page's HTML. Nothing in it can make this fail.
    #[must_use]
    pub fn read(url: &str, html: &str, headers: Option<&[(String, String)]>, echoes_password: bool) -> Self {
        Self::of(Content::read(url, html), headers, echoes_password)
    }

    /// A page whose HTML was read.
    #[must_use]
    pub fn of(content: Result<Content, Unparsed>, headers: Option<&[(String, String)]>, echoes_password: bool) -> Self {
        let headers = headers.map(|headers| headers.iter().filter(|(name, _)| name != "set-cookie").cloned().collect());
        Self { headers, content, echoes_password }
    }

    /// Every value of a response header, by its lower-case name.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().flatten().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

impl Content {
    /// Reads HTML; nothing of a page whose address is none.
    ///
    /// # Errors
    /// [`Unparsed`] if it was not parsed.
    pub fn read(url: &str, html: &str) -> Result<Self, Unparsed> {
        let Ok(url) = Url::parse(url) else { return Ok(Self::default()) };
        markup::parse(html).map(|page| Self::of(&url, &page))
    }

    /// What the page at an address holds.
    #[must_use]
    pub fn of(url: &Url, page: &Html) -> Self {
        let mut content = Self::default();
        let attributes = |selector: &str, name: &str| -> Vec<String> {
            let Ok(selector) = Selector::parse(selector) else { return Vec::new() };
            page.select(&selector).take(ELEMENTS).filter_map(|element| element.attr(name).map(str::to_owned)).collect()
        };
        let base = attributes("base[href]", "href").first().and_then(|base| url.join(base).ok()).unwrap_or_else(|| url.clone());
        for (selector, name) in [("script[src]", "src"), ("link[rel~=stylesheet i][href]", "href"), ("iframe[src]", "src")] {
            content.resources.extend(attributes(selector, name).iter().filter_map(|address| base.join(address).ok()));
        }
        content.resources.retain(|address| matches!(address.scheme(), "http" | "https"));
        content.links.extend(attributes("a[href]", "href").iter().filter_map(|address| base.join(address).ok()));
        content.links.retain(|address| matches!(address.scheme(), "http" | "https"));
        content.referrer = attributes("meta[name=referrer i][content]", "content").pop();
        if let (Ok(scripts), Ok(forms), Ok(password)) =
            (Selector::parse("script"), Selector::parse("form"), Selector::parse("input[type=password i]"))
        {
            // A data block is no script (HTML, the script element).
            let runs = |kind: Option<&str>| kind.is_none_or(|kind| kind.is_empty() || kind == "module" || kind.contains("javascript"));
            content.scripts = page.select(&scripts).take(ELEMENTS).any(|script| runs(script.attr("type")));
            for form in page.select(&forms).take(ELEMENTS).filter(|form| form.select(&password).next().is_some()) {
                let action = form.attr("action").map(str::trim).filter(|action| !action.is_empty());
                content.actions.extend(action.map_or_else(|| Some(url.clone()), |action| base.join(action).ok()));
            }
            // A form whose address is a script sends nothing there: what the script sends cannot be seen here.
            content.actions.retain(|address| matches!(address.scheme(), "http" | "https"));
        }
        content
    }
}

/// True if an answer is a file to be saved and not a page, which no browser would show (RFC 6266 4.2). The names of the headers are in lower case.
#[must_use]
pub fn is_attachment(status: u16, headers: &[(String, String)]) -> bool {
    let disposition = headers.iter().find(|(name, _)| name == "content-disposition");
    let kind = disposition.and_then(|(_, value)| value.split(';').next());
    (200..300).contains(&status) && kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("attachment"))
}

/// A cookie that was set, without its value (RFC 6265 4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Who set it was asked over https.
    pub over_https: bool,
    /// `Secure`.
    pub secure: bool,
    /// `HttpOnly`.
    pub http_only: bool,
    /// `SameSite`, in lower case.
    pub same_site: Option<String>,
}

impl std::fmt::Display for Cookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}=…", self.name)?;
        for (name, is_set) in [("Secure", self.secure), ("HttpOnly", self.http_only)] {
            if is_set {
                write!(f, "; {name}")?;
            }
        }
        self.same_site.iter().try_for_each(|same_site| write!(f, "; SameSite={same_site}"))
    }
}

impl Cookie {
    /// Reads a `Set-Cookie` header as it is received; `None` for one that sets nothing or takes a cookie away: it is empty, or has expired.
    #[must_use]
    pub fn read(header: &str, over_https: bool) -> Option<Self> {
        let cookie = cookie::Cookie::parse(header).ok()?;
        // Max-Age has precedence (RFC 6265 5.3).
        let expired = match (cookie.max_age(), cookie.expires_datetime()) {
            (Some(age), _) => !age.is_positive(),
            (None, Some(end)) => end <= SystemTime::now(),
            (None, None) => false,
        };
        (!expired && !cookie.value().is_empty()).then(|| Self {
            name: cookie.name().to_owned(),
            over_https,
            secure: cookie.secure() == Some(true),
            http_only: cookie.http_only() == Some(true),
            same_site: cookie.same_site().map(|same_site| same_site.to_string().to_ascii_lowercase()),
        })
    }
}

/// What the issuer answered to a request of the user agent, as far as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The method of the request.
    pub method: String,
    /// Its address.
    pub url: String,
    /// The status.
    pub status: u16,
    /// The headers, names in lower case, without cookies.
    pub headers: Vec<(String, String)>,
}

impl Answer {
    /// Keeps what may be kept of an answer.
    pub fn new(method: &str, url: &str, status: u16, headers: impl IntoIterator<Item = (String, String)>) -> Self {
        let headers = headers.into_iter().filter(|(name, _)| name != "set-cookie").collect();
        Self { method: method.to_owned(), url: url.to_owned(), status, headers }
    }
}

/// What the issuer set and answered during a visit, whatever it showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    /// The cookies it set, each once, as it was set last.
    pub cookies: Vec<Cookie>,
    /// The status of the answer to the form with the password, where a form was sent and its answer could be seen.
    pub password_answered: Option<u16>,
    /// Where that form was sent.
    pub password_sent_to: Option<Url>,
    /// The last answer of the issuer's that could be seen: a page, or what led to the client.
    pub last: Option<Answer>,
    /// The form of the last page was answered by redirects that led to the redirect URI.
    pub led_to_client: bool,
    /// What is known of the frames of pages about a logout.
    pub frames: Frames,
}

/// What is known of the frames of pages about a logout, where the user agent is no browser.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frames {
    /// A page runs scripts, which the user agent does not: they may load frames.
    pub by_script: bool,
    /// The directive of a page's Content Security Policy that keeps it from loading a frame with an address of the client.
    pub refused: Option<String>,
}

impl Traffic {
    /// Takes in the cookies of a response.
    pub fn take_in<'a>(&mut self, url: &Url, set_cookie: impl Iterator<Item = &'a str>) {
        for cookie in set_cookie.filter_map(|header| Cookie::read(header, url.scheme() == "https")) {
            self.cookies.retain(|known| known.name != cookie.name);
            if self.cookies.len() < COOKIES {
                self.cookies.push(cookie);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_taken_apart() {
        let html = r#"<base href="/x/"><meta name="Referrer" content="no-referrer"><link rel="stylesheet" href="a.css"><link rel="icon" href="//i.example/i">
            <script type="application/json">{}</script><iframe src="https://f.example/"></iframe><img src="https://logo.example/l.png">
            <form action="https://other.example/s"><input name="q"></form><form action="login"><input type="PASSWORD"></form>
            <form action="javascript:void(0)"><input type="password"></form>"#;
        let document = Document::read("https://op.example/login", html, None, false);
        let content = document.content.expect("it is parsed");
        assert_eq!(content.resources.iter().map(Url::as_str).collect::<Vec<_>>(), ["https://op.example/x/a.css", "https://f.example/"]);
        assert_eq!((content.referrer.as_deref(), content.scripts), (Some("no-referrer"), false));
        assert_eq!(content.actions.iter().map(Url::as_str).collect::<Vec<_>>(), ["https://op.example/x/login"]);
        let scripts = Document::read("https://op.example/", "<script>x()</script>", None, false).content.expect("it is parsed").scripts;
        assert!(scripts);
        assert_eq!(Document::read("no address", "<form", None, false), Document::default());
    }

    #[test]
    fn cookies_are_read_without_their_values() {
        let cookie = Cookie::read("__Host-s=secret; Path=/; Secure; HttpOnly; SameSite=Lax", true).expect("it is one");
        assert_eq!((cookie.name.as_str(), cookie.secure, cookie.http_only, cookie.same_site.as_deref()), ("__Host-s", true, true, Some("lax")));
        assert!(!format!("{cookie:?}").contains("secret"));
        for gone in [
            "s=; Path=/",
            "s=x; Max-Age=0",
            "s=x; Max-Age=-1; Expires=Fri, 31 Dec 2999 23:59:59 GMT",
            "s=x; expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "s=x; expires=Thu, 01-Jan-70 00:00:01 GMT",
            "s=x; Expires=Wed, 21 Oct 2015 07:28:00 GMT",
            "nonsense",
            "=x",
        ] {
            assert_eq!(Cookie::read(gone, true), None, "{gone}");
        }
        for kept in [
            "s=x; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "s=x; Expires=Fri, 31 Dec 2999 19:70:00 GMT",
            "s=x; Expires=Fri, 31 Dec 2999 23:59:59 GMT",
            "s=x; Max-Age=soon; Expires=1970",
        ] {
            assert!(Cookie::read(kept, true).is_some(), "{kept}");
        }
        let headers = [("set-cookie".to_owned(), "s=secret".to_owned()), ("x-frame-options".to_owned(), "DENY".to_owned())];
        let document = Document::read("https://op.example/", "", Some(&headers), false);
        assert_eq!((document.header("set-cookie").count(), document.header("x-frame-options").count()), (0, 1));
    }
}
