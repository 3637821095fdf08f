//! Whether the issuer is there at all: waiting for it (`--wait`), and one message instead of one for every test where it is not.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::time::Instant;
use url::Url;

use crate::config::Config;
use crate::feature::plan::Plan;
use crate::http::{Client, Hint, Stage, Unreachable};
use crate::protocol::discovery::well_known;

/// The first pause between two requests.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause between two requests.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What to do where the issuer does not answer.
const WHAT_TO_DO: &str = "is --issuer right, does it run? try oa-authtest doctor";

/// The issuer did not answer in the time there was to wait.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{url} did not answer within {seconds} s (--wait): {last}; {WHAT_TO_DO}")]
pub struct NoAnswer {
    url: String,
    seconds: u64,
    /// What came of the last request.
    last: String,
}

/// The way to the issuer.
pub(super) struct Way {
    http: Arc<Client>,
    /// The address of its metadata; `None` where it need not have any, or no test runs.
    url: Option<Url>,
    /// The same, whatever it has to have.
    anyway: Option<Url>,
}

impl Way {
    /// The way that the tests of a plan take.
    pub(super) fn to_the_issuer(config: &Config, http: &Arc<Client>, plan: &Plan) -> Self {
        let anyway = well_known(&config.issuer).ok();
        // Where endpoints are named, an issuer may be there by these alone.
        let is_needed = config.endpoints.is_empty() && plan.tests.iter().any(|planned| planned.skip.is_none());
        Self { http: Arc::clone(http), url: anyway.clone().filter(|_| is_needed), anyway }
    }

    /// Waits until the issuer answers with a status below 500, at most so long; `remark` is called once if it does not at first. True if it has answered,
    /// false if nothing is to be waited for.
    ///
    /// # Errors
    /// [`NoAnswer`] at the end of that time.
    pub(super) async fn wait(&self, most: Duration, remark: &(dyn Fn(&str) + Sync)) -> Result<bool, NoAnswer> {
        let Some(url) = self.anyway.as_ref().filter(|_| !most.is_zero()) else { return Ok(false) };
        let end = Instant::now() + most;
        let mut pause = FIRST_PAUSE;
        let mut last = "no answer".to_owned();
        let mut is_first = true;
        loop {
            match tokio::time::timeout_at(end, self.ask(url)).await {
                Ok(Ok(status)) if status < 500 => return Ok(true),
                Ok(Ok(status)) => last = format!("status {status}"),
                Ok(Err(unreachable)) => last = unreachable.to_string(),
                Err(_) => {}
            }
            let now = Instant::now();
            if now >= end {
                return Err(NoAnswer { url: url.to_string(), seconds: most.as_secs(), last });
            }
            if std::mem::take(&mut is_first) {
                remark(&format!("Waiting up to {} s for {url} ({last})", most.as_secs()));
            }
            tokio::time::sleep(pause.min(end - now)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Why the issuer cannot be reached at all, with what to do about it, if that is so: no test could say more.
    pub(super) async fn blocked(&self) -> Option<String> {
        let url = self.url.as_ref()?;
        self.ask(url).await.err().filter(is_for_all)?;
        // Once more: a connection may have been lost by chance.
        tokio::time::sleep(FIRST_PAUSE).await;
        self.ask(url).await.err().filter(is_for_all).map(|unreachable| says(&unreachable))
    }

    async fn ask(&self, url: &Url) -> Result<u16, Unreachable> {
        let accept = ("accept".to_owned(), "application/json".to_owned());
        self.http.send(http::Method::GET, url, &[accept], None).await.map(|response| response.status)
    }
}

/// True where no connection came about: whatever else is asked of the server comes to the same.
fn is_for_all(unreachable: &Unreachable) -> bool {
    matches!(unreachable.stage, Stage::Name | Stage::Connect | Stage::Tls)
}

fn says(unreachable: &Unreachable) -> String {
    match unreachable.hint {
        None | Some(Hint::NothingListens | Hint::HostName) => format!("{}; {WHAT_TO_DO}", unreachable.says()),
        // It says what to do already.
        Some(_) => format!("{unreachable}; or try oa-authtest doctor"),
    }
}
