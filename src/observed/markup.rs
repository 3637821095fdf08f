//! HTML, parsed within bounds: to parse what is deep or tangled takes time that grows faster than the text, and an issuer may send anything.
//!
//! The parser is given a little of the text at a time, and what it does for it is counted: the elements that it makes, and those that it looks at while it
//! seeks which of them a tag ends. When that is more than a text of this length may cost, the rest is not parsed.

use std::borrow::Cow;
use std::cell::{Cell, Ref};

use html5ever::driver::{ParseOpts, Parser, parse_document};
use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{Attribute, QualName};
use scraper::{Html, HtmlTreeSink};
use thiserror::Error;

/// The most elements that may stand in each other. Pages of a hundred levels are deep ones.
pub const MOST_OPEN: usize = 2_000;
/// The most attributes of an element.
pub const MOST_ATTRIBUTES: usize = 1_000;
/// The most words between two things that the parser makes. A tag is one of them, and each of its attributes is compared with those before it; so are a
/// comment and a script, which cost nothing.
const MOST_WORDS: usize = 20_000;
/// How many bytes the parser is given at once. It cannot be stopped before it has done with them.
const PIECE: usize = 256;
/// What parsing may cost, in steps: so much whatever the length, and so much for a byte. A step is a look at an element, some nanoseconds.
const STEPS: usize = 4_000_000;
const STEPS_OF_A_BYTE: usize = 64;
/// What it costs to make an element, and to put a node in its place.
const STEPS_TO_MAKE: usize = 100;
const STEPS_TO_PLACE: usize = 10;

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
    let most_steps = STEPS + STEPS_OF_A_BYTE * html.len();
    let mut parser = parse_document(Counting::default(), ParseOpts::default());
    let (mut rest, mut between) = (html, Between::default());
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        rest = after;
        let before = sink(&parser).steps.get();
        parser.process(StrTendril::from_slice(piece));
        let sink = sink(&parser);
        between.read(piece, sink.steps.get() > before)?;
        if sink.attributes.get() > MOST_ATTRIBUTES {
            return Err(Unparsed::Attributes);
        }
        if sink.depth() > MOST_OPEN {
            return Err(Unparsed::Deep);
        }
        if sink.steps.get() + between.steps > most_steps {
            return Err(Unparsed::Tangled);
        }
    }
    let html = parser.finish();
    if deepest(&html) > MOST_OPEN { Err(Unparsed::Deep) } else { Ok(html) }
}

fn sink(parser: &Parser<Counting>) -> &Counting {
    &parser.tokenizer.sink.sink
}

/// How many nodes stand in each other, at most.
fn deepest(html: &Html) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for edge in html.tree.root().traverse() {
        match edge {
            ego_tree::iter::Edge::Open(_) => depth += 1,
            ego_tree::iter::Edge::Close(_) => depth -= 1,
        }
        most = most.max(depth);
    }
    most
}

/// The text since the parser made something.
#[derive(Default)]
struct Between {
    words: usize,
    in_word: bool,
    /// What the attributes in such texts cost, if that is what they are.
    steps: usize,
}

impl Between {
    fn read(&mut self, piece: &str, has_made: bool) -> Result<(), Unparsed> {
        let before = self.words;
        for byte in piece.bytes() {
            let parts = byte.is_ascii_whitespace() || matches!(byte, b'/' | b'"' | b'\'');
            self.words += usize::from(parts && self.in_word);
            self.in_word = !parts;
        }
        self.steps += (self.words - before) * self.words / 16;
        if self.words > MOST_WORDS {
            return Err(Unparsed::Attributes);
        }
        if has_made {
            self.words = 0;
        }
        Ok(())
    }
}

type Id = <HtmlTreeSink as TreeSink>::Handle;

/// A tree that counts what is done with it.
struct Counting {
    tree: HtmlTreeSink,
    steps: Cell<usize>,
    /// The most attributes of an element; those that are added to `html` and `body` are summed.
    attributes: Cell<usize>,
    added: Cell<usize>,
    /// The element that was made last.
    last: Cell<Option<Id>>,
}

impl Default for Counting {
    fn default() -> Self {
        Self {
            tree: HtmlTreeSink::new(Html::new_document()),
            steps: Cell::default(),
            attributes: Cell::default(),
            added: Cell::default(),
            last: Cell::default(),
        }
    }
}

impl Counting {
    fn take(&self, steps: usize) {
        self.steps.set(self.steps.get() + steps);
    }

    /// How many elements the last one stands in.
    fn depth(&self) -> usize {
        let html = self.tree.0.borrow();
        self.last.get().and_then(|last| html.tree.get(last)).map_or(0, |last| last.ancestors().count())
    }
}

impl TreeSink for Counting {
    type Handle = Id;
    type Output = Html;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Html {
        self.tree.finish()
    }

    // The mistakes of a page are of no use here.
    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Id {
        self.tree.get_document()
    }

    fn elem_name<'a>(&'a self, target: &'a Id) -> Ref<'a, QualName> {
        self.take(1);
        self.tree.elem_name(target)
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, flags: ElementFlags) -> Id {
        self.take(STEPS_TO_MAKE);
        self.attributes.set(self.attributes.get().max(attributes.len()));
        let id = self.tree.create_element(name, attributes, flags);
        self.last.set(Some(id));
        id
    }

    fn create_comment(&self, text: StrTendril) -> Id {
        self.take(STEPS_TO_MAKE);
        self.tree.create_comment(text)
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> Id {
        self.take(STEPS_TO_MAKE);
        self.tree.create_pi(target, data)
    }

    fn append(&self, parent: &Id, child: NodeOrText<Id>) {
        self.take(STEPS_TO_PLACE);
        self.tree.append(parent, child);
    }

    fn append_based_on_parent_node(&self, element: &Id, prev_element: &Id, child: NodeOrText<Id>) {
        self.take(STEPS_TO_PLACE);
        self.tree.append_based_on_parent_node(element, prev_element, child);
    }

    fn append_doctype_to_document(&self, name: StrTendril, public_id: StrTendril, system_id: StrTendril) {
        self.take(STEPS_TO_MAKE);
        self.tree.append_doctype_to_document(name, public_id, system_id);
    }

    fn get_template_contents(&self, target: &Id) -> Id {
        self.tree.get_template_contents(target)
    }

    fn same_node(&self, x: &Id, y: &Id) -> bool {
        self.take(1);
        self.tree.same_node(x, y)
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.tree.set_quirks_mode(mode);
    }

    fn append_before_sibling(&self, sibling: &Id, new_node: NodeOrText<Id>) {
        self.take(STEPS_TO_PLACE);
        self.tree.append_before_sibling(sibling, new_node);
    }

    fn add_attrs_if_missing(&self, target: &Id, attributes: Vec<Attribute>) {
        self.added.set(self.added.get() + attributes.len());
        self.attributes.set(self.attributes.get().max(self.added.get()));
        self.tree.add_attrs_if_missing(target, attributes);
    }

    fn remove_from_parent(&self, target: &Id) {
        self.take(STEPS_TO_PLACE);
        self.tree.remove_from_parent(target);
    }

    fn reparent_children(&self, node: &Id, new_parent: &Id) {
        self.take(STEPS_TO_PLACE);
        self.tree.reparent_children(node, new_parent);
    }
}

#[cfg(test)]
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
            ("end tags with many attributes", many(200, &format!("</p{}>", attributes(1_900))), Unparsed::Tangled),
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
            ("a long comment", format!("<!--{}-->", many(9_000, "some words "))),
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
