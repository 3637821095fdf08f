//! JSON Web Tokens taken apart by hand, so that every fault is seen by itself, and signatures verified by `jsonwebtoken`.

use serde_json::{Map, Value};

/// A JWS in compact serialization (RFC 7515 3.1) whose header and payload are JSON objects.
#[derive(Debug, Clone)]
pub struct Jwt {
    /// The JOSE header.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Map<String, Value>,
    /// What the signature is over: header, dot, payload, as sent.
    pub signing_input: String,
    /// The signature's bytes; empty for `alg` `none`.
    pub signature: Vec<u8>,
}

impl Jwt {
    /// Takes a token apart without verifying anything.
    ///
    /// # Errors
    /// A sentence saying what keeps it from being a JWT.
    pub fn parse(_token: &str) -> Result<Self, String> {
        Err("not yet".to_owned())
    }
}
