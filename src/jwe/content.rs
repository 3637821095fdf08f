//! The encryption of the content (RFC 7518 5).

use aws_lc_rs::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{self, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;

use super::algorithm::Enc;

/// Ciphertext and authentication tag of a plaintext; `None` if the key or the initialization vector has another length than they must have.
pub(super) fn encrypt(enc: Enc, key: &[u8], iv: &[u8], aad: &[u8], plaintext: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut text = plaintext.to_vec();
    if enc.is_cbc() {
        let (mac_key, cipher_key) = halves(enc, key)?;
        let cbc = PaddedBlockEncryptingKey::cbc_pkcs7(cipher_key).ok()?;
        cbc.less_safe_encrypt(&mut text, EncryptionContext::Iv128(FixedLength::try_from(iv).ok()?)).ok()?;
        let tag = tag(enc, &mac_key, iv, aad, &text);
        return Some((text, tag));
    }
    let nonce = Nonce::try_assume_unique_for_key(iv).ok()?;
    let tag = gcm(enc, key)?.seal_in_place_separate_tag(nonce, Aad::from(aad), &mut text).ok()?;
    Some((text, tag.as_ref().to_vec()))
}

/// The plaintext, if the tag is that of the ciphertext, the initialization vector and the header.
pub(super) fn decrypt(enc: Enc, key: &[u8], iv: &[u8], aad: &[u8], ciphertext: &[u8], sent_tag: &[u8]) -> Option<Vec<u8>> {
    if sent_tag.len() != enc.tag_bytes() {
        return None;
    }
    if enc.is_cbc() {
        let (mac_key, _) = halves(enc, key)?;
        verify_slices_are_equal(&tag(enc, &mac_key, iv, aad, ciphertext), sent_tag).ok()?;
        return decrypt_unverified(enc, key, iv, ciphertext);
    }
    let nonce = Nonce::try_assume_unique_for_key(iv).ok()?;
    let mut text = [ciphertext, sent_tag].concat();
    let length = gcm(enc, key)?.open_in_place(nonce, Aad::from(aad), &mut text).ok()?.len();
    text.truncate(length);
    Some(text)
}

/// The same without a look at the tag, for AES in CBC mode: what nobody may do but an issuer with that flaw.
pub(super) fn decrypt_unverified(enc: Enc, key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
    let (_, cipher_key) = halves(enc, key).filter(|_| enc.is_cbc())?;
    let mut text = ciphertext.to_vec();
    let cbc = PaddedBlockDecryptingKey::cbc_pkcs7(cipher_key).ok()?;
    let length = cbc.decrypt(&mut text, DecryptionContext::Iv128(FixedLength::try_from(iv).ok()?)).ok()?.len();
    text.truncate(length);
    Some(text)
}

/// The two keys in the key of an algorithm in CBC mode: that of the HMAC first (RFC 7518 5.2.2.1).
fn halves(enc: Enc, key: &[u8]) -> Option<(hmac::Key, UnboundCipherKey)> {
    if key.len() != enc.key_bytes() {
        return None;
    }
    let (mac, cipher) = key.split_at(key.len() / 2);
    let (digest, aes) = if enc == Enc::A256CbcHs512 { (hmac::HMAC_SHA512, &cipher::AES_256) } else { (hmac::HMAC_SHA256, &cipher::AES_128) };
    Some((hmac::Key::new(digest, mac), UnboundCipherKey::new(aes, cipher).ok()?))
}

/// The first half of the HMAC of header, initialization vector, ciphertext and the number of bits in the header (RFC 7518 5.2.2.1).
fn tag(enc: Enc, key: &hmac::Key, iv: &[u8], aad: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    let bits = (aad.len() as u64).saturating_mul(8).to_be_bytes();
    let mut context = hmac::Context::with_key(key);
    for part in [aad, iv, ciphertext, &bits] {
        context.update(part);
    }
    let whole = context.sign();
    whole.as_ref()[..enc.tag_bytes()].to_vec()
}

fn gcm(enc: Enc, key: &[u8]) -> Option<LessSafeKey> {
    let algorithm = if enc == Enc::A128Gcm { &aead::AES_128_GCM } else { &aead::AES_256_GCM };
    UnboundKey::new(algorithm, key).ok().map(LessSafeKey::new)
}
