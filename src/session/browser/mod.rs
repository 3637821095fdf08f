//! The user agent with a screen: a real browser over `WebDriver`, observed over `WebDriver BiDi`.

pub mod page;
pub mod sight;
mod words;
