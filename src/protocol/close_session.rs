//! Closing the session that an issuer keeps for an access token, as Aidbox has it: `DELETE /Session` with the token.

use crate::protocol::prelude::*;
use crate::rule::aidbox::ClosedSession;

impl Session {
    /// Closes the session of the client's token, tries the token at the configured resource, and closes the sessions of the tokens before it.
    pub(super) async fn close_session(&mut self) -> Result<(), Stop> {
        let token = self.facts.grant.client_token.take().ok_or_else(|| missing("the client's access token"))?;
        let url = session_of(&self.run.config.issuer).map_err(|e| Stop::untestable(said!("--issuer is not a URL: {e}")))?;
        self.sentence("should close the session of the access token, so that it opens nothing any more");
        let resource = self.run.config.resource_url.clone();
        let at_resource = |title: &str| resource.clone().map(|resource| Request::get(title, resource).bearer(&token).private());
        let before = match at_resource("Resource before the Session is Closed") {
            Some(request) => Some(self.send_unjudged(request).await?),
            None => None,
        };
        let closing = self.send(closing("Session Closed", &url, &token)).await?;
        let is_closed = closing.gives();
        let afterwards = match at_resource("Resource after the Session").filter(|_| is_closed) {
            Some(request) => Some(self.send_unjudged(request).await?),
            None => None,
        };
        self.judge(&ClosedSession { before, closing, afterwards });
        if is_closed {
            self.close_earlier(&url, &token).await?;
        }
        Ok(())
    }

    /// Closes what earlier steps opened, unjudged, and forgets it: there is nothing of it left to clean up.
    async fn close_earlier(&mut self, url: &Url, closed: &str) -> Result<(), Stop> {
        for granted in std::mem::take(&mut self.facts.grant.issued) {
            let mut all_closed = true;
            for token in granted.access_tokens.iter().filter(|token| *token != closed) {
                let response = self.send_unjudged(closing("Session Closed (earlier token)", url, token)).await?;
                // A token whose session went with another's is refused, which is as good.
                all_closed &= response.is_success() || matches!(response.status, 401 | 403 | 404);
            }
            if !all_closed {
                self.facts.grant.issued.push(granted);
            }
        }
        Ok(())
    }
}

fn session_of(issuer: &str) -> Result<Url, url::ParseError> {
    Url::parse(&format!("{}/Session", issuer.strip_suffix('/').unwrap_or(issuer)))
}

fn closing(title: &str, url: &Url, token: &str) -> Request {
    Request::delete(title, url.clone()).bearer(token)
}

#[cfg(test)]
mod tests {
    use super::session_of;

    #[test]
    fn the_session_is_below_the_issuer() {
        for issuer in ["https://box.example", "https://box.example/"] {
            assert_eq!(session_of(issuer).expect("a URL").as_str(), "https://box.example/Session");
        }
    }
}
