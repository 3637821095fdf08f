//! `completions` and `man`: what is made from the command line's own description.

use std::path::Path;

use clap::CommandFactory as _;

use super::{Failure, document, say};
use crate::cli::Cli;
use crate::exit::Exit;

/// The script that a shell completes by.
pub(super) fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, name, &mut script);
    // For bash clap_complete 4.6 looks up sub-commands by another spelling of our name than it keeps them under, because of the hyphen.
    let script = String::from_utf8_lossy(&script).replace("oa__subcmd__authtest", "oa__authtest");
    document(&script)
}

/// The manual: its main page, or a page for each command in a folder.
pub(super) fn man(dir: Option<&Path>) -> Result<Exit, Failure> {
    let Some(dir) = dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(Failure::Output)?;
        return document(&String::from_utf8_lossy(&page));
    };
    let unwritable = |why: std::io::Error| Failure::Unwritable(format!("could not write the manual to {} (--dir): {why}", dir.display()));
    std::fs::create_dir_all(dir).map_err(unwritable)?;
    // `help` has no page of its own: it shows those of the others.
    clap_mangen::generate_to(Cli::command().disable_help_subcommand(true), dir).map_err(unwritable)?;
    say(&format!("{}\n", dir.display()))
}
