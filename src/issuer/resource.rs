//! What the issuer's tokens are for, beside it for the sake of a complete demonstration: the orders feed, and the dataset site that names
//! the issuer.

use super::scope::ORDERS_FEED;
use crate::issuer::prelude::*;

static FEED: &str = include_str!("../../fixtures/issuer/openactive/orders-feed.json");
static DATASET: &str = include_str!("../../fixtures/issuer/openactive/dataset.json");

/// `GET` of the orders feed: a page of RPDE for a token with the right scope.
pub async fn orders_feed(State(issuer): State<Arc<Issuer>>, headers: HeaderMap) -> Answer {
    let Some(token) = bearer::token(&issuer, &headers) else {
        return issuer.reply(&[Site::OrdersFeedRefusal], OauthError::no_token().reply());
    };
    bearer::access(&issuer, &headers, token, ORDERS_FEED)?;
    let page = pages::document(FEED, &issuer.url)?;
    issuer.reply(&[Site::OrdersFeed], Reply::ok(page))
}

/// `GET` of the dataset site: a page for people with the same as JSON-LD in it.
pub async fn dataset_site(State(issuer): State<Arc<Issuer>>) -> Answer {
    let mut dataset = pages::document(DATASET, &issuer.url)?;
    issuer.defect.patch_json(&[Site::DatasetSite], &mut dataset)?;
    Ok(issuer.defect.patch_http(&[Site::DatasetSite], Reply::page(StatusCode::OK, pages::dataset(&dataset)?))?)
}
