//! Screenshots as part of the page.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::report::file;
use crate::report::view::{Picture, Shown};

/// A larger file is no screenshot.
const MOST_BYTES: u64 = 8 * 1024 * 1024;

/// The most that the pictures of a page take, in bytes of their `data:` addresses. Further ones are in their files alone.
const MOST_OF_PAGE: usize = 5 * 512 * 1024;

/// A screenshot by its name in a results file, below a report directory. `None` if it is missing, leads out of the directory or is no picture.
pub fn below(dir: &Path, name: &str) -> Option<Picture> {
    let path = file::picture(dir, name)?;
    if fs::metadata(&path).ok()?.len() > MOST_BYTES {
        return None;
    }
    let bytes = fs::read(path).ok()?;
    let (kind, size) = match bytes.as_slice() {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => ("png", png_size(&bytes)),
        [0xff, 0xd8, 0xff, ..] => ("jpeg", None),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => ("webp", None),
        _ => return None,
    };
    let src = format!("data:image/{kind};base64,{}", STANDARD.encode(&bytes));
    Some(Picture { src, size, id: None, same: None, beside: None })
}

/// The pictures of a page: each is in it once, and there is room for so many.
#[derive(Debug)]
pub struct Pictures {
    shown: Shown,
    left: usize,
}

impl Default for Pictures {
    fn default() -> Self {
        Self { shown: Shown::default(), left: MOST_OF_PAGE }
    }
}

impl Pictures {
    /// What the page holds of a picture in a file: the picture itself where it is new and there is room, else where it is.
    pub fn hold(&mut self, picture: Picture, file: &str) -> Picture {
        let here = format!("picture-{}", self.shown.count() + 1);
        let id = match self.shown.before(&picture.src, &here) {
            Some(same) => return Picture { src: String::new(), same: Some(same), ..picture },
            None => Some(here),
        };
        match self.left.checked_sub(picture.src.len()) {
            Some(left) => {
                self.left = left;
                Picture { id, ..picture }
            }
            None => Picture { src: String::new(), id, beside: Some(file.to_owned()), ..picture },
        }
    }
}

/// Width and height, from the first chunk.
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    Some((number(16)?, number(20)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_pictures_below_the_directory_only() {
        let dir = tempfile::tempdir().unwrap();
        let reports = dir.path().join("reports");
        fs::create_dir(&reports).unwrap();
        let png = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x05\0\0\0\x03\xaf".as_slice(), &[0; 9]].concat();
        for path in [reports.join("a.png"), dir.path().join("secret.png")] {
            fs::write(path, &png).unwrap();
        }
        fs::write(reports.join("b.png"), "<svg onload='x'>").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(dir.path().join("secret.png"), reports.join("link.png")).unwrap();
        let found = below(&reports, "a.png").unwrap();
        assert_eq!(found.size, Some((1280, 943)));
        assert!(found.src.starts_with("data:image/png;base64,iVBORw0KGgo"), "{}", found.src);
        for name in ["b.png", "link.png", "missing.png", "../secret.png", "a.svg"] {
            assert_eq!(below(&reports, name), None, "{name}");
        }
    }
}
