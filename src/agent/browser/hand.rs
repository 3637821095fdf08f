//! What a visit does to the browser, however it is driven: by `DevTools` in a tab, or by the driver in a window.

use fantoccini::Client;

use crate::agent::browser::act::{self, Fault, Look, Place, within};
use crate::agent::browser::devtools::Tab;
use crate::agent::browser::session::Context;
use crate::agent::browser::watch::{Log, Watched};
use crate::agent::page::classify::Move;
use crate::config::{Selectors, User};
use crate::observed::document::{COOKIES, Cookie};

/// How a browser is driven.
pub(super) enum Hand<'a> {
    /// A tab of a Chromium that this program has started.
    Tab(&'a mut Tab),
    /// The window of a driver, with what `BiDi` reports of it, if it does.
    Window(&'a Client, Option<&'a Context>),
}

impl Hand<'_> {
    /// What the browser is seen doing, where it is seen.
    pub fn watched(&self) -> Option<&Watched> {
        match self {
            Self::Tab(tab) => Some(tab.watched()),
            Self::Window(_, context) => context.map(Context::watched),
        }
    }

    /// Comes to the page that is there, whatever became of the visit before.
    pub async fn come(&mut self) -> Result<(), Fault> {
        match self {
            Self::Tab(tab) => {
                // What is left of a page that holds up its tab for ever would hold up the next one.
                if tab.is_held_up || tab.watched().log(Log::is_held_up) { tab.renew().await.map_err(Fault::Gone) } else { Ok(()) }
            }
            Self::Window(client, Some(context)) => within(client.switch_to_window(context.window()?)).await,
            Self::Window(client, None) => {
                // A visit that was given up may have ended within a frame.
                let _ = within(client.enter_parent_frame()).await;
                Ok(())
            }
        }
    }

    /// The document that is there before the visit begins.
    pub async fn document(&self, selectors: &Selectors) -> String {
        match self {
            Self::Tab(tab) if tab.is_fresh => String::new(),
            _ => self.look(selectors).await.map(|look| look.facts.document).unwrap_or_default(),
        }
    }

    /// Begins the visit. Where nothing is seen on the network, returns why the browser did not go there, if it did not: that is no failure yet, since a
    /// redirect URI on which nothing listens looks the same.
    pub async fn navigate(&mut self, url: &str) -> Result<Option<String>, Fault> {
        match self {
            Self::Tab(tab) => tab.navigate(url),
            Self::Window(_, Some(context)) => context.navigate(url),
            Self::Window(client, None) => {
                return match within(client.goto(url)).await {
                    Ok(()) => Ok(None),
                    Err(Fault::Moved(why) | Fault::Covered(why)) => Ok(Some(why)),
                    Err(gone) => Err(gone),
                };
            }
        }
        Ok(None)
    }

    /// Looks at the page.
    pub async fn look(&self, selectors: &Selectors) -> Result<Look, Fault> {
        match self {
            Self::Tab(tab) => tab.look(selectors).await,
            Self::Window(client, context) => act::look(client, *context, selectors).await,
        }
    }

    /// Does on the page what was decided on after that look.
    pub async fn act(&self, place: &Place, next: &Move, user: &User) -> Result<(), Fault> {
        match (self, place) {
            (Self::Tab(tab), Place::World(world)) => tab.act(world, next, user).await,
            (Self::Window(client, context), Place::Elements(elements)) => elements.act(client, *context, next, user).await,
            _ => Err(Fault::Moved("the page was looked at in another way".to_owned())),
        }
    }

    /// What is kept of a page: its picture, if it is wanted, its source, and the cookies that it has.
    pub async fn take(&self, look: &Look, picture: bool) -> (Option<Vec<u8>>, String, Option<Vec<Cookie>>) {
        let over_https = look.facts.url.starts_with("https:");
        match self {
            Self::Tab(tab) => {
                let taken = async { if picture { tab.picture().await } else { None } };
                let (taken, source, cookies) = futures::join!(taken, tab.source(&look.place), tab.cookies(over_https));
                (taken, source.unwrap_or_default(), cookies)
            }
            Self::Window(client, _) => {
                let taken = if picture { within(client.screenshot()).await.ok() } else { None };
                let source = within(client.source()).await.unwrap_or_default();
                let read = |cookie: &fantoccini::cookies::Cookie| Cookie {
                    name: cookie.name().to_owned(),
                    over_https,
                    secure: cookie.secure() == Some(true),
                    http_only: cookie.http_only() == Some(true),
                    same_site: cookie.same_site().map(|same_site| same_site.to_string().to_ascii_lowercase()),
                };
                let cookies = within(client.get_all_cookies()).await.ok();
                (taken, source, cookies.map(|cookies| cookies.iter().take(COOKIES).map(read).collect()))
            }
        }
    }

    /// Asks for the page once more.
    pub async fn reload(&self) -> Result<(), Fault> {
        match self {
            Self::Tab(tab) => tab.reload().await,
            Self::Window(client, _) => within(client.refresh()).await,
        }
    }

    /// The address that the browser shows.
    pub async fn address(&self) -> Option<url::Url> {
        match self {
            Self::Tab(_) => None,
            Self::Window(client, _) => within(client.current_url()).await.ok(),
        }
    }

    /// The visit has come to its deadline: the page may go on keeping the tab from answering.
    pub fn give_up(&mut self) {
        if let Self::Tab(tab) = self {
            tab.is_held_up = true;
        }
    }
}
