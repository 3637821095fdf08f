//! How the text of `results.json` is laid out: indented for a reader, but for what there is much of, which has a line each.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

/// Writes a report in the form of its file.
///
/// # Errors
/// Whatever the JSON writer says.
pub fn write(report: &impl Serialize, out: &mut dyn Write) -> serde_json::Result<()> {
    report.serialize(&mut Serializer::with_formatter(out, Layout::default()))
}

/// The depth of the document's members, and of those of a test.
const OF_DOCUMENT: usize = 1;
const OF_TEST: usize = 3;

struct Layout {
    pretty: PrettyFormatter<'static>,
    /// How many objects and arrays are open.
    depth: usize,
    /// The deepest of them that have lines of their own inside.
    most: usize,
    /// The name of a member, while it is written.
    name: Option<String>,
}

impl Default for Layout {
    fn default() -> Self {
        Self { pretty: PrettyFormatter::new(), depth: 0, most: usize::MAX, name: None }
    }
}

impl Layout {
    fn is_on_lines(&self) -> bool {
        self.depth <= self.most
    }
}

/// Hands on what is to be written to the one or to the other.
macro_rules! write_by_depth {
    ($layout:ident, $method:ident ( $($argument:expr),* )) => {
        if $layout.is_on_lines() { $layout.pretty.$method($($argument),*) } else { CompactFormatter.$method($($argument),*) }
    };
}

impl Formatter for Layout {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        write_by_depth!(self, begin_array(writer))
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let written = write_by_depth!(self, end_array(writer));
        self.depth -= 1;
        written
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        write_by_depth!(self, begin_array_value(writer, first))
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        write_by_depth!(self, end_array_value(writer))
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        write_by_depth!(self, begin_object(writer))
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let written = write_by_depth!(self, end_object(writer));
        self.depth -= 1;
        written
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.name = (self.depth == OF_DOCUMENT || self.depth == OF_TEST).then(String::new);
        write_by_depth!(self, begin_object_key(writer, first))
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if let Some(name) = &mut self.name {
            name.push_str(fragment);
        }
        writer.write_all(fragment.as_bytes())
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if let Some(name) = self.name.take() {
            self.most = match (self.depth, name.as_str()) {
                (OF_DOCUMENT, "shared" | "known") => 3,
                (OF_TEST, "judged") => 4,
                (OF_TEST, "steps") => 6,
                (OF_TEST, _) if self.most < OF_TEST + 1 => self.most,
                _ => usize::MAX,
            };
        }
        write_by_depth!(self, end_object_key(writer))
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        write_by_depth!(self, begin_object_value(writer))
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        write_by_depth!(self, end_object_value(writer))
    }
}
