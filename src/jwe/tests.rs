//! The examples of RFC 7516 and RFC 7518, and every pair of algorithms there and back.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::rsa::{OaepPrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::key::{derived, unwrap};
use super::{DecryptionKey, Enc, EncryptionKey, Jwe, KeyAlg, KeyKind, KeyPair, Sealed, content, encrypt, header, of_secret, random_key, seal};

/// The private RSA key of RFC 7516 A.1.3.
const RSA: [(&str, &str); 8] = [
    (
        "n",
        "oahUIoWw0K0usKNuOR6H4wkf4oBUXHTxRvgb48E-BVvxkeDNjbC4he8rUWcJoZmds2h7M70imEVhRU5djINXtqllXI4DFqcI1DgjT9LewND8MW2Krf3Spsk_ZkoFnilakGygTwpZ3uesH-PFABNIUYpOiN15dsQRkgr0vEhxN92i2asbOenSZeyaxziK72UwxrrKoExv6kc5twXTq4h-QChLOln0_mtUZwfsRaMStPs6mS6XrgxnxbWhojf663tuEQueGC-FCMfra36C9knDFGzKsNa7LZK2djYgyD3JR_MB_4NUJW_TqOQtwHYbxevoJArm-L5StowjzGy-_bq6Gw",
    ),
    ("e", "AQAB"),
    (
        "d",
        "kLdtIj6GbDks_ApCSTYQtelcNttlKiOyPzMrXHeI-yk1F7-kpDxY4-WY5NWV5KntaEeXS1j82E375xxhWMHXyvjYecPT9fpwR_M9gV8n9Hrh2anTpTD93Dt62ypW3yDsJzBnTnrYu1iwWRgBKrEYY46qAZIrA2xAwnm2X7uGR1hghkqDp0Vqj3kbSCz1XyfCs6_LehBwtxHIyh8Ripy40p24moOAbgxVw3rxT_vlt3UVe4WO3JkJOzlpUf-KTVI2Ptgm-dARxTEtE-id-4OJr0h-K-VFs3VSndVTIznSxfyrj8ILL6MG_Uv8YAu7VILSB3lOW085-4qE3DzgrTjgyQ",
    ),
    (
        "p",
        "1r52Xk46c-LsfB5P442p7atdPUrxQSy4mti_tZI3Mgf2EuFVbUoDBvaRQ-SWxkbkmoEzL7JXroSBjSrK3YIQgYdMgyAEPTPjXv_hI2_1eTSPVZfzL0lffNn03IXqWF5MDFuoUYE0hzb2vhrlN_rKrbfDIwUbTrjjgieRbwC6Cl0",
    ),
    (
        "q",
        "wLb35x7hmQWZsWJmB_vle87ihgZ19S8lBEROLIsZG4ayZVe9Hi9gDVCOBmUDdaDYVTSNx_8Fyw1YYa9XGrGnDew00J28cRUoeBB_jKI1oma0Orv1T9aXIWxKwd4gvxFImOWr3QRL9KEBRzk2RatUBnmDZJTIAfwTs0g68UZHvtc",
    ),
    (
        "dp",
        "ZK-YwE7diUh0qR1tR7w8WHtolDx3MZ_OTowiFvgfeQ3SiresXjm9gZ5KLhMXvo-uz-KUJWDxS5pFQ_M0evdo1dKiRTjVw_x4NyqyXPM5nULPkcpU827rnpZzAJKpdhWAgqrXGKAECQH0Xt4taznjnd_zVpAmZZq60WPMBMfKcuE",
    ),
    (
        "dq",
        "Dq0gfgJ1DdFGXiLvQEZnuKEN0UUmsJBxkjydc3j4ZYdBiMRAy86x0vHCjywcMlYYg4yoC4YZa9hNVcsjqA3FeiL19rk8g6Qn29Tt0cj8qqyFpz9vNDBUfCAiJVeESOjJDZPYHdHY8v1b-o-Z2X5tvLx-TCekf7oxyeKDUqKWjis",
    ),
    (
        "qi",
        "VIMpMYbPf47dT1w_zDUXfPimsSegnMOA1zTaX7aGk_8urY6R8-ZW1FxU7AlWAyLWybqq6t16VFd7hQd0y6flUK4SlOydB61gwanOsXGOAOv82cHq0E3eL4HrtZkUuKvnPrMnsUUFlfUdybVzxyjz9JF_XyaY14ardLSjf4L_FNY",
    ),
];
/// The message of RFC 7516 A.1.7.
const OAEP: &str = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGeipsEdY3mx_etLbbWSrFr05kLzcSr4qKAq7YN7e9jwQRb23nfa6c9d-StnImGyFDbSv04uVuxIp5Zms1gNxKKK2Da14B8S4rzVRltdYwam_lDp5XnZAYpQdb76FdIKLaVmqgfwX7XWRxv2322i-vDxRfqNzo_tETKzpVLzfiwQyeyPGLBIO56YJ7eObdv0je81860ppamavo35UgoRdbYaBcoh9QcfylQr66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi6UklfCpIMfIjf7iGdXKHzg.48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A.XFBoMYUZodetZdvTiFvSkQ";

/// The message of RFC 7516 A.3.7.
const WRAPPED: &str = "eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ.AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.U0m_YmjN04DJvceFICbCVQ";

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let length = match content.len() {
        0..=127 => vec![length[1]],
        128..=255 => vec![0x81, length[1]],
        _ => vec![0x82, length[0], length[1]],
    };
    [&[tag], length.as_slice(), content].concat()
}

fn rsa_key() -> DecryptionKey {
    let numbers = RSA.iter().flat_map(|(_, text)| {
        let number = URL_SAFE_NO_PAD.decode(text).unwrap();
        der(2, &if number[0] > 0x7f { [vec![0], number].concat() } else { number })
    });
    let key = der(0x30, &[2, 1, 0].into_iter().chain(numbers).collect::<Vec<_>>());
    let algorithm = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];
    let pkcs8 = der(0x30, &[&[2, 1, 0], algorithm.as_slice(), &der(4, &key)].concat());
    DecryptionKey::Rsa(Box::new(OaepPrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(&pkcs8).unwrap()).unwrap()))
}

#[test]
fn the_example_with_rsa_oaep_and_a256gcm_is_decrypted() {
    let jwe = Jwe::parse(OAEP).unwrap();
    let text = jwe.decrypt(&rsa_key()).unwrap();
    assert_eq!(String::from_utf8(text).unwrap(), "The true sign of intelligence is not knowledge but imagination.");
}

#[test]
fn the_example_with_key_wrap_and_a128cbc_hs256_is_decrypted() {
    let jwe = Jwe::parse(WRAPPED).unwrap();
    let key = unwrap(&URL_SAFE_NO_PAD.decode("GawgguFyGrWKav7AX4VKUg").unwrap(), &jwe.encrypted_key).unwrap();
    let open = |jwe: &Jwe| content::decrypt(Enc::A128CbcHs256, &key, &jwe.iv, jwe.protected.as_bytes(), &jwe.ciphertext, &jwe.tag);
    assert_eq!(open(&jwe).unwrap(), b"Live long and prosper.");
    let again = content::encrypt(Enc::A128CbcHs256, &key, &jwe.iv, jwe.protected.as_bytes(), b"Live long and prosper.").unwrap();
    assert_eq!(again, (jwe.ciphertext.clone(), jwe.tag.clone()));
    for part in 0..4 {
        let mut other = jwe.clone();
        match part {
            0 => other.protected.push('A'),
            1 => other.iv[0] ^= 1,
            2 => other.ciphertext[0] ^= 1,
            _ => other.tag.truncate(8),
        }
        assert_eq!(open(&other), None, "{part}");
    }
}

#[test]
fn the_example_of_a256cbc_hs512_is_met() {
    let key: Vec<u8> = (0..64).collect();
    let iv = [0x1a, 0xf3, 0x8c, 0x2d, 0xc2, 0xb9, 0x6f, 0xfd, 0xd8, 0x66, 0x94, 0x09, 0x23, 0x41, 0xbc, 0x04];
    let text = b"A cipher system must not be required to be secret, and it must be able to fall into the hands of the enemy without inconvenience";
    let aad = b"The second principle of Auguste Kerckhoffs";
    let (ciphertext, tag) = content::encrypt(Enc::A256CbcHs512, &key, &iv, aad, text).unwrap();
    assert_eq!((&ciphertext[..4], &ciphertext[140..]), (&[0x4a, 0xff, 0xaa, 0xad][..], &[0x07, 0x03, 0xb1, 0xf6][..]));
    assert_eq!((tag.len(), &tag[..4], &tag[28..]), (32, &[0x4d, 0xd3, 0xb4, 0xc0][..], &[0x61, 0x95, 0x5b, 0xc5][..]));
    assert_eq!(content::decrypt(Enc::A256CbcHs512, &key, &iv, aad, &ciphertext, &tag).unwrap(), text);
}

#[test]
fn the_example_of_key_agreement_is_met() {
    let coordinate = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let private = PrivateKey::from_private_key(&ECDH_P256, &coordinate("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw")).unwrap();
    let epk = json!({ "kty": "EC", "crv": "P-256", "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0", "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps" });
    let key = DecryptionKey::on_p256(private);
    let Value::Object(header) = json!({ "alg": "ECDH-ES", "enc": "A128GCM", "apu": "QWxpY2U", "apv": "Qm9i", "epk": epk }) else { panic!() };
    let jwe = Jwe { header, protected: String::new(), encrypted_key: Vec::new(), iv: Vec::new(), ciphertext: Vec::new(), tag: Vec::new() };
    let agreed = key.content_key(&jwe, KeyAlg::EcdhEs, Enc::A128Gcm).unwrap();
    assert_eq!(URL_SAFE_NO_PAD.encode(agreed), "VqqN6vgjbSBcIijNcacQGg");
    let long = derived(&[1; 32], KeyAlg::EcdhEs, Enc::A256CbcHs512, &[], &[]);
    assert_eq!((long.len(), long[..32] == long[32..]), (64, false));
}

#[test]
fn every_pair_of_algorithms_goes_there_and_back() {
    let (rsa, curve, secret) = (KeyPair::rsa().unwrap(), KeyPair::curve().unwrap(), "a client secret");
    let shared = DecryptionKey::Secret(secret.to_owned());
    for alg in KeyAlg::ALL {
        for enc in Enc::ALL {
            let (private, public, others) = match alg.kind() {
                KeyKind::Rsa => (&rsa.private, EncryptionKey::of_jwk(&rsa.public).unwrap(), [&curve.private, &shared]),
                KeyKind::Curve => (&curve.private, EncryptionKey::of_jwk(&curve.public).unwrap(), [&rsa.private, &shared]),
                KeyKind::Secret => (&shared, EncryptionKey::of_secret(secret, alg, enc), [&rsa.private, &curve.private]),
            };
            assert_eq!(public.kind(), alg.kind());
            let text = encrypt(Map::new(), alg, enc, &public, b"within").unwrap();
            let jwe = Jwe::parse(&text).unwrap();
            assert_eq!((jwe.alg(), jwe.enc()), (Some(alg), Some(enc)));
            assert_eq!(jwe.decrypt(private).unwrap(), b"within", "{alg:?} {enc:?}");
            assert!(others.iter().all(|other| jwe.decrypt(other) == Err(Sealed::OtherKey)));
            let mut changed = jwe.clone();
            changed.tag[0] ^= 1;
            assert_eq!(changed.decrypt(private), Err(Sealed::Content));
            assert_eq!(changed.decrypt_unverified(private).is_ok(), enc.iv_bytes() == 16);
            changed.header.insert("zip".to_owned(), json!("DEF"));
            assert_eq!(changed.decrypt(private), Err(Sealed::Compressed));
        }
    }
    let stranger = KeyPair::curve().unwrap();
    let text = encrypt(Map::new(), KeyAlg::EcdhEsA128Kw, Enc::A128Gcm, &EncryptionKey::of_jwk(&stranger.public).unwrap(), b"").unwrap();
    assert_eq!(Jwe::parse(&text).unwrap().decrypt(&curve.private), Err(Sealed::ContentKey));
    assert!(EncryptionKey::of_jwk(&json!({ "kty": "oct", "k": "AA" })).is_none());
    for jwk in
        [json!({ "kty": "OKP", "crv": "X25519" }), json!({ "kty": "RSA", "n": "AQ" }), json!(1), json!({ "kty": "EC", "crv": "P-256", "x": 1 })]
    {
        assert!(EncryptionKey::of_jwk(&jwk).is_none(), "{jwk}");
    }
    assert!(!format!("{rsa:?}").contains("private:  "));
    assert_eq!((rsa.public["use"].as_str(), rsa.public["kid"].as_str()), (Some("enc"), Some(rsa.kid())));
    assert!(["d", "p", "q"].iter().all(|member| rsa.public.get(member).is_none()));
}

#[test]
fn what_is_wrong_with_the_key_of_the_content_is_said() {
    let pair = KeyPair::curve().unwrap();
    let to = EncryptionKey::of_jwk(&pair.public).unwrap();
    let wrapped = to.content_key(KeyAlg::EcdhEsA128Kw, Enc::A256Gcm, vec![7; 16]).unwrap();
    let made = header(Map::new(), KeyAlg::EcdhEsA128Kw, Enc::A256Gcm, &wrapped);
    assert!(seal(&Value::Object(made.clone()).to_string(), Enc::A256Gcm, &wrapped, b"").is_err());
    let text = seal(&Value::Object(made).to_string(), Enc::A128Gcm, &wrapped, b"").unwrap();
    assert_eq!(Jwe::parse(&text).unwrap().decrypt(&pair.private), Err(Sealed::ContentKeyLength(16)));
    let mut direct = to.content_key(KeyAlg::EcdhEs, Enc::A128Gcm, random_key(Enc::A128Gcm).unwrap()).unwrap();
    direct.encrypted = vec![1];
    let made = Value::Object(header(Map::new(), KeyAlg::EcdhEs, Enc::A128Gcm, &direct)).to_string();
    assert_eq!(Jwe::parse(&seal(&made, Enc::A128Gcm, &direct, b"").unwrap()).unwrap().decrypt(&pair.private), Err(Sealed::KeyNotEmpty));
    for (header, why) in [
        (json!({ "alg": "x", "enc": "A128GCM" }), Sealed::UnknownAlg),
        (json!({ "alg": "dir", "enc": "x" }), Sealed::UnknownEnc),
        (json!({ "alg": "ECDH-ES", "enc": "A128GCM" }), Sealed::EphemeralKey),
        (json!({ "alg": "ECDH-ES", "enc": "A128GCM", "epk": { "kty": "EC", "crv": "P-384", "x": "", "y": "" } }), Sealed::EphemeralKey),
        (json!({ "alg": "ECDH-ES", "enc": "A128GCM", "epk": { "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" } }), Sealed::EphemeralKey),
    ] {
        let text = format!("{}....", URL_SAFE_NO_PAD.encode(header.to_string()));
        assert_eq!(Jwe::parse(&text).unwrap().decrypt(&pair.private), Err(why), "{header}");
    }
}

#[test]
fn a_symmetric_key_is_the_beginning_of_the_hash_that_is_long_enough() {
    // FIPS 180-4: the hashes of "abc".
    assert_eq!(of_secret("abc", 16)[..4], [0xba, 0x78, 0x16, 0xbf]);
    assert_eq!(of_secret("abc", 32).len(), 32);
    assert_eq!(of_secret("abc", 48)[..4], [0xcb, 0x00, 0x75, 0x3f]);
    assert_eq!(of_secret("abc", 64)[..4], [0xdd, 0xaf, 0x35, 0xa1]);
}

#[test]
fn what_is_no_message_says_why() {
    let header = URL_SAFE_NO_PAD.encode("{}");
    for (text, why) in [
        ("opaque".to_owned(), "1 part instead of five"),
        ("a.b.c".to_owned(), "3 parts instead of five"),
        ("a.b.c.d.e.f.g".to_owned(), "more than five"),
        (format!("{header}=...."), "the header is not base64url"),
        (format!("{}....", URL_SAFE_NO_PAD.encode("[]")), "not an object"),
        (format!("{}....", URL_SAFE_NO_PAD.encode("x")), "the header is not JSON"),
        (format!("{header}.+..."), "the encrypted key is not base64url"),
        (format!("{header}....+"), "the authentication tag is not base64url"),
    ] {
        assert!(Jwe::parse(&text).err().unwrap().contains(why), "{text}");
    }
    assert!(Jwe::is_one("a.b.c.d.e") && !Jwe::is_one("a.b.c") && !Jwe::is_one("a.b.c.d.e.f"));
}

proptest! {
    #[test]
    fn no_message_makes_it_panic(alg in "RSA-OAEP|ECDH-ES|ECDH-ES\\+A128KW|A128KW|dir|x", enc in "A128GCM|A128CBC-HS256|A256CBC-HS512|x", parts in prop::collection::vec("[A-Za-z0-9_-]{0,40}", 4), x in "[A-Za-z0-9_-]{0,50}") {
        let header = json!({ "alg": alg, "enc": enc, "epk": { "kty": "EC", "crv": "P-256", "x": x, "y": x } });
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), parts.join("."));
        if let Ok(jwe) = Jwe::parse(&text) {
            let curve = KeyPair::curve().unwrap();
            for key in [&curve.private, &DecryptionKey::Secret(x)] {
                assert!(jwe.decrypt(key).is_err());
                let _ = jwe.decrypt_unverified(key);
            }
        }
    }
}
