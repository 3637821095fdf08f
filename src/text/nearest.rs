//! «Did you mean …»: the nearest of some names by edit distance (a swap of neighbours counts as one edit).

use strsim::osa_distance;

/// The name nearest to what was written, if one is near enough to have been meant.
pub fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_lowercase().replace('_', "-");
    let most = (written.chars().count() / 3).clamp(1, 3);
    names
        .into_iter()
        .map(|name| (osa_distance(&written, &name.replace('_', "-")), name))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_what_is_near() {
        let names = ["issuer", "jobs", "orders-feed", "fail-on"];
        assert_eq!(nearest("isuer", names), Some("issuer"));
        assert_eq!(nearest("jbos", names), Some("jobs"));
        assert_eq!(nearest("orders_feed", names), Some("orders-feed"));
        assert_eq!(nearest("Fail_On", names), Some("fail-on"));
        assert_eq!(nearest("zebra", names), None);
        assert_eq!(nearest("", names), None);
        assert_eq!(nearest("💥💥💥", names), None);
    }
}
