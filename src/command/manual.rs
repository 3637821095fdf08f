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
    say(&String::from_utf8_lossy(&script))?;
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
