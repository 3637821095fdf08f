//! What a run over plain HTTP costs beside the time that the server itself needs, npm `oidc-provider`, which is one process: the processor's time that it takes
//! for the very requests of the run. To send these again would measure less: codes are used up and clients are gone, so most would be refused at once.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use url::Url;

use super::{Failure, median};

/// The line that needs Node.js and a server that is not ours (`scripts/bench` knows it too).
pub const SERVER: &str = "three profiles, --agent http, oidc-provider";
/// How many of the units in which Linux tells the processor's time are a second (`USER_HZ`).
const TICKS: f64 = 100.0;

/// npm `oidc-provider`, and what runs against it took. It ends with this program, whose end closes its standard input.
pub struct Server {
    process: Child,
    settings: Vec<String>,
    /// How long each run took.
    taken: Vec<Duration>,
    /// The processor's time of the server in each.
    needed: Vec<Duration>,
    /// The processor's time of the program in each.
    own: Vec<Duration>,
}

impl Server {
    /// Starts it, with its client at this redirect URI.
    pub async fn start(redirect_uri: &Url) -> Result<Self, Failure> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/oidc-provider");
        let mut command = Command::new("node");
        command.args(["issuer.mjs", "--access-tokens", "jwt", "--redirect-uri", redirect_uri.as_str()]).current_dir(folder);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let stdout = process.stdout.take().ok_or("the server says nothing")?;
        let line = BufReader::new(stdout).lines().next_line().await?.ok_or("the server does not introduce itself")?;
        let about: Value = serde_json::from_str(&line)?;
        let given = [
            ("--issuer", "issuer"),
            ("--ca-file", "caFile"),
            ("--client-id", "clientId"),
            ("--client-secret", "clientSecret"),
            ("--initial-access-token", "initialAccessToken"),
            ("--username", "username"),
            ("--password", "password"),
            ("--seller-id", "sellerId"),
            ("--orders-feed-url", "ordersFeedUrl"),
            ("--dataset-site-url", "datasetSiteUrl"),
        ];
        let settings = given.iter().flat_map(|(flag, name)| [(*flag).to_owned(), about[*name].as_str().unwrap_or_default().to_owned()]).collect();
        Ok(Self { process, settings, taken: Vec::new(), needed: Vec::new(), own: Vec::new() })
    }

    /// One run against it.
    pub async fn measure(&mut self, program: &Path, redirect_uri: &Url) -> Result<(), Failure> {
        let flags = ["--agent", "http", "--profile", "openactive,oidc,security"];
        let settings: Vec<&str> = self.settings.iter().map(String::as_str).collect();
        let server = self.process.id().ok_or("the server has ended")?.to_string();
        let before = (busy(&server, Fields::Own)?, busy("self", Fields::Children)?);
        let begun = Instant::now();
        let folder = tempfile::tempdir()?;
        let mut command = Command::new(program);
        command.current_dir(folder.path()).arg("run").args(&settings).args(["--redirect-uri", redirect_uri.as_str(), "--quiet"]).args(flags);
        let output = command.kill_on_drop(true).output().await?;
        // Rules that the product is known to break end a run with 1: it was made all the same.
        if !matches!(output.status.code(), Some(0 | 1)) {
            return Err(format!(
                "{flags:?}: {}\n{}{}",
                output.status,
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            )
            .into());
        }
        self.taken.push(begun.elapsed());
        self.needed.push(busy(&server, Fields::Own)?.saturating_sub(before.0));
        self.own.push(busy("self", Fields::Children)?.saturating_sub(before.1));
        Ok(())
    }

    /// The line of the table.
    pub fn row(&self) -> String {
        let (taken, needed) = (median(&self.taken), median(&self.needed));
        let seconds = |time: Option<&Duration>| time.map_or_else(String::new, |time| format!("{:.2}", time.as_secs_f64()));
        let (least, most) = (seconds(self.taken.iter().min()), seconds(self.taken.iter().max()));
        let ratio = if needed > 0.0 { taken / needed } else { 0.0 };
        format!("| {SERVER} | {taken:.2} s | {least} – {most} | {ratio:.2} × the server's own {needed:.2} s | 1.5 × |")
    }

    /// What stands below the table.
    pub fn words(&self) -> String {
        format!("The processor's time of the program in the line with {SERVER:?}: {:.2} s.", median(&self.own))
    }
}

/// Which times of `/proc/PID/stat` are wanted.
#[derive(Clone, Copy)]
enum Fields {
    /// Of the process itself, its threads included.
    Own,
    /// Of the children that it has waited for.
    Children,
}

/// The processor's time of a process, in its own code and in the system's.
fn busy(process: &str, fields: Fields) -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name before may have spaces in it. `utime` is the 14th field, `state` the third.
    let (_, rest) = stat.rsplit_once(") ").ok_or("no such process")?;
    let skipped = match fields {
        Fields::Own => 11,
        Fields::Children => 13,
    };
    let ticks = rest.split(' ').skip(skipped).take(2).map(str::parse::<u32>).sum::<Result<u32, _>>()?;
    Ok(Duration::from_secs_f64(f64::from(ticks) / TICKS))
}
