//! Rules of the `OpenActive` Open Booking API about what identifies a seller, judged on ID tokens and access tokens.

use serde_json::{Map, Value};

use super::{Artefact, Check};

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
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.exchange)
    }
}

static RULES: &[Check<SellerIdentity>] = &[];

/// How long an access token lives.
#[derive(Debug, Clone)]
pub struct AccessTokenLifetime {
    /// The exchange of the token response.
    pub exchange: usize,
    /// `expires_in`, in seconds, if it was given as a number.
    pub expires_in: Option<f64>,
}

impl Artefact for AccessTokenLifetime {
    const RULES: &'static [Check<Self>] = LIFETIME_RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.exchange)
    }
}

static LIFETIME_RULES: &[Check<AccessTokenLifetime>] = &[];
