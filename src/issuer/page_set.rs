//! The login and consent pages the embedded issuer can show, each set as some product shows them, and when it gives offline access.

use clap::ValueEnum as _;

/// A set of login and consent pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, clap::ValueEnum)]
#[value(rename_all = "kebab-case")]
pub enum PageSet {
    /// Name and password on one page, then consent.
    #[default]
    One,
    /// The name first, then the password, with fields that no person sees.
    TwoPages,
    /// One document that a script renders late and that is left only at the very end.
    Spa,
    /// The first button of the consent page denies.
    DenyFirst,
    /// Consent with check boxes that must be ticked.
    CheckBoxes,
    /// A page between login and consent that asks nothing.
    Continue,
    /// Cancel comes before what goes on, on the login page as well.
    CancelFirst,
    /// A cookie banner lies over every page until it is answered.
    CookieBanner,
    /// The login form is in a frame.
    Iframe,
    /// A refused login is reported beside the field, as many products do.
    WrongPasswordMessage,
    /// A login that is kept only with a check box, and consent with one for each scope and one to be remembered. None has to be ticked.
    ScopeBoxes,
    /// A page that says for seconds that it is loading, until a script shows the login form.
    SlowScript,
    /// A login form that is taken only with what a script puts into it.
    ScriptLogin,
    /// After the login the end-user is to complete their profile.
    Profile,
    /// An error page instead of the login.
    ErrorPage,
    /// Instead of the login a page with some text and nothing to do.
    DeadEnd,
}

impl PageSet {
    /// Its name on the command line, which is that of the folder of its templates.
    pub(super) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// When `offline_access` is granted (OpenID Connect Core 11 leaves the issuer some room).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, clap::ValueEnum)]
#[value(rename_all = "kebab-case")]
pub enum OfflineAccess {
    /// Whenever it is asked for; a consent given before is enough.
    Free,
    /// Where the end-user consents to it on the way, asked to by `prompt=consent` or not.
    #[default]
    WhenConsented,
    /// Only with `prompt=consent`; without it the scope is ignored.
    WithConsent,
    /// Whenever it is asked for, after a consent page every time.
    AlwaysAsks,
}
