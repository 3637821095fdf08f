//! The table of settings, for `docs/settings.md`.

use std::fmt::Write as _;

use crate::config::setting::{Kind, SETTINGS};

/// The settings of a run as Markdown tables, one for each heading of `--help`.
pub fn settings() -> String {
    let mut out = String::new();
    let mut heading = "";
    for setting in SETTINGS {
        if setting.heading != heading {
            heading = setting.heading;
            let _ = write!(out, "\n**{heading}**\n\n| flag | in `oa-authtest.toml` | what it is | default |\n|---|---|---|---|\n");
        }
        let code = |text: &str| if text.is_empty() { String::new() } else { format!("`{text}`") };
        let value = match setting.kind {
            Kind::Switch => String::new(),
            _ if !setting.alone.is_empty() => format!(" [{}]", setting.value),
            _ => format!(" {}", setting.value),
        };
        let names = setting.kind.names();
        let names =
            if names.is_empty() { String::new() } else { format!(": {}", names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ")) };
        let what = format!("{}{names}", setting.what).replace('|', "\\|");
        let _ = writeln!(out, "| `{}{value}` | {} | {what} | {} |", setting.flag, code(setting.key), code(setting.default));
    }
    out.trim_start().to_owned()
}
