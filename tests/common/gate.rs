//! The key set of an issuer behind a server of the test's own, which hands it out when the test lets it: so a run stands still where the test wants it to.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use oa_authtest::issuer::RunningIssuer;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;

/// The longest that a request for the key set is waited for.
const DEADLINE: Duration = Duration::from_secs(60);

/// What the test lets through: the key set, or that it is not there.
struct Inside {
    keys: String,
    handed_out: Semaphore,
    missing: Semaphore,
}

/// Such a server.
pub struct Gate {
    inside: Arc<Inside>,
    asked: mpsc::UnboundedReceiver<()>,
    url: String,
}

impl Gate {
    /// One for the keys of an issuer.
    pub async fn of(issuer: &RunningIssuer) -> Self {
        let keys = reqwest::get(format!("{}/.well-known/openid-configuration/jwks", issuer.issuer())).await.unwrap().text().await.unwrap();
        let inside = Arc::new(Inside { keys, handed_out: Semaphore::new(0), missing: Semaphore::new(0) });
        let (asks, asked) = mpsc::unbounded_channel();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks", socket.local_addr().unwrap());
        let state = Arc::clone(&inside);
        let router = Router::new().fallback(move || {
            let _ = asks.send(());
            answer(Arc::clone(&state))
        });
        tokio::spawn(async move { axum::serve(socket, router).await });
        Self { inside, asked, url }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits until the key set is asked for once more.
    pub async fn held(&mut self) {
        timeout(DEADLINE, self.asked.recv()).await.expect("nobody asks for the key set").expect("the gate stands");
    }

    /// Answers so many requests, now or later.
    pub fn let_go(&self, n: usize) {
        self.inside.handed_out.add_permits(n);
    }

    /// Answers one request with an error.
    pub fn refuse(&self) {
        self.inside.missing.add_permits(1);
    }
}

async fn answer(inside: Arc<Inside>) -> Response {
    tokio::select! {
        permit = inside.handed_out.acquire() => {
            permit.unwrap().forget();
            ([(header::CONTENT_TYPE, "application/json")], inside.keys.clone()).into_response()
        }
        permit = inside.missing.acquire() => {
            permit.unwrap().forget();
            StatusCode::NOT_FOUND.into_response()
        }
    }
}
