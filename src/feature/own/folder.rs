//! The documents of a folder: every JSON file in it and the folders in it, in the order of their paths.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The most bytes of a document.
const MOST_BYTES: u64 = 1 << 20;
/// The most documents.
const MOST_DOCUMENTS: usize = 200;
/// How deep folders can stand in each other.
const MOST_DEEP: usize = 8;
/// The most files and folders that are looked at.
const MOST_ENTRIES: usize = 10_000;

/// A document as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its path, which begins with the folder's.
    pub path: PathBuf,
    /// Its text, without a byte order mark.
    pub text: String,
}

/// A document or a folder that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong, with the path: a sentence without a full stop.
    pub says: String,
    /// What to do about it.
    pub hint: String,
}

impl Unreadable {
    fn new(says: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { says: says.into(), hint: hint.into() }
    }
}

/// Every document of a folder. Links are followed, each file and each folder once. What begins with a dot, and what is no JSON by its name, is no document,
/// and neither is a schema (`*.schema.json`), which editors want beside the documents.
///
/// # Errors
/// Every file and folder that cannot be read, or the first limit that is passed.
pub fn documents(folder: &Path) -> Result<Vec<Document>, Vec<Unreadable>> {
    let choose = "name the folder that your documents are in";
    match fs::metadata(folder) {
        Err(why) => return Err(vec![Unreadable::new(format!("cannot read {}: {why}", folder.display()), choose)]),
        Ok(metadata) if !metadata.is_dir() => return Err(vec![Unreadable::new(format!("{} is not a folder", folder.display()), choose)]),
        Ok(_) => {}
    }
    let mut walk = Walk::default();
    if let Err(limit) = walk.folder(folder, 0) {
        return Err(vec![limit]);
    }
    if walk.documents.is_empty() && walk.unreadable.is_empty() {
        let says = format!("there is no document in {}: a document is a file whose name ends with .json", folder.display());
        return Err(vec![Unreadable::new(says, choose)]);
    }
    if walk.unreadable.is_empty() { Ok(walk.documents) } else { Err(walk.unreadable) }
}

#[derive(Default)]
struct Walk {
    documents: Vec<Document>,
    unreadable: Vec<Unreadable>,
    /// Files and folders by where they really are.
    seen: BTreeSet<PathBuf>,
    entries: usize,
}

impl Walk {
    /// Reads the documents of a folder. What is wrong with one of them is kept; a limit that is passed ends it.
    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), Unreadable> {
        let fewer = "name a folder that holds your documents and little else";
        if depth > MOST_DEEP {
            return Err(Unreadable::new(format!("{}: folders stand in each other more than {MOST_DEEP} deep", folder.display()), fewer));
        }
        if !self.is_new(folder) {
            return Ok(());
        }
        let mut paths = Vec::new();
        match fs::read_dir(folder) {
            Err(why) => self.unreadable(folder, &why.to_string()),
            Ok(entries) => {
                for entry in entries {
                    self.entries += 1;
                    if self.entries > MOST_ENTRIES {
                        return Err(Unreadable::new(format!("there are more than {MOST_ENTRIES} files and folders to look at"), fewer));
                    }
                    match entry {
                        Ok(entry) => paths.push(entry.path()),
                        Err(why) => self.unreadable(folder, &why.to_string()),
                    }
                }
            }
        }
        paths.sort();
        for path in paths.into_iter().filter(|path| !is_hidden(path)) {
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() => self.folder(&path, depth + 1)?,
                Ok(metadata) if is_document(&path) && metadata.is_file() => {
                    if self.documents.len() == MOST_DOCUMENTS {
                        return Err(Unreadable::new(format!("there are more than {MOST_DOCUMENTS} documents"), fewer));
                    }
                    if self.is_new(&path) {
                        self.document(path);
                    }
                }
                // A pipe, say, which may never end.
                Ok(_) if is_document(&path) => self.unreadable(&path, "it is no regular file"),
                Err(why) if is_document(&path) => self.unreadable(&path, &why.to_string()),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// True if a file or folder was not come to before, by whatever path.
    fn is_new(&mut self, path: &Path) -> bool {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        self.seen.insert(real)
    }

    fn document(&mut self, path: PathBuf) {
        let mut bytes = Vec::new();
        // One byte more than it may have: a file can grow after its size was looked at.
        match fs::File::open(&path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)) {
            Err(why) => return self.unreadable(&path, &why.to_string()),
            Ok(read) if read as u64 > MOST_BYTES => {
                let says = format!("{} has more than {} MiB", path.display(), MOST_BYTES >> 20);
                return self.unreadable.push(Unreadable::new(says, "take what is not a test or a rule out of it, or make several documents of it"));
            }
            Ok(_) => {}
        }
        match String::from_utf8(bytes) {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
                self.documents.push(Document { path, text });
            }
            Err(why) => {
                let right = String::from_utf8_lossy(&why.as_bytes()[..why.utf8_error().valid_up_to()]).matches('\n').count();
                let line = right + 1;
                self.unreadable.push(Unreadable::new(format!("{}:{line}: this is not UTF-8", path.display()), "save the file as UTF-8"));
            }
        }
    }

    fn unreadable(&mut self, path: &Path, why: &str) {
        let hint = "make it readable, or take it out of the folder";
        self.unreadable.push(Unreadable::new(format!("cannot read {}: {why}", path.display()), hint));
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

fn is_document(path: &Path) -> bool {
    extensions(path).first().is_some_and(|last| last == "json") && extensions(path).get(1).is_none_or(|before| before != "schema")
}

/// What follows the dots of a file's name in lower case, the last first.
fn extensions(path: &Path) -> Vec<String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let mut parts: Vec<String> = name.split('.').skip(1).map(str::to_owned).collect();
    parts.reverse();
    parts
}

/// True for a document that holds rules and not tests, by its name.
pub fn is_rules(path: &Path) -> bool {
    extensions(path).get(1).is_some_and(|before| before == "rules")
}
