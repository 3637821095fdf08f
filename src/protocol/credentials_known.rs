//! Whether the credentials of a configured client are right, seen where nothing but they can be wrong.

use super::{liar, token_form};
use crate::config::ClientTable;
use crate::protocol::prelude::*;
use crate::text::problem::Problem;

/// The endpoints that authenticate a client and know no grants.
const ENDPOINTS: [&str; 2] = ["introspection_endpoint", "revocation_endpoint"];

impl Session {
    /// What it means that the token endpoint refused the configured client as unknown or with wrong credentials. Some servers answer so to a client that
    /// may not use the client credentials grant.
    pub(super) async fn blame_client(&mut self, client: &Client, parameters: &[(&str, &str)], error: &str) -> Result<Stop, Stop> {
        let (id, method, grant) = (&client.id, client.method.as_str(), Grant::ClientCredentials.as_str());
        let hint = client.configured.map_or(ClientTable::First, |configured| configured.table).how_to_check_it();
        if !parameters.contains(&("grant_type", grant)) {
            let problem = Problem::new(said!("the issuer refused the client {id:?} by {method} ({error})"));
            return Ok(Stop::Untestable(problem.with_hint(": ", hint)));
        }
        if let Some(member) = self.takes_credentials(client).await? {
            return Ok(Stop::not_offered(said!(
                "the client {id:?} may not use the grant {grant}: the token endpoint refuses it ({error}), and `{member}` takes the same credentials"
            )));
        }
        let problem = Problem::new(said!("the issuer refused the client {id:?} by {method} for the grant {grant} ({error})"));
        Ok(Stop::Untestable(problem.with_hint(": ", format!("allow the client that grant, or {hint}"))))
    }

    /// The member of an endpoint that takes the client's credentials and refuses a wrong secret; `None` where none shows that.
    async fn takes_credentials(&mut self, client: &Client) -> Result<Option<&'static str>, Stop> {
        let Some(liar) = liar(client) else { return Ok(None) };
        let token = super::random(32);
        let form = token_form(&token, "access_token");
        for member in ENDPOINTS {
            let Some(url) = self.endpoint(member)? else { continue };
            if self.is_taken("Credentials of the Client", &url, client, &form).await?
                && !self.is_taken("Wrong Secret of the Client", &url, &liar, &form).await?
            {
                return Ok(Some(member));
            }
        }
        Ok(None)
    }

    async fn is_taken(&mut self, title: &str, url: &Url, client: &Client, form: &[(&str, &str)]) -> Result<bool, Stop> {
        Ok(self.send(self.authenticated(client, title, url, form)).await?.is_success())
    }
}
