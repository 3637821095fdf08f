//! Folders of documents that are part of the program. A list in the folder, `order.txt`, gives their order and must name each of them, so that
//! none is left out unseen.

use std::path::Path;

use include_dir::{Dir, DirEntry};
use thiserror::Error;

/// A folder whose list and documents do not agree.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FolderError {
    /// A document is not in the list.
    #[error("{folder}/{file} is not listed in {folder}/order.txt")]
    Unlisted {
        /// The folder.
        folder: &'static str,
        /// The document's path in it.
        file: String,
    },
    /// The list names a document that does not exist, or one twice.
    #[error("{folder}/order.txt names {file}, which does not exist or was named before")]
    Missing {
        /// The folder.
        folder: &'static str,
        /// The path in the list.
        file: String,
    },
}

/// Every text file in a folder and the folders in it: path, with slashes, and content.
pub fn files(dir: &'static Dir<'static>) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    for entry in dir.entries() {
        match entry {
            DirEntry::Dir(inner) => found.extend(files(inner)),
            DirEntry::File(file) => {
                let path: Vec<_> = file.path().iter().map(|part| part.to_string_lossy()).collect();
                found.extend(file.contents_utf8().map(|text| (path.join("/"), text)));
            }
        }
    }
    found
}

/// The JSON documents of a folder in the order of its list: path and content.
///
/// # Errors
/// [`FolderError`] names the document that is only in the folder, or only in the list.
pub fn documents(folder: &'static str, dir: &'static Dir<'static>) -> Result<Vec<(String, &'static str)>, FolderError> {
    in_order(folder, files(dir))
}

fn is_document(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

fn in_order(folder: &'static str, files: Vec<(String, &'static str)>) -> Result<Vec<(String, &'static str)>, FolderError> {
    let list = files.iter().find(|(path, _)| path == "order.txt").map_or("", |(_, list)| list);
    let mut documents: Vec<_> = files.into_iter().filter(|(path, _)| is_document(Path::new(path))).collect();
    let mut ordered = Vec::new();
    for file in list.lines() {
        let at = documents.iter().position(|(path, _)| path == file).ok_or_else(|| FolderError::Missing { folder, file: file.to_owned() })?;
        ordered.push(documents.swap_remove(at));
    }
    match documents.pop() {
        Some((file, _)) => Err(FolderError::Unlisted { folder, file }),
        None => Ok(ordered),
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{in_order, is_document};

    fn ordered(list: &'static str) -> Result<String, String> {
        let files = [("a.json", "A"), ("order.txt", list), ("in/b.json", "B"), ("README.md", "")].map(|(path, text)| (path.to_owned(), text));
        in_order("x", files.to_vec()).map(|found| found.iter().map(|(_, text)| *text).collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_list_gives_the_order_and_names_every_document() {
        assert_eq!(ordered("in/b.json\na.json\n"), Ok("BA".to_owned()));
        assert_eq!(ordered("a.json\n"), Err("x/in/b.json is not listed in x/order.txt".to_owned()));
        let missing = |file| Err(format!("x/order.txt names {file}, which does not exist or was named before"));
        assert_eq!(ordered("a.json\nc.json\nin/b.json\n"), missing("c.json"));
        assert_eq!(ordered("a.json\na.json\nin/b.json\n"), missing("a.json"));
    }

    fn on_disk(dir: &Path, found: &mut Vec<PathBuf>) {
        for path in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                on_disk(&path, found);
            } else if is_document(&path) {
                found.push(path);
            }
        }
    }

    /// A file that was added since the last build is not embedded yet: an entry in the list, which is embedded, has it built again.
    #[test]
    fn every_document_on_the_disk_is_listed() {
        for folder in ["fixtures/coverage", "fixtures/flaws", "fixtures/variants", "features"] {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            let list = std::fs::read_to_string(root.join("order.txt")).unwrap();
            let mut listed: Vec<_> = list.lines().map(|line| root.join(line)).collect();
            let mut found = Vec::new();
            on_disk(&root, &mut found);
            listed.sort();
            found.sort();
            assert_eq!(found, listed, "{folder}/order.txt");
        }
    }
}
