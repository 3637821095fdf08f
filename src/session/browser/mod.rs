//! The browser: a driver we start (or a remote one), one clean session a test, pages recognised by what they show.
