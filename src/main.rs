//! `oa-authtest`: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = oa_authtest::guard::main_if_asked() {
        return code;
    }
    if std::env::args_os().len() < 2 {
        return oa_authtest::command::start().into();
    }
    oa_authtest::command::main().into()
}
