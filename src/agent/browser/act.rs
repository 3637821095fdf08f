//! What a person does on a page: type, tick, press.

use std::time::Duration;

use fantoccini::Client;
use fantoccini::elements::{Element, ElementRef};
use fantoccini::error::{CmdError, ErrorStatus};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::config::{Selectors, User};
use crate::observed::page::Facts;

use crate::agent::browser::devtools::World;
use crate::agent::browser::session::Context;
use crate::agent::browser::socket::CallError;
use crate::agent::page::classify::Move;

/// The script that gathers the facts of a page.
pub(super) const CLASSIFY: &str = include_str!("classify.js");
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

impl Fault {
    /// The same without a secret: the words of a driver or a browser may quote what it was to type.
    pub fn without(self, secret: &str) -> Self {
        const UNSAID: &str = "the password could not be typed";
        match self {
            Self::Moved(why) | Self::Covered(why) if why.contains(secret) => Self::Moved(UNSAID.to_owned()),
            Self::Gone(why) if why.contains(secret) => Self::Gone(UNSAID.to_owned()),
            fault => fault,
        }
    }
}

impl From<CallError> for Fault {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Closed { .. } => Self::Gone(error.to_string()),
            CallError::Failed { .. } => Self::Moved(error.to_string()),
        }
    }
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

/// What comes of a command to the page, if that takes no longer than a page may keep the visit.
pub(super) async fn in_time<T>(call: impl Future<Output = T>) -> Result<T, Fault> {
    tokio::time::timeout(PATIENCE, call).await.map_err(|_| Fault::Moved(format!("no answer within {} s", PATIENCE.as_secs())))
}

/// A command of the driver with its time limit.
pub(super) async fn within<T>(command: impl Future<Output = Result<T, CmdError>>) -> Result<T, Fault> {
    Ok(in_time(command).await??)
}

/// A page as it stands: its facts, and where the elements are that these number.
#[derive(Debug)]
pub(super) struct Look {
    pub facts: Facts,
    pub place: Place,
}

/// Where the elements of a look are.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// The driver has given each an identifier.
    Elements(Elements),
    /// In a world of our own in the page.
    World(World),
}

/// The elements of a page as the driver knows them.
#[derive(Debug, Clone)]
pub(super) struct Elements {
    ids: Vec<String>,
    /// The frame that the elements are in, if they are in one.
    frame: Option<String>,
}

/// Looks at the page, and into its frames where it has nothing to fill in itself.
pub(super) async fn look(client: &Client, context: Option<&Context>, selectors: &Selectors) -> Result<Look, Fault> {
    let (facts, page) = match context {
        Some(context) => gather_apart(context, selectors).await?,
        None => gather(client, selectors).await?,
    };
    if !facts.fields.is_empty() {
        return Ok(Look { facts, place: Place::Elements(page) });
    }
    for index in facts.frames.clone() {
        let frame = page.element(client, index)?;
        if within(frame.enter_frame()).await.is_err() {
            continue;
        }
        let seen = gather(client, selectors).await;
        within(client.enter_parent_frame()).await?;
        if let Ok((inner, elements)) = seen
            && (!inner.fields.is_empty() || (facts.buttons.is_empty() && !inner.buttons.is_empty()))
        {
            let frame = page.ids.get(index).cloned();
            return Ok(Look { facts: facts.holding(inner), place: Place::Elements(Elements { frame, ..elements }) });
        }
    }
    Ok(Look { facts, place: Place::Elements(page) })
}

fn wanted(selectors: &Selectors) -> Value {
    json!({ "username": selectors.username, "password": selectors.password, "button": selectors.button })
}

fn read(facts: Value, ids: impl Iterator<Item = Option<String>>) -> Result<(Facts, Elements), Fault> {
    let facts = serde_json::from_value(facts).map_err(|error| Fault::Moved(format!("the page's facts make no sense: {error}")))?;
    Ok((facts, Elements { ids: ids.map(Option::unwrap_or_default).collect(), frame: None }))
}

/// Gathers the facts of the document that is looked at now, in the world of its scripts.
async fn gather(client: &Client, selectors: &Selectors) -> Result<(Facts, Elements), Fault> {
    let mut seen = within(client.execute(CLASSIFY, vec![wanted(selectors)])).await?;
    let facts = seen.get_mut("facts").map(Value::take).unwrap_or_default();
    let elements = seen.get("elements").and_then(Value::as_array).into_iter().flatten();
    read(facts, elements.map(|element| element[ELEMENT].as_str().map(str::to_owned)))
}

/// Gathers the facts of a tab in a world of our own, whose prototypes the page's scripts cannot touch (`WebDriver BiDi` 7.6, sandboxes).
async fn gather_apart(context: &Context, selectors: &Selectors) -> Result<(Facts, Elements), Fault> {
    let function = format!(
        "(wanted) => {{ const seen = (function () {{ {CLASSIFY} }})(JSON.parse(wanted)); return [JSON.stringify(seen.facts), ...seen.elements]; }}"
    );
    let mut seen = context.evaluate(&function, &wanted(selectors).to_string()).await?;
    let facts = seen[0]["value"].take();
    let facts = facts.as_str().and_then(|facts| serde_json::from_str(facts).ok()).unwrap_or_default();
    // A node's shared identifier is the driver's identifier of the element (`WebDriver BiDi` 7.6.1.10).
    let elements = seen.as_array().into_iter().flatten().skip(1);
    read(facts, elements.map(|element| element["sharedId"].as_str().map(str::to_owned)))
}

/// What acts: the driver, and `BiDi` for scripts in a world of our own, where the elements are in the main frame.
#[derive(Clone, Copy)]
struct Hand<'a> {
    client: &'a Client,
    context: Option<&'a Context>,
}

impl Elements {
    /// Does what was decided on.
    pub async fn act(&self, client: &Client, context: Option<&Context>, next: &Move, user: &User) -> Result<(), Fault> {
        let hand = Hand { client, context: context.filter(|_| self.frame.is_none()) };
        let Some(frame) = &self.frame else { return self.act_here(hand, next, user).await };
        let frame = Element::from_element_id(client.clone(), ElementRef::from(frame.clone()));
        within(frame.enter_frame()).await?;
        let acted = self.act_here(hand, next, user).await;
        // What was done may have ended the frame.
        let left = within(client.enter_parent_frame()).await;
        acted.and(left)
    }

    async fn act_here(&self, hand: Hand<'_>, next: &Move, user: &User) -> Result<(), Fault> {
        match next {
            Move::Login { username, password, submit, tick } => {
                if let Some(username) = username {
                    self.fill(hand, *username, &user.username).await?;
                }
                self.fill_secret(hand, *password, &user.password).await?;
                self.tick(hand, tick).await?;
                self.send(hand, *submit, *password).await
            }
            Move::Identify { username, submit, tick } => {
                self.fill(hand, *username, &user.username).await?;
                self.tick(hand, tick).await?;
                self.send(hand, *submit, *username).await
            }
            Move::Press { button, tick } => {
                self.tick(hand, tick).await?;
                self.press(hand, *button).await
            }
            Move::Wait(_) | Move::Stop(_) => Ok(()),
        }
    }

    fn element(&self, client: &Client, index: usize) -> Result<Element, Fault> {
        let id = self.ids.get(index).filter(|id| !id.is_empty()).ok_or_else(|| Fault::Moved("an element is gone".to_owned()))?;
        Ok(Element::from_element_id(client.clone(), ElementRef::from(id.clone())))
    }

    async fn script(&self, hand: Hand<'_>, script: &str, index: usize, value: Option<&str>) -> Result<(), Fault> {
        let id = self.ids.get(index).map_or("", String::as_str);
        if let Some(context) = hand.context {
            return context.evaluate_on(script, id, value).await;
        }
        let arguments = std::iter::once(json!({ ELEMENT: id })).chain(value.map(|value| json!(value))).collect();
        within(hand.client.execute(script, arguments)).await.map(drop)
    }

    async fn fill(&self, hand: Hand<'_>, index: usize, text: &str) -> Result<(), Fault> {
        let element = self.element(hand.client, index)?;
        // What lies over the field, or masks it, is got round by setting the value below.
        let typed = async {
            let _ = within(element.click()).await;
            within(element.clear()).await?;
            within(element.send_keys(text)).await
        };
        if let Err(Fault::Gone(why)) = typed.await {
            return Err(Fault::Gone(why));
        }
        self.script(hand, SET, index, Some(text)).await
    }

    async fn fill_secret(&self, hand: Hand<'_>, index: usize, secret: &SecretString) -> Result<(), Fault> {
        let secret = secret.expose_secret();
        self.fill(hand, index, secret).await.map_err(|fault| fault.without(secret))
    }

    async fn tick(&self, hand: Hand<'_>, boxes: &[usize]) -> Result<(), Fault> {
        for index in boxes {
            self.script(hand, TICK, *index, None).await?;
        }
        Ok(())
    }

    async fn send(&self, hand: Hand<'_>, submit: Option<usize>, field: usize) -> Result<(), Fault> {
        match submit {
            Some(button) => self.press(hand, button).await,
            None => within(self.element(hand.client, field)?.send_keys(ENTER)).await,
        }
    }

    async fn press(&self, hand: Hand<'_>, index: usize) -> Result<(), Fault> {
        let element = self.element(hand.client, index)?;
        // A script may enable it in answer to what was typed and ticked, a little later.
        let deadline = tokio::time::Instant::now() + ENABLING;
        while !within(element.is_enabled()).await.unwrap_or(true) && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(TICKING).await;
        }
        match within(element.click()).await {
            Err(Fault::Covered(_)) => self.script(hand, CLICK, index, None).await,
            // The driver's own scripts run beside those of the page, which may have spoilt it for them.
            Err(Fault::Moved(_)) if hand.context.is_some() => self.script(hand, CLICK, index, None).await,
            other => other,
        }
    }
}
