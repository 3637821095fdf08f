//! Rules of the `OpenActive` Open Booking API about what identifies a seller, judged on ID tokens and access tokens.

use crate::rule::prelude::*;

/// The claims of an ID token issued for the scope `openactive-identity`.
#[derive(Debug, Clone)]
pub struct SellerIdentity {
    /// The exchange the ID token came in, if that was seen.
    pub exchange: Option<usize>,
    /// The ID token's claims.
    pub claims: Map<String, Value>,
    /// The seller's id that was configured, if one was.
    pub seller_id: Option<String>,
}

artefact!(SellerIdentity: [RULES], at exchange);

const SELLER_ID_PRESENT: &str = "openactive/seller-id-present";

/// The names every `OpenActive` claim begins with.
const NAMESPACE: &str = "https://openactive.io/";

// The claims are RECOMMENDED; that the seller is the right one is what the whole flow is for.
static RULES: &[Check<SellerIdentity>] = &[
    should(
        SELLER_ID_PRESENT,
        "OA-OBA-id-token-claims",
        "The ID token should name the seller in `https://openactive.io/sellerId`",
        "The booking partner does not know for which seller it may book with this access token.",
        "Add the claim `https://openactive.io/sellerId`, a string with the `@id` of the seller, to every ID token that is issued for the scope \
         `openactive-identity`.",
        |identity| identity.has_text("sellerId"),
    ),
    must(
        "openactive/seller-id",
        "OA-OBA-id-token-claims",
        "The `https://openactive.io/sellerId` of the ID token must be the seller in the configuration of the tests",
        "Bookings are made with the wrong seller.",
        "Take the value from the seller who logged in, and write it exactly like the `@id` of this seller in the open data feeds. If the ID token is \
         right, correct the seller in the configuration of the tests.",
        |identity| match (&identity.seller_id, identity.text("sellerId")) {
            (None, _) => not_applicable("no seller is configured"),
            (Some(expected), Some(actual)) => same("sellerId", expected, actual),
            (Some(expected), None) => fail(said!("sellerId = {}", shorten(expected)), identity.seen("sellerId")),
        },
    ),
    must(
        "openactive/seller-id-uri",
        "OA-OBA-globally-unique-identifiers",
        "The `https://openactive.io/sellerId` of the ID token must be an absolute URI, like the `@id` of the seller",
        "The booking partner cannot match the seller with the sellers in the open data feeds.",
        "Write the complete `@id` of the seller, with scheme and host, into the claim, not the identifier from the database or a relative path.",
        |identity| match identity.text("sellerId") {
            None => not_run(SELLER_ID_PRESENT),
            Some(id) => holds(Url::parse(id).is_ok(), "sellerId: an absolute URI", identity.seen("sellerId")),
        },
    ),
    should(
        "openactive/seller-name",
        "OA-OBA-id-token-claims",
        "The ID token should have the seller's name in `https://openactive.io/sellerName`",
        "The booking partner cannot show with which seller it is connected.",
        "Add the claim `https://openactive.io/sellerName` to the ID token, a string with the name under which the public knows the seller.",
        |identity| identity.has_text("sellerName"),
    ),
    should(
        "openactive/seller-url",
        "OA-OBA-id-token-claims",
        "The ID token should have the URL of the seller's website in `https://openactive.io/sellerUrl`",
        "The booking partner cannot link to the seller.",
        "Add the claim `https://openactive.io/sellerUrl` to the ID token, a string with an absolute http or https URL. A value such as \
         `www.example.com` is not a URL.",
        |identity| identity.has_web_url("sellerUrl"),
    ),
    should(
        "openactive/seller-logo",
        "OA-OBA-id-token-claims",
        "The ID token should have the URL of the seller's logo in `https://openactive.io/sellerLogo`",
        "The booking partner cannot show the seller's logo.",
        "Add the claim `https://openactive.io/sellerLogo` to the ID token: the absolute http or https URL of the picture as a string, not as an \
         object and not as a relative path.",
        |identity| identity.has_web_url("sellerLogo"),
    ),
    should(
        "openactive/booking-service-name",
        "OA-OBA-id-token-claims",
        "The ID token should have the name of the booking system in `https://openactive.io/bookingServiceName`",
        "The booking partner cannot show through which system it books.",
        "Add the claim `https://openactive.io/bookingServiceName` to the ID token, a string with the name of the booking system.",
        |identity| identity.has_text("bookingServiceName"),
    ),
    should(
        "openactive/booking-service-url",
        "OA-OBA-id-token-claims",
        "The ID token should have the URL of the booking system in `https://openactive.io/bookingServiceUrl`",
        "The booking partner cannot link to the system through which it books.",
        "Add the claim `https://openactive.io/bookingServiceUrl` to the ID token, a string with the absolute http or https URL of the booking \
         system.",
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
        holds(self.text(name).is_some(), said!("{name}: a string that is not empty"), self.seen(name))
    }

    fn has_web_url(&self, name: &str) -> Judgement {
        let is_url = self.text(name).is_some_and(|text| Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http")));
        holds(is_url, said!("{name}: an absolute URL"), self.seen(name))
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

artefact!(AccessTokenLifetime: [LIFETIME_RULES], at exchange);

/// The lifetime the Open Booking API recommends, in seconds.
const RECOMMENDED: f64 = 900.0;

static LIFETIME_RULES: &[Check<AccessTokenLifetime>] = &[should(
    "openactive/access-token-lifetime",
    "OA-OBA-oauth-flows-and-scopes",
    "The access token should be valid for at most 15 minutes",
    "A seller who withdraws a booking partner's access must wait until the access token expires.",
    "Set the lifetime of access tokens, and so `expires_in`, to 900 seconds or less. Booking partners get new access tokens with their refresh \
     token.",
    |lifetime| match lifetime.expires_in {
        None => not_applicable("expires_in is not known"),
        Some(seconds) => holds(seconds <= RECOMMENDED, said!("at most {RECOMMENDED} s"), said!("{seconds} s")),
    },
)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::jose::testing::{arbitrary_object, changed};
    use crate::rule::testing::prelude::*;

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
        SellerIdentity { exchange: Some(0), claims: claims.as_object().unwrap().clone(), seller_id: Some(SELLER.to_owned()) }
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
