//! The algorithms that this build encrypts and decrypts with (RFC 7518 4 and 5).

/// How the key of the content comes to the recipient: an `alg` (RFC 7518 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyAlg {
    /// RSAES OAEP with SHA-256.
    RsaOaep256,
    /// RSAES OAEP with SHA-1, its default parameters.
    RsaOaep,
    /// Key agreement, whose result wraps the key with AES of 128 bits.
    EcdhEsA128Kw,
    /// Key agreement, whose result wraps the key with AES of 256 bits.
    EcdhEsA256Kw,
    /// Key agreement, whose result is the key.
    EcdhEs,
    /// AES key wrap with a shared key of 128 bits.
    A128Kw,
    /// AES key wrap with a shared key of 256 bits.
    A256Kw,
    /// The shared key is the key.
    Dir,
}

/// What kind of key an algorithm takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// RSA.
    Rsa,
    /// A key for key agreement on a curve.
    Curve,
    /// A secret that both know.
    Secret,
}

impl KeyAlg {
    /// Every one, the one to be preferred first.
    pub const ALL: [Self; 8] =
        [Self::RsaOaep256, Self::RsaOaep, Self::EcdhEsA128Kw, Self::EcdhEsA256Kw, Self::EcdhEs, Self::A128Kw, Self::A256Kw, Self::Dir];

    /// The registered name.
    pub fn name(self) -> &'static str {
        match self {
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::RsaOaep => "RSA-OAEP",
            Self::EcdhEsA128Kw => "ECDH-ES+A128KW",
            Self::EcdhEsA256Kw => "ECDH-ES+A256KW",
            Self::EcdhEs => "ECDH-ES",
            Self::A128Kw => "A128KW",
            Self::A256Kw => "A256KW",
            Self::Dir => "dir",
        }
    }

    /// The algorithm of a registered name, if this build knows it.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.name() == name)
    }

    /// What kind of key it takes.
    pub fn kind(self) -> KeyKind {
        match self {
            Self::RsaOaep256 | Self::RsaOaep => KeyKind::Rsa,
            Self::EcdhEsA128Kw | Self::EcdhEsA256Kw | Self::EcdhEs => KeyKind::Curve,
            Self::A128Kw | Self::A256Kw | Self::Dir => KeyKind::Secret,
        }
    }

    /// True if the key of the content is not sent, but known to both or agreed upon (RFC 7516 2, direct encryption and direct key agreement).
    pub fn is_direct(self) -> bool {
        matches!(self, Self::EcdhEs | Self::Dir)
    }

    /// The bytes of the key that wraps the key of the content; `None` where none does.
    pub fn wrapping_bytes(self) -> Option<usize> {
        match self {
            Self::EcdhEsA128Kw | Self::A128Kw => Some(16),
            Self::EcdhEsA256Kw | Self::A256Kw => Some(32),
            Self::RsaOaep256 | Self::RsaOaep | Self::EcdhEs | Self::Dir => None,
        }
    }
}

/// How the content is encrypted: an `enc` (RFC 7518 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Enc {
    /// AES in CBC mode with 128 bits and HMAC with SHA-256; the default where a client registers an `alg` alone (OpenID Connect Registration 2).
    A128CbcHs256,
    /// AES in CBC mode with 256 bits and HMAC with SHA-512.
    A256CbcHs512,
    /// AES in Galois/Counter mode with 128 bits.
    A128Gcm,
    /// AES in Galois/Counter mode with 256 bits.
    A256Gcm,
}

impl Enc {
    /// Every one, the default first.
    pub const ALL: [Self; 4] = [Self::A128CbcHs256, Self::A256CbcHs512, Self::A128Gcm, Self::A256Gcm];

    /// The registered name.
    pub fn name(self) -> &'static str {
        match self {
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A256CbcHs512 => "A256CBC-HS512",
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// The algorithm of a registered name, if this build knows it.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|enc| enc.name() == name)
    }

    /// The bytes of its key, which are fixed (RFC 7516 4.1.2).
    pub fn key_bytes(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A128CbcHs256 | Self::A256Gcm => 32,
            Self::A256CbcHs512 => 64,
        }
    }

    /// The bytes of its initialization vector (RFC 7518 5.2.2.1, 5.3).
    pub fn iv_bytes(self) -> usize {
        if self.is_cbc() { 16 } else { 12 }
    }

    /// The bytes of its authentication tag (RFC 7518 5.2.3, 5.2.5, 5.3).
    pub fn tag_bytes(self) -> usize {
        if self == Self::A256CbcHs512 { 32 } else { 16 }
    }

    /// True if it is AES in CBC mode with an HMAC.
    pub(super) fn is_cbc(self) -> bool {
        matches!(self, Self::A128CbcHs256 | Self::A256CbcHs512)
    }
}
