//! What a running driver says of itself: whether there is room for one more session.

use serde_json::Value;
use url::Url;

/// How much of the answer is read, in bytes. A grid of a thousand slots needs half a megabyte.
const MOST: usize = 4 * 1024 * 1024;

/// The status (`WebDriver` 8.3), and what a Selenium Grid adds to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Status {
    /// It says that it has no room.
    is_full: bool,
    /// The nodes of a grid, where it is one.
    nodes: Option<Vec<Node>>,
}

/// A node of a grid.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    /// It takes new sessions.
    is_up: bool,
    /// How many more it takes, of whichever browser.
    room: usize,
    /// The browser of each slot, and whether it is free.
    slots: Vec<(String, bool)>,
}

impl Status {
    /// Asks for it. One that cannot be had says nothing against a further session.
    pub async fn of(http: &reqwest::Client, webdriver: &Url) -> Self {
        read(http, webdriver).await.map(|answer| Self::read(&answer["value"])).unwrap_or_default()
    }

    fn read(value: &Value) -> Self {
        let nodes = value["nodes"].as_array().map(|nodes| nodes.iter().map(Node::read).collect());
        Self { is_full: value["ready"] == false, nodes }
    }

    /// True of a grid without a slot for this browser.
    pub fn lacks(&self, browser: &str) -> bool {
        self.nodes.as_ref().is_some_and(|nodes| nodes.iter().all(|node| node.slots_for(browser) == 0))
    }

    /// How many more sessions of this browser there is room for, as far as it says.
    pub fn free(&self, browser: &str) -> usize {
        match &self.nodes {
            Some(nodes) => nodes.iter().map(|node| node.free(browser)).sum(),
            None if self.is_full => 0,
            None => usize::MAX,
        }
    }

    /// What a grid has, to go on with after what is wrong.
    pub fn words(&self, browser: &str) -> String {
        let Some(nodes) = &self.nodes else { return String::new() };
        let slots: usize = nodes.iter().map(|node| node.slots_for(browser)).sum();
        format!(" (the grid has {slots} slots for {browser}, {} of them free)", self.free(browser))
    }
}

impl Node {
    fn read(node: &Value) -> Self {
        let slot = |slot: &Value| (slot["stereotype"]["browserName"].as_str().unwrap_or_default().to_owned(), slot["session"].is_null());
        let slots: Vec<_> = node["slots"].as_array().into_iter().flatten().map(slot).collect();
        let used = slots.iter().filter(|(_, is_free)| !is_free).count();
        let most = node["maxSessions"].as_u64().and_then(|most| usize::try_from(most).ok()).unwrap_or(slots.len());
        Self { is_up: node["availability"].as_str().is_none_or(|word| word == "UP"), room: most.saturating_sub(used), slots }
    }

    fn slots_for(&self, browser: &str) -> usize {
        self.slots.iter().filter(|(name, _)| name == browser).count()
    }

    fn free(&self, browser: &str) -> usize {
        let free = self.slots.iter().filter(|(name, is_free)| name == browser && *is_free).count();
        if self.is_up { free.min(self.room) } else { 0 }
    }
}

async fn read(http: &reqwest::Client, webdriver: &Url) -> Option<Value> {
    let mut answer = http.get(webdriver.join("status").ok()?).send().await.ok()?;
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > MOST {
            return None;
        }
    }
    serde_json::from_slice(&body).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_driver_says_whether_it_has_room() {
        assert_eq!(Status::read(&json!({ "ready": true, "message": "ChromeDriver ready for new sessions." })).free("chrome"), usize::MAX);
        let full = Status::read(&json!({ "ready": false, "message": "Session already started" }));
        assert_eq!((full.free("firefox"), full.lacks("chrome"), full.words("firefox").as_str()), (0, false, ""));
        assert_eq!(Status::read(&Value::Null), Status::default());
        assert_eq!(Status::default().free("chrome"), usize::MAX, "what is not said is tried");
    }

    #[test]
    fn a_grid_says_what_its_nodes_have() {
        let slot = |name: &str, session: Value| json!({ "session": session, "stereotype": { "browserName": name, "platformName": "linux" } });
        let (used, free) = (json!({ "sessionId": "5a71" }), Value::Null);
        // A node with two browsers takes no more sessions than one of them may have.
        let both = json!({ "availability": "UP", "maxSessions": 2,
            "slots": [slot("chrome", used), slot("chrome", free.clone()), slot("firefox", free.clone()), slot("firefox", free.clone())] });
        let draining = json!({ "availability": "DRAINING", "maxSessions": 1, "slots": [slot("chrome", free.clone())] });
        let only = json!({ "availability": "UP", "maxSessions": 3, "slots": [slot("firefox", free.clone()), slot("firefox", free.clone()), slot("firefox", free)] });
        let grid = Status::read(&json!({ "ready": true, "nodes": [both, draining, only] }));
        assert_eq!((grid.free("chrome"), grid.free("firefox"), grid.free("safari")), (1, 4, 0));
        assert!(grid.lacks("safari") && !grid.lacks("chrome"));
        assert_eq!(grid.words("chrome"), " (the grid has 3 slots for chrome, 1 of them free)");
        let empty = Status::read(&json!({ "ready": false, "nodes": [] }));
        assert!(empty.lacks("chrome") && empty.free("chrome") == 0);
    }
}
