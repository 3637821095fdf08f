//! Rules about what an end-user is called towards several clients of a run (OpenID Connect Core 8): logins of the same end-user are compared.

use crate::rule::prelude::*;

/// By which identifiers a client knows end-users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subjects {
    /// By the same as every other client.
    Public,
    /// By those of its sector.
    Pairwise {
        /// The host that its sector is named by (OpenID Connect Core 8.1), if that is known.
        sector: Option<String>,
    },
}

impl Subjects {
    /// By the metadata of a client and the `subject_types_supported` of the issuer; `None` where neither says it.
    pub fn of(subject_type: Option<&str>, supported: &[&str], sector_uri: Option<&str>, redirect_uris: &[&str]) -> Option<Self> {
        let only = || Some(*supported.first()?).filter(|_| supported.len() == 1);
        match subject_type.or_else(only)? {
            "public" => Some(Self::Public),
            "pairwise" => Some(Self::Pairwise { sector: sector(sector_uri, redirect_uris) }),
            _ => None,
        }
    }
}

/// The host of the `sector_identifier_uri`, else that of all redirect URIs, if they have one.
fn sector(uri: Option<&str>, redirect_uris: &[&str]) -> Option<String> {
    let host = |text: &str| Url::parse(text).ok()?.host_str().map(str::to_owned);
    if let Some(uri) = uri {
        return host(uri);
    }
    let first = host(redirect_uris.first()?)?;
    redirect_uris.iter().all(|uri| host(uri).as_ref() == Some(&first)).then_some(first)
}

/// What a login called the end-user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// The user name of who logged in: the settings may have another one for some tests.
    pub username: String,
    /// Towards which client.
    pub client_id: String,
    /// By which identifiers that client knows end-users.
    pub subjects: Subjects,
    /// The `sub` of its ID token.
    pub sub: String,
}

/// What a login called the end-user, beside what logins before it did in the same run.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The exchange of the ID token, if that was seen.
    pub exchange: Option<usize>,
    /// This login.
    pub own: Called,
    /// Those before it, of whomever.
    pub others: Vec<Called>,
}

impl Artefact for Subject {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    const OVER_RUN: bool = true;
    fn exchange(&self) -> Option<usize> {
        self.exchange
    }
}

static RULES: &[Check<Subject>] = &[
    must(
        "id-token/sub-same-for-public-clients",
        "OIDCC-8",
        "The `sub` of an end-user must be the same for all clients with the subject type `public`",
        "Two applications of one owner do not find out that they serve the same person, and a client that is registered anew loses its end-users.",
        "Take `sub` from the identifier of the end-user alone, and not from that of the client or of the session, unless the client registered the subject type `pairwise`.",
        |subject| {
            applies_if(subject.own.subjects == Subjects::Public, "the client has pairwise subjects")?;
            same(subject, |other| other.subjects == Subjects::Public, "no client with public subjects logged in before")
        },
    ),
    must(
        "sector-identifier/sub-stable",
        "OIDCC-8.1",
        "The pairwise `sub` of an end-user must be the same at every login to the same client",
        "The client takes an end-user who comes back for a new one.",
        "Compute the pairwise `sub` from the sector and the identifier of the end-user, with a salt that never changes, or store it when it is first made.",
        |subject| {
            subject.sector()?;
            same(subject, |other| other.client_id == subject.own.client_id, "the end-user logged in to this client for the first time")
        },
    ),
    must(
        "sector-identifier/same-sector",
        "OIDCC-8.1",
        "The pairwise `sub` of an end-user must be the same for all clients of one sector",
        "The applications of one owner do not find out that they serve the same person.",
        "Compute the pairwise `sub` from the host of the `sector_identifier_uri`, or without one from that of the redirect URIs, and not from the client identifier.",
        |subject| {
            let sector = subject.sector()?;
            let is_beside = |other: &Called| other.client_id != subject.own.client_id && is_of(other, |its| its == sector);
            same(subject, is_beside, "no other client of the sector logged in before")
        },
    ),
    must(
        "sector-identifier/other-sector-differs",
        "OIDCC-8.1",
        "The pairwise `sub` of an end-user must be another in each sector",
        "The owners of two applications find out which of their end-users they share, which pairwise subjects are to prevent.",
        "Put the host of the sector into what the pairwise `sub` is computed from.",
        |subject| {
            let sector = subject.sector()?;
            let mut others = subject.others().filter(|other| is_of(other, |its| its != sector)).peekable();
            applies_if(others.peek().is_some(), "no client of another sector logged in before")?;
            let is_other = !others.any(|other| other.sub == subject.own.sub);
            holds(is_other, "a sub of its own in each sector", if is_other { "another sub" } else { "the sub of another sector" })
        },
    ),
];

impl Subject {
    /// What logins of the same end-user before it did.
    fn others(&self) -> impl Iterator<Item = &Called> {
        self.others.iter().filter(|other| other.username == self.own.username)
    }

    /// The sector of a client with pairwise subjects.
    fn sector(&self) -> Result<&str, Unmet> {
        match &self.own.subjects {
            Subjects::Pairwise { sector: Some(sector) } => Ok(sector),
            Subjects::Pairwise { sector: None } => not_applicable("the sector of the client is not known"),
            Subjects::Public => not_applicable("the client has public subjects"),
        }
    }
}

fn is_of(other: &Called, sector: impl Fn(&str) -> bool) -> bool {
    matches!(&other.subjects, Subjects::Pairwise { sector: Some(its) } if sector(its))
}

/// Passes where all of these called the end-user the same.
fn same(subject: &Subject, is_meant: impl Fn(&Called) -> bool, otherwise: &'static str) -> Judgement {
    let others: Vec<&Called> = subject.others().filter(|other| is_meant(other)).collect();
    let Some(first) = others.first() else { return not_applicable(otherwise) };
    let other = others.iter().find(|other| other.sub != subject.own.sub);
    let expected = other.unwrap_or(first);
    holds(other.is_none(), said!("sub = {}", shorten(&expected.sub)), said!("sub = {}", shorten(&subject.own.sub)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::not_applicable;
    use crate::rule::testing::prelude::*;

    fn public(client: &str, sub: &str) -> Called {
        Called { username: "alice".to_owned(), client_id: client.to_owned(), subjects: Subjects::Public, sub: sub.to_owned() }
    }

    fn pairwise(client: &str, sector: Option<&str>, sub: &str) -> Called {
        Called { subjects: Subjects::Pairwise { sector: sector.map(str::to_owned) }, ..public(client, sub) }
    }

    fn beside(own: Called, others: &[Called]) -> Subject {
        Subject { exchange: Some(1), own, others: others.to_vec() }
    }

    #[test]
    fn clients_with_public_subjects_know_the_same() {
        assert_eq!(passing(&beside(public("a", "u"), &[public("b", "u"), pairwise("c", None, "x")])).len(), 1);
        assert_eq!(failing(&beside(public("a", "u"), &[public("b", "v")])), ["id-token/sub-same-for-public-clients"]);
        assert_eq!(not_applicable(&beside(public("a", "u"), &[pairwise("b", Some("h"), "v")])).len(), 4);
    }

    #[test]
    fn sectors_know_different_ones() {
        let own = || pairwise("a", Some("h"), "x");
        let good = [pairwise("a", Some("h"), "x"), pairwise("b", Some("h"), "x"), pairwise("c", Some("i"), "y"), public("d", "u")];
        assert_eq!(passing(&beside(own(), &good)).len(), 3);
        for (other, rule) in [
            (pairwise("a", Some("h"), "y"), "sector-identifier/sub-stable"),
            (pairwise("b", Some("h"), "y"), "sector-identifier/same-sector"),
            (pairwise("c", Some("i"), "x"), "sector-identifier/other-sector-differs"),
        ] {
            assert_eq!(failing(&beside(own(), &[other])), [rule]);
        }
        assert_eq!(not_applicable(&beside(pairwise("a", None, "x"), &good)).len(), 4);
    }

    #[test]
    fn another_end_user_is_called_something_else() {
        let of = |username: &str, called: Called| Called { username: username.to_owned(), ..called };
        for other in [public("b", "v"), public("a", "v")] {
            let all = beside(public("a", "u"), &[of("bob", other)]);
            assert_eq!((failing(&all), not_applicable(&all).len()), (vec![], 4), "{all:?}");
        }
        // Nor does the sub of another end-user show that the sectors have subs of their own.
        let others = [pairwise("a", Some("h"), "y"), pairwise("b", Some("h"), "y"), pairwise("c", Some("i"), "x"), pairwise("d", Some("i"), "z")];
        let all = beside(pairwise("a", Some("h"), "x"), &others.map(|called| of("bob", called)));
        assert_eq!((failing(&all), not_applicable(&all).len()), (vec![], 4));
    }

    #[test]
    fn the_kind_of_subjects_is_read_off_the_metadata() {
        let of = |subject_type, supported: &[&str], sector, uris: &[&str]| Subjects::of(subject_type, supported, sector, uris);
        let in_sector = |sector: &str| Some(Subjects::Pairwise { sector: Some(sector.to_owned()) });
        assert_eq!(of(Some("public"), &["public", "pairwise"], None, &[]), Some(Subjects::Public));
        assert_eq!((of(None, &["public"], None, &[]), of(None, &["public", "pairwise"], None, &[])), (Some(Subjects::Public), None));
        assert_eq!(of(Some("pairwise"), &[], None, &["http://a/x", "http://a:1/y"]), in_sector("a"));
        assert_eq!(of(None, &["pairwise"], Some("https://s/d"), &["http://a/x", "http://b/y"]), in_sector("s"));
        assert_eq!(of(Some("pairwise"), &[], None, &["http://a/x", "http://b/y"]), Some(Subjects::Pairwise { sector: None }));
        assert_eq!(of(Some("other"), &[], None, &[]), None);
    }

    arbitrary_artefact!(Subject:
        all in proptest::collection::vec(("[ab]", "[ab]", proptest::option::of("[hi]"), any::<bool>(), "[xy]"), 1..6)
        => {
            let of = |(username, client, sector, is_public, sub): (String, String, Option<String>, bool, String)| {
                let called = if is_public { public(&client, &sub) } else { pairwise(&client, sector.as_deref(), &sub) };
                Called { username, ..called }
            };
            let mut all: Vec<Called> = all.into_iter().map(of).collect();
            let own = all.pop().unwrap_or_else(|| public("a", "u"));
            beside(own, &all)
        }
    );
}
