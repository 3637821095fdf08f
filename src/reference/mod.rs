//! The generated parts of the documentation: rules, flaws, settings, coverage. `tests/docs.rs` keeps the files current.

mod certification;
pub mod coverage;
mod families;
mod flaws;
pub mod own_tests;
mod rules;
mod settings;

pub use certification::certification;
pub use coverage::coverage;
pub use families::{Family, families};
pub use flaws::flaws;
pub use rules::{contents, family, index};
pub use settings::settings;

/// What generated files begin with.
const GENERATED: &str = "<!-- Generated from the program: `GOLDEN=write cargo test --test integration docs` writes it again. -->\n\n";

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The anchor that GitHub and mdbook make of a heading.
fn anchor(heading: &str) -> String {
    let letters = heading.to_lowercase().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).collect::<String>();
    letters.replace(' ', "-")
}
