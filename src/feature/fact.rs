//! What steps need and give: facts from earlier steps, and settings.

/// What a step leaves behind for later ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fact {
    /// The provider metadata.
    Metadata,
    /// The published keys.
    KeySet,
    /// A client with its credentials.
    Client,
    /// An access token of the client's own.
    ClientToken,
    /// An authorization code with what is needed to exchange it.
    Code,
    /// The tokens of a login, an access token among them.
    UserTokens,
    /// A login that an ID token tells of.
    Login,
}

impl Fact {
    /// What it is, with its article.
    pub fn with_article(self) -> &'static str {
        match self {
            Self::Metadata => "the provider metadata",
            Self::KeySet => "the key set",
            Self::Client => "a client",
            Self::ClientToken => "an access token of the client's own",
            Self::Code => "an authorization code",
            Self::UserTokens => "the tokens of a login",
            Self::Login => "a login",
        }
    }

    /// The steps that give it, as documents call them; the usual one comes first.
    pub fn given_by(self) -> &'static [&'static str] {
        match self {
            Self::Metadata => &["discover", "discover-server", "find-metadata"],
            Self::KeySet => &["fetch-key-set"],
            Self::Client => &["use-client", "register", "use-certified-client"],
            Self::ClientToken => &["client-credentials", "request-token-by-json"],
            Self::Code => &["authorize"],
            Self::UserTokens | Self::Login => &["exchange-code", "authorize", "attack-certificates"],
        }
    }

    /// What it is, for a reader.
    pub fn words(self) -> &'static str {
        match self {
            Self::Metadata => "provider metadata",
            Self::KeySet => "key set",
            Self::Client => "client",
            Self::ClientToken => "access token of the client's own",
            Self::Code => "authorization code",
            Self::UserTokens => "token of a login",
            Self::Login => "login",
        }
    }
}

/// A setting without which a story cannot be tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// An end-user to log in as.
    User,
    /// The dataset site's address.
    DatasetSite,
    /// An audience to ask for.
    Audience,
    /// A command that makes the issuer replace its signing keys.
    RotateKeys,
    /// An https address at which the issuer reaches this program.
    PublicHttps,
}

impl Need {
    /// What it is, in words that name the flags.
    pub fn words(self) -> &'static str {
        match self {
            Self::User => "an end-user (`--username`, `--password`)",
            Self::DatasetSite => "a dataset site (`--dataset-site-url`)",
            Self::Audience => "an audience (`--audience`)",
            Self::PublicHttps => "an https address that leads to this program (`--public-url`)",
            Self::RotateKeys => "a command that makes the issuer replace its keys (`--rotate-keys-command`)",
        }
    }
}
