//! What can be wrong with a JWT that the issuer receives, whatever the JWT is for: client assertions and request objects alike (RFC 7515, RFC 7519, RFC 8725).

/// What is wrong with a JWT, which is good but for this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JwtFault {
    /// A key that the client did not register signed it, under the `kid` of the one that it registered.
    ForeignKey,
    /// The same with that key in its `jwk`.
    EmbeddedKey,
    /// Signed with a foreign key, which is in a key set that its `jku` names.
    KeySetAddress,
    /// Signed with a foreign key, which is in a certificate in its `x5c`.
    Certificate,
    /// Signed with a foreign key, which is in a certificate that its `x5u` names.
    CertificateAddress,
    /// Its `alg` is `none`, and it has no signature.
    Unsigned,
    /// Its `alg` is `HS256`, and the secret is the client's public key.
    PublicKeyAsSecret,
    /// The client's key signed it, by another algorithm than the client registered.
    OtherAlgorithm,
    /// Its signature was made with another hash than its `alg` names.
    OtherHash,
    /// It has no `alg`.
    NoAlgorithm,
    /// It has `alg` twice: the first fits, the last does not.
    TwoAlgorithms,
    /// It has `aud` twice: the first is the issuer, the last is not.
    TwoAudiences,
    /// Its `crit` names an extension that does not exist.
    CriticalExtension,
    /// Its header has a comma too many.
    MalformedHeader,
    /// Its claims have a comma too many.
    MalformedClaims,
    /// There is a character after its claims.
    TrailingCharacter,
    /// There is a line break in the base64url of its claims.
    WhiteSpace,
    /// Its claims are in UTF-16.
    OtherEncoding,
}

impl JwtFault {
    /// What was sent, for the report: what comes after the name of the JWT.
    pub fn says(self) -> &'static str {
        match self {
            Self::ForeignKey => "signed with a key that the client did not register",
            Self::EmbeddedKey => "signed with a key that it brings along in its header",
            Self::KeySetAddress => "signed with a key behind the jku of its header",
            Self::Certificate => "signed with the key of a certificate in its header",
            Self::CertificateAddress => "signed with the key of a certificate behind the x5u of its header",
            Self::Unsigned => "with alg none and no signature",
            Self::PublicKeyAsSecret => "with alg HS256 and the public key as secret",
            Self::OtherAlgorithm => "signed with another algorithm than registered",
            Self::OtherHash => "signed with another hash than its alg says",
            Self::NoAlgorithm => "without alg",
            Self::TwoAlgorithms => "with two alg",
            Self::TwoAudiences => "with two aud",
            Self::CriticalExtension => "with a crit that names an unknown extension",
            Self::MalformedHeader => "whose header is no JSON",
            Self::MalformedClaims => "whose claims are no JSON",
            Self::TrailingCharacter => "with a character after its claims",
            Self::WhiteSpace => "with a line break in its base64url",
            Self::OtherEncoding => "whose claims are in UTF-16",
        }
    }

    /// True for one that a server may say of that it cannot be read.
    pub fn is_unreadable(self) -> bool {
        matches!(
            self,
            Self::NoAlgorithm
                | Self::TwoAlgorithms
                | Self::TwoAudiences
                | Self::CriticalExtension
                | Self::MalformedHeader
                | Self::MalformedClaims
                | Self::TrailingCharacter
                | Self::WhiteSpace
                | Self::OtherEncoding
        )
    }

    /// True for one that is refused by whoever verifies the signature with the client's keys: where that is not done, nothing more is to be said about it.
    pub fn is_about_key(self) -> bool {
        matches!(self, Self::EmbeddedKey | Self::KeySetAddress | Self::Certificate | Self::CertificateAddress | Self::OtherHash | Self::TwoAlgorithms)
    }
}

/// The faults that both kinds of JWTs have rules of the same name about: `jwt_faults!("client-assertion")` gives each with its rule.
macro_rules! jwt_faults {
    ($family:literal) => {
        [
            (Fault::Jwt(JwtFault::KeySetAddress), concat!($family, "/key-set-address-refused")),
            (Fault::Jwt(JwtFault::Certificate), concat!($family, "/own-certificate-refused")),
            (Fault::Jwt(JwtFault::CertificateAddress), concat!($family, "/certificate-address-refused")),
            (Fault::Jwt(JwtFault::OtherAlgorithm), concat!($family, "/other-algorithm-refused")),
            (Fault::Jwt(JwtFault::OtherHash), concat!($family, "/other-hash-refused")),
            (Fault::Jwt(JwtFault::NoAlgorithm), concat!($family, "/without-alg-refused")),
            (Fault::Jwt(JwtFault::TwoAlgorithms), concat!($family, "/first-alg-not-used")),
            (Fault::Jwt(JwtFault::TwoAudiences), concat!($family, "/first-claim-not-used")),
            (Fault::Jwt(JwtFault::CriticalExtension), concat!($family, "/critical-extension-refused")),
            (Fault::Jwt(JwtFault::MalformedHeader), concat!($family, "/malformed-header-refused")),
            (Fault::Jwt(JwtFault::MalformedClaims), concat!($family, "/malformed-claims-refused")),
            (Fault::Jwt(JwtFault::TrailingCharacter), concat!($family, "/trailing-character-refused")),
            (Fault::Jwt(JwtFault::WhiteSpace), concat!($family, "/white-space-refused")),
            (Fault::Jwt(JwtFault::OtherEncoding), concat!($family, "/other-encoding-refused")),
        ]
    };
}
pub(crate) use jwt_faults;

/// The rules about these faults, as a table: the family, what the JWT is called, what an attacker gains by a forged one, and how it is refused.
macro_rules! jwt_rules {
    ($family:literal, $jwt:literal, $forged:literal, $refuse:literal) => {
        &[
            // RFC 7515 4.1.2 and 4.1.5 say how `jku` and `x5u` are fetched, and not whose key may be found there.
            must(
                concat!($family, "/key-set-address-refused"),
                "RFC8725-3.8",
                concat!("A ", $jwt, " that is signed with a key behind the `jku` of its own header must be refused, if that key is not the client's"),
                concat!("An attacker publishes a key set and names its address in the header of a forged JWT. ", $forged),
                concat!("Take keys only from the client's registered `jwks` or `jwks_uri`, and ignore `jku`. ", $refuse),
                |attacks| attacks.refused(Fault::Jwt(JwtFault::KeySetAddress)),
            ),
            must(
                concat!($family, "/own-certificate-refused"),
                "RFC7515-4.1.6",
                concat!(
                    "A ",
                    $jwt,
                    " that is signed with the key of a certificate in its own `x5c` must be refused, if no trusted authority issued that certificate"
                ),
                concat!("Everyone can make a certificate and put it into the header of a forged JWT. ", $forged),
                concat!("Take keys only from the client's registered `jwks` or `jwks_uri`. Where you take `x5c`, validate its chain. ", $refuse),
                |attacks| attacks.refused(Fault::Jwt(JwtFault::Certificate)),
            ),
            must(
                concat!($family, "/certificate-address-refused"),
                "RFC8725-3.8",
                concat!(
                    "A ",
                    $jwt,
                    " that is signed with the key of a certificate behind its own `x5u` must be refused, if no trusted authority issued that certificate"
                ),
                concat!("An attacker publishes a certificate and names its address in the header of a forged JWT. ", $forged),
                concat!("Take keys only from the client's registered `jwks` or `jwks_uri`, and ignore `x5u`. ", $refuse),
                |attacks| attacks.refused(Fault::Jwt(JwtFault::CertificateAddress)),
            ),
            // RFC 8725 3.10: "blindly following" such an address "could result in server-side request forgery".
            should(
                concat!($family, "/header-addresses-not-fetched"),
                "RFC8725-3.10",
                concat!("The issuer should fetch nothing from an address in the `jku` or `x5u` of a ", $jwt, ", unless it knows the address"),
                "An attacker has the issuer send requests to servers that only the issuer can reach.",
                "Ignore `jku` and `x5u`, or compare them with the addresses that the client registered before you fetch anything.",
                |attacks| match attacks.fetched {
                    None => not_applicable("no address was named that the issuer can reach"),
                    Some(fetched) => holds(!fetched, "no request", if fetched { "the address was fetched" } else { "no request" }),
                },
            ),
            must(
                concat!($family, "/other-algorithm-refused"),
                "OIDCR-2",
                concat!("A ", $jwt, " that is signed with another algorithm than the client registered must be refused"),
                "A client cannot rely on it that a weak algorithm which it does not use is of no use to an attacker.",
                concat!(
                    "Compare the `alg` of the header with the algorithm that the client registered, and do not only look whether a key fits. ",
                    $refuse
                ),
                |attacks| attacks.refused(Fault::Jwt(JwtFault::OtherAlgorithm)),
            ),
            must(
                concat!($family, "/other-hash-refused"),
                "RFC7515-10.6",
                concat!("A ", $jwt, " whose signature was made with another hash than its `alg` names must be refused"),
                "An attacker who finds a weakness in one hash can use it although all parties have agreed on another.",
                concat!("Verify the signature with exactly the algorithm in `alg`: do not take the hash from within the signature. ", $refuse),
                |attacks| attacks.refused(Fault::Jwt(JwtFault::OtherHash)),
            ),
            must(
                concat!($family, "/without-alg-refused"),
                "RFC7515-4.1.1",
                concat!("A ", $jwt, " without `alg` must be refused"),
                "Where the issuer guesses the algorithm, it may guess one that an attacker can use.",
                concat!("Treat `alg` as required, and use no default. ", $refuse),
                |attacks| attacks.refused(Fault::Jwt(JwtFault::NoAlgorithm)),
            ),
            must(
                concat!($family, "/first-alg-not-used"),
                "RFC7515-4",
                concat!("A ", $jwt, " with two `alg` must be refused, or be read by the last of them"),
                "A check that reads one of the values and a library that reads the other do not see the same algorithm.",
                concat!("Use a JSON parser that refuses repeated names or returns the last value. ", $refuse),
                |attacks| attacks.refused(Fault::Jwt(JwtFault::TwoAlgorithms)),
            ),
            must(
                concat!($family, "/first-claim-not-used"),
                "RFC7519-4",
                concat!("A ", $jwt, " with two `aud` must be refused, or be read by the last of them"),
                "Two servers that read one JWT take it for different things.",
                concat!("Use a JSON parser that refuses repeated names or returns the last value. ", $refuse),
                |attacks| attacks.refused(Fault::Jwt(JwtFault::TwoAudiences)),
            ),
            must(
                concat!($family, "/critical-extension-refused"),
                "RFC7515-4.1.11",
                concat!("A ", $jwt, " whose `crit` names an extension that the issuer does not know must be refused"),
                "The client restricts what it signs by an extension, and the issuer takes it as if it were not restricted.",
                concat!("Refuse a JWT whose `crit` has a name that the server does not process. ", $refuse),
                |attacks| attacks.refused(Fault::Jwt(JwtFault::CriticalExtension)),
            ),
            must(
                concat!($family, "/malformed-header-refused"),
                "RFC7515-10.12",
                concat!("A ", $jwt, " whose header is no JSON must be refused"),
                "Where a parser guesses what was meant, an attacker can have two servers read different things.",
                concat!("Use a strict JSON parser for the header. ", $refuse),
                |attacks| attacks.refused(Fault::Jwt(JwtFault::MalformedHeader)),
            ),
            must(
                concat!($family, "/malformed-claims-refused"),
                "RFC7515-10.12",
                concat!("A ", $jwt, " whose claims are no JSON must be refused"),
                "Where a parser guesses what was meant, an attacker can have two servers read different things.",
                concat!("Use a strict JSON parser for the claims. ", $refuse),
                |attacks| attacks.refused(Fault::Jwt(JwtFault::MalformedClaims)),
            ),
            must(
                concat!($family, "/trailing-character-refused"),
                "RFC7515-10.12",
                concat!("A ", $jwt, " with characters after the JSON of its claims must be refused"),
                "Where a parser stops early, an attacker can hide from it what another server reads.",
                concat!("Use a JSON parser that reads to the end of its input and refuses what comes after the object. ", $refuse),
                |attacks| attacks.refused(Fault::Jwt(JwtFault::TrailingCharacter)),
            ),
            must(
                concat!($family, "/white-space-refused"),
                "RFC7519-7.2",
                concat!("A ", $jwt, " with white space in its base64url must be refused"),
                "One JWT can be written in many ways, and a list of JWTs that were used or revoked does not find it again.",
                concat!("Use a base64url decoder that accepts no white space and no other characters. ", $refuse),
                |attacks| attacks.refused(Fault::Jwt(JwtFault::WhiteSpace)),
            ),
            must(
                concat!($family, "/other-encoding-refused"),
                "RFC8725-3.7",
                concat!("A ", $jwt, " whose claims are in another encoding than UTF-8 must be refused"),
                "Where a parser guesses the encoding, an attacker can have two servers read different things.",
                concat!("Decode the claims as UTF-8 and nothing else. ", $refuse),
                |attacks| attacks.refused(Fault::Jwt(JwtFault::OtherEncoding)),
            ),
        ]
    };
}
pub(crate) use jwt_rules;
