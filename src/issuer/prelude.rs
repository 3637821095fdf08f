//! What nearly every file of the issuer is written with: `use crate::issuer::prelude::*;`.

pub use std::sync::Arc;
pub use std::time::Duration;

pub use aws_lc_rs::digest::{SHA256, digest};
pub use axum::Router;
pub use axum::body::Bytes;
pub use axum::extract::State;
pub use base64::Engine as _;
pub use base64::engine::general_purpose::URL_SAFE_NO_PAD;
pub use http::{HeaderMap, HeaderValue, StatusCode};
pub use serde_json::{Map, Value, json};
pub use thiserror::Error;
pub use url::{Url, form_urlencoded};

pub use crate::issuer::client::{AuthMethod, Client};
pub use crate::issuer::client_keys::ClientKeys;
pub use crate::issuer::client_metadata::Metadata;
pub use crate::issuer::flaw::apply::Defect;
pub use crate::issuer::flaw::{Behaviour, Check, Site};
pub use crate::issuer::grant::{Access, Grant};
pub use crate::issuer::keys::{Alg, KeyRing};
pub use crate::issuer::page_set::PageSet;
pub use crate::issuer::params::{Params, Query};
pub use crate::issuer::persona::{PersonaSettings, RefreshFor};
pub use crate::issuer::received_jwt::ReceivedJwt;
pub use crate::issuer::reply::{Answer, Content, OauthError, Problem, Reply};
pub use crate::issuer::requested::Requested;
pub use crate::issuer::scope::{OPENID, Scope};
pub use crate::issuer::state::{Issuer, USER_SUB};
pub use crate::text::random;
pub use crate::text::response_type::ResponseType;

pub(super) use crate::issuer::{bearer, claims, fetch, mutual_tls, pages, response_type, session_state};
