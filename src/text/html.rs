//! Puts foreign text into HTML so that it stays text, between tags or in an attribute in quotes.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};
use pulldown_cmark_escape::escape_html;

use super::sentence::{EMPTY, Piece, pieces};
use super::{markdown, visible};

/// Text of any kind.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    // Writing to a String cannot fail.
    let _ = escape_html(&mut out, text);
    out
}

/// One line of plain text; what cannot be seen is shown.
pub fn text(text: &str) -> String {
    escape(&visible::line(text))
}

/// A sentence, its code ([`pieces()`]) as `<code>`.
pub fn sentence(text: &str) -> String {
    let pieces = pieces(text);
    if pieces.is_empty() {
        return EMPTY.to_owned();
    }
    let format = |piece| match piece {
        Piece::Text(text) => escape(&text),
        Piece::Code(code) => code_element(&code),
    };
    pieces.into_iter().map(format).collect()
}

/// One line of code.
pub fn code(text: &str) -> String {
    if text.is_empty() { EMPTY.to_owned() } else { code_element(&visible::line(text)) }
}

/// A value seen or asked for: code, unless it is a sentence that has code in it.
pub fn value(text: &str) -> String {
    if text.contains('`') { sentence(text) } else { code(text) }
}

/// Text of several lines, for `<pre>`.
pub fn block(text: &str) -> String {
    escape(&visible::block(text))
}

/// A link to the web with a sentence as its text, or only the sentence where the address is not http or https.
pub fn link(text: &str, url: &str) -> String {
    if markdown::is_web(url) { format!("{}{}</a>", anchor(url), sentence(text)) } else { sentence(text) }
}

/// A note of the journal, which is Markdown ([`markdown::note`]); its heading is an `h4`.
pub fn note(text: &str) -> String {
    markdown(text, markdown::is_note(text))
}

/// A description, which is Markdown ([`markdown::description`]).
pub fn description(text: &str) -> String {
    markdown(text, markdown::is_description(text))
}

fn markdown(text: &str, is_harmless: bool) -> String {
    let text = visible::block(text);
    if !is_harmless {
        return format!("<pre><code>{}</code></pre>", escape(&text));
    }
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(
        &mut out,
        Parser::new_ext(&text, Options::ENABLE_TABLES).map(|event| match event {
            Event::Start(Tag::Heading { .. }) => Event::Html("<h4>".into()),
            Event::End(TagEnd::Heading(_)) => Event::Html("</h4>\n".into()),
            Event::Start(Tag::Link { dest_url, .. }) => Event::InlineHtml(anchor(&dest_url).into()),
            Event::End(TagEnd::Link) => Event::InlineHtml("</a>".into()),
            event => event,
        }),
    );
    out
}

fn code_element(code: &str) -> String {
    format!("<code>{}</code>", escape(code))
}

/// The opening of a link that leaves the page.
fn anchor(url: &str) -> String {
    format!("<a href=\"{}\" target=\"_blank\" rel=\"noopener noreferrer\">", text(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NASTY: &str = "<b a='1' c=\"2\">&amp; `<i>` \u{202e}\n";

    #[test]
    fn nothing_foreign_is_markup() {
        assert_eq!(text(NASTY), "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp; `&lt;i&gt;` ⟨U+202E⟩␊");
        assert_eq!(sentence("a `<i>` <b>"), "a <code>&lt;i&gt;</code> &lt;b&gt;");
        assert_eq!(sentence(" "), "(empty)");
        assert_eq!(code("`<i>`"), "<code>`&lt;i&gt;`</code>");
        assert_eq!(block("<i>\n\u{1b}"), "&lt;i&gt;\n␛");
    }

    #[test]
    fn links_lead_to_the_web_only() {
        assert_eq!(
            link("a", "https://op.example/?a&\"b"),
            "<a href=\"https://op.example/?a&amp;&quot;b\" target=\"_blank\" rel=\"noopener noreferrer\">a</a>"
        );
        assert_eq!(link("<a>", "javascript:alert(1)"), "&lt;a&gt;");
    }

    #[test]
    fn markdown_with_more_in_it_is_shown_as_text() {
        assert_eq!(note("### A `b`\n\n* c"), "<h4>A <code>b</code></h4>\n<ul>\n<li>c</li>\n</ul>\n");
        assert_eq!(note("# A"), "<pre><code># A</code></pre>");
        assert_eq!(
            description("*a* [b](https://op.example)"),
            "<p><em>a</em> <a href=\"https://op.example\" target=\"_blank\" rel=\"noopener noreferrer\">b</a></p>\n"
        );
        assert_eq!(description("<b>"), "<pre><code>&lt;b&gt;</code></pre>");
    }
}
