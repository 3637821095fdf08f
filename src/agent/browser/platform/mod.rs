//! What differs from system to system: where browsers and their drivers are, how they are installed, and what can be asked of them.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::*;
#[cfg(windows)]
pub use windows::*;
