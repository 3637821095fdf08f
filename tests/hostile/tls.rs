//! TLS and HTTP/2 that go wrong.

/// How many cases there are here.
pub const CASES: usize = 0;
