//! Unguessable strings.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// 256 bits of the system's randomness, base64url: 43 characters.
pub fn secret() -> String {
    let mut bytes = [0_u8; 32];
    SystemRandom::new().fill(&mut bytes).expect("the system's random number generator works once the process runs");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// 128 bits of the system's randomness: 32 hexadecimal digits.
pub fn hex() -> String {
    let mut bytes = [0_u8; 16];
    SystemRandom::new().fill(&mut bytes).expect("the system's random number generator works once the process runs");
    format!("{:032x}", u128::from_be_bytes(bytes))
}

/// True if both are the same; takes as long whatever they differ in.
pub fn same(left: &str, right: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(left.as_bytes(), right.as_bytes()).is_ok()
}
