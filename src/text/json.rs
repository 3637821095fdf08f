//! What is said of a text that is not JSON, or not the JSON that it should be.

/// The words of an error without its place, which is told apart.
pub fn message(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    said.strip_suffix(&place).unwrap_or(&said).to_owned()
}
