//! Rules of the `OpenActive` Open Booking API about what identifies a seller, judged on ID tokens and access tokens.

use serde_json::{Map, Value};
use url::Url;

use crate::rule::expect::{holds, member, must, same, shorten, should, show};
use crate::rule::judgement::{Judgement, fail, not_applicable, not_run};
use crate::rule::{Artefact, Check};

/// The claims of an ID token issued for the scope `openactive-identity`.
#[derive(Debug, Clone)]
pub struct SellerIdentity {
    /// The exchange the ID token came in.
    pub exchange: usize,
    /// The ID token's claims.
    pub claims: Map<String, Value>,
    /// The seller's id that was configured, if one was.
    pub seller_id: Option<String>,
}

impl Artefact for SellerIdentity {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.exchange)
    }
}

const SELLER_ID_PRESENT: &str = "openactive/seller-id-present";

/// The names every `OpenActive` claim begins with.
const NAMESPACE: &str = "https://openactive.io/";

// The claims are RECOMMENDED; that the seller is the right one is what the whole flow is for.
static RULES: &[Check<SellerIdentity>] = &[
    should(
        SELLER_ID_PRESENT,
        "OA-OBA-id-token-claims",
        "The ID token names the seller in `https://openactive.io/sellerId`",
        "The booking partner does not know for which seller it may book with this access token.",
        "",
        |identity| identity.has_text("sellerId"),
    ),
    must(
        "openactive/seller-id",
        "OA-OBA-id-token-claims",
        "The `https://openactive.io/sellerId` of the ID token is the seller that was configured",
        "Bookings are made with the wrong seller.",
        "",
        |identity| match (&identity.seller_id, identity.text("sellerId")) {
            (None, _) => not_applicable("no seller is configured"),
            (Some(expected), Some(actual)) => same("sellerId", expected, actual),
            (Some(expected), None) => fail(format!("sellerId = {}", shorten(expected)), identity.seen("sellerId")),
        },
    ),
    must(
        "openactive/seller-id-uri",
        "OA-OBA-globally-unique-identifiers",
        "The `https://openactive.io/sellerId` of the ID token is an absolute URI, as the seller's `@id` is",
        "The booking partner cannot match it with the sellers in the open data feeds.",
        "",
        |identity| match identity.text("sellerId") {
            None => not_run(SELLER_ID_PRESENT),
            Some(id) => holds(Url::parse(id).is_ok(), "sellerId: an absolute URI", identity.seen("sellerId")),
        },
    ),
    should(
        "openactive/seller-name",
        "OA-OBA-id-token-claims",
        "The ID token has the seller's name in `https://openactive.io/sellerName`",
        "The booking partner cannot show whom it has connected to.",
        "",
        |identity| identity.has_text("sellerName"),
    ),
    should(
        "openactive/seller-url",
        "OA-OBA-id-token-claims",
        "The ID token has the URL of the seller's website in `https://openactive.io/sellerUrl`",
        "The booking partner cannot link to the seller.",
        "",
        |identity| identity.has_web_url("sellerUrl"),
    ),
    should(
        "openactive/seller-logo",
        "OA-OBA-id-token-claims",
        "The ID token has the URL of the seller's logo in `https://openactive.io/sellerLogo`",
        "The booking partner cannot show the seller's logo.",
        "",
        |identity| identity.has_web_url("sellerLogo"),
    ),
    should(
        "openactive/booking-service-name",
        "OA-OBA-id-token-claims",
        "The ID token has the name of the booking system in `https://openactive.io/bookingServiceName`",
        "The booking partner cannot say through which system it books.",
        "",
        |identity| identity.has_text("bookingServiceName"),
    ),
    should(
        "openactive/booking-service-url",
        "OA-OBA-id-token-claims",
        "The ID token has the URL of the booking system in `https://openactive.io/bookingServiceUrl`",
        "The booking partner cannot link to the system it books through.",
        "",
        |identity| identity.has_web_url("bookingServiceUrl"),
    ),
];

impl SellerIdentity {
    /// A claim, by its name without the namespace.
    fn claim(&self, name: &str) -> Option<&Value> {
        member(&self.claims, &format!("{NAMESPACE}{name}"))
    }

    /// A claim that is a string and not empty.
    fn text(&self, name: &str) -> Option<&str> {
        self.claim(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// What a claim was seen to be, for a message.
    fn seen(&self, name: &str) -> String {
        self.claim(name).map_or_else(|| format!("no {NAMESPACE}{name}"), |value| format!("{name} = {}", show(value)))
    }

    fn has_text(&self, name: &str) -> Judgement {
        holds(self.text(name).is_some(), format!("{name}: a string that is not empty"), self.seen(name))
    }

    fn has_web_url(&self, name: &str) -> Judgement {
        let is_url = self.text(name).is_some_and(|text| Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http")));
        holds(is_url, format!("{name}: an absolute URL"), self.seen(name))
    }
}

/// How long an access token lives.
#[derive(Debug, Clone)]
pub struct AccessTokenLifetime {
    /// The exchange of the token response.
    pub exchange: usize,
    /// `expires_in`, in seconds, if it was given as a number.
    pub expires_in: Option<f64>,
}

impl Artefact for AccessTokenLifetime {
    const RULES: &'static [&'static [Check<Self>]] = &[LIFETIME_RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.exchange)
    }
}

/// The lifetime the Open Booking API recommends, in seconds.
const RECOMMENDED: f64 = 900.0;

static LIFETIME_RULES: &[Check<AccessTokenLifetime>] = &[should(
    "openactive/access-token-lifetime",
    "OA-OBA-oauth-flows-and-scopes",
    "The access token lives for 15 minutes at most",
    "A seller who withdraws a booking partner's access has to wait until the token expires.",
    "",
    |lifetime| match lifetime.expires_in {
        None => not_applicable("expires_in is not known"),
        Some(seconds) => holds(seconds <= RECOMMENDED, format!("at most {RECOMMENDED} s"), format!("{seconds} s")),
    },
)];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::{AccessTokenLifetime, SellerIdentity};
    use crate::rule::jose::testing::{arbitrary_object, changed, judged};
    use crate::rule::testing::arbitrary_artefact;

    const SELLER: &str = "https://localhost:5001/api/identifiers/sellers/1";

    fn claims() -> Value {
        json!({
            "https://openactive.io/sellerId": SELLER,
            "https://openactive.io/sellerName": "Acme Fitness Ltd",
            "https://openactive.io/sellerUrl": "https://www.example.com",
            "https://openactive.io/sellerLogo": "https://placekitten.com/640/360",
            "https://openactive.io/bookingServiceName": "Acme Booking",
            "https://openactive.io/bookingServiceUrl": "https://booking.example.com",
        })
    }

    fn identity(claims: &Value) -> SellerIdentity {
        SellerIdentity { exchange: 0, claims: claims.as_object().unwrap().clone(), seller_id: Some(SELLER.to_owned()) }
    }

    #[test]
    fn a_full_identity_breaks_no_rule() {
        let judged = judged(&identity(&claims()));
        assert_eq!((judged.failed, judged.not_run, judged.not_applicable), (vec![], vec![], vec![]));
    }

    #[test]
    fn each_wrong_claim_breaks_its_rule() {
        let table: &[(&str, Value, &[&str])] = &[
            ("sellerId", Value::Null, &["openactive/seller-id-present", "openactive/seller-id"]),
            ("sellerId", json!(1), &["openactive/seller-id-present", "openactive/seller-id"]),
            ("sellerId", json!("https://localhost:5001/api/identifiers/sellers/2"), &["openactive/seller-id"]),
            ("sellerId", json!("1"), &["openactive/seller-id", "openactive/seller-id-uri"]),
            ("sellerName", Value::Null, &["openactive/seller-name"]),
            ("sellerName", json!(""), &["openactive/seller-name"]),
            ("sellerUrl", Value::Null, &["openactive/seller-url"]),
            ("sellerUrl", json!("www.example.com"), &["openactive/seller-url"]),
            ("sellerLogo", json!({ "url": "https://x.example" }), &["openactive/seller-logo"]),
            ("bookingServiceName", Value::Null, &["openactive/booking-service-name"]),
            ("bookingServiceUrl", json!("javascript:alert(1)"), &["openactive/booking-service-url"]),
        ];
        for (name, value, failed) in table {
            let changes = json!({ format!("https://openactive.io/{name}"): value });
            assert_eq!(judged(&identity(&changed(&claims(), &changes))).failed, *failed, "{changes}");
        }
        let unknown = SellerIdentity { seller_id: None, ..identity(&claims()) };
        assert_eq!(judged(&unknown).not_applicable, ["openactive/seller-id"]);
    }

    #[test]
    fn an_access_token_lives_for_fifteen_minutes_at_most() {
        let judge = |expires_in| judged(&AccessTokenLifetime { exchange: 0, expires_in });
        for (expires_in, failed) in [(900.0, 0), (60.0, 0), (900.5, 1), (3600.0, 1), (f64::INFINITY, 1)] {
            assert_eq!(judge(Some(expires_in)).failed.len(), failed, "{expires_in}");
        }
        assert_eq!(judge(None).not_applicable.len(), 1);
    }

    arbitrary_artefact!(SellerIdentity:
        claims in arbitrary_object(&["https://openactive.io/sellerId", "https://openactive.io/sellerUrl", "https://openactive.io/sellerName"])
        => identity(&Value::Object(claims))
    );

    arbitrary_artefact!(AccessTokenLifetime:
        expires_in in any::<Option<f64>>() => AccessTokenLifetime { exchange: 0, expires_in }
    );
}
