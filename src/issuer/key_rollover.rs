//! Keys that change while the issuer runs (OpenID Connect Core 10.1.1), and sets of keys that do not agree.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::encryption::IssuerKeys;
use super::keys::{Alg, KeyError, MOST_ROTATIONS};
use crate::issuer::prelude::*;

/// The most addresses of the key set whose answers are counted.
const MOST_ADDRESSES: usize = 4096;

/// What became of the keys so far.
#[derive(Debug, Default)]
pub struct Rollover {
    /// True once a token was signed with the second keys.
    begun: AtomicBool,
    /// How often the keys were rotated on demand.
    rotations: AtomicUsize,
    /// How many addresses of the key set were given out.
    addresses: AtomicUsize,
    /// How often each of them was asked.
    asked: Mutex<HashMap<String, usize>>,
}

impl Issuer {
    /// The keys that tokens are signed with.
    pub fn signing_keys(&self) -> Result<&'static KeyRing, KeyError> {
        if !self.does(Behaviour::KeysRollOver) && !self.does(Behaviour::KeysReplaced) {
            return match self.rollover.rotations.load(Ordering::Relaxed) {
                0 => Ok(self.keys),
                _ if self.does(Behaviour::KeysPublishedEarly) => Ok(self.keys),
                _ if self.does(Behaviour::KeysUnpublished) => KeyRing::foreign(),
                number => KeyRing::of_rotation(number),
            };
        }
        self.rollover.begun.store(true, Ordering::Relaxed);
        KeyRing::foreign()
    }

    /// Gives each reader of the metadata an address of the key set of its own, where the answers there are to alternate for each reader.
    pub fn address_key_set(&self, metadata: &mut Value) {
        if self.does(Behaviour::KeySetsAlternate)
            && let Some(uri) = metadata["jwks_uri"].as_str()
        {
            let number = self.rollover.addresses.fetch_add(1, Ordering::Relaxed);
            metadata["jwks_uri"] = json!(format!("{uri}?reader={number}"));
        }
    }

    /// The key set document as it is published at this moment at the address with this query.
    pub fn key_set(&self, query: &Params) -> Result<Value, Problem> {
        let mut document = self.signing_key_set(query)?;
        if let Some(keys) = document["keys"].as_array_mut().filter(|_| self.settings().encryption) {
            let more = IssuerKeys::published().map_err(|_| Problem::Broken("there are no keys for encryption"))?;
            keys.extend(more.documents());
        }
        Ok(document)
    }

    fn signing_key_set(&self, query: &Params) -> Result<Value, KeyError> {
        let mut document = self.keys.document();
        if self.does(Behaviour::KeySetsAlternate) {
            let mut asked = self.rollover.asked.lock().unwrap_or_else(PoisonError::into_inner);
            if asked.len() >= MOST_ADDRESSES {
                asked.clear();
            }
            let times = asked.entry(query.owned("reader").unwrap_or_default()).or_default();
            *times += 1;
            return Ok(if *times % 2 == 1 { KeyRing::foreign()?.document() } else { document });
        }
        if self.rollover.begun.load(Ordering::Relaxed) {
            let second = KeyRing::foreign()?.document();
            if self.does(Behaviour::KeysReplaced) {
                return Ok(second);
            }
            if let (Value::Array(keys), Value::Array(more)) = (&mut document["keys"], &second["keys"]) {
                keys.extend(more.iter().cloned());
            }
        }
        let rotations = self.rollover.rotations.load(Ordering::Relaxed);
        if rotations > 0 && self.does(Behaviour::KeysDropped) {
            return Ok(KeyRing::of_rotation(rotations)?.document());
        }
        if rotations > 0 && self.does(Behaviour::KidReused) {
            let of_eddsa = Alg::ALL.len() - 1;
            document["keys"][of_eddsa]["x"] = KeyRing::of_rotation(rotations)?.document()["keys"][of_eddsa]["x"].take();
        }
        for number in 1..=rotations {
            let more = KeyRing::of_rotation(number)?.document();
            if let (Value::Array(keys), Value::Array(more)) = (&mut document["keys"], &more["keys"]) {
                keys.extend(more.iter().cloned());
            }
        }
        Ok(document)
    }
}

/// `POST` that makes the issuer sign with new keys from now on; those before stay published. It is for who runs the issuer, on loopback like all of it.
pub async fn rotate(State(issuer): State<Arc<Issuer>>) -> Answer {
    let number = issuer.rollover.rotations.load(Ordering::Relaxed) + 1;
    if number > MOST_ROTATIONS {
        return Ok(Reply::text(StatusCode::CONFLICT, "The keys were rotated as often as they can be."));
    }
    tokio::task::spawn_blocking(move || KeyRing::of_rotation(number)).await.map_err(|error| KeyError::stopped(&error))??;
    issuer.rollover.rotations.fetch_max(number, Ordering::Relaxed);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
