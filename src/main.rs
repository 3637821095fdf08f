//! The command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = oa_authtest::guard::main_if_asked() {
        return code;
    }
    ExitCode::SUCCESS
}
