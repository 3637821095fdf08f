//! `oa-authtest`: parse, run, exit code.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    if let Some(code) = oa_authtest::guard::main_if_asked() {
        return code;
    }
    oa_authtest::command::run(oa_authtest::cli::Cli::parse()).into()
}
