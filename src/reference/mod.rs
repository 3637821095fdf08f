//! The generated parts of the documentation: rules, flaws, settings. `tests/docs.rs` keeps the files current.

mod families;
mod flaws;
mod rules;
mod settings;

pub use families::{Family, families};
pub use flaws::flaws;
pub use rules::{contents, family, index};
pub use settings::settings;

/// What generated files begin with.
const GENERATED: &str = "<!-- Generated from the program: `GOLDEN=write cargo test --test integration docs` writes it again. -->\n\n";
