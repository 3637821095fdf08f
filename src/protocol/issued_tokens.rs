//! Codes, tokens and names of the end-user, held against those that the same run has seen before.

use crate::config::User;
use crate::protocol::prelude::*;
use crate::rule::issued_token::{Beside, IssuedAccessToken, IssuedCode, IssuedIdToken, IssuedRefreshToken, IssuedText, Kind};
use crate::rule::subject::{Called, Subject, Subjects};

impl Session {
    /// Judges a code beside those of the run.
    pub(super) fn judge_issued_code(&mut self, code: &str) {
        if let Some(beside) = self.beside(Kind::Code, code, None) {
            self.judge(&IssuedCode(beside));
        }
    }

    /// Judges the tokens of a token response beside those of the run.
    pub(super) fn judge_issued_tokens(&mut self, exchange: Option<usize>, members: &Map<String, Value>) {
        let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(beside) = text("access_token").and_then(|text| self.beside(Kind::AccessToken, text, exchange)) {
            self.judge(&IssuedAccessToken(beside));
        }
        if let Some(beside) = text("refresh_token").and_then(|text| self.beside(Kind::RefreshToken, text, exchange)) {
            self.judge(&IssuedRefreshToken(beside));
        }
        if let Some(beside) = text("id_token").and_then(|text| self.beside(Kind::IdToken, text, exchange)) {
            self.judge(&IssuedIdToken(beside));
        }
    }

    /// A text beside those of its kind, among which it is remembered.
    fn beside(&self, kind: Kind, text: &str, exchange: Option<usize>) -> Option<Beside> {
        let own = IssuedText::of(kind, &self.client().ok()?.id, text);
        let others = self.run.clients.remember_text(own.clone());
        Some(Beside { exchange, own, others })
    }

    /// Judges what a login calls the end-user, if it is one, beside what others of the run did.
    pub(super) fn judge_subject(&mut self, exchange: Option<usize>, claims: Option<&Map<String, Value>>) {
        let Some(sub) = claims.and_then(|claims| claims.get("sub")).and_then(Value::as_str).filter(|sub| !sub.is_empty()).map(str::to_owned) else {
            return;
        };
        let Some((client_id, subjects)) = self.subjects() else { return };
        let Ok(User { username, .. }) = self.user() else { return };
        let own = Called { username, client_id, subjects, sub };
        let others = self.run.clients.remember_called(own.clone());
        self.judge(&Subject { exchange, own, others });
    }

    /// True if the client knows end-users by pairwise identifiers, or nothing says that it does not.
    pub(super) fn may_be_pairwise(&self) -> bool {
        match self.subjects() {
            Some((_, subjects)) => subjects != Subjects::Public,
            None => self.lists("subject_types_supported", "pairwise").is_ok_and(|is_listed| is_listed == Some(true)),
        }
    }

    /// The client, and by which identifiers it knows end-users; `None` where that is not known.
    fn subjects(&self) -> Option<(String, Subjects)> {
        let client = self.client().ok()?;
        let supported = self.listed("subject_types_supported").ok()?.unwrap_or_default();
        let subjects = match &client.registered {
            Some(registered) => registered.subjects.clone()?,
            // Of a client that was registered by somebody else the sector is not known.
            None => Subjects::of(None, &supported, None, &[])?,
        };
        Some((client.id.clone(), subjects))
    }
}
