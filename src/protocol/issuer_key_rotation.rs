//! The issuer's signing keys, replaced while it is used (OpenID Connect Core 10.1.1): by a command of the user's, since there is no request for that.

use std::time::{Duration, Instant};

use http::Method;

use super::key_set::onward;
use crate::config::{RotateKeys, setting};
use crate::guard::shell;
use crate::protocol::prelude::*;
use crate::rule::jose::Token;
use crate::rule::key_set::rollover::{ReplacedSigningKey, has_new_key};

/// How long the command may take, and how long the new key is waited for after that.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the key set is fetched meanwhile.
const PAUSE: Duration = Duration::from_millis(500);

impl Session {
    /// Has the issuer replace its signing keys, fetches the key set until a new key is in it, and holds the ID token of the login against it.
    /// Stops if no new key is published.
    pub(super) async fn rotate_issuer_keys(&mut self) -> Result<(), Stop> {
        let command = self.run.config.rotate_keys.clone();
        let command = command.or_lacks(&setting::ROTATE_KEYS_COMMAND, "nothing is known that makes the issuer replace its keys")?;
        let before = self.facts.issuer.keys.clone().or_not_offered("no key set is published")?;
        let id_token = self.login()?.response.get("id_token").and_then(Value::as_str).map(|text| Token::from(text.to_owned()));
        self.sentence("should publish a new key when its keys are replaced, and the old one beside it for some time");
        self.replace_keys(&command).await?;
        self.await_new_key(&before).await?;
        let exchange = self.fetch_keys("Key Set after the Rotation").await?;
        self.judge_rollover(exchange);
        let after = self.facts.issuer.keys.clone().unwrap_or_default();
        self.judge(&ReplacedSigningKey { exchange, id_token, before, after });
        Ok(())
    }

    async fn replace_keys(&mut self, command: &RotateKeys) -> Result<(), Stop> {
        let flag = setting::ROTATE_KEYS_COMMAND.flag;
        match command {
            RotateKeys::Command(command) => {
                shell::run(command, PATIENCE).await.map_err(|why| Stop::untestable(said!("the command of {} failed: {}", flag, why.to_string())))?;
                self.note("The command that makes the issuer replace its keys was run.");
                Ok(())
            }
            RotateKeys::Address(url) => {
                let mut request = Request::get("Command to Replace the Keys", url.clone());
                request.method = Method::POST;
                let status = self.send_unjudged(request).await?.status;
                let is_done = (200..300).contains(&status);
                if is_done { Ok(()) } else { Err(Stop::untestable(said!("the address of {} answered {}", flag, status))) }
            }
        }
    }

    /// Waits until a key is published that was not there. An issuer that is started again for that cannot be reached for a moment.
    async fn await_new_key(&mut self, before: &[Value]) -> Result<(), Stop> {
        let (url, since) = (self.offered("jwks_uri")?, Instant::now());
        loop {
            const TITLE: &str = "Key Set, until there is a new key";
            let mut fetched = self.send_unjudged(Request::get(TITLE, url.clone())).await;
            if let Some(url) = fetched.as_ref().ok().and_then(onward) {
                fetched = self.send_unjudged(Request::get(TITLE, url)).await;
            }
            let keys = fetched.ok().and_then(|response| response.member("keys").and_then(|keys| keys.as_array().cloned()));
            if keys.is_some_and(|keys| has_new_key(before, &keys)) {
                return Ok(());
            }
            if since.elapsed() + PAUSE >= PATIENCE {
                let seconds = PATIENCE.as_secs();
                return Err(Stop::untestable(said!("no key is published {} s after the command that was not there before it", seconds)));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
