//! Attacks at the token endpoint with an authorization code (RFC 6749 4.1.3, RFC 7636 4.6, RFC 9700).

use http::Method;
use secrecy::{ExposeSecret as _, SecretString};

use super::{code_form, random, s256};
use crate::protocol::prelude::*;
use crate::rule::answer::error_code;
use crate::rule::attack::{Attack, AttackKind, Attacked, ClientAttack, CodeAttack, PkceAttack, RefreshAttack};
use crate::rule::code_race::CodeRace;
use crate::rule::dead_tokens::Cause;
use crate::rule::token_refusal::{Provocation, TokenRefusal};

impl Session {
    /// Tries to exchange the code in a wrong way. The client's credentials are right: this is about the code.
    pub(super) async fn attack_code(&mut self, attack: Attack) -> Result<(), Stop> {
        let url = self.offered("token_endpoint")?;
        if attack.kind() == AttackKind::Pkce {
            self.must_list("code_challenge_methods_supported", "S256")?;
        }
        let lacks_another = attack == Attack::CodeOfAnotherClient && self.facts.client.previous.is_none();
        Stop::not_offered_if(lacks_another, "there is no second client to try the code")?;
        // Where one redirect URI is registered, a client may leave it out, and the issuer may go on (OpenID Connect Core 3.1.3.2).
        let has_several = self.client()?.registered.as_ref().is_some_and(|registered| registered.redirect_uris > 1);
        let may_be_left_out = attack == Attack::MissingRedirectUri && !has_several;
        Stop::not_offered_if(may_be_left_out, "the client is not known to have registered several redirect URIs")?;
        self.try_credentials(&url).await?;
        let code = self.take_code()?;
        let earlier = self.facts.grant.attacked.replace(code.clone());
        let verifier = match attack {
            Attack::WrongVerifier | Attack::UnaskedVerifier => Some(random(32)),
            Attack::MissingVerifier => None,
            Attack::ChallengeAsVerifier => code.request.verifier().map(s256),
            Attack::VerifierOfAnotherFlow => Some(
                earlier.as_ref().and_then(|code| code.request.verifier()).map(str::to_owned).ok_or_else(|| missing("an earlier code verifier"))?,
            ),
            _ => code.request.verifier().map(str::to_owned),
        };
        if let Some(verifier) = verifier.as_ref().filter(|_| attack != Attack::ChallengeAsVerifier) {
            self.recorder.redactor().learn(SecretKind::CodeVerifier, verifier);
        }
        let right = self.run.redirect_uri();
        let mut other = Url::parse(&right).map_err(|_| missing("a redirect URI"))?;
        other.set_path(&format!("{}/other", other.path().trim_end_matches('/')));
        let mut form = code_form(&code.code, verifier.as_deref(), if attack == Attack::OtherRedirectUri { other.as_str() } else { &right });
        match attack {
            Attack::MissingRedirectUri => form.retain(|(name, _)| *name != "redirect_uri"),
            Attack::RepeatedParameter => form.push(("code", &code.code)),
            _ => {}
        }
        let client = self.client()?.clone();
        let mut request = self.authenticated(&client, &title(attack), &url, &form);
        if attack == Attack::GetRequest {
            request.method = Method::GET;
            let body = request.body.take().unwrap_or_default();
            request.url.query_pairs_mut().extend_pairs(url::form_urlencoded::parse(body.as_bytes()));
        }
        self.sentence(format!("should refuse a token request with {}", attack.says()));
        let exchange = self.exchange(request).await?;
        let (control, works) = self.weigh(exchange.response(), code.request.scope()).await?;
        self.judge_attack(attack, exchange, control, works);
        Ok(())
    }

    /// What is needed to judge the answer to an attack with a code: whether what was given opens anything; else whether a right request succeeds.
    async fn weigh(&mut self, response: &Received, scope: &str) -> Result<(Control, Option<bool>), Stop> {
        Ok(match Answer::of_token_endpoint(response) {
            Answer::Given => (Control::Good, self.try_given(response, scope).await?),
            Answer::Silent => (Control::Missing("the server did not answer".to_owned()), None),
            Answer::Refused | Answer::RefusedAsSuccess => (self.code_control(scope).await?, None),
        })
    }

    /// Tries to exchange a good code as a client that does not authenticate as it must.
    pub(super) async fn attack_client_authentication(&mut self) -> Result<(), Stop> {
        let url = self.offered("token_endpoint")?;
        let client = self.client()?.clone();
        let secret = client.secret.clone().filter(|_| client.method.sends_secret());
        let secret = secret.or_not_offered("the client has no secret, so it has nothing to authenticate with")?;
        self.try_credentials(&url).await?;
        let code = self.take_code()?;
        let redirect_uri = self.run.redirect_uri();
        let form = code_form(&code.code, code.request.verifier(), &redirect_uri);
        let credentials = [("client_id", client.id.as_str()), ("client_secret", secret.expose_secret())];
        self.sentence("should refuse a good code to clients that do not authenticate as they must");
        let with = |session: &Self, attack, client: &Client| (attack, session.authenticated(client, &title(attack), &url, &form));
        let nobody = Client { secret: None, method: AuthMethod::None, ..client.clone() };
        let stranger = Client { id: random(32), secret: Some(SecretString::from(random(32))), ..client.clone() };
        let liar = Client { secret: Some(SecretString::from(random(32))), ..client.clone() };
        let mut in_query = url.clone();
        in_query.query_pairs_mut().extend_pairs(credentials);
        let both: Vec<_> = form.iter().copied().chain(credentials).collect();
        let header = self.recorder.basic(&client.id, secret.expose_secret(), self.facts.client.raw_basic);
        // A wrong secret once only: an issuer may count them against the client.
        let attacks = [
            with(self, Attack::NoAuthentication, &nobody),
            with(self, Attack::UnknownClient, &stranger),
            with(self, Attack::WrongClientSecret, &liar),
            (Attack::SecretInQuery, Request::form(title(Attack::SecretInQuery), in_query, &form)),
            (Attack::TwoMethods, Request::form(title(Attack::TwoMethods), url.clone(), &both).header("authorization", header)),
        ];
        let mut answers = Vec::new();
        for (attack, request) in attacks {
            let exchange = self.exchange(request).await?;
            let is_given = exchange.response().grants_token();
            answers.push((attack, exchange));
            // The code is used up then, and what follows would be about that.
            if is_given {
                break;
            }
        }
        let scope = code.request.scope();
        let given = answers.last().map(|(_, exchange)| exchange.response().clone()).filter(Received::grants_token);
        let (works, was_good) = if let Some(response) = &given {
            let works = self.try_given(response, scope).await?;
            (works, works != Some(false))
        } else {
            let response = self.send_authenticated("Token Request with the Right Credentials", url.clone(), &form).await?;
            let is_good = response.grants_token();
            self.note(if is_good {
                "The code was good to the end: what was refused was refused for the client's authentication."
            } else {
                "The code is no good any more: the issuer takes it back when a client fails to authenticate, as it may."
            });
            (None, is_good)
        };
        let control = if was_good { Control::Good } else { self.code_control(scope).await? };
        for (number, (attack, exchange)) in answers.into_iter().enumerate() {
            // With a code that may have been taken back after the first attempt, an answer says something where it is about the client.
            let is_clear = was_good
                || number == 0
                || matches!(error_code(exchange.response()), Some("invalid_client" | "unauthorized_client" | "invalid_request"));
            let control = if is_clear { control.clone() } else { Control::Missing("an attempt before it may have used up the code".to_owned()) };
            self.judge_attack(attack, exchange, control, works);
        }
        Ok(())
    }

    /// Exchanges the code twice at the same moment.
    pub(super) async fn race_code(&mut self) -> Result<(), Stop> {
        let url = self.offered("token_endpoint")?;
        self.may_destroy("a code would be used twice")?;
        self.try_credentials(&url).await?;
        let code = self.take_code()?;
        let redirect_uri = self.run.redirect_uri();
        let form = code_form(&code.code, code.request.verifier(), &redirect_uri);
        let client = self.client()?.clone();
        self.sentence("should exchange a code once only, even when it comes twice at the same moment");
        let request = |which| self.authenticated(&client, which, &url, &form);
        let (first, second) = (request("Authorization Code Flow, one of two at once"), request("Authorization Code Flow, the other of two at once"));
        let sent = [&first, &second].map(|request| self.sent(request));
        let (first, second) = futures::join!(self.send_unjudged(first), self.send_unjudged(second));
        let (first, second) = (first?, second?);
        let mut answers = Vec::new();
        let mut exchange = 0;
        for (response, sent) in [first, second].into_iter().zip(sent) {
            exchange = response.exchange;
            // What it gave, if anything, is judged when the step ends.
            answers.push(self.take_in(sent, response).response().clone());
        }
        // Both may have been given tokens that are dead by now.
        let both = answers.iter().all(Received::grants_token);
        let mut judged = Vec::new();
        for response in answers {
            let works = if both { self.try_given(&response, code.request.scope()).await? } else { None };
            judged.push((response.status, response.grants_token() && works != Some(false)));
        }
        self.judge(&CodeRace { exchange, answers: judged });
        Ok(())
    }

    /// Judges the answer to an attack, and its form if it is a refusal. True if the issuer gave no tokens for it.
    pub(super) fn judge_attack(&mut self, attack: Attack, exchange: TokenExchange, control: Control, works: Option<bool>) -> bool {
        let (response, by_header) = (exchange.response().clone(), exchange.request().by_header());
        let is_refused = !response.grants_token();
        // To a GET the endpoint may answer as to any address that does not exist.
        if (is_refused || works == Some(false)) && attack != Attack::GetRequest {
            // Where a request with nothing wrong may be refused as well, the reason given need not be the attack.
            let provocation = if matches!(control, Control::Good) { Provocation::Attack(attack) } else { Provocation::Elsewhere };
            self.judge(&TokenRefusal { response, provocation, by_header, grant_unlisted: false });
        }
        let attacked = |response| Attacked { attack, response, control, works };
        match attack.kind() {
            AttackKind::Pkce => {
                self.judge_exchange(exchange, |response| PkceAttack(attacked(response)));
            }
            AttackKind::Client => {
                self.judge_exchange(exchange, |response| ClientAttack(attacked(response)));
            }
            AttackKind::Code => {
                self.judge_exchange(exchange, |response| CodeAttack(attacked(response)));
            }
            AttackKind::Refresh => {
                self.judge_exchange(exchange, |response| RefreshAttack(attacked(response)));
            }
        }
        is_refused
    }

    /// Makes sure that a client that was registered a moment ago, or beforehand, is known to the token endpoint: a refusal is to be about the attack.
    pub(super) async fn try_credentials(&mut self, url: &Url) -> Result<(), Stop> {
        Box::pin(self.prove_client(url)).await?;
        if !self.client()?.registered.as_ref().is_some_and(|registered| registered.untried) {
            return Ok(());
        }
        let provocation = Provocation::UnknownCode;
        // With a code verifier, without which an issuer may miss that first: one fault is enough.
        let (code, verifier, redirect_uri) = (random(32), random(32), self.run.redirect_uri());
        let unknown = code_form(&code, Some(&verifier), &redirect_uri);
        self.sentence("should know the client that was registered");
        let title = format!("Token Request with {}", provocation.says());
        let exchange = Box::pin(self.exchange_authenticated(&title, url.clone(), &unknown)).await?;
        self.judge_refusal_of_tokens(exchange, provocation);
        Ok(())
    }

    /// Exchanges the code of the last login once more, and looks what became of its tokens.
    pub(super) async fn replay_code(&mut self, later: bool) -> Result<(), Stop> {
        let url = self.offered("token_endpoint")?;
        self.may_destroy("a code would be used twice")?;
        let code = self.facts.grant.exchanged.clone().ok_or_else(|| missing("a code that was exchanged"))?;
        let user = self.login()?.clone();
        let redirect_uri = self.run.redirect_uri();
        let client = self.client()?.clone();
        let attack = Attack::UsedCode;
        let (mut access, mut refresh) = (user.access_token.clone(), user.refresh_token.clone());
        let mut refreshed = Control::Missing("no refresh token was issued".to_owned());
        if let Some(token) = &mut refresh {
            refreshed = self.refresh_control(&client, "Refresh before the Code is Used Again", token, &mut access).await?;
        }
        if later {
            let pause = self.run.config.replay_pause;
            self.note(said!("The code is exchanged once more, {} seconds after the first time or a little later.", pause.as_secs()));
            self.pause(pause.saturating_sub(user.at.elapsed())).await;
        }
        let living = self.try_living(&access).await?;
        self.sentence("should refuse a code that was used before");
        let form = code_form(&code.code, code.request.verifier(), &redirect_uri);
        let exchange = self.exchange(self.authenticated(&client, &title(attack), &url, &form)).await?;
        let works = self.try_given(exchange.response(), code.request.scope()).await?;
        // The first use of it was right, and got tokens.
        let refused = self.judge_attack(attack, exchange, Control::Good, works);
        self.try_dead_tokens(Cause::CodeReuse { refused }, Some((&access, living)), refresh.as_deref().map(|token| (token, refreshed))).await
    }
}

/// The title of an attack's request.
pub(super) fn title(attack: Attack) -> String {
    format!("Token Request with {}", attack.says())
}
