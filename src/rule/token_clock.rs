//! Rules about the clock by which an issuer dates its tokens, and how far it is off: one cause for many wrong times.

use crate::rule::prelude::*;

/// The issuer's clock as its token response shows it.
#[derive(Debug, Clone)]
pub struct TokenClock {
    /// The exchange the tokens came in, if it was seen.
    pub exchange: Option<usize>,
    /// When they came: seconds since the epoch.
    pub received_at: i64,
    /// How many seconds the `Date` of the response is ahead (behind, if negative), where it is wrong.
    pub misdated: Option<i64>,
    /// The `iat` of the ID token, else of the access token.
    pub iat: Option<Value>,
    /// The clock skew allowed to the issuer, in seconds.
    pub skew: i64,
}

artefact!(TokenClock: [RULES], at exchange);

/// What whole seconds hide, and the time it takes to make a response.
const ROUNDING: f64 = 2.0;

/// The leeway that a recipient may be expected to allow for clocks, in seconds: "usually no more than a few minutes".
const LEEWAY: i64 = 300;

static RULES: &[Check<TokenClock>] = &[must(
    // The leeway is the recipient's choice; what is beyond it is refused, whatever the choice.
    "token/clock-leeway",
    "RFC7519-4.1.4",
    "The clock by which the issuer dates its tokens must be at most five minutes off",
    "Clients and resource servers take the tokens for expired, or for not yet valid.",
    "Synchronise the clock of every machine that issues tokens with a time server (NTP), and monitor the difference.",
    |clock| {
        let offset = clock.offset();
        if offset != 0 {
            let side = if offset > 0 { "ahead" } else { "behind" };
            let seen = said!("Date and iat are both {} s {side}", offset.saturating_abs());
            let allowed = LEEWAY.saturating_add(clock.skew);
            return holds(offset.saturating_abs() <= allowed, said!("a clock at most {allowed} s off"), seen);
        }
        match (clock.iat(), clock.misdated) {
            (None, _) => not_applicable("no token has an iat that is a number"),
            (Some(_), Some(_)) => not_applicable("Date is wrong and iat is not by the same clock: each is judged by itself"),
            (Some(after), None) => pass(said!("Date is right, iat {after} s after the tokens were received")),
        }
    },
)];

impl TokenClock {
    fn iat(&self) -> Option<f64> {
        Some(self.iat.as_ref()?.as_f64()? - seconds(self.received_at))
    }

    /// How many seconds the issuer's clock is ahead of ours (behind, if negative); 0 unless both `Date` and `iat` say so. The times in its tokens
    /// are judged by its own clock then, so that the one cause is one finding.
    pub fn offset(&self) -> i64 {
        let (Some(misdated), Some(iat)) = (self.misdated, self.iat()) else { return 0 };
        let (off, tolerance) = (seconds(misdated), seconds(self.skew) + ROUNDING);
        // By its own clock the token was issued by now, and not by ours, or else by ours and `Date` alone is wrong.
        let is_by_its_clock = iat <= off + tolerance && (misdated < 0 || iat > tolerance);
        if is_by_its_clock { misdated } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::jose::testing::NOW;
    use crate::rule::testing::prelude::*;

    fn clock(misdated: Option<i64>, iat: Option<i64>) -> TokenClock {
        TokenClock { exchange: None, received_at: NOW, misdated, iat: iat.map(|after| json!(NOW + after)), skew: 10 }
    }

    #[test]
    fn the_clock_is_off_where_date_and_iat_say_so() {
        for (misdated, iat, offset) in [
            (None, Some(0), 0),
            (Some(300), Some(300), 300),
            (Some(300), Some(299), 300),
            (Some(-300), Some(-301), -300),
            // A token that was issued a while ago by that clock.
            (Some(3600), Some(3000), 3600),
            // Date alone.
            (Some(300), Some(0), 0),
            (Some(-300), Some(0), 0),
            (Some(-700_000_000), Some(-1), 0),
            // The token alone, or more than the clock.
            (None, Some(3600), 0),
            (Some(300), Some(3600), 0),
            (Some(300), None, 0),
        ] {
            assert_eq!(clock(misdated, iat).offset(), offset, "{misdated:?} {iat:?}");
        }
    }

    #[test]
    fn minutes_are_leeway_and_more_is_a_fault() {
        for (misdated, iat) in [(None, Some(0)), (Some(300), Some(300)), (Some(-310), Some(-310)), (Some(300), Some(0)), (None, None)] {
            assert!(judged(&clock(misdated, iat)).failed.is_empty(), "{misdated:?}");
        }
        for off in [311, 3600, -311] {
            assert_eq!(judged(&clock(Some(off), Some(off))).failed, ["token/clock-leeway"], "{off}");
        }
    }

    arbitrary_artefact!(TokenClock:
        (received_at, misdated, skew) in (any::<i64>(), any::<Option<i64>>(), any::<i64>()),
        iat in proptest::option::of(prop_oneof![any::<f64>().prop_map(Value::from), any::<i64>().prop_map(Value::from), Just(json!("1"))])
        => TokenClock { exchange: None, received_at, misdated, iat, skew }
    );
}
