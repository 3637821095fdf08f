//! HTML, parsed within bounds: to parse what is deep or tangled takes time that grows faster than the text, and an issuer may send anything.
//!
//! The parser is given a little of the text at a time. What that cost it is seen from the tree: the nodes that it made, and how deep the text stands, since for
//! each tag the parser looks through the elements that are open. When that is more than a text of this length may cost, the rest is not parsed.

use ego_tree::iter::Edge;
use html5ever::driver::{ParseOpts, Parser, parse_document};
use html5ever::tendril::{StrTendril, TendrilSink as _};
use html5ever::tree_builder::TreeSink;
use scraper::{Html, HtmlTreeSink, Selector};
use thiserror::Error;

use crate::text::truncate;

/// The most elements that may stand in each other. Pages of a hundred levels are deep ones.
pub const MOST_OPEN: usize = 2_000;
/// The most attributes of an element.
pub const MOST_ATTRIBUTES: usize = 1_000;
/// The most words between two nodes that the parser makes. They may be a tag, each of whose attributes is compared with those before it, or a comment, which
/// costs nothing.
const MOST_WORDS: usize = 10_000;
/// How many bytes the parser is given at once. It cannot be stopped before it has done with them.
const PIECE: usize = 256;
/// What parsing may cost, in steps: so much whatever the length, and so much for a byte. A step is a look at an element, some nanoseconds.
const STEPS: usize = 10_000_000;
const STEPS_OF_A_BYTE: usize = 64;
/// What it costs to make a node.
const STEPS_OF_A_NODE: usize = 100;

/// Why HTML is not parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unparsed {
    /// Too many elements stand in each other.
    #[error("more than {MOST_OPEN} of its elements stand in each other")]
    Deep,
    /// A tag has too many attributes.
    #[error("one of its elements has more than {MOST_ATTRIBUTES} attributes")]
    Attributes,
    /// To parse it would take too long.
    #[error("its elements are nested so that reading them would take too long")]
    Tangled,
}

/// Parses HTML, in time that is in proportion to its length.
///
/// # Errors
/// [`Unparsed`] if that could not be.
pub fn parse(html: &str) -> Result<Html, Unparsed> {
    let mut parser = parse_document(HtmlTreeSink::new(Html::new_document()), ParseOpts::default());
    let mut measure = Measure { left: STEPS + STEPS_OF_A_BYTE * html.len(), ..Measure::default() };
    let mut rest = html;
    while !rest.is_empty() {
        let piece = truncate(rest, PIECE);
        rest = &rest[piece.len()..];
        parser.process(StrTendril::from_slice(piece));
        measure.look(piece, &parser)?;
    }
    let html = parser.finish();
    if deepest(&html) > MOST_OPEN { Err(Unparsed::Deep) } else { Ok(html) }
}

/// True of HTML with a field for a password or for the name of an account.
pub fn asks_for_login(html: &str) -> bool {
    let fields = Selector::parse("input[type=password i], input[type=email i], input[autocomplete~=username i]");
    fields.is_ok_and(|fields| parse(html).is_ok_and(|page| page.select(&fields).next().is_some()))
}

/// Does work with a page beside the runtime: what is hard to read keeps no deadline and no signal from coming. A panic in it is a panic of who waits.
pub async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime is ending, and with it who waits.
        Err(_) => std::future::pending().await,
    }
}

/// How many nodes stand in each other, at most.
fn deepest(html: &Html) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for edge in html.tree.root().traverse() {
        match edge {
            Edge::Open(_) => depth += 1,
            Edge::Close(_) => depth -= 1,
        }
        most = most.max(depth);
    }
    most
}

type Id = <HtmlTreeSink as TreeSink>::Handle;

/// What the text so far has cost.
#[derive(Default)]
struct Measure {
    /// The steps that are left.
    left: usize,
    nodes: usize,
    /// `html` and `body`, which get the attributes of every further tag of their name.
    roots: Vec<Id>,
    /// The words since a node was made or text was added to the last one, and whether the last word goes on.
    words: usize,
    in_word: bool,
    /// How long the text of the last node is.
    text: usize,
}

impl Measure {
    /// Looks at what the parser has made of a piece.
    fn look(&mut self, piece: &str, parser: &Parser<HtmlTreeSink>) -> Result<(), Unparsed> {
        let html = parser.tokenizer.sink.sink.0.borrow();
        let nodes = html.tree.nodes();
        let made = nodes.len() - self.nodes;
        self.nodes += made;
        for node in nodes.rev().take(made) {
            let Some(element) = node.value().as_element() else { continue };
            if element.attrs.len() > MOST_ATTRIBUTES {
                return Err(Unparsed::Attributes);
            }
            if self.roots.len() < 2 && matches!(element.name(), "html" | "body") {
                self.roots.push(node.id());
            }
        }
        let attributes = |id: &Id| html.tree.get(*id).and_then(|node| node.value().as_element()).map_or(0, |element| element.attrs.len());
        if self.roots.iter().any(|root| attributes(root) > MOST_ATTRIBUTES) {
            return Err(Unparsed::Attributes);
        }
        let last = html.tree.nodes().next_back();
        let depth = last.map_or(0, |last| last.ancestors().count());
        if depth > MOST_OPEN {
            return Err(Unparsed::Deep);
        }
        let tags = 1 + piece.bytes().filter(|byte| *byte == b'<').count();
        let steps = tags * depth + made * STEPS_OF_A_NODE + self.count_words(piece)?;
        self.left = self.left.checked_sub(steps).ok_or(Unparsed::Tangled)?;
        let text = last.and_then(|last| last.value().as_text()).map_or(0, |text| text.len());
        if made > 0 || text != self.text {
            self.words = 0;
        }
        self.text = text;
        Ok(())
    }

    /// Counts the words that may be attributes, and gives what they would cost.
    fn count_words(&mut self, piece: &str) -> Result<usize, Unparsed> {
        let before = self.words;
        for byte in piece.bytes() {
            let parts = byte.is_ascii_whitespace() || matches!(byte, b'/' | b'"' | b'\'');
            self.words += usize::from(parts && self.in_word);
            self.in_word = !parts;
        }
        if self.words > MOST_WORDS { Err(Unparsed::Attributes) } else { Ok((self.words - before) * self.words / 16) }
    }
}

#[cfg(test)]
#[allow(clippy::format_collect, reason = "what makes large texts in a line")]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn many(n: usize, part: &str) -> String {
        part.repeat(n)
    }

    fn attributes(n: usize) -> String {
        (0..n).map(|n| format!(" a{n}=1")).collect()
    }

    #[test]
    fn what_takes_long_is_not_parsed() {
        let fonts: String = (0..900).map(|n| format!("<font a{n}>")).collect();
        for (name, html, why) in [
            ("nested", many(50_000, "<div>"), Unparsed::Deep),
            ("nested in lists", many(50_000, "<ul><li>"), Unparsed::Deep),
            ("nested without a look", many(100_000, "<span>"), Unparsed::Deep),
            ("nested in a template", many(100_000, "<template>"), Unparsed::Deep),
            ("in tables", many(50_000, "<div><table><tr><td></div>"), Unparsed::Deep),
            ("misnested", many(50_000, "<a><b><font><nobr>"), Unparsed::Deep),
            ("misnested and closed", many(50_000, "<b><div></b>"), Unparsed::Deep),
            ("opened anew", format!("<p>{fonts}{}", many(50_000, "<p>x")), Unparsed::Tangled),
            ("attributes", format!("<div{}>", attributes(100_000)), Unparsed::Attributes),
            ("attributes of an end tag", format!("<div></div{}>", attributes(100_000)), Unparsed::Attributes),
            (
                "attributes without spaces",
                format!("<div a=''{}>", (0..100_000).map(|n| format!("b{n}=''")).collect::<String>()),
                Unparsed::Attributes,
            ),
            ("a tag that does not end", format!("<div{}", attributes(100_000)), Unparsed::Attributes),
            ("attributes of one body after another", (0..100_000).map(|n| format!("<body a{n}>")).collect(), Unparsed::Attributes),
            ("in a title that is markup", format!("<svg><title>{}", many(50_000, "<div>")), Unparsed::Deep),
            ("behind a comment in a script", format!("<script><!--<script></script><a b=\"</script>{}", many(50_000, "<div>")), Unparsed::Deep),
            ("after what ends no comment", format!("<!-->{}", many(50_000, "<div>")), Unparsed::Deep),
        ] {
            let started = Instant::now();
            assert_eq!(parse(&html).err(), Some(why), "{name}");
            assert!(started.elapsed() < Duration::from_secs(5), "{name}: {:?}", started.elapsed());
        }
    }

    #[test]
    fn what_is_large_but_plain_is_parsed() {
        for (name, html) in [
            ("deep", format!("{}{}", many(1_900, "<div>"), many(1_000, "<i>x</i>"))),
            ("a list without end tags", format!("<ul>{}", many(50_000, "<li>item"))),
            ("paragraphs without end tags", many(50_000, "<p>text")),
            ("attributes", format!("<div{}>", attributes(MOST_ATTRIBUTES))),
            ("formatting", format!("{}{}", many(3, "<font>"), many(5_000, "<p>x</p>"))),
            ("a script with markup in it", format!("<script>{}</script><form></form>", many(50_000, "'<div>'+"))),
            ("a long comment", format!("<!--{}-->", many(4_900, "some words "))),
            ("a long value", format!("<img src='data:{}'>", many(500_000, "abcd"))),
            ("flat", many(200_000, "<p>x</p>")),
            ("text", many(1_000_000, "é ")),
        ] {
            let started = Instant::now();
            assert_eq!(parse(&html).err(), None, "{name}");
            assert!(started.elapsed() < Duration::from_secs(10), "{name}: {:?}", started.elapsed());
        }
    }

    #[test]
    fn pieces_make_the_same_tree() {
        let page = include_str!("../../fixtures/issuer/login.html");
        for filler in 0..PIECE {
            let html = format!("<!--{}-->\r\n{page}&amp;é&notin;<textarea>\r\n</textarea>{page}", "-".repeat(filler));
            assert_eq!(parse(&html).map(|html| html.html()), Ok(Html::parse_document(&html).html()), "{filler}");
        }
    }
}
