//! JSON written by hand: texts, lists and objects do not need a crate.

/// A JSON string. Paths and arguments are bytes: those that are no UTF-8 become the lone surrogates by which Python
/// (`os.fsencode`) restores them, so that nothing is lost.
pub fn text(bytes: &[u8]) -> String {
    let mut out = String::from('"');
    for chunk in bytes.utf8_chunks() {
        chunk
            .valid()
            .chars()
            .for_each(|letter| push(&mut out, letter));
        for byte in chunk.invalid() {
            out.push_str(&format!("\\udc{byte:02x}"));
        }
    }
    out.push('"');
    out
}

pub fn array(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(", "))
}

pub fn object(members: &[(&str, String)]) -> String {
    let members = members
        .iter()
        .map(|(name, value)| format!("\"{name}\": {value}"));
    format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
}

fn push(out: &mut String, letter: char) {
    match letter {
        '"' | '\\' => out.extend(['\\', letter]),
        control if (control as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", control as u32)),
        other => out.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted_as_json_demands() {
        assert_eq!(text("plain é".as_bytes()), "\"plain é\"");
        assert_eq!(text(b"a\"b\\c\n"), "\"a\\\"b\\\\c\\u000a\"");
    }

    #[test]
    fn bytes_that_are_no_text_survive_as_python_escapes_them() {
        assert_eq!(text(b"a\xffb"), "\"a\\udcffb\"");
    }

    #[test]
    fn lists_and_objects_nest() {
        let inner = array([text(b"x"), "2".to_string()]);
        assert_eq!(
            object(&[("a", inner), ("b", "null".into())]),
            "{\"a\": [\"x\", 2], \"b\": null}"
        );
    }
}
