//! What a file's name and content say of it.

use bytes::Bytes;
use md5::{Digest, Md5};

/// As many characters of a note can be previewed (Object Reference, ContentNote).
const PREVIEW_CHARS: usize = 255;

/// File types by extension (Object Reference, ContentVersion, `FileType`).
const TYPES: [(&str, &str); 38] = [
    ("ai", "AI"),
    ("bmp", "BMP"),
    ("css", "CSS"),
    ("csv", "CSV"),
    ("doc", "WORD"),
    ("docm", "WORD_M"),
    ("docx", "WORD_X"),
    ("eps", "EPS"),
    ("exe", "EXE"),
    ("flv", "FLASH"),
    ("gif", "GIF"),
    ("htm", "HTML"),
    ("html", "HTML"),
    ("java", "JAVA"),
    ("jpeg", "JPG"),
    ("jpg", "JPG"),
    ("js", "JS"),
    ("m4a", "M4A"),
    ("mov", "MOV"),
    ("mp3", "MP3"),
    ("mp4", "MP4"),
    ("mpeg", "MPEG"),
    ("pdf", "PDF"),
    ("png", "PNG"),
    ("ppt", "POWER_POINT"),
    ("pptx", "POWER_POINT_X"),
    ("psd", "PSD"),
    ("rtf", "RTF"),
    ("snote", super::NOTE_TYPE),
    ("svg", "SVG"),
    ("swf", "SWF"),
    ("tif", "TIFF"),
    ("tiff", "TIFF"),
    ("txt", "TEXT"),
    ("vsd", "VISIO"),
    ("xls", "EXCEL"),
    ("xlsx", "EXCEL_X"),
    ("zip", "ZIP"),
];

/// Elements that text does not run across.
const BREAKS: [&str; 8] = ["br", "div", "h1", "h2", "li", "ol", "p", "ul"];

/// Elements of notes that may run something. They go with all that is in them.
const UNSAFE_ELEMENTS: [&str; 5] = ["script", "style", "iframe", "object", "embed"];

/// Returns the extension of a path and the file type that it stands for.
pub(super) fn type_of(path: &str) -> (String, &'static str) {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let known = TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(extension));
    (extension.to_owned(), known.map_or("UNKNOWN", |(_, kind)| kind))
}

/// Returns the MD5 of a content, as a version's `Checksum` has it.
pub(super) fn checksum(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Takes raw line breaks and markup that may run something out of the HTML of a note (Object Reference, ContentNote).
pub(super) fn clean_note(bytes: &Bytes) -> Bytes {
    let Ok(text) = std::str::from_utf8(bytes) else { return bytes.clone() };
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        clean.push_str(&rest[..start]);
        let Some(length) = rest[start..].find('>') else {
            rest = &rest[start..];
            break;
        };
        let tag = &rest[start..=start + length];
        rest = &rest[start + length + 1..];
        match unsafe_element(tag) {
            Some(name) => rest = after_end(rest, name),
            None => clean.push_str(&clean_tag(tag)),
        }
    }
    clean.push_str(rest);
    clean.retain(|c| !matches!(c, '\n' | '\r'));
    clean.into()
}

fn tag_name(tag: &str) -> &str {
    let inner = tag.trim_start_matches(['<', '/']);
    inner.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default()
}

fn unsafe_element(tag: &str) -> Option<&'static str> {
    UNSAFE_ELEMENTS.into_iter().find(|name| tag_name(tag).eq_ignore_ascii_case(name))
}

/// Returns what stands behind the end of an element; everything if it has none.
fn after_end<'a>(rest: &'a str, name: &str) -> &'a str {
    let lower = rest.to_ascii_lowercase();
    let Some(at) = lower.find(&format!("</{name}")) else { return rest };
    rest[at..].find('>').map_or("", |end| &rest[at + end + 1..])
}

/// Leaves out attributes that hold scripts.
fn clean_tag(tag: &str) -> String {
    let is_script = |word: &str| {
        let word = word.to_ascii_lowercase();
        word.starts_with("on") && word.contains('=') || word.contains("javascript:")
    };
    if !tag.split_ascii_whitespace().any(is_script) {
        return tag.to_owned();
    }
    let kept: Vec<&str> =
        tag.trim_end_matches('>').split_ascii_whitespace().filter(|word| !is_script(word)).collect();
    format!("{}>", kept.join(" "))
}

/// Returns the start of a note as plain text.
pub(super) fn preview(html: &[u8]) -> String {
    let text = String::from_utf8_lossy(html);
    let mut plain = String::new();
    let mut is_in_tag = false;
    for (at, c) in text.char_indices() {
        match c {
            '<' => {
                is_in_tag = true;
                // Text of two paragraphs does not run together, as that around a bold word does.
                let is_break = BREAKS.iter().any(|name| tag_name(&text[at..]).eq_ignore_ascii_case(name));
                if is_break && !plain.is_empty() && !plain.ends_with(' ') {
                    plain.push(' ');
                }
            }
            '>' => is_in_tag = false,
            c if !is_in_tag => plain.push(c),
            _ => {}
        }
    }
    let plain = unescape(plain.trim());
    plain.chars().take(PREVIEW_CHARS).collect::<String>().trim_end().to_owned()
}

fn unescape(text: &str) -> String {
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ];
    entities.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{checksum, clean_note, preview, type_of};

    #[test]
    fn types_follow_from_the_names_of_files() {
        for (path, extension, kind) in [
            ("C:\\plans\\Lock gates.PDF", "PDF", "PDF"),
            ("/tmp/a.b/notes.docx", "docx", "WORD_X"),
            ("README", "", "UNKNOWN"),
            ("x.snote", "snote", "SNOTE"),
        ] {
            assert_eq!(type_of(path), (extension.to_owned(), kind), "{path}");
        }
    }

    #[test]
    fn checksums_are_md5() {
        assert_eq!(checksum(b""), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(checksum(b"abc"), "900150983cd24fb0d6963f7d28e17f72");
    }

    #[test]
    fn notes_keep_their_text_and_lose_their_scripts() {
        let html =
            "<p onclick=\"x()\" class=\"a\">One &amp; two</p>\r\n<SCRIPT>alert(1)</script><b>three</b> <";

        let clean = clean_note(&Bytes::from_static(html.as_bytes()));

        assert_eq!(&clean[..], b"<p class=\"a\">One &amp; two</p><b>three</b> <");
        assert_eq!(preview(&clean), "One & two three");
    }
}
