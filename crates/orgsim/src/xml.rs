//! XML as far as clients of the older APIs send it: elements and their text. Attributes and namespaces are passed over.

/// Elements may be nested so deep.
const MAX_DEPTH: usize = 64;

/// An element by its name without a prefix.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// The text directly within it, entities resolved.
    pub(crate) text: String,
    /// Whether `xsi:nil` says that it has no value.
    pub(crate) is_nil: bool,
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// Finds a child by its name.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Returns the text of a child without the space around it; empty if there is no such child.
    pub(crate) fn child_text(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.trim())
    }
}

/// Reads a document. Answers `None` if it is no XML, or has a document type, which could make it grow without end.
pub(crate) fn parse(document: &str) -> Option<Element> {
    let mut open = vec![Element::default()];
    let mut rest = document.trim_start_matches('\u{feff}');
    while let Some((text, tag_on)) = rest.split_once('<') {
        open.last_mut()?.text.push_str(&unescape(text)?);
        if let Some(after) = tag_on.strip_prefix("!--") {
            rest = after.split_once("-->")?.1;
        } else if let Some(after) = tag_on.strip_prefix("![CDATA[") {
            let (data, after) = after.split_once("]]>")?;
            open.last_mut()?.text.push_str(data);
            rest = after;
        } else if let Some(after) = tag_on.strip_prefix('?') {
            rest = after.split_once("?>")?.1;
        } else {
            let end = end_of_tag(tag_on)?;
            read_tag(&tag_on[..end], &mut open)?;
            rest = &tag_on[end + 1..];
        }
    }
    let mut root = open.pop().filter(|_| open.is_empty())?;
    let is_one = root.children.len() == 1 && root.text.trim().is_empty() && rest.trim().is_empty();
    root.children.pop().filter(|_| is_one)
}

fn read_tag(tag: &str, open: &mut Vec<Element>) -> Option<()> {
    if let Some(name) = tag.strip_prefix('/') {
        let closed = open.pop()?;
        if closed.name != local_name(name.trim()) {
            return None;
        }
        open.last_mut()?.children.push(closed);
        return Some(());
    }
    let is_empty = tag.ends_with('/');
    let name = tag.trim_end_matches('/').split_whitespace().next()?;
    if name.starts_with('!') || open.len() > MAX_DEPTH {
        return None;
    }
    let is_nil = [":nil=\"true\"", ":nil='true'", ":nil=\"1\""].iter().any(|nil| tag.contains(nil));
    let element = Element { name: local_name(name).to_owned(), is_nil, ..Element::default() };
    match is_empty {
        true => open.last_mut()?.children.push(element),
        false => open.push(element),
    }
    Some(())
}

/// Finds the `>` that ends a tag: not one within a quoted attribute.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quote = None;
    text.bytes().position(|byte| {
        match (quote, byte) {
            (Some(open), byte) if byte == open => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            _ => {}
        }
        quote.is_none() && byte == b'>'
    })
}

fn local_name(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn unescape(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, entity_on)) = rest.split_once('&') {
        plain.push_str(before);
        let (entity, after) = entity_on.split_once(';')?;
        plain.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            entity => {
                let number = entity.strip_prefix('#')?;
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(code)?
            }
        });
        rest = after;
    }
    plain.push_str(rest);
    Some(plain)
}

/// Makes text safe within XML elements. Control characters, which XML cannot hold, are left out.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            letter if letter.is_control() && !matches!(letter, '\t' | '\n' | '\r') => {}
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::{escape, parse};

    #[test]
    fn elements_and_texts_are_read() {
        let document = "\u{feff}<?xml version=\"1.0\"?><!-- a > b -->\n<e:A xmlns:e='x>y'><b>1 &amp; &#x41;<![CDATA[<&>]]></b><c/><b>2</b></e:A >\n";

        let root = parse(document).unwrap();

        assert_eq!((root.name.as_str(), root.children.len()), ("A", 3));
        assert_eq!((root.child_text("b"), root.child_text("c"), root.child_text("d")), ("1 & A<&>", "", ""));
    }

    #[test]
    fn what_is_no_document_is_refused() {
        let deep = "<a>".repeat(100) + &"</a>".repeat(100);
        for text in
            ["", "text", "<a>", "<a></b>", "<a/><b/>", "<a>&nothing;</a>", "<!DOCTYPE a []><a/>", "<a", &deep]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn markup_is_escaped() {
        assert_eq!(escape("<a b=\"'&\u{1}\n"), "&lt;a b=&quot;&apos;&amp;\n");
    }
}
