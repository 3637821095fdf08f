//! Looking at a page and acting on it, in a world of our own: it has the same elements as the page's scripts, and prototypes that these cannot touch.

use serde_json::{Value, json};

use super::Tab;
use crate::agent::browser::act::{CLASSIFY, Fault, Look, Place};
use crate::agent::page::classify::Move;
use crate::config::{Selectors, User};
use secrecy::ExposeSecret as _;

/// The name of the world.
const WORLD: &str = "oa-authtest";
/// How long a script may take, in milliseconds: a page may have more in it than can be looked at.
const SCRIPT: u64 = 5_000;
/// Where the elements are kept that the facts number. The page's scripts do not see it.
const ELEMENTS: &str = "globalThis.oaElements";

/// The world in one frame of a tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::agent::browser) struct World {
    session: String,
    context: u64,
    /// The frame's element in the main frame, if it is not that itself.
    within: Option<usize>,
}

impl World {
    /// True of the world in the main frame.
    pub(super) fn is_main(&self) -> bool {
        self.within.is_none()
    }
}

impl Tab {
    /// The world in a frame, which is made if it is not there yet.
    pub(super) async fn world(&self, frame: &str) -> Result<World, Fault> {
        let session = self.session_of(frame);
        let made = self.call_in(&session, "Page.createIsolatedWorld", json!({ "frameId": frame, "worldName": WORLD })).await?;
        let context = made["executionContextId"].as_u64().ok_or_else(|| Fault::Moved("the page has no world".to_owned()))?;
        Ok(World { session, context, within: None })
    }

    /// What an expression gives in a world; a promise is waited for.
    pub(super) async fn evaluate(&self, world: &World, expression: &str) -> Result<Value, Fault> {
        let params = json!({
            "expression": expression, "contextId": world.context, "returnByValue": true, "awaitPromise": true, "timeout": SCRIPT,
        });
        let mut answer = self.call_in(&world.session, "Runtime.evaluate", params).await?;
        if let Some(thrown) = answer["exceptionDetails"]["exception"]["description"].as_str().or(answer["exceptionDetails"]["text"].as_str()) {
            return Err(Fault::Moved(thrown.lines().next().unwrap_or_default().to_owned()));
        }
        Ok(answer["result"]["value"].take())
    }

    /// Looks at the page, and into its frames where it has nothing to fill in itself.
    pub async fn look(&self, selectors: &Selectors) -> Result<Look, Fault> {
        let page = self.gather(self.world(self.main_frame()).await?, selectors).await?;
        if !page.facts.fields.is_empty() {
            return Ok(page);
        }
        let Place::World(main) = page.place.clone() else { return Ok(page) };
        for index in page.facts.frames.clone() {
            let Ok(world) = self.world_within(&main, index).await else { continue };
            if let Ok(inner) = self.gather(world, selectors).await
                && (!inner.facts.fields.is_empty() || (page.facts.buttons.is_empty() && !inner.facts.buttons.is_empty()))
            {
                return Ok(Look { facts: page.facts.holding(inner.facts), place: inner.place });
            }
        }
        Ok(page)
    }

    async fn gather(&self, world: World, selectors: &Selectors) -> Result<Look, Fault> {
        let wanted = json!({ "username": selectors.username, "password": selectors.password, "button": selectors.button });
        let script = format!("(() => {{ const seen = (function () {{ {CLASSIFY} }})({wanted}); {ELEMENTS} = seen.elements; return seen.facts; }})()");
        let facts = self.evaluate(&world, &script).await?;
        let facts = serde_json::from_value(facts).map_err(|error| Fault::Moved(format!("the page's facts make no sense: {error}")))?;
        Ok(Look { facts, place: Place::World(world) })
    }

    /// The world in a frame, by the number of its element.
    async fn world_within(&self, main: &World, index: usize) -> Result<World, Fault> {
        let params = json!({ "expression": format!("{ELEMENTS}[{index}]"), "contextId": main.context });
        let element = self.call_in(&main.session, "Runtime.evaluate", params).await?;
        let node = self.call_in(&main.session, "DOM.describeNode", json!({ "objectId": element["result"]["objectId"] })).await?;
        let frame = node["node"]["frameId"].as_str().ok_or_else(|| Fault::Moved("a frame is gone".to_owned()))?;
        Ok(World { within: Some(index), ..self.world(frame).await? })
    }

    /// Does what was decided on.
    pub async fn act(&self, world: &World, next: &Move, user: &User) -> Result<(), Fault> {
        match next {
            Move::Login { username, password, submit, tick } => {
                let secret = user.password.expose_secret();
                let name = username.map(|index| (index, user.username.as_str()));
                // What the browser says may quote what was typed.
                let typed = self.fill(world, name.into_iter().chain([(*password, secret)]), tick).await;
                typed.map_err(|fault| fault.without(secret))?;
                self.send(world, *submit, *password).await
            }
            Move::Identify { username, submit, tick } => {
                self.fill(world, std::iter::once((*username, user.username.as_str())), tick).await?;
                self.send(world, *submit, *username).await
            }
            Move::Press { button, tick } => {
                if !tick.is_empty() {
                    self.fill(world, std::iter::empty(), tick).await?;
                }
                self.press(world, *button).await
            }
            Move::Wait(_) | Move::Stop(_) => Ok(()),
        }
    }

    /// Runs the body of a function on an element.
    async fn on(&self, world: &World, index: usize, body: &str) -> Result<Value, Fault> {
        let script = format!("(async (e) => {{ if (!e?.isConnected) throw new Error('an element is gone'); {body} }})({ELEMENTS}?.[{index}])");
        self.evaluate(world, &script).await
    }

    /// Types texts into fields, in the place of what is there: all of a text at once but the last character, which is a key that is pressed. What got lost
    /// on the way is set, with the events that typing sends. Then ticks boxes.
    async fn fill<'a>(&self, world: &World, fields: impl Iterator<Item = (usize, &'a str)>, tick: &[usize]) -> Result<(), Fault> {
        let mut typed = Vec::new();
        for (index, text) in fields {
            self.on(world, index, "e.scrollIntoView({ block: 'center', behavior: 'instant' }); e.focus(); e.select?.();").await?;
            let last = text.char_indices().next_back().map_or(0, |(at, _)| at);
            let (first, last) = text.split_at(last);
            if !first.is_empty() {
                self.call("Input.insertText", json!({ "text": first })).await?;
            }
            if !last.is_empty() {
                self.key(last, last, json!({})).await?;
            }
            typed.push(json!([index, text]));
        }
        let script = format!(
            "(() => {{ const all = {ELEMENTS} ?? []; for (const [i, v] of {typed}) {{ const e = all[i]; if (!e || e.value === v) continue; \
             Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(e, v); \
             for (const t of ['input', 'change']) e.dispatchEvent(new Event(t, {{ bubbles: true }})); }} \
             for (const i of {tick}) if (all[i] && !all[i].checked) all[i].click(); }})()",
            typed = json!(typed),
            tick = json!(tick)
        );
        self.evaluate(world, &script).await.map(drop)
    }

    /// Presses a key.
    async fn key(&self, key: &str, text: &str, more: Value) -> Result<(), Fault> {
        let event = |kind: &str, text: Option<&str>| {
            let mut event = more.clone();
            (event["type"], event["key"]) = (json!(kind), json!(key));
            if let Some(text) = text {
                event["text"] = json!(text);
            }
            event
        };
        let down = self.call("Input.dispatchKeyEvent", event("keyDown", Some(text)));
        let up = self.call("Input.dispatchKeyEvent", event("keyUp", None));
        futures::try_join!(down, up).map(drop)
    }

    async fn send(&self, world: &World, submit: Option<usize>, field: usize) -> Result<(), Fault> {
        let Some(button) = submit else {
            self.on(world, field, "e.focus();").await?;
            return self.key("Enter", "\r", json!({ "code": "Enter", "windowsVirtualKeyCode": 13 })).await;
        };
        self.press(world, button).await
    }

    /// Presses a button with the mouse. What lies over it is got round by a script's click.
    async fn press(&self, world: &World, index: usize) -> Result<(), Fault> {
        // A script may enable it in answer to what was typed and ticked, a little later.
        let place = "for (const end = Date.now() + 1000; e.matches(':disabled') && Date.now() < end;) await new Promise((done) => setTimeout(done, 10)); \
            e.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' }); \
            const box = e.getBoundingClientRect(), [x, y] = [box.x + box.width / 2, box.y + box.height / 2]; \
            const hit = Document.prototype.elementFromPoint.call(e.ownerDocument, x, y), inner = hit?.shadowRoot?.contains(e) ? e : hit; \
            return inner && (inner === e || e.contains(inner)) ? { x, y } : null;";
        let mut at = self.on(world, index, place).await?;
        if at.is_null() {
            return self.on(world, index, "e.click();").await.map(drop);
        }
        if let Some(frame) = world.within {
            let main = self.world(self.main_frame()).await?;
            let corner = self.on(&main, frame, "const box = e.getBoundingClientRect(); return { x: box.x + e.clientLeft, y: box.y + e.clientTop };");
            let corner = corner.await?;
            for axis in ["x", "y"] {
                at[axis] = json!(at[axis].as_f64().unwrap_or_default() + corner[axis].as_f64().unwrap_or_default());
            }
        }
        let event = |kind: &str, buttons: u8| {
            let button = if kind == "mouseMoved" { "none" } else { "left" };
            let event =
                json!({ "type": kind, "x": at["x"], "y": at["y"], "button": button, "buttons": buttons, "clickCount": u8::from(button == "left") });
            self.call("Input.dispatchMouseEvent", event)
        };
        futures::try_join!(event("mousePressed", 1), event("mouseReleased", 0)).map(drop)
    }
}
