//! Rules about encrypted request objects: a good one is carried out, and what is wrong with the encryption or within is refused (OpenID Connect Core 6.3.1, RFC 9101 6.1).

use crate::rule::expect::{self};
use crate::rule::prelude::*;
use crate::rule::request_object_attack::{Became, NOT_BY_JAR};

/// What is wrong with an encrypted request object, which is good but for this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The JWT within is signed with a key that is not the client's.
    Signature,
    /// It is encrypted to another key than the issuer's, under the name of that.
    OtherKey,
    /// Its authentication tag was changed.
    Tag,
    /// Its `enc` does not exist.
    Enc,
    /// Its `zip` does not exist, and nothing is compressed.
    Zip,
    /// The key of its content is that of another `enc`: too short for its own, and good for that.
    ShortKey,
    /// Its encrypted key is random bytes.
    RandomKey,
}

const ACCEPTED: &str = "request-object/encrypted-accepted";
const UNDECRYPTABLE: &str = "request-object/undecryptable-refused";
const DECRYPTION_ERROR: &str = "request-object/decryption-error-by-jar";

impl Fault {
    /// Every one, in the order in which they are tried.
    pub const ALL: [Self; 7] = [Self::Signature, Self::OtherKey, Self::Tag, Self::Enc, Self::Zip, Self::ShortKey, Self::RandomKey];

    /// The rule that says that it is refused.
    fn rule(self) -> &'static str {
        match self {
            Self::Signature => "request-object/encrypted-signature-verified",
            Self::OtherKey | Self::RandomKey => UNDECRYPTABLE,
            Self::Tag => "request-object/encrypted-tag-checked",
            Self::Enc => "request-object/unknown-enc-refused",
            Self::Zip => "request-object/unknown-zip-refused",
            Self::ShortKey => "request-object/content-key-length-checked",
        }
    }

    /// What was sent, for the report.
    pub fn says(self) -> &'static str {
        match self {
            Self::Signature => "that is encrypted, and signed with a key that is not the client's",
            Self::OtherKey => "encrypted to another key than the issuer's",
            Self::Tag => "encrypted and changed on its way",
            Self::Enc => "encrypted with an enc that does not exist",
            Self::Zip => "encrypted with a zip that does not exist",
            Self::ShortKey => "encrypted with a key that is too short for its enc",
            Self::RandomKey => "encrypted, with random bytes for its encrypted key",
        }
    }
}

/// A request with an encrypted request object, and what came of it.
#[derive(Debug, Clone)]
pub struct Tried {
    /// What is wrong with the object.
    pub fault: Fault,
    /// What came of it.
    pub became: Became,
    /// How it was answered in full: the status of a page, or the error and its description.
    pub answer: String,
    /// The journal's number of the exchange.
    pub exchange: usize,
}

/// Encrypted request objects of a client whose signed request object is carried out where it is not encrypted: that is the control of the good one, and the good
/// one is the control of the others.
#[derive(Debug, Clone)]
pub struct EncryptedRequestObjects {
    /// What came of a good one, with the exchange.
    pub good: (Became, usize),
    /// True if what it says was used, and not what stood beside it.
    pub is_used: bool,
    /// The bad ones; none where the good one was not carried out.
    pub tried: Vec<Tried>,
    /// Those whose encrypted key is wrong once more, where they were refused in different ways: the control of that.
    pub again: Vec<Tried>,
    /// True if the encrypted keys are by RSA.
    pub by_rsa: bool,
    /// True if RFC 9101 binds the issuer.
    pub jar: bool,
}

impl Artefact for EncryptedRequestObjects {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.good.1)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        self.tried.iter().find(|tried| tried.fault.rule() == rule).map(|tried| tried.exchange).or_else(|| self.exchange())
    }
}

static RULES: &[Check<EncryptedRequestObjects>] = &[
    must(
        ACCEPTED,
        "OIDCC-6.3.1",
        "The issuer must decrypt an encrypted request object, if its metadata list the algorithms for that",
        "A client that must keep its request secret from the browser cannot send it to this issuer.",
        "Decrypt the request object with the private key whose `kid` it names, and go on with the JWT within. If the server does not decrypt request objects, remove `request_object_encryption_alg_values_supported` from the metadata.",
        |objects| {
            let (good, _) = &objects.good;
            if !good.is_clear() {
                return not_applicable(good.says());
            }
            let is_beside = matches!(good, Became::CarriedOut(_)) && !objects.is_used;
            let seen = if is_beside { said!("what stands beside the object was used: {}", good.says()) } else { good.says().into() };
            holds(objects.is_decrypted(), "the request carried out, as it is without encryption", seen)
        },
    ),
    must(
        "request-object/encrypted-signature-verified",
        "OIDCC-6.3.1",
        "The issuer must verify the signature of a request object after it was decrypted",
        "Everyone can encrypt to the issuer's public key: an attacker sends requests in the name of the client.",
        "Put the JWT that was decrypted through the same checks as a request object that came without encryption. If the signature does not verify, answer with `error=invalid_request_object`.",
        |objects| objects.refused(&[Fault::Signature]),
    ),
    must(
        UNDECRYPTABLE,
        "OIDCC-6.3.1",
        "The issuer must return an error if it cannot decrypt a request object",
        "The request that stands beside the object is carried out, which an attacker can change.",
        "If no private key of the server decrypts the request object, answer with `error=invalid_request_object` and issue no code. Do not go on without the object.",
        |objects| {
            let is_bare = |tried: &Tried| objects.is_decrypted() && tried.fault.rule() == UNDECRYPTABLE && tried.became == Became::Bare;
            if let Some(bare) = objects.tried.iter().find(|tried| is_bare(tried)) {
                return fail("an error, or a page of the issuer's own", said!("{}: {}", bare.fault.says(), bare.became.says()));
            }
            objects.refused(&[Fault::OtherKey, Fault::RandomKey])
        },
    ),
    must(
        "request-object/encrypted-tag-checked",
        "RFC7516-5.2",
        "The issuer must refuse an encrypted request object whose authentication tag is not that of its content",
        "An attacker changes the encrypted message, and learns its content from how the issuer answers.",
        "Decrypt with a JOSE library that checks the authentication tag before anything else, and refuse the message with `error=invalid_request_object` if the tag is wrong.",
        |objects| objects.refused(&[Fault::Tag]),
    ),
    must(
        "request-object/unknown-enc-refused",
        "RFC7516-4.1.2",
        "The issuer must refuse an encrypted request object with an `enc` that it does not know",
        "Client and issuer do not mean the same algorithm, and the issuer decrypts with one that the client did not choose.",
        "Compare `enc` with the algorithms that the server supports, letter by letter, and use no default. Answer with `error=invalid_request_object` if it is another.",
        |objects| objects.refused(&[Fault::Enc]),
    ),
    must(
        "request-object/unknown-zip-refused",
        "RFC7516-4.1.3",
        "The issuer must refuse an encrypted request object with a `zip` that it does not know",
        "The issuer and the client do not read the same content in one message.",
        "Refuse each request object whose header has a `zip` that the server does not know, with `error=invalid_request_object`.",
        |objects| objects.refused(&[Fault::Zip]),
    ),
    must(
        "request-object/content-key-length-checked",
        "RFC7516-5.2",
        "The issuer must refuse an encrypted request object whose key has another length than its `enc` takes",
        "A weaker algorithm than the one that is named decrypts the message.",
        "Compare the length of the decrypted key with that of `enc`, and refuse the message with `error=invalid_request_object` if it is another. Do not choose the algorithm by the length of the key.",
        |objects| objects.refused(&[Fault::ShortKey]),
    ),
    must(
        DECRYPTION_ERROR,
        "RFC9101-6.1",
        "Where RFC 9101 binds, the error for a request object that cannot be decrypted must be `invalid_request_object`",
        "The client does not learn that it encrypted to the wrong key, and looks for the mistake elsewhere.",
        "Answer with `error=invalid_request_object` at the redirect URI if the request object cannot be decrypted.",
        |objects| {
            applies_if(objects.jar, NOT_BY_JAR)?;
            objects.names_the_object()
        },
    ),
    // Core 6.3.1 says that there is an error, and not which: this is the one that there is for it.
    should(
        "request-object/decryption-error",
        "OIDCC-3.1.2.6",
        "The error for a request object that cannot be decrypted should be `invalid_request_object`",
        "The client does not learn that it encrypted to the wrong key, and looks for the mistake elsewhere.",
        "Answer with `error=invalid_request_object` at the redirect URI if the request object cannot be decrypted.",
        |objects| {
            applies_if(!objects.jar, said!("{DECRYPTION_ERROR} asks for it"))?;
            objects.names_the_object()
        },
    ),
    must(
        "request-object/decryption-errors-alike",
        "RFC7516-11.5",
        "The answer to an encrypted key with wrong padding must be the same as to one of a wrong length",
        "An attacker sends many changed messages, and finds out the key of a message from the answers, step by step.",
        "Answer every failure of decryption in the same way, with the same `error` and the same `error_description`. Do not pass on what the library says.",
        |objects| {
            // The attacks that the text names are on RSA. Other ways to encrypt a key have no padding: what is wrong fails the check of integrity.
            applies_if(objects.by_rsa, "the key is not encrypted by RSA, so there is no padding")?;
            let Some([random, short]) = bad_keys(&objects.tried) else { return not_applicable("the two were not tried") };
            for (tried, is_root) in [(random, UNDECRYPTABLE), (short, Fault::ShortKey.rule())] {
                if matches!(tried.became, Became::CarriedOut(_)) {
                    return not_run(is_root);
                }
            }
            let seen = said!("{}; {}", shorten(&random.answer), shorten(&short.answer));
            if !objects.tells_keys_apart() {
                return pass(seen);
            }
            // Some answers have a number or a moment of their own, and some servers are several: what is no more alike for one and the same fault shows nothing.
            let Some([random_again, short_again]) = bad_keys(&objects.again) else {
                return not_applicable("whether the answers to one and the same fault are alike was not seen");
            };
            for (first, second) in [(random, random_again), (short, short_again)] {
                let is_alike = if random.became == short.became { first.answer == second.answer } else { first.became == second.became };
                if !is_alike {
                    return not_applicable(said!(
                        "the answers to one and the same fault differ: {}; {}",
                        shorten(&first.answer),
                        shorten(&second.answer)
                    ));
                }
            }
            fail("the same answer to both", seen)
        },
    ),
];

/// The object whose encrypted key is random bytes, and that whose key is too short, where both answers are clear.
fn bad_keys(tried: &[Tried]) -> Option<[&Tried; 2]> {
    let of = |fault: Fault| tried.iter().find(|tried| tried.fault == fault && tried.became.is_clear());
    Some([of(Fault::RandomKey)?, of(Fault::ShortKey)?])
}

impl EncryptedRequestObjects {
    /// True if a good one was carried out.
    pub fn is_decrypted(&self) -> bool {
        self.is_used && matches!(self.good.0, Became::CarriedOut(_))
    }

    /// True if wrong padding of an encrypted key and a wrong length of it were refused in different ways.
    pub fn tells_keys_apart(&self) -> bool {
        let refused = |tried: &Tried| !matches!(tried.became, Became::CarriedOut(_));
        bad_keys(&self.tried).is_some_and(|[random, short]| random.answer != short.answer && refused(random) && refused(short))
    }

    /// Passes when an object that was encrypted to another key is refused with the error that names the object.
    fn names_the_object(&self) -> Judgement {
        let refused = self.tried.iter().filter(|tried| tried.fault == Fault::OtherKey);
        expect::each(
            "error = invalid_request_object",
            refused.map(|tried| {
                let named = match &tried.became {
                    Became::Error(error) if tried.became.is_clear() => Some(error == "invalid_request_object"),
                    // A page does not say it in a form that could be compared.
                    _ => None,
                };
                (named, format!("{}: {}", tried.fault.says(), tried.became.says()))
            }),
        )
    }

    /// Passes when each request object with one of these faults is refused.
    fn refused(&self, faults: &[Fault]) -> Judgement {
        applies_if(self.is_decrypted(), "no encrypted request object was carried out")?;
        let tried = self.tried.iter().filter(|tried| faults.contains(&tried.fault));
        expect::each(
            "an error, or a page of the issuer's own",
            tried.map(|tried| {
                let is_refused = !matches!(tried.became, Became::CarriedOut(_));
                (tried.became.is_clear().then_some(is_refused), format!("{}: {}", tried.fault.says(), tried.became.says()))
            }),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;

    fn good() -> Became {
        Became::CarriedOut("a code".to_owned())
    }

    fn refusal() -> Became {
        Became::Error("invalid_request_object".to_owned())
    }

    fn only(good: Became, is_used: bool) -> EncryptedRequestObjects {
        EncryptedRequestObjects { good: (good, 0), is_used, tried: Vec::new(), again: Vec::new(), by_rsa: true, jar: false }
    }

    fn all(change: impl Fn(Fault) -> (Became, &'static str)) -> EncryptedRequestObjects {
        let tried = |fault| {
            let (became, answer) = change(fault);
            Tried { fault, became, answer: answer.to_owned(), exchange: 1 }
        };
        EncryptedRequestObjects { tried: Fault::ALL.map(tried).to_vec(), again: Fault::ALL.map(tried).to_vec(), ..only(good(), true) }
    }

    #[test]
    fn what_is_refused_passes() {
        let judged = judged(&all(|_| (refusal(), "invalid_request_object")));
        assert_eq!((judged.failed.len(), judged.passed.len()), (0, 9));
    }

    #[test]
    fn each_fault_that_is_taken_breaks_its_rule() {
        for fault in Fault::ALL {
            let judged = judged(&all(|other| if other == fault { (good(), "a code") } else { (refusal(), "no") }));
            assert_eq!(judged.failed, [fault.rule()], "{fault:?}");
        }
        let unnamed = |fault| if fault == Fault::OtherKey { (Became::Error("invalid_request".to_owned()), "no") } else { (refusal(), "no") };
        assert_eq!(judged(&all(unnamed)).failed, ["request-object/decryption-error"]);
        assert_eq!(judged(&EncryptedRequestObjects { jar: true, ..all(unnamed) }).failed, [DECRYPTION_ERROR]);
        let bare = |fault| (if fault == Fault::OtherKey { Became::Bare } else { refusal() }, "no");
        assert_eq!(judged(&all(bare)).failed, [UNDECRYPTABLE]);
        let told_apart = |fault| (refusal(), if fault == Fault::ShortKey { "short" } else { "no" });
        assert_eq!(judged(&all(told_apart)).failed, ["request-object/decryption-errors-alike"]);
        assert!(judged(&EncryptedRequestObjects { by_rsa: false, ..all(told_apart) }).failed.is_empty());
        let changing = |fault| (refusal(), if fault == Fault::RandomKey { "no, incident 2" } else { "short" });
        for again in [all(changing).tried, Vec::new()] {
            let judged = judged(&EncryptedRequestObjects { again, ..all(told_apart) });
            assert!(judged.failed.is_empty() && judged.passed.len() == 8, "{:?}", judged.passed);
        }
        // Another error is told apart whatever stands beside it.
        let other = |fault| if fault == Fault::ShortKey { (Became::Error("invalid_request".to_owned()), "4") } else { (refusal(), "5") };
        let numbered = |fault| (other(fault).0, if fault == Fault::ShortKey { "6" } else { "7" });
        let by_error = judged(&EncryptedRequestObjects { again: all(numbered).tried, ..all(other) });
        assert!(by_error.failed.contains(&"request-object/decryption-errors-alike"), "{:?}", by_error.failed);
        let page = |_| (Became::Page(Some(400)), "a page");
        assert!(judged(&all(page)).failed.is_empty());
        let broken = |_| (Became::Page(Some(500)), "a page");
        assert!(judged(&all(broken)).passed.iter().all(|rule| *rule == "request-object/encrypted-accepted"));
    }

    #[test]
    fn nothing_is_said_where_none_is_carried_out() {
        let refused = judged(&only(refusal(), false));
        assert_eq!((refused.failed.as_slice(), refused.passed.len()), (&["request-object/encrypted-accepted"][..], 0));
        let beside = judged(&only(good(), false));
        assert_eq!(beside.failed, ["request-object/encrypted-accepted"]);
        let unknown = judged(&only(Became::Unknown("é".to_owned()), false));
        assert!(unknown.failed.is_empty() && unknown.passed.is_empty());
    }

    arbitrary_artefact!(EncryptedRequestObjects:
        (is_used, by_rsa, jar) in any::<(bool, bool, bool)>(),
        good in select(vec![good(), refusal(), Became::Bare, Became::Page(None), Became::Unknown("é".to_owned())]),
        again in prop::collection::vec((select(Fault::ALL.to_vec()), select(vec![good(), refusal(), Became::Bare]), ".{0,5}"), 0..3),
        tried in prop::collection::vec((select(Fault::ALL.to_vec()), select(vec![good(), refusal(), Became::Bare, Became::Page(Some(500))]), ".{0,5}"), 0..9)
        => EncryptedRequestObjects {
            good: (good, 0),
            is_used,
            by_rsa,
            jar,
            again: again.into_iter().map(|(fault, became, answer)| Tried { fault, became, answer, exchange: 2 }).collect(),
            tried: tried.into_iter().map(|(fault, became, answer)| Tried { fault, became, answer, exchange: 1 }).collect(),
        }
    );
}
