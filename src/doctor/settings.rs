//! Which settings there are and where each comes from. Values are not shown, so no secret is.

use super::{Doctor, Seen};
use crate::config::{FILE_NAME, Origin};

impl Doctor<'_> {
    pub(super) fn settings(&mut self) {
        let file = match &self.sources.file {
            Some(path) => format!("{} was read", path.display()),
            None if self.sources.given.iter().any(|(_, origin)| *origin == Origin::Demo) => {
                "no configuration file (--demo reads one only if --config names it)".to_owned()
            }
            None => format!("no configuration file (there is no {FILE_NAME} here and --config names none)"),
        };
        let mut parts = vec![file];
        let of = |wanted: fn(&Origin) -> bool| -> Vec<String> {
            let given = self.sources.given.iter().filter(|(_, origin)| wanted(origin));
            given
                .map(|(setting, origin)| match origin {
                    Origin::File { line, key, .. } => format!("{key} (line {line})"),
                    Origin::Variable(name) => (*name).to_owned(),
                    _ => setting.flag.to_owned(),
                })
                .collect()
        };
        for (what, given) in [
            ("from the file", of(|origin| matches!(origin, Origin::File { .. }))),
            ("from variables", of(|origin| matches!(origin, Origin::Variable(_)))),
            ("from flags", of(|origin| matches!(origin, Origin::Flag(_)))),
            ("from the embedded issuer", of(|origin| matches!(origin, Origin::Demo))),
            ("from the dataset site", of(|origin| matches!(origin, Origin::DatasetSite))),
        ] {
            if !given.is_empty() {
                parts.push(format!("{what}: {}", given.join(", ")));
            }
        }
        self.note("settings", "Settings", Seen::fine(parts.join("; ")));
    }
}
