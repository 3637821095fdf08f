//! `completions` and `man`: what is made from the command line's own description.

use clap::CommandFactory as _;

use super::{Failure, say};
use crate::cli::{Cli, CompletionsArgs, ManArgs};
use crate::exit::Exit;

/// The script that a shell completes by.
pub(super) fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    // For bash clap_complete 4.6 looks up sub-commands by another spelling of our name than it keeps them under, because of the hyphen.
    let script = String::from_utf8_lossy(&script).replace("oa__subcmd__authtest", "oa__authtest");
    say(&script)?;
    Ok(Exit::Conformant)
}

/// The manual: its main page, or a page for each command in a folder.
pub(super) fn man(args: &ManArgs) -> Result<Exit, Failure> {
    let Some(dir) = &args.dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(Failure::Output)?;
        say(&String::from_utf8_lossy(&page))?;
        return Ok(Exit::Conformant);
    };
    let unwritable = |why: std::io::Error| Failure::Unwritable(format!("could not write the manual to {} (--dir): {why}", dir.display()));
    std::fs::create_dir_all(dir).map_err(unwritable)?;
    clap_mangen::generate_to(Cli::command(), dir).map_err(unwritable)?;
    say(&format!("{}\n", dir.display()))?;
    Ok(Exit::Conformant)
}
