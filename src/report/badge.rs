//! `badge.svg`: the verdict as a small picture for a page or a README. It loads nothing, and its words are in its title as well.

use super::words::{self, Conclusion};
use crate::result::model::RunReport;
use crate::rule::Level;
use crate::text::count;
use crate::text::html::escape;
use crate::text::visible;

/// The file's name in the report directory.
pub const NAME: &str = "badge.svg";

/// What every file written here begins with; by it one of an earlier run is known.
pub const BEGINNING: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"oa-authtest\"";

/// The most characters of a foreign text.
const MOST: usize = 200;

/// The space on both sides of a text, in pixels.
const PADDING: u32 = 7;

/// The colour behind the words on the left, and of all words.
const LABEL: &str = "#444444";
const WORDS: &str = "#ffffff";

/// The verdict as SVG.
pub fn render(report: &RunReport) -> String {
    let (label, message) = (label(report), message(report));
    let colour = colour(Conclusion::of(report));
    let (left, right) = (width(label), width(&message));
    let half = |x: u32, width: u32, text: &str| {
        let (middle, length) = (x + width / 2, width - 2 * PADDING);
        format!("    <text x=\"{middle}\" y=\"14\" textLength=\"{length}\">{}</text>\n", escape(&visible::line(text)))
    };
    let title = format!("{label}: {message}. {} on {}: {}", shown(&report.issuer), words::moment(&report.started), words::run_headline(report).says);
    let total = left + right;
    let name = escape(&format!("{label}: {message}"));
    format!(
        "{BEGINNING} width=\"{total}\" height=\"20\" viewBox=\"0 0 {total} 20\" role=\"img\" aria-label=\"{name}\">\n  \
           <title>{}</title>\n  \
           <clipPath id=\"oa-authtest-badge\"><rect width=\"{total}\" height=\"20\" rx=\"3\"/></clipPath>\n  \
           <g clip-path=\"url(#oa-authtest-badge)\">\n    \
             <rect width=\"{left}\" height=\"20\" fill=\"{LABEL}\"/>\n    \
             <rect x=\"{left}\" width=\"{right}\" height=\"20\" fill=\"{colour}\"/>\n  \
           </g>\n  \
           <g fill=\"{WORDS}\" text-anchor=\"middle\" font-family=\"Verdana,Geneva,DejaVu Sans,sans-serif\" font-size=\"11\">\n{}{}  </g>\n\
         </svg>\n",
        escape(&visible::line(&title)),
        half(0, left, label),
        half(left, right, &message),
    )
}

/// What was tested.
fn label(report: &RunReport) -> &'static str {
    let profiles = &report.environment.profiles;
    if !profiles.is_empty() && profiles.iter().all(|profile| profile == "oauth") { "OAuth 2.0" } else { "OpenID Connect" }
}

/// What came of it, in the words of the headline.
fn message(report: &RunReport) -> String {
    // A part is not to be taken for the whole.
    let shard = report.shard().map(|shard| format!(" (shard {}/{})", shard.part, shard.of)).unwrap_or_default();
    let conclusion = Conclusion::of(report);
    let broken = words::broken_levels(&report.tests).into_values().filter(|level| *level == Level::Must).count();
    if conclusion == Conclusion::NotConformant && broken > 0 {
        return format!("{} broken{shard}", count(broken, "MUST rule"));
    }
    conclusion.words().to_lowercase() + &shard
}

/// The colour behind what came of it; white can be read on each.
fn colour(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Conformant => "#1a7f37",
        Conclusion::NotConformant => "#b42318",
        Conclusion::NotFullyTested => "#8a5a00",
        Conclusion::NothingTested => "#57606a",
    }
}

/// The width of a half with its text, in pixels: about that of Verdana at 11 pixels. The text is set to it exactly.
fn width(text: &str) -> u32 {
    let tenths: u32 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | ' ' | '.' => 38,
            'f' | 'r' | 't' | 'I' => 46,
            'm' | 'w' | 'M' | 'W' => 98,
            c if c.is_ascii_uppercase() => 80,
            _ => 68,
        })
        .sum();
    tenths / 10 + 2 * PADDING
}

fn shown(text: &str) -> String {
    visible::short(text, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::json::sample;
    use crate::result::model::Verdict;

    /// The contrast of two colours as WCAG 2 defines it.
    fn contrast(one: &str, other: &str) -> f64 {
        let luminance = |colour: &str| {
            let channel = |at: usize| {
                let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
                if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn its_words_can_be_read() {
        assert!((contrast("#ffffff", "#000000") - 21.0).abs() < 0.01);
        let conclusions = [Conclusion::Conformant, Conclusion::NotConformant, Conclusion::NotFullyTested, Conclusion::NothingTested];
        for behind in conclusions.map(colour).into_iter().chain([LABEL]) {
            assert!(contrast(WORDS, behind) >= 4.5, "{behind}: {}", contrast(WORDS, behind));
        }
    }

    #[test]
    fn it_says_what_came_of_the_run() {
        let mut report = sample();
        let broken = words::broken_levels(&report.tests).into_values().filter(|level| *level == Level::Must).count();
        assert_eq!((label(&report), message(&report)), ("OpenID Connect", format!("{} broken", count(broken, "MUST rule"))));
        report.tests.retain(|test| test.verdict != Verdict::Failed);
        assert_eq!(message(&report), "not fully tested");
        report.tests.retain(|test| test.verdict != Verdict::Errored);
        assert_eq!(message(&report), "conformant");
        report.tests.retain(|test| test.verdict == Verdict::Skipped);
        assert_eq!(message(&report), "nothing tested");
        report.environment.profiles = vec!["oauth".to_owned()];
        assert_eq!(label(&report), "OAuth 2.0");
    }
}
