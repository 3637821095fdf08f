//! Rules about the clock by which an issuer dates its tokens, and how far it is off: one cause for many wrong times.

use crate::rule::prelude::*;

/// The issuer's clock as its token response shows it.
#[derive(Debug, Clone)]
pub struct TokenClock {
    /// The exchange the tokens came in, if it was seen.
    pub exchange: Option<usize>,
    /// When they came: seconds since the epoch.
    pub received_at: i64,
    /// How many seconds the last `Date` is ahead (behind, if negative), 0 where it is right; `None` where that cannot be said.
    pub date_ahead: Option<i64>,
    /// The `iat` of the ID token, else of the access token.
    pub iat: Option<f64>,
    /// The earliest `exp` of the tokens.
    pub exp: Option<f64>,
    /// The clock skew allowed to the issuer, in seconds.
    pub skew: i64,
}

artefact!(TokenClock: [RULES], at exchange);

/// What whole seconds hide, and the time it takes to make a response.
const ROUNDING: f64 = 2.0;

/// The leeway that a recipient may be expected to allow for clocks, in seconds: "usually no more than a few minutes".
const LEEWAY: i64 = 300;

const CLOCK_LEEWAY: &str = "token/clock-leeway";

// That a token is dated by another clock than the right one follows from what `iat` is. What comes of it is not the same on both sides: what is dated ahead
// seems not to be issued yet; what is dated behind is good for everybody, unless it has expired.
static RULES: &[Check<TokenClock>] = &[
    must(
        // The leeway is the recipient's choice; what is beyond it is refused, whatever the choice.
        CLOCK_LEEWAY,
        "RFC7519-4.1.6",
        "The clock by which the issuer dates its tokens must be at most five minutes ahead, and not so far behind that its tokens have expired",
        "Clients and resource servers take the tokens for expired, or for not yet valid.",
        "Synchronise the clock of every machine that issues tokens with a time server (NTP), and monitor the difference.",
        |clock| {
            let (offset, allowed) = (clock.known()?, clock.allowed());
            if offset < 0 {
                let over = clock.over();
                let what = over.map_or_else(|| said!("no exp"), |over| said!("exp {over} s before the tokens were received"));
                let expected = said!("an exp at most {allowed} s before the tokens were received");
                return holds(!clock.has_expired(), expected, said!("{}, {what}", clock.seen(offset)));
            }
            holds(offset <= allowed, said!("a clock at most {allowed} s ahead"), clock.seen(offset))
        },
    ),
    should(
        "token/clock-behind",
        "RFC7519-4.1.6",
        "The clock by which the issuer dates its tokens should be at most five minutes behind",
        "Clients that look at the age of a token refuse it, and tokens end before their time.",
        "Synchronise the clock of every machine that issues tokens with a time server (NTP), and monitor the difference.",
        |clock| {
            let (offset, allowed) = (clock.known()?, clock.allowed());
            applies_if(offset <= 0, "the clock is ahead")?;
            needs(!clock.has_expired(), CLOCK_LEEWAY)?;
            holds(offset >= -allowed, said!("a clock at most {allowed} s behind"), clock.seen(offset))
        },
    ),
];

impl TokenClock {
    fn iat(&self) -> Option<f64> {
        Some(self.iat? - seconds(self.received_at))
    }

    /// How many seconds the issuer's clock is ahead of ours (behind, if negative), 0 unless both `Date` and `iat` say so; `None` where one of them is not
    /// known. The times in its tokens are judged by its own clock then, so that the one cause is one finding.
    pub fn offset(&self) -> Option<i64> {
        let (date_ahead, iat) = (self.date_ahead?, self.iat()?);
        let (off, tolerance) = (seconds(date_ahead), seconds(self.skew) + ROUNDING);
        // By its own clock the token was issued by now, and not by ours, or else by ours and `Date` alone is wrong.
        let is_by_its_clock = iat <= off + tolerance && (date_ahead < 0 || iat > tolerance);
        Some(if is_by_its_clock { date_ahead } else { 0 })
    }

    /// The same for a judge.
    fn known(&self) -> Result<i64, Unmet> {
        let Some(date_ahead) = self.date_ahead else { return not_applicable("no Date says what the clock of the issuer is") };
        let Some(offset) = self.offset() else { return not_applicable("no token has an iat that is a number") };
        applies_if(date_ahead == offset, "Date is wrong and iat is not by the same clock: each is judged by itself")?;
        Ok(offset)
    }

    /// How far a clock may be off, in seconds.
    fn allowed(&self) -> i64 {
        LEEWAY.saturating_add(self.skew).max(0)
    }

    /// How many seconds ago the first of the tokens expired; negative if it has not.
    fn over(&self) -> Option<f64> {
        Some(seconds(self.received_at) - self.exp?)
    }

    /// True if the clock is behind, and a token has expired whatever leeway a recipient allows.
    fn has_expired(&self) -> bool {
        self.offset().is_some_and(|offset| offset < 0) && self.over().is_some_and(|over| over > seconds(self.allowed()))
    }

    fn seen(&self, offset: i64) -> Words {
        match offset {
            0 => said!("Date is right, iat {} s after the tokens were received", self.iat().unwrap_or_default()),
            1.. => said!("Date and iat are both {offset} s ahead"),
            _ => said!("Date and iat are both {} s behind", offset.saturating_abs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::jose::testing::{Judged, NOW};
    use crate::rule::testing::prelude::*;

    fn clock(date_ahead: Option<i64>, iat: Option<i64>) -> TokenClock {
        let iat = iat.map(|after| seconds(NOW + after));
        TokenClock { exchange: None, received_at: NOW, date_ahead, iat, exp: iat.map(|iat| iat + 3600.0), skew: 10 }
    }

    #[test]
    fn the_clock_is_off_where_date_and_iat_say_so() {
        for (date_ahead, iat, offset) in [
            (Some(0), Some(0), Some(0)),
            (Some(300), Some(300), Some(300)),
            (Some(300), Some(299), Some(300)),
            (Some(-300), Some(-301), Some(-300)),
            // A token that was issued a while ago by that clock.
            (Some(3600), Some(3000), Some(3600)),
            // Date alone.
            (Some(300), Some(0), Some(0)),
            (Some(-300), Some(0), Some(0)),
            (Some(-700_000_000), Some(-1), Some(0)),
            // The token alone, or more than the clock.
            (Some(0), Some(3600), Some(0)),
            (Some(300), Some(3600), Some(0)),
            // Nothing is known.
            (Some(300), None, None),
            (None, Some(300), None),
        ] {
            assert_eq!(clock(date_ahead, iat).offset(), offset, "{date_ahead:?} {iat:?}");
        }
    }

    #[test]
    fn minutes_are_leeway_and_more_is_a_fault() {
        for (date_ahead, iat) in [(Some(0), Some(0)), (Some(300), Some(300)), (Some(-310), Some(-310))] {
            let Judged { failed, passed, .. } = judged(&clock(date_ahead, iat));
            assert!(failed.is_empty() && passed.contains(&"token/clock-leeway"), "{date_ahead:?}");
        }
        for (date_ahead, iat) in [(Some(300), Some(0)), (Some(300), None), (None, Some(0)), (None, Some(3600)), (None, None)] {
            assert_eq!(judged(&clock(date_ahead, iat)).not_applicable.len(), 2, "{date_ahead:?} {iat:?}");
        }
        for off in [311, 3600] {
            assert_eq!(judged(&clock(Some(off), Some(off))).failed, ["token/clock-leeway"], "{off}");
        }
    }

    #[test]
    fn a_clock_that_is_behind_is_a_fault_where_tokens_have_expired() {
        let behind = |off: i64, lifetime: i64| {
            let clock = clock(Some(-off), Some(-off));
            judged(&TokenClock { exp: Some(seconds(NOW - off + lifetime)), ..clock })
        };
        for (off, lifetime) in [(311, 3600), (660, 3600), (660, 660), (660, 350)] {
            assert_eq!(behind(off, lifetime).failed, ["token/clock-behind"], "{off} {lifetime}");
        }
        assert_eq!(behind(660, 300).failed, ["token/clock-leeway"]);
        assert_eq!(behind(660, 300).not_run, [("token/clock-behind", "token/clock-leeway".to_owned())]);
        assert!(behind(310, 60).failed.is_empty(), "within the leeway");
        assert_eq!(judged(&TokenClock { exp: None, ..clock(Some(-660), Some(-660)) }).failed, ["token/clock-behind"]);
    }

    arbitrary_artefact!(TokenClock:
        (received_at, date_ahead, skew) in (any::<i64>(), any::<Option<i64>>(), any::<i64>()),
        (iat, exp) in (any::<Option<f64>>(), any::<Option<f64>>())
        => TokenClock { exchange: None, received_at, date_ahead, iat, exp, skew }
    );
}
