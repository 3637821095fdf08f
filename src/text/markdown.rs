//! Puts foreign text into Markdown so that it stays text, for `CommonMark`, for GitHub's extensions and for pulldown-cmark alike.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::sentence::{EMPTY, Piece, pieces};
use super::visible;

/// Inline text that can stand anywhere: at the start of a line, in a heading, a link's text, a table cell.
///
/// The code of the sentence ([`pieces()`]) becomes code spans; everything else is escaped, and what cannot be seen is shown.
pub fn md(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => escape(&mut out, &text),
            Piece::Code(code) => out.push_str(&span(&code)),
        }
    }
    // A blank edge would keep `**` from being bold, four blanks at the start of a line would be a code block, and nothing is no heading.
    match out.trim() {
        "" => EMPTY.to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

/// A code span, exact but for what cannot be seen. Not for table cells: there a `|` splits even code.
pub fn code(text: &str) -> String {
    if text.is_empty() { EMPTY.to_owned() } else { span(&visible::line(text)) }
}

/// A value seen or asked for: a code span, unless it is a sentence that has code in it.
pub fn value(text: &str) -> String {
    if text.contains('`') { md(text) } else { code(text) }
}

/// A fenced block, at the margin; `info` is the language, one of this program's words. The fence is longer than any run of backticks within.
pub fn fence(text: &str, info: &str) -> String {
    let text = visible::block(text);
    let fence = "`".repeat((longest_run(&text) + 1).max(3));
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{info}\n{text}{end}{fence}")
}

/// A link with a text of any origin, or only the text where the address is not http or https.
pub fn link(text: &str, url: &str) -> String {
    if is_web(url) { format!("[{}]({})", md(text), destination(url)) } else { md(text) }
}

/// True for an address that a link may lead to.
pub fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// A link's destination: what could end it, or be read as more than an address, is percent-encoded.
pub fn destination(url: &str) -> String {
    utf8_percent_encode(url, UNSAFE).to_string().replace('&', "&amp;")
}

/// What is percent-encoded in a link's destination.
const UNSAFE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'&')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'#')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b'%');

/// A note of the journal, which is Markdown: paragraphs and lists with bold text and code, perhaps a small heading first. If it is anything more, then
/// something foreign got into it (a results file may come from anywhere, too), and it becomes a fenced block.
pub fn note(text: &str) -> String {
    block(text, is_note(text))
}

/// A description, which is Markdown of a feature document: as a note without a heading, but with links to the web and emphasis.
pub fn description(text: &str) -> String {
    block(text, is_description(text))
}

fn block(text: &str, is_harmless: bool) -> String {
    if is_harmless { visible::block(text) } else { fence(text, "text") }
}

/// True if a text is nothing but what a note may hold.
pub fn is_note(text: &str) -> bool {
    let small = |level| level > HeadingLevel::H2;
    holds_only(text, |at, event| match event {
        Event::Start(Tag::Heading { level, .. }) => at == 0 && small(*level),
        Event::End(TagEnd::Heading(level)) => small(*level),
        _ => is_plain(event),
    })
}

/// True if a text is nothing but what a description may hold.
pub fn is_description(text: &str) -> bool {
    holds_only(text, |_, event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => dest_url.starts_with("https://"),
        Event::Start(Tag::Emphasis) | Event::End(TagEnd::Link | TagEnd::Emphasis) => true,
        _ => is_plain(event),
    })
}

fn is_plain(event: &Event) -> bool {
    use {Event as E, Tag as T, TagEnd as End};
    matches!(
        event,
        E::Start(T::Paragraph | T::List(_) | T::Item | T::Strong)
            | E::End(End::Paragraph | End::List(_) | End::Item | End::Strong)
            | E::Text(_)
            | E::Code(_)
            | E::SoftBreak
    )
}

fn holds_only(text: &str, allowed: impl Fn(usize, &Event) -> bool) -> bool {
    Parser::new_ext(&visible::block(text), Options::ENABLE_TABLES).enumerate().all(|(at, event)| allowed(at, &event))
}

fn span(code: &str) -> String {
    let ticks = "`".repeat(longest_run(code) + 1);
    let spaced = code.starts_with(' ') && code.ends_with(' ') && !code.trim().is_empty();
    let pad = if code.starts_with('`') || code.ends_with('`') || spaced { " " } else { "" };
    format!("{ticks}{pad}{code}{pad}{ticks}")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Escapes text; the first of a line also against being read as a list item, an underline or a heading.
fn escape(out: &mut String, text: &str) {
    let mut rest = text;
    if out.is_empty() {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        out.push_str(&text[..digits]);
        rest = &text[digits..];
        let marker: &[char] = if digits == 0 { &['+', '-', '=', ':'] } else { &['.', ')'] };
        if rest.starts_with(marker) {
            out.push('\\');
        }
    }
    for c in rest.chars() {
        match c {
            '\\' | '*' | '_' | '[' | ']' | '~' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' => out.push_str("&#124;"),
            '`' => out.push_str("&#96;"),
            '^' => out.push_str("&#94;"),
            // Left over from addresses cut at their punctuation.
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '$' => out.push_str("&#36;"),
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn options() -> Options {
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS | Options::ENABLE_FOOTNOTES
    }

    /// The text of one paragraph, or what it turned into instead.
    fn paragraph(markdown: &str) -> Result<String, String> {
        let mut text = String::new();
        for event in Parser::new_ext(markdown, options()) {
            match event {
                Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph) => {}
                Event::Text(t) | Event::Code(t) => text.push_str(&t),
                other => return Err(format!("{other:?} from {markdown:?}")),
            }
        }
        Ok(text)
    }

    fn without_ticks(text: &str) -> String {
        let text = text.strip_prefix(EMPTY).unwrap_or(text);
        text.replace('`', "").trim().to_owned()
    }

    #[test]
    fn honours_our_own_code_and_escapes_the_rest() {
        assert_eq!(md("`iss` of the ID token equals `issuer`"), "`iss` of the ID token equals `issuer`");
        assert_eq!(md("a_b *c* [d](e) <f> | ~g~ & `h"), r"a\_b \*c\* \[d\](e) &lt;f&gt; &#124; \~g\~ &amp; &#96;h");
        assert_eq!(md("1. x"), r"1\. x");
        assert_eq!(md("- x"), r"\- x");
        assert_eq!(md("1.5 s"), r"1\.5 s");
    }

    #[test]
    fn makes_code_of_what_would_become_a_link() {
        assert_eq!(md("at https://localhost:5003/a_b."), "at `https://localhost:5003/a_b`.");
        assert_eq!(md("(WWW.example.com), a@b.c #1 @me"), "(`WWW.example.com`), `a@b.c` `#1` `@me`");
        assert_eq!(md("`a`https://b|c"), "`ahttps://b`&#124;`c`");
        assert_eq!(md("[^1]:@"), r"\[`^1`\]`:@`");
    }

    #[test]
    fn makes_code_spans_and_fences_long_enough() {
        assert_eq!(code("a``b`"), "``` a``b` ```");
        assert_eq!(code("a\nb"), "`a␊b`");
        assert_eq!(fence("````\nx", "json"), "`````json\n````\nx\n`````");
        assert_eq!(fence("", "text"), "```text\n```");
    }

    #[test]
    fn links_to_the_web_only() {
        assert_eq!(link("x", "https://a/b(c) \"d\"<e>\n?f&g=1"), "[x](https://a/b%28c%29%20%22d%22%3Ce%3E%0A?f&amp;g=1)");
        assert_eq!(link("x", "javascript:alert(1)"), "x");
    }

    #[test]
    fn a_note_with_more_in_it_than_we_write_is_shown_as_text() {
        for harmless in [
            "A client is registered.",
            "### Credentials\n\nThe client:",
            "The request:\n\n`https://i/auth`\n\n* **client_id**: `a_b`\n* **state**: `x`",
        ] {
            assert_eq!(note(harmless), harmless);
        }
        for foreign in ["* **client_id**: `a\n\n# H\n\n`", "a\n\n<img src=x>\n", "[x](https://evil.example)", "| a |\n|---|\n| b |", "a <b>c</b>"] {
            assert!(note(foreign).starts_with("```text\n"), "{foreign}");
        }
        assert_eq!(note("a\u{1b}[31m"), "a␛[31m");
    }

    #[test]
    fn takes_time_in_proportion() {
        for atom in ["x<b> | `", "`", "` ", "`` ", "[", "https://|", "((", "*_", "@]:"] {
            let started = std::time::Instant::now();
            md(&atom.repeat(100_000));
            // A quadratic escape would take minutes.
            assert!(started.elapsed().as_secs() < 10, "{atom:?}");
        }
    }

    /// Strings made of what Markdown is made of find holes sooner than random ones.
    fn nasty() -> impl Strategy<Value = String> {
        const SHORT: &[&str] = &[
            "`", "``", "|", "\\", "<", ">", "*", "_", "~~", "[", "]", "(", ")", "!", "#", "-", "+", "1.", "2)", ":", "=", "&", "&lt;", "\n", "\r",
            "\t", " ", "    ", "https://", "www.", "@", "$", "a", "b c", "<script>", "![x](y)", "[^1]", "[ ]", "|---|", "---", "\u{202e}", "\u{a0}",
            "é",
        ];
        let atom = prop::sample::select([SHORT, &["</details>"]].concat());
        prop_oneof![prop::collection::vec(atom, 0..12).prop_map(|v| v.concat()), any::<String>()]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn md_stays_one_paragraph_of_the_same_text(text in nasty()) {
            let shown = paragraph(&md(&text)).map_err(TestCaseError::fail)?;
            prop_assert_eq!(without_ticks(&shown), without_ticks(&visible::line(&text)));
        }

        #[test]
        fn md_stays_in_its_table_cell(text in nasty()) {
            let table = format!("| a | b |\n|---|---|\n| {} | z |\n", md(&text));
            let cells = Parser::new_ext(&table, options()).filter(|e| matches!(e, Event::Start(Tag::TableCell))).count();
            let last = Parser::new_ext(&table, options()).filter_map(|e| if let Event::Text(t) = e { Some(t.to_string()) } else { None }).last();
            prop_assert_eq!((cells, last.as_deref()), (4, Some("z")));
        }

        #[test]
        fn md_stays_in_heading_and_link(text in nasty()) {
            let text = md(&text);
            let events: Vec<_> = Parser::new_ext(&format!("## {text}\n\n* [{text}](x)\n"), options())
                .filter(|e| !matches!(e, Event::Text(_) | Event::Code(_))).map(|e| format!("{e:?}")).collect();
            let expected: Vec<_> = Parser::new_ext("## a\n\n* [a](x)\n", options())
                .filter(|e| !matches!(e, Event::Text(_))).map(|e| format!("{e:?}")).collect();
            prop_assert_eq!(events, expected);
        }

        #[test]
        fn code_shows_the_same_text(text in nasty().prop_filter("not empty", |t| !t.is_empty())) {
            let shown = paragraph(&format!("x {} y", code(&text))).map_err(TestCaseError::fail)?;
            prop_assert_eq!(shown, format!("x {} y", visible::line(&text)));
        }

        #[test]
        fn fence_is_one_block_of_the_same_text(text in nasty()) {
            let mut shown = String::new();
            for event in Parser::new_ext(&format!("x\n\n{}\n\ny\n", fence(&text, "json")), options()) {
                match event {
                    Event::Start(Tag::Paragraph | Tag::CodeBlock(_)) | Event::End(TagEnd::Paragraph | TagEnd::CodeBlock) => {},
                    Event::Text(t) => shown.push_str(&t),
                    other => return Err(TestCaseError::fail(format!("{other:?}"))),
                }
            }
            let block = visible::block(&text);
            let end = if block.is_empty() || block.ends_with('\n') { "" } else { "\n" };
            prop_assert_eq!(shown, format!("x{block}{end}y"));
        }

        #[test]
        fn a_link_has_one_destination(text in nasty()) {
            let links = Parser::new_ext(&link("x", &format!("https://a/{text}")), options()).filter(|e| matches!(e, Event::Start(_))).count();
            prop_assert_eq!(links, 2);
        }
    }
}
