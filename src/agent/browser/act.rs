//! What a person does on a page: type, tick, press.

use std::time::Duration;

use fantoccini::Client;
use fantoccini::elements::{Element, ElementRef};
use fantoccini::error::{CmdError, ErrorStatus};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::config::{Selectors, User};
use crate::observed::page::Facts;

use crate::agent::page::classify::Move;

const CLASSIFY: &str = include_str!("classify.js");
/// The key of an element in JSON (`WebDriver` 12.2).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// The Enter key (`WebDriver` 17.4.2).
const ENTER: &str = "\u{E007}";
/// How long one command may take. A page that keeps its script busy must not hold up the visit for ever.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a button may take to be enabled once everything is filled in.
const ENABLING: Duration = Duration::from_secs(1);
/// Between two looks at whether it is.
const TICKING: Duration = Duration::from_millis(25);
/// For frameworks with masked or controlled inputs, whose keystrokes got lost: the value is set, with the events that typing sends.
const SET: &str = "const [e, v] = arguments; if (e.value === v) return; \
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(e, v); \
    for (const t of ['input', 'change']) e.dispatchEvent(new Event(t, { bubbles: true }));";
const CLICK: &str = "arguments[0].click();";
const TICK: &str = "if (!arguments[0].checked) arguments[0].click();";

/// Why a command did not succeed.
#[derive(Debug)]
pub(super) enum Fault {
    /// The page was changing; it is to be looked at again.
    Moved(String),
    /// Something lies over the element, as a cookie banner does.
    Covered(String),
    /// The browser or its driver is gone.
    Gone(String),
}

impl From<CmdError> for Fault {
    fn from(error: CmdError) -> Self {
        match error {
            CmdError::Standard(error) => {
                // The driver appends its own stack trace.
                let why = error.message.lines().next().unwrap_or_default().to_owned();
                match error.error {
                    ErrorStatus::InvalidSessionId | ErrorStatus::NoSuchWindow => Self::Gone(why),
                    ErrorStatus::ElementClickIntercepted | ErrorStatus::ElementNotInteractable => Self::Covered(why),
                    _ => Self::Moved(why),
                }
            }
            CmdError::Failed(_) | CmdError::FailedC(_) | CmdError::Lost(_) => Self::Gone(format!("its driver does not answer: {error}")),
            other => Self::Moved(other.to_string()),
        }
    }
}

/// A command with its time limit.
pub(super) async fn within<T>(command: impl Future<Output = Result<T, CmdError>>) -> Result<T, Fault> {
    match tokio::time::timeout(PATIENCE, command).await {
        Ok(result) => result.map_err(Fault::from),
        Err(_) => Err(Fault::Moved(format!("no answer within {} s", PATIENCE.as_secs()))),
    }
}

/// A page as it stands: its facts and the elements these number.
#[derive(Debug)]
pub(super) struct Look {
    pub facts: Facts,
    elements: Vec<String>,
    /// The frame that the elements are in, if they are in one.
    frame: Option<String>,
}

/// Looks at the page, and into its frames where it has nothing to fill in itself.
pub(super) async fn look(client: &Client, selectors: &Selectors) -> Result<Look, Fault> {
    let page = gather(client, selectors).await?;
    if !page.facts.fields.is_empty() {
        return Ok(page);
    }
    for index in page.facts.frames.clone() {
        let frame = page.element(client, index)?;
        if within(frame.enter_frame()).await.is_err() {
            continue;
        }
        let seen = gather(client, selectors).await;
        within(client.enter_parent_frame()).await?;
        if let Ok(inner) = seen
            && (!inner.facts.fields.is_empty() || (page.facts.buttons.is_empty() && !inner.facts.buttons.is_empty()))
        {
            let frame = page.elements.get(index).cloned();
            return Ok(Look { facts: page.facts.holding(inner.facts), elements: inner.elements, frame });
        }
    }
    Ok(page)
}

/// Gathers the facts of the document that is looked at now.
async fn gather(client: &Client, selectors: &Selectors) -> Result<Look, Fault> {
    let wanted = json!({ "username": selectors.username, "password": selectors.password, "button": selectors.button });
    let mut seen = within(client.execute(CLASSIFY, vec![wanted])).await?;
    let facts = seen.get_mut("facts").map(Value::take).unwrap_or_default();
    let facts = serde_json::from_value(facts).map_err(|error| Fault::Moved(format!("the page's facts make no sense: {error}")))?;
    let elements = seen.get("elements").and_then(Value::as_array).into_iter().flatten();
    let elements = elements.map(|element| element[ELEMENT].as_str().unwrap_or_default().to_owned()).collect();
    Ok(Look { facts, elements, frame: None })
}

impl Look {
    /// Does what was decided on.
    pub async fn act(&self, client: &Client, next: &Move, user: &User) -> Result<(), Fault> {
        let Some(frame) = &self.frame else { return self.act_here(client, next, user).await };
        let frame = Element::from_element_id(client.clone(), ElementRef::from(frame.clone()));
        within(frame.enter_frame()).await?;
        let acted = self.act_here(client, next, user).await;
        // What was done may have ended the frame.
        let left = within(client.enter_parent_frame()).await;
        acted.and(left)
    }

    async fn act_here(&self, client: &Client, next: &Move, user: &User) -> Result<(), Fault> {
        match next {
            Move::Login { username, password, submit, tick } => {
                if let Some(username) = username {
                    self.fill(client, *username, &user.username).await?;
                }
                self.fill_secret(client, *password, &user.password).await?;
                self.tick(client, tick).await?;
                self.send(client, *submit, *password).await
            }
            Move::Identify { username, submit, tick } => {
                self.fill(client, *username, &user.username).await?;
                self.tick(client, tick).await?;
                self.send(client, *submit, *username).await
            }
            Move::Press { button, tick } => {
                self.tick(client, tick).await?;
                self.press(client, *button).await
            }
            Move::Wait(_) | Move::Stop(_) => Ok(()),
        }
    }

    fn element(&self, client: &Client, index: usize) -> Result<Element, Fault> {
        let id = self.elements.get(index).filter(|id| !id.is_empty()).ok_or_else(|| Fault::Moved("an element is gone".to_owned()))?;
        Ok(Element::from_element_id(client.clone(), ElementRef::from(id.clone())))
    }

    async fn script(&self, client: &Client, script: &str, index: usize, value: Option<&str>) -> Result<(), Fault> {
        let id = self.elements.get(index).map_or("", String::as_str);
        let arguments = std::iter::once(json!({ ELEMENT: id })).chain(value.map(|value| json!(value))).collect();
        within(client.execute(script, arguments)).await.map(drop)
    }

    async fn fill(&self, client: &Client, index: usize, text: &str) -> Result<(), Fault> {
        let element = self.element(client, index)?;
        // What lies over the field, or masks it, is got round by setting the value below.
        let typed = async {
            let _ = within(element.click()).await;
            within(element.clear()).await?;
            within(element.send_keys(text)).await
        };
        if let Err(Fault::Gone(why)) = typed.await {
            return Err(Fault::Gone(why));
        }
        self.script(client, SET, index, Some(text)).await
    }

    async fn fill_secret(&self, client: &Client, index: usize, secret: &SecretString) -> Result<(), Fault> {
        let secret = secret.expose_secret();
        // A driver's words may quote what it was to type.
        self.fill(client, index, secret).await.map_err(|fault| match fault {
            Fault::Moved(why) | Fault::Covered(why) if why.contains(secret) => Fault::Moved("the password could not be typed".to_owned()),
            Fault::Gone(why) if why.contains(secret) => Fault::Gone("the password could not be typed".to_owned()),
            fault => fault,
        })
    }

    async fn tick(&self, client: &Client, boxes: &[usize]) -> Result<(), Fault> {
        for index in boxes {
            self.script(client, TICK, *index, None).await?;
        }
        Ok(())
    }

    async fn send(&self, client: &Client, submit: Option<usize>, field: usize) -> Result<(), Fault> {
        match submit {
            Some(button) => self.press(client, button).await,
            None => within(self.element(client, field)?.send_keys(ENTER)).await,
        }
    }

    async fn press(&self, client: &Client, index: usize) -> Result<(), Fault> {
        let element = self.element(client, index)?;
        // A script may enable it in answer to what was typed and ticked, a little later.
        let deadline = tokio::time::Instant::now() + ENABLING;
        while !within(element.is_enabled()).await? && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(TICKING).await;
        }
        match within(element.click()).await {
            Err(Fault::Covered(_)) => self.script(client, CLICK, index, None).await,
            other => other,
        }
    }
}
