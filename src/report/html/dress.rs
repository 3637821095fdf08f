//! Makes of a report's Markdown what a page needs: marks with words, links within the page, pictures in it. Whatever HTML is not our own,
//! letter for letter, becomes text.

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd};

use super::picture::Pictures;
use super::text;
use crate::text::markdown as escape;

/// The marks of the Markdown, the class and the word for each.
const MARKS: [(&str, &str, &str); 8] = [
    ("✅", "passed", "passed"),
    ("❌", "failure", "failure"),
    ("⚠️", "warning", "warning"),
    ("📝", "suggestion", "suggestion"),
    ("💥", "error", "error"),
    ("⏸", "not-run", "not run"),
    ("➖", "not-applicable", "not applicable"),
    ("⏭", "skipped", "skipped"),
];

/// What an item of a list may begin with, and what is set apart then.
const KEYS: [&str; 5] = ["expected: ", "actual: ", "seen in: ", "in: ", "not run: "];

/// What the links and pictures of a document mean.
#[derive(Debug)]
pub struct Place<'a> {
    /// What its anchors begin with: the test's id, or nothing in the summary.
    pub prefix: &'a str,
    /// The ids of the tests that have a section.
    pub tests: &'a [&'a str],
    /// The screenshots.
    pub pictures: &'a Pictures,
    /// Their names in the results.
    pub names: &'a [&'a str],
}

/// HTML of ours as an event.
pub fn html<'a>(html: impl Into<String>) -> Event<'a> {
    Event::Html(CowStr::from(html.into()))
}

/// The events of a document, dressed; headings have ids, and rules are left to the caller.
pub fn dress<'a>(markdown: &'a str, place: &Place) -> Vec<Event<'a>> {
    let mut out = Vec::with_capacity(markdown.len() / 16);
    let mut events = Parser::new_ext(markdown, Options::ENABLE_TABLES);
    let (mut depth, mut headings) = (0_usize, 0_usize);
    // Links whose ends are to be left out, and anchors of ours.
    let mut links = Vec::new();
    let mut anchor = false;
    while let Some(event) = events.next() {
        match event {
            Event::Start(Tag::Heading { level, classes, attrs, .. }) => {
                headings += 1;
                let id = Some(format!("{}h-{headings}", place.prefix).into());
                out.push(Event::Start(Tag::Heading { level, id, classes, attrs }));
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                let opening = place.link(&dest_url);
                links.push(opening.is_some());
                out.extend(opening.map(|opening| Event::InlineHtml(opening.into())));
            }
            Event::End(TagEnd::Link) => {
                if links.pop() == Some(true) {
                    out.push(Event::InlineHtml("</a>".into()));
                }
            }
            Event::Start(Tag::Image { dest_url, .. }) => out.push(Event::InlineHtml(place.image(&dest_url, &alternative(&mut events)).into())),
            Event::Start(Tag::Table(columns)) => {
                // Aligned by classes: the page allows no style of an element's own.
                out.push(html("<div class=\"scroll\" role=\"group\" aria-label=\"Table\" tabindex=\"0\">"));
                out.push(Event::Start(Tag::Table(vec![pulldown_cmark::Alignment::None; columns.len()])));
            }
            Event::End(TagEnd::Table) => out.extend([Event::End(TagEnd::Table), html("</div>\n")]),
            Event::Start(Tag::CodeBlock(kind)) => out.push(html(if is_command(&kind) { COMMAND } else { "<pre><code>" })),
            Event::End(TagEnd::CodeBlock) => out.push(html("</code></pre>\n")),
            Event::Html(raw) => block(&mut out, raw, &mut depth),
            Event::InlineHtml(raw) => match number_of_anchor(&raw) {
                Some(number) if matches!(out.last(), Some(Event::Start(Tag::Heading { .. }))) => {
                    if let Some(Event::Start(Tag::Heading { id, .. })) = out.last_mut() {
                        *id = Some(format!("{}exchange-{number}", place.prefix).into());
                    }
                    anchor = true;
                }
                None if anchor && &*raw == "</a>" => anchor = false,
                _ => out.push(Event::Text(raw)),
            },
            Event::Text(said) => begin(&mut out, said),
            other => out.push(other),
        }
    }
    out.extend(std::iter::repeat_n(html("</details>\n"), depth));
    out
}

/// The opening of a command line that can be copied.
const COMMAND: &str = "<pre class=\"command\"><button type=\"button\" class=\"copy\">Copy</button><code>";

fn is_command(kind: &CodeBlockKind) -> bool {
    matches!(kind, CodeBlockKind::Fenced(info) if &**info == "bash")
}

/// The text of a picture, up to its end.
fn alternative(events: &mut Parser) -> String {
    let mut said = String::new();
    for event in events {
        match event {
            Event::End(TagEnd::Image) => break,
            Event::Text(more) | Event::Code(more) => said.push_str(&more),
            _ => {}
        }
    }
    said
}

/// A block of HTML: ours are the folds.
fn block<'a>(out: &mut Vec<Event<'a>>, raw: CowStr<'a>, depth: &mut usize) {
    let ours = raw.trim();
    if let Some(summary) = ours.strip_prefix("<details><summary>").and_then(|rest| rest.strip_suffix("</summary>"))
        && !summary.contains(['<', '>', '&'])
    {
        *depth += 1;
        let (mark, rest) = mark(summary).map_or((String::new(), summary), |(html, _, rest)| (html, rest));
        out.push(html(format!("<details class=\"fold\"><summary>{mark}{}</summary>\n", text(rest))));
    } else if ours == "</details>" && *depth > 0 {
        *depth -= 1;
        out.push(html("</details>\n"));
    } else if !ours.is_empty() {
        out.extend([Event::Start(Tag::Paragraph), Event::Text(raw), Event::End(TagEnd::Paragraph)]);
    }
}

/// Text: at the beginning of something, a mark or a key word is set apart.
fn begin<'a>(out: &mut Vec<Event<'a>>, said: CowStr<'a>) {
    let item = match out.as_slice() {
        [.., Event::Start(Tag::Item), Event::Start(Tag::Paragraph)] => Some(out.len() - 2),
        [.., Event::Start(Tag::Item)] => Some(out.len() - 1),
        [.., Event::Start(Tag::Paragraph | Tag::Strong | Tag::TableCell)] => None,
        _ => return out.push(Event::Text(said)),
    };
    if let Some((html_of_mark, class, rest)) = mark(&said) {
        if let Some(at) = item {
            out[at] = html(format!("<li class=\"finding {class}\">"));
        }
        let rest = CowStr::from(rest.to_owned());
        out.extend([Event::InlineHtml(html_of_mark.into()), Event::Text(rest)]);
    } else if let (Some(at), Some(key)) = (item, KEYS.iter().find(|key| said.starts_with(**key))) {
        out[at] = html("<li class=\"pair\">");
        let rest = CowStr::from(said[key.len()..].to_owned());
        out.extend([Event::InlineHtml(format!("<span class=\"key\">{key}</span>").into()), Event::Text(rest)]);
    } else {
        out.push(Event::Text(said));
    }
}

/// A mark at the beginning of a text: its HTML, its class and the rest of the text.
pub fn mark(said: &str) -> Option<(String, &'static str, &str)> {
    let (rest, class, word) = MARKS.iter().find_map(|(mark, class, word)| Some((said.strip_prefix(mark)?, class, word)))?;
    Some((format!("<span class=\"mark {class}\" role=\"img\" aria-label=\"{word}\"></span>"), class, rest))
}

fn number_of_anchor(raw: &str) -> Option<usize> {
    raw.strip_prefix("<a id=\"exchange-")?.strip_suffix("\">")?.parse().ok()
}

impl Place<'_> {
    /// The opening of a link. Other than to the specifications, links lead to places in the page; any other is none.
    fn link(&self, to: &str) -> Option<String> {
        let anchor = if to == "../summary.md" {
            "summary".to_owned()
        } else if let Some(id) = to.strip_suffix(".md") {
            (*self.tests.iter().find(|known| **known == id)?).to_owned()
        } else if let Some(number) = to.strip_prefix("#exchange-").and_then(|number| number.parse::<usize>().ok()) {
            format!("{}exchange-{number}", self.prefix)
        } else if to.starts_with("https://") || to.starts_with("http://") {
            return Some(format!("<a href=\"{}\" target=\"_blank\" rel=\"noopener noreferrer\">", text(to)));
        } else {
            return None;
        };
        Some(format!("<a href=\"#{anchor}\">"))
    }

    fn image(&self, to: &str, alt: &str) -> String {
        let name = to.strip_prefix("../").and_then(|to| self.names.iter().find(|name| escape::destination(name) == to));
        let Some(picture) = name.and_then(|name| self.pictures.get(name)) else {
            return format!("<span class=\"missing\">{} (the file is not there)</span>", text(alt));
        };
        let size = picture.size.map_or(String::new(), |(width, height)| format!(" width=\"{width}\" height=\"{height}\""));
        let alt = text(alt);
        format!(
            "<button type=\"button\" class=\"shot\"><img src=\"{}\" alt=\"{alt}\"{size} loading=\"lazy\" decoding=\"async\"></button>",
            picture.src
        )
    }
}
