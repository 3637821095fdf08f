//! The issuer we ship: well-behaved, on loopback, with personas and flaws. It knows nothing of rules or reports.

pub mod flaw;
