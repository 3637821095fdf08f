//! What the configuration declares an issuer able or unable to do, held against what it says and does.

use crate::config::setting;
use crate::feature::Step;
use crate::observed::capability::Capability;
use crate::protocol::prelude::*;
use crate::rule::capability::{DeclaredCapability, DeclaredGrant};

/// What is sent for a credential where the issuer is to have no use for it.
const MADE_UP: &str = "oa-authtest-made-up";

impl Session {
    /// Leaves a step out if the issuer is declared unable to do what it needs.
    pub(super) fn allow_by_declaration(&self, step: &Step) -> Result<(), Stop> {
        // A client that the settings name takes the place of one that is not registered.
        let is_replaceable = matches!(step, Step::Register(params) if params.or_configured);
        let absent = step.capability().filter(|capability| !is_replaceable && self.run.config.declared.get(capability) == Some(&false));
        absent.map_or(Ok(()), |capability| {
            Err(Stop::not_offered(said!("the configuration says that the issuer does not have it: `[features] {} = false`", capability.name())))
        })
    }

    /// Holds what is declared against the provider metadata.
    #[allow(clippy::unused_async, reason = "every action of a step is awaited")]
    pub(super) async fn check_capability(&mut self, capability: Capability) -> Result<(), Stop> {
        let declared = self.run.config.declared.get(&capability).copied();
        let declared =
            declared.or_lacks(&setting::FEATURE, &format!("the configuration declares nothing about `[features] {}`", capability.name()))?;
        let published = self.facts.issuer.published.as_ref();
        let (advertised, published) = (published.and_then(|metadata| capability.advertised(metadata)), published.is_some());
        self.sentence(format!("should {}advertise {}", if declared { "" } else { "not " }, capability.name()));
        self.judge(&DeclaredCapability { capability, declared, advertised, published });
        Ok(())
    }

    /// Asks the token endpoint for tokens by a grant that is declared absent.
    pub(super) async fn refuse_grant(&mut self, capability: Capability) -> Result<(), Stop> {
        let is_absent = self.run.config.declared.get(&capability) == Some(&false);
        Stop::not_offered_if(!is_absent, said!("`[features] {}` is not declared absent, so there is nothing to be refused", capability.name()))?;
        let grant = capability.grant_type().or_not_offered(format!("{} is no grant of the token endpoint", capability.name()))?;
        let url = self.offered("token_endpoint")?;
        let client = self.client()?.clone();
        let mut form = vec![("grant_type", grant)];
        form.extend_from_slice(match capability {
            Capability::RefreshToken => &[("refresh_token", MADE_UP)][..],
            Capability::PasswordGrant => &[("username", MADE_UP), ("password", MADE_UP)],
            Capability::TokenExchange => &[("subject_token", MADE_UP), ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token")],
            _ => &[],
        });
        let made_up = form.len() > 1;
        self.sentence(format!("should refuse a token request with the grant `{grant}`"));
        let response = self.send(self.authenticated(&client, &format!("Token Request with the grant {}", capability.name()), &url, &form)).await?;
        self.judge(&DeclaredGrant { response, made_up });
        Ok(())
    }
}
