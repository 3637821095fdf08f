//! What the issuer encrypts for a client: what the client registers for that, and what becomes of it (OpenID Connect Registration 2, Core 10.2).

use crate::feature::register::{EncryptionKeys, Register};
use crate::jwe::{Enc, KeyAlg, KeyKind, KeyPair};
use crate::observed::received::Parsed;
use crate::protocol::prelude::*;
use crate::rule::encrypted::{Encrypted, What};
use crate::rule::jose::Token;
use crate::session::Registered;
use crate::session::encryption_key::{self, Algorithms, Encryption};
use crate::text::words::Words;

/// What stands in a story for an algorithm that the issuer offers.
const OFFERED: &str = "offered";

/// An answer of userinfo to a client that registered encryption for it.
pub(super) struct OpenedUserinfo {
    /// The answer as it would have come without.
    pub response: Received,
    /// True if the signed JWT is missing that had to be within: that is said then.
    pub lacks_signature: bool,
}

impl Session {
    /// Puts what a client is to have encrypted into its metadata, and gives the keys that it publishes for that. Leaves the step out where the issuer does not offer it.
    pub(super) async fn add_encryption(&self, params: &Register, metadata: &mut Value) -> Result<Vec<&'static KeyPair>, Stop> {
        let wanted =
            [("id_token", &params.id_token_encryption, &params.id_token_enc), ("userinfo", &params.userinfo_encryption, &params.userinfo_enc)];
        let mut kinds = Vec::new();
        for (purpose, alg, enc) in wanted {
            let Some(alg) = alg else { continue };
            let alg = self.offered_alg(purpose, alg)?;
            metadata[format!("{purpose}_encrypted_response_alg")] = json!(alg.name());
            if let Some(enc) = self.offered_enc(purpose, enc.as_deref())? {
                metadata[format!("{purpose}_encrypted_response_enc")] = json!(enc.name());
            }
            kinds.push(alg.kind());
        }
        if params.request_object_encryption {
            self.declare_object_encryption(metadata)?;
        }
        if kinds.is_empty() {
            return Ok(Vec::new());
        }
        let has = |kind| params.encryption_keys == EncryptionKeys::Several || kinds.contains(&kind);
        let mut keys = Vec::new();
        for (kind, shared) in [(KeyKind::Rsa, &encryption_key::RSA), (KeyKind::Curve, &encryption_key::CURVE)] {
            if has(kind) {
                keys.push(shared.get().await.map_err(|error| Stop::untestable(error.to_string()))?);
            }
        }
        if !keys.is_empty() {
            Stop::not_offered_if(
                metadata.get("jwks_uri").is_some(),
                "the client has its keys behind a `jwks_uri`, and this program publishes none for encryption there",
            )?;
            let mut all = metadata["jwks"]["keys"].as_array().cloned().unwrap_or_default();
            all.extend(keys.iter().map(|pair| pair.public.clone()));
            metadata["jwks"] = json!({ "keys": all });
        }
        Ok(keys)
    }

    /// The algorithm of a story, if the issuer offers it for this purpose.
    fn offered_alg(&self, purpose: &str, asked: &str) -> Result<KeyAlg, Stop> {
        let name = format!("{purpose}_encryption_alg_values_supported");
        let listed = self.listed(&name)?.or_not_offered(said!("the metadata have no {name}"))?;
        if asked != OFFERED {
            self.must_list(&name, asked)?;
            return KeyAlg::of(asked).or_not_offered(format!("this program does not know the algorithm {asked}"));
        }
        let known = KeyAlg::ALL.into_iter().find(|alg| listed.contains(&alg.name()));
        known.or_not_offered(format!("`{name}` lists no algorithm that this program knows"))
    }

    /// The algorithm of the content to register: none where the default will do.
    fn offered_enc(&self, purpose: &str, asked: Option<&str>) -> Result<Option<Enc>, Stop> {
        let name = format!("{purpose}_encryption_enc_values_supported");
        if let Some(asked) = asked {
            self.must_list(&name, asked)?;
            return Enc::of(asked).map(Some).or_not_offered(format!("this program does not know the algorithm {asked}"));
        }
        let enc = self.known_enc(&name)?.or_not_offered(format!("`{name}` lists no algorithm that this program knows"))?;
        Ok(Some(enc).filter(|enc| *enc != Enc::A128CbcHs256))
    }

    /// The algorithm of the content, the default first; `None` where a list of the metadata has none that this program knows.
    pub(super) fn known_enc(&self, name: &str) -> Result<Option<Enc>, Stop> {
        let listed = self.listed(name)?;
        Ok(Enc::ALL.into_iter().find(|enc| listed.as_ref().is_none_or(|listed| listed.contains(&enc.name()))))
    }

    /// Ends the step where the issuer refuses a client for an `enc` that it never said that it has, or for claims that are encrypted and not signed: that it
    /// offers both does not say that it offers one without the other.
    pub(super) fn accept_refusal_of_encryption(&self, request: &Value, is_refused: bool, says: &str) -> Result<(), Stop> {
        let is_open = |purpose: &str| {
            let is_asked = request.get(format!("{purpose}_encrypted_response_alg")).is_some();
            Ok::<bool, Stop>(is_asked && self.listed(&format!("{purpose}_encryption_enc_values_supported"))?.is_none())
        };
        let is_unsigned = request.get("userinfo_encrypted_response_alg").is_some() && request.get("userinfo_signed_response_alg").is_none();
        let reason = format!("the issuer registers no client whose userinfo responses are encrypted and not signed{says}");
        Stop::not_offered_if(is_refused && is_unsigned, reason)?;
        let is_unsaid = is_open("id_token")? || is_open("userinfo")?;
        Stop::not_offered_if(is_refused && is_unsaid, format!("the issuer registers no client whose content is encrypted with A128CBC-HS256{says}"))
    }

    /// What was encrypted for the client, and how; `None` for one that did not register for that.
    fn opened(&self, what: What, exchange: Option<usize>, text: &str, of: impl Fn(&Encryption) -> Option<&Algorithms>) -> Option<Encrypted> {
        let client = self.facts.client.current.as_ref()?;
        let encryption = &client.registered.as_ref()?.encryption;
        let Algorithms { alg, enc } = of(encryption)?.clone();
        let opened = encryption.open(text, client.secret.as_ref());
        Some(Encrypted { what, exchange, opened, alg, enc, published: encryption.published(), has_secret: client.secret.is_some() })
    }

    /// The ID token in what was sent as one: what is within, where the client registered for encryption, which is judged then. `None` where it stays closed, or
    /// holds no JWT.
    pub(super) fn opened_id_token(&mut self, text: String, exchange: Option<usize>) -> Option<Token> {
        let Some(encrypted) = self.opened(What::IdToken, exchange, &text, |encryption| encryption.id_token.as_ref()) else {
            return Some(Token::from(text));
        };
        let opened = &encrypted.opened;
        let nested = opened.text().filter(|_| opened.nested().is_some()).map(str::to_owned);
        if let Some(nested) = &nested {
            self.recorder.redactor().learn(SecretKind::IdToken, nested);
        }
        self.sentence("should encrypt the ID token as the client registered");
        self.judge(&encrypted);
        if encrypted.opened.is_encrypted { nested.map(Token::from) } else { Some(Token::from(text)) }
    }

    /// The userinfo response in what was sent as one, in the same way. `None` where it stays closed.
    pub(super) fn opened_userinfo(&mut self, response: Received) -> Option<OpenedUserinfo> {
        let as_it_is = |response| Some(OpenedUserinfo { response, lacks_signature: false });
        if !response.is_success() {
            return as_it_is(response);
        }
        let signed = self.facts.client.current.as_ref().and_then(|client| client.registered.as_ref()?.userinfo_alg.clone()).is_some();
        let what = What::UserInfo { signed, media_type: response.media_type() };
        let encrypted = self.opened(what, Some(response.exchange), response.text().trim(), |encryption| encryption.userinfo.as_ref());
        let Some(encrypted) = encrypted else { return as_it_is(response) };
        self.sentence("should encrypt the end-user's claims as the client registered");
        self.judge(&encrypted);
        let opened = encrypted.opened;
        if !opened.is_encrypted {
            return as_it_is(response);
        }
        let is_nested = opened.nested().is_some();
        let mut headers: Vec<(String, String)> = response.headers.iter().filter(|(name, _)| name != "content-type").cloned().collect();
        headers.push(("content-type".to_owned(), if is_nested { "application/jwt" } else { "application/json" }.to_owned()));
        let within = Received { headers, body: opened.plaintext.ok()?, parsed: Parsed::default(), ..response };
        Some(OpenedUserinfo { response: within, lacks_signature: signed && !is_nested })
    }
}

/// Keeps what the issuer confirmed of the encryption that a client asked for; why a story cannot go on that is about it, if it cannot.
pub(super) fn confirm_encryption(registered: &mut Registered, keys: Vec<&'static KeyPair>, response: &Received, request: &Value) -> Option<Words> {
    let members = response.object().unwrap_or_default();
    let asked = |purpose: &str| request.get(format!("{purpose}_encrypted_response_alg")).and_then(Value::as_str).map(str::to_owned);
    let confirmed = |purpose: &str| asked(purpose).and_then(|_| Algorithms::of(&members, request, purpose));
    let (id_token, userinfo) = (confirmed("id_token"), confirmed("userinfo"));
    let why = |purpose: &str, confirmed: Option<&Algorithms>| match (asked(purpose)?, confirmed) {
        (asked, None) => Some(said!("the issuer registers no encryption in the place of {purpose}_encrypted_response_alg = {asked}")),
        (asked, Some(confirmed)) if confirmed.alg != asked => Some(said!("the issuer registers {} in the place of {asked}", confirmed.alg)),
        _ => None,
    };
    let why = why("id_token", id_token.as_ref()).or_else(|| why("userinfo", userinfo.as_ref()));
    registered.encryption = Encryption { keys, id_token, userinfo };
    why
}
