//! Rules about what the address in `picture` leads to (`OpenID` Connect Core 5.1). It is fetched only from the issuer itself: what is elsewhere is no part
//! of what is tested.

use crate::observed::markup::asks_for_login;
use crate::rule::prelude::*;

/// What the address in `picture` gives.
#[derive(Debug, Clone)]
pub struct Picture {
    /// The exchange of the userinfo response.
    pub exchange: usize,
    /// The answer, or why it was not asked for.
    pub answer: Result<Received, &'static str>,
}

impl Artefact for Picture {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.answer.as_ref().map_or(self.exchange, |answer| answer.exchange))
    }
}

static RULES: &[Check<Picture>] = &[must(
    "userinfo/picture-is-image",
    "OIDCC-5.1",
    "The address in the `picture` of userinfo must lead to an image, and not to a web page",
    "Clients that show the picture show nothing, or a broken image.",
    "Write the address of the image file itself into `picture`, and serve it with the media type of the image, such as `image/png`.",
    |picture| {
        let answer = match &picture.answer {
            Ok(answer) => answer,
            Err(why) => return not_applicable(*why),
        };
        // Who may see it is another matter; 404 may say that, too (RFC 9110 15.5.5).
        applies_if(answer.status == 200, said!("status {}", answer.status))?;
        let media_type = answer.media_type().unwrap_or_default();
        let is_html = matches!(media_type.as_str(), "text/html" | "application/xhtml+xml");
        // The text is about the file, whatever it is called.
        if is_image(&answer.body) || (!is_html && is_drawing(&answer.text())) {
            return pass(said!("an image; {}", content_type(answer)));
        }
        applies_if(!(is_html && asks_for_login(&answer.text())), "a login page: who may see the picture has to log in")?;
        let is_page = matches!(media_type.as_str(), "text/html" | "application/xhtml+xml" | "application/json" | "text/plain");
        applies_if(is_page || media_type.starts_with("image/"), "the media type is neither that of an image nor that of a page")?;
        holds(!is_page, "an image", content_type(answer))
    },
)];

/// True of what begins as the files of images do that browsers show (MIME Sniffing 6.1).
fn is_image(body: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 6] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"\0\0\x01\0"];
    let is_webp = body.starts_with(b"RIFF") && body.get(8..14) == Some(b"WEBPVP");
    // AVIF, one picture or several: the box of the file's type names it.
    let is_avif = matches!(body.get(4..12), Some(b"ftypavif" | b"ftypavis"));
    is_webp || is_avif || BEGINNINGS.iter().any(|beginning| body.starts_with(beginning))
}

/// True of what begins as the files of SVG do, after what any XML document may begin with.
fn is_drawing(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let declared = text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>"));
    let text = declared.map_or(text, |(_, rest)| rest.trim_start());
    ["<svg", "<!DOCTYPE svg"].iter().any(|beginning| text.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::Picture;
    use crate::rule::testing::{arbitrary, arbitrary_artefact, failing, not_applicable, passing, text};

    #[test]
    fn an_image_is_no_page() {
        let picture = |status, content_type: &str| Picture { exchange: 0, answer: Ok(text(status, content_type, "x")) };
        for right in ["image/png", "image/svg+xml; charset=utf-8"] {
            assert_eq!(passing(&picture(200, right)).len(), 1, "{right}");
        }
        for wrong in ["text/html; charset=utf-8", "application/json", "text/plain"] {
            assert_eq!(failing(&picture(200, wrong)).len(), 1, "{wrong}");
        }
        let of = |content_type: &str, body: &str| Picture { exchange: 0, answer: Ok(text(200, content_type, body)) };
        assert_eq!(passing(&of("text/plain", "GIF89a\u{1}")).len(), 1);
        for file in ["\0\0\0\u{20}ftypavif\0", "<svg xmlns='http://www.w3.org/2000/svg'/>", "\u{feff}<?xml version='1.0'?>\n<svg/>"] {
            assert_eq!(passing(&of("text/plain", file)).len(), 1, "{file}");
        }
        assert_eq!(failing(&of("text/html", "<svg/><p>Sally</p>")).len(), 1);
        assert_eq!(not_applicable(&of("text/html", "<form method=post><input name=u><input type=PASSWORD name=p></form>")).len(), 1);
        assert_eq!(not_applicable(&of("text/html", "<form><input autocomplete=\"username webauthn\"></form>")).len(), 1);
        assert_eq!(failing(&of("text/html", "<form><input name=q></form>")).len(), 1);
        for unclear in [picture(404, "text/html"), picture(200, "application/octet-stream"), Picture { exchange: 0, answer: Err("no picture") }] {
            assert_eq!(not_applicable(&unclear).len(), 1);
        }
    }

    arbitrary_artefact!(Picture: answer in arbitrary::received(&["a"]) => Picture { exchange: 0, answer: Ok(answer) });
}
