//! What the tests of a run share of configured clients: who uses them now, and which of them are known to work.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use futures::FutureExt as _;
use tokio::sync::OwnedMutexGuard;

use super::{Client, Session};
use crate::config::{AuthMethod, IssuerKind};
use crate::rule::issued_token::IssuedText;
use crate::rule::registration::issued::Issued;
use crate::rule::subject::Called;

/// What the tests of a run share of clients.
#[derive(Debug, Clone, Default)]
pub struct SharedClients {
    turn: Arc<tokio::sync::Mutex<()>>,
    proven: Arc<Mutex<HashSet<(String, AuthMethod)>>>,
    /// Held while a client is registered by an initial access token, so that these come one after another.
    pub registering: Arc<tokio::sync::Mutex<()>>,
    /// What registered clients were given, the oldest first.
    issued: Arc<Mutex<Vec<Issued>>>,
    /// The codes and tokens that were issued, the oldest first.
    texts: Arc<Mutex<Vec<Arc<IssuedText>>>>,
    /// What logins called the end-user, the oldest first.
    called: Arc<Mutex<Vec<Called>>>,
}

/// The most clients of a run that are remembered: more than any run registers.
const MOST_ISSUED: usize = 1024;

/// The most codes and tokens of a run that are remembered.
const MOST_TEXTS: usize = 4096;

impl SharedClients {
    fn lock(&self) -> MutexGuard<'_, HashSet<(String, AuthMethod)>> {
        self.proven.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True if this client has got tokens for a code in this run, authenticating in this way.
    pub fn is_proven(&self, client: &Client) -> bool {
        self.lock().contains(&(client.id.clone(), client.method))
    }

    /// Remembers what a client was given, and tells what others were given before.
    pub fn remember_issued(&self, own: Issued) -> Vec<Issued> {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let before = issued.clone();
        if issued.len() < MOST_ISSUED {
            issued.push(own);
        }
        before
    }

    /// Sets whether a client is gone: from when its deletion is asked for, its identifier may be given to another.
    pub fn set_gone(&self, client_id: &str, is_gone: bool) {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.iter_mut().rfind(|known| known.client_id == client_id).into_iter().for_each(|known| known.is_gone = is_gone);
    }

    /// Remembers a code or a token, and tells those of its kind that were issued before.
    pub fn remember_text(&self, own: IssuedText) -> Vec<Arc<IssuedText>> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let before = texts.iter().filter(|text| text.kind == own.kind).cloned().collect();
        if texts.len() < MOST_TEXTS {
            texts.push(Arc::new(own));
        }
        before
    }

    /// Remembers what a login called the end-user, and tells what those before it did.
    pub fn remember_called(&self, own: Called) -> Vec<Called> {
        let mut called = self.called.lock().unwrap_or_else(PoisonError::into_inner);
        let before = called.clone();
        if called.len() < MOST_ISSUED {
            called.push(own);
        }
        before
    }

    /// Remembers that it has.
    pub fn prove(&self, client: &Client) {
        self.lock().insert((client.id.clone(), client.method));
    }
}

/// The turn of a test at the configured clients; given up when it is dropped.
pub type Turn = OwnedMutexGuard<()>;

impl Session {
    /// Waits for the turn at the configured clients, which lasts as long as the test, if it logs in. An issuer may keep one consent and one set of
    /// sessions for an end-user and a client: a test that revokes its refresh token ends them all (Keycloak does so), and so would break another such
    /// test beside it. The embedded issuer is known to keep what one login got apart from that of the others.
    pub(crate) async fn take_turn(&mut self) {
        let may_disturb = self.run.config.issuer_kind != IssuerKind::Embedded;
        if may_disturb && self.logs_in && self.turn.is_none() {
            let since = Instant::now();
            let turn = Arc::clone(&self.run.clients.turn).lock_owned().map(|turn| (turn, since.elapsed()));
            let (turn, waited) = self.release_while(turn).await;
            self.turn = Some(turn);
            self.waited += waited;
        }
    }
}
