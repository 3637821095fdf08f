//! The one place where a flaw becomes something wrong in what the issuer sends.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use http::HeaderName;

use super::{Flaw, Patch};
use crate::issuer::prelude::*;

/// The longest string that `$repeat` makes, in bytes.
const LONGEST_REPEAT: usize = 4 << 20;

/// Why a patch does not fit what it is applied to.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the flaw {flaw} cannot be applied at {site:?}: {why}")]
pub struct PatchError {
    /// The flaw's name.
    pub flaw: String,
    /// Where.
    pub site: Site,
    /// What does not fit.
    pub why: PatchFault,
}

/// What does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PatchFault {
    /// Not a JSON pointer (RFC 6901): neither empty nor beginning with a slash.
    #[error("{0:?} is not a JSON pointer")]
    NotAPointer(String),
    /// `set` under something that is not there.
    #[error("{0:?} has no parent to set it in")]
    NoParent(String),
    /// `set` or `remove` of something that is not JSON.
    #[error("there is no JSON to change")]
    NoJson,
    /// A `$now`, `$now-ms` or `$repeat` with arguments that mean nothing.
    #[error("{0} is not a special value")]
    Special(String),
    /// A status outside 100 to 999.
    #[error("{0} is not a status")]
    Status(u16),
    /// A header with a name or value that HTTP does not allow.
    #[error("{0:?} is not a header, or its value neither a string nor null")]
    Header(String),
    /// `status`, `headers` or `body` of something that is not a response.
    #[error("only `set` and `remove` mean something here")]
    NotAResponse,
}

/// A place in the issuer where a flaw can show: where it would be another if it had that flaw. So what is asked last, of all that decides there, is whether
/// the issuer has it: a check that a good request passes anyway is no such place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// What a patch is applied to.
    Site(Site),
    /// A check that can be waived.
    Check(Check),
    /// A behaviour that can be another.
    Behaviour(Behaviour),
}

impl Flaw {
    /// True for a variant, which is no fault.
    pub fn is_variant(&self) -> bool {
        !self.spares.is_empty()
    }

    /// Where it shows. An issuer that never comes to any of these places is as it would be without the flaw.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        let patches = self.patch.iter().map(|patch| Place::Site(patch.at));
        let waived = self.waives.iter().map(|check| Place::Check(*check));
        patches.chain(waived).chain(self.behaviour.map(Place::Behaviour))
    }
}

/// The flaw a running issuer has, or none. Nothing else makes an issuer with a flaw another than one without.
#[derive(Debug, Clone, Default)]
pub struct Defect {
    flaw: Option<Flaw>,
    /// The places that an issuer without a flaw came to.
    seen: Arc<Mutex<HashSet<Place>>>,
}

impl Defect {
    /// This flaw, or none.
    pub fn new(flaw: Option<Flaw>) -> Self {
        Self { flaw, ..Self::default() }
    }

    /// Where another flaw would have shown so far, if the issuer has none.
    pub fn seen(&self) -> HashSet<Place> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The flaw, if there is one. If not, it is noted where it would have shown.
    fn at(&self, places: impl IntoIterator<Item = Place>) -> Option<&Flaw> {
        if self.flaw.is_none() {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).extend(places);
        }
        self.flaw.as_ref()
    }

    /// True if the issuer behaves in this wrong way.
    pub fn does(&self, behaviour: Behaviour) -> bool {
        self.at([Place::Behaviour(behaviour)]).is_some_and(|flaw| flaw.behaviour == Some(behaviour))
    }

    /// True if the issuer makes this check.
    pub fn checks(&self, check: Check) -> bool {
        !self.at([Place::Check(check)]).is_some_and(|flaw| flaw.waives.contains(&check))
    }

    /// Changes a JSON value: the claims or header of a token, the parameters of an authorization response.
    ///
    /// # Errors
    /// If a patch does not fit the value.
    pub fn patch_json(&self, sites: &[Site], value: &mut Value) -> Result<(), PatchError> {
        self.each(sites, |patch| patch_json(patch, value))
    }

    /// Changes a reply: its JSON content first, then its status, headers and body.
    ///
    /// # Errors
    /// If a patch does not fit the reply.
    pub fn patch_reply(&self, sites: &[Site], mut reply: Reply) -> Result<Reply, PatchError> {
        self.each(sites, |patch| {
            match &mut reply.content {
                Content::Json(value) => patch_json(patch, value)?,
                _ if patch.set.is_empty() && patch.remove.is_empty() => {}
                _ => return Err(PatchFault::NoJson),
            }
            patch_http(patch, &mut reply)
        })?;
        Ok(reply)
    }

    /// Changes the status, headers and body of a reply whose JSON went through [`Defect::patch_json`] before.
    ///
    /// # Errors
    /// If a patch names no status or header.
    pub fn patch_http(&self, sites: &[Site], mut reply: Reply) -> Result<Reply, PatchError> {
        self.each(sites, |patch| patch_http(patch, &mut reply))?;
        Ok(reply)
    }

    fn each(&self, sites: &[Site], mut apply: impl FnMut(&Patch) -> Result<(), PatchFault>) -> Result<(), PatchError> {
        let Some(flaw) = self.at(sites.iter().copied().map(Place::Site)) else { return Ok(()) };
        for patch in flaw.patch.iter().filter(|patch| sites.contains(&patch.at)) {
            apply(patch).map_err(|why| PatchError { flaw: flaw.name.clone(), site: patch.at, why })?;
        }
        Ok(())
    }
}

/// What can be known to be wrong with a patch before anything is sent.
pub fn fault(patch: &Patch) -> Option<PatchFault> {
    let bad_pointer = patch.set.keys().chain(&patch.remove).find(|pointer| !pointer.is_empty() && !pointer.starts_with('/'));
    if let Some(pointer) = bad_pointer {
        return Some(PatchFault::NotAPointer(pointer.clone()));
    }
    if let Some(fault) = patch.set.values().find_map(|value| special(value).err()) {
        return Some(fault);
    }
    let within_a_token = matches!(
        patch.at,
        Site::IdToken
            | Site::IdTokenHeader
            | Site::IdTokenRefresh
            | Site::IdTokenResponse
            | Site::AccessToken
            | Site::AccessTokenHeader
            | Site::AccessTokenClientCredentials
            | Site::UserinfoSignedHeader
            | Site::JweHeader
    );
    if within_a_token && (patch.status.is_some() || !patch.headers.is_empty() || patch.body.is_some()) {
        return Some(PatchFault::NotAResponse);
    }
    if patch.at == Site::EveryResponse && !(patch.set.is_empty() && patch.remove.is_empty()) {
        return Some(PatchFault::NoJson);
    }
    patch_http(patch, &mut Reply::empty(StatusCode::OK)).err()
}

fn patch_json(patch: &Patch, value: &mut Value) -> Result<(), PatchFault> {
    for (pointer, new) in &patch.set {
        set(value, pointer, special(new)?)?;
    }
    for pointer in &patch.remove {
        remove(value, pointer)?;
    }
    Ok(())
}

fn patch_http(patch: &Patch, reply: &mut Reply) -> Result<(), PatchFault> {
    if let Some(status) = patch.status {
        reply.status = StatusCode::from_u16(status).map_err(|_| PatchFault::Status(status))?;
    }
    for (name, value) in &patch.headers {
        let bad = || PatchFault::Header(name.clone());
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
        match value {
            Value::Null => {
                reply.headers.remove(name);
            }
            Value::String(text) => {
                reply.headers.insert(name, HeaderValue::from_str(text).map_err(|_| bad())?);
            }
            _ => return Err(bad()),
        }
    }
    if let Some(body) = &patch.body {
        reply.content = Content::Text(body.clone());
    }
    Ok(())
}

/// The parent's pointer and the last token, unescaped (RFC 6901 4).
fn split(pointer: &str) -> Result<(&str, String), PatchFault> {
    let (parent, last) = pointer.rsplit_once('/').ok_or_else(|| PatchFault::NotAPointer(pointer.to_owned()))?;
    Ok((parent, last.replace("~1", "/").replace("~0", "~")))
}

fn set(value: &mut Value, pointer: &str, new: Value) -> Result<(), PatchFault> {
    if pointer.is_empty() {
        *value = new;
        return Ok(());
    }
    let (parent, last) = split(pointer)?;
    let no_parent = || PatchFault::NoParent(pointer.to_owned());
    match value.pointer_mut(parent).ok_or_else(no_parent)? {
        Value::Object(members) => {
            members.insert(last, new);
        }
        Value::Array(items) if last == "-" => items.push(new),
        Value::Array(items) => {
            let item = last.parse().ok().and_then(|index: usize| items.get_mut(index)).ok_or_else(no_parent)?;
            *item = new;
        }
        _ => return Err(no_parent()),
    }
    Ok(())
}

/// Leaves a member out. One that is not there is no error: the same patch meets tokens with and without a nonce.
fn remove(value: &mut Value, pointer: &str) -> Result<(), PatchFault> {
    let (parent, last) = split(pointer)?;
    match value.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.shift_remove(&last);
        }
        Some(Value::Array(items)) => {
            if let Some(index) = last.parse().ok().filter(|index: &usize| *index < items.len()) {
                items.remove(index);
            }
        }
        _ => {}
    }
    Ok(())
}

/// The value with every special value in it worked out.
fn special(value: &Value) -> Result<Value, PatchFault> {
    match value {
        Value::Array(items) => items.iter().map(special).collect::<Result<_, _>>().map(Value::Array),
        Value::Object(members) => {
            let only = members.iter().next().filter(|_| members.len() == 1);
            let bad = || PatchFault::Special(value.to_string());
            match only {
                Some((name, argument)) if name == "$now" => {
                    let seconds = argument.as_i64().ok_or_else(bad)?;
                    Ok(json!((now_ms() / 1000).saturating_add(seconds)))
                }
                Some((name, argument)) if name == "$now-ms" => {
                    let seconds = argument.as_i64().ok_or_else(bad)?;
                    Ok(json!(now_ms().saturating_add(seconds.saturating_mul(1000))))
                }
                Some((name, argument)) if name == "$repeat" => {
                    let text = argument.get(0).and_then(Value::as_str).ok_or_else(bad)?;
                    let times = argument.get(1).and_then(Value::as_u64).and_then(|times| usize::try_from(times).ok()).ok_or_else(bad)?;
                    let fits = text.len().checked_mul(times).is_some_and(|length| length <= LONGEST_REPEAT);
                    if fits { Ok(json!(text.repeat(times))) } else { Err(bad()) }
                }
                _ => members.iter().map(|(name, member)| Ok((name.clone(), special(member)?))).collect::<Result<_, _>>().map(Value::Object),
            }
        }
        plain => Ok(plain.clone()),
    }
}

/// Milliseconds since the epoch.
fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Defect, PatchFault, fault, now_ms};
    use crate::issuer::flaw::{Flaw, Patch, Site};
    use crate::issuer::reply::{Content, Reply};
    use http::StatusCode;
    use serde_json::{Value, json};

    fn defect(patch: &Value) -> Defect {
        let flaw: Flaw = serde_json::from_value(json!({ "name": "x", "says": "Is wrong.", "trips": [], "patch": [patch] })).unwrap();
        Defect::new(Some(flaw))
    }

    fn patched(patch: &Value, mut value: Value) -> Result<Value, PatchFault> {
        defect(patch).patch_json(&[Site::Discovery], &mut value).map_err(|error| error.why)?;
        Ok(value)
    }

    #[test]
    fn members_are_set_appended_replaced_and_removed() {
        let value = patched(
            &json!({ "at": "discovery", "set": { "/a": 1, "/list/-": 3, "/list/0": 0, "/x~1y": true }, "remove": ["/b", "/absent", "/deep/er"] }),
            json!({ "b": 1, "list": [1, 2] }),
        );
        assert_eq!(value.unwrap(), json!({ "list": [0, 2, 3], "a": 1, "x/y": true }));
    }

    #[test]
    fn a_missing_parent_is_an_error() {
        let parent = patched(&json!({ "at": "discovery", "set": { "/a/b": 1 } }), json!({}));
        assert_eq!(parent, Err(PatchFault::NoParent("/a/b".to_owned())));
        let index = patched(&json!({ "at": "discovery", "set": { "/a/2": 1 } }), json!({ "a": [] }));
        assert_eq!(index, Err(PatchFault::NoParent("/a/2".to_owned())));
    }

    #[test]
    fn special_values_are_worked_out_wherever_they_are() {
        let patch = json!({ "at": "discovery", "set": {
            "/soon": { "$now": 60 }, "/ms": { "$now-ms": -1 }, "/long": [{ "$repeat": ["ab", 3] }], "/plain": { "$now": 1, "other": 2 } } });
        let value = patched(&patch, json!({})).unwrap();
        let now = now_ms() / 1000;
        assert!((now + 55..=now + 60).contains(&value["soon"].as_i64().unwrap()));
        assert!(value["ms"].as_i64().unwrap() > now * 1000 - 10_000);
        assert_eq!(value["long"], json!(["ababab"]));
        assert_eq!(value["plain"], json!({ "$now": 1, "other": 2 }));
    }

    #[test]
    fn replies_are_changed_at_their_site_only() {
        let defect = defect(&json!({ "at": "token", "status": 203, "headers": { "Cache-Control": null, "X-A": "b" }, "set": { "/a": 1 } }));
        let reply = || Reply::json(StatusCode::OK, json!({})).no_store();
        let changed = defect.patch_reply(&[Site::Token, Site::TokenRefresh], reply()).unwrap();
        assert_eq!(changed.status, 203);
        assert!(changed.headers.get("cache-control").is_none());
        assert_eq!(changed.headers["x-a"], "b");
        assert_eq!(changed.content, Content::Json(json!({ "a": 1 })));
        assert_eq!(defect.patch_reply(&[Site::Userinfo], reply()).unwrap().status, 200);
        assert_eq!(defect.patch_reply(&[Site::Token], Reply::empty(StatusCode::OK)).unwrap_err().why, PatchFault::NoJson);
    }

    #[test]
    fn a_body_replaces_the_content_and_keeps_the_content_type() {
        let defect = defect(&json!({ "at": "token", "body": "{" }));
        let changed = defect.patch_reply(&[Site::Token], Reply::json(StatusCode::OK, json!({}))).unwrap();
        assert_eq!(changed.content, Content::Text("{".to_owned()));
        assert_eq!(changed.headers["content-type"], "application/json");
    }

    #[test]
    fn faults_are_known_before_anything_is_sent() {
        let fault = |patch: Value| fault(&serde_json::from_value::<Patch>(patch).unwrap());
        assert_eq!(fault(json!({ "at": "token", "set": { "a": 1 } })), Some(PatchFault::NotAPointer("a".to_owned())));
        assert!(matches!(fault(json!({ "at": "token", "set": { "/a": { "$now": "x" } } })), Some(PatchFault::Special(_))));
        assert_eq!(fault(json!({ "at": "id-token", "status": 200 })), Some(PatchFault::NotAResponse));
        assert_eq!(fault(json!({ "at": "every-response", "remove": ["/a"] })), Some(PatchFault::NoJson));
        assert_eq!(fault(json!({ "at": "token", "status": 12 })), Some(PatchFault::Status(12)));
        assert_eq!(fault(json!({ "at": "token", "headers": { "a": 1 } })), Some(PatchFault::Header("a".to_owned())));
        assert_eq!(fault(json!({ "at": "token", "set": { "/a": 1 }, "headers": { "a": null } })), None);
    }
}
