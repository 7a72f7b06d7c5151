//! The list of a folder as a page: links that browsers show and `wget -m` follows.

use std::fmt::Write;

use crate::markup::escaped;

use crate::web::files::date;

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its size, bytes; none for a folder.
    pub size: Option<u64>,
    /// When it was written, POSIX seconds.
    pub modified_s: i64,
}

/// The page of a folder; `path` is that of the request.
pub fn page(path: &str, mut entries: Vec<Listed>) -> String {
    entries.sort();
    let title = escaped(path);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n<pre>\n"
    );
    if path.trim_matches('/').is_empty() {
        out.push('\n');
    } else {
        out.push_str("<a href=\"../\">../</a>\n");
    }
    for entry in &entries {
        let slash = if entry.size.is_none() { "/" } else { "" };
        let name = escaped(&entry.name);
        let room = 60_usize.saturating_sub(entry.name.len());
        let size = entry.size.map_or("-".to_owned(), |size| size.to_string());
        let modified = date::written(entry.modified_s);
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "<a href=\"{name}{slash}\">{name}{slash}</a>{:room$} {modified} {size:>12}",
            ""
        );
    }
    out.push_str("</pre>\n</body>\n</html>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_links_every_entry_and_the_folder_above() {
        let entry = |name: &str, size| Listed { name: name.to_owned(), size, modified_s: 0 };
        let page = page("/a<b/", vec![entry("z.gz", Some(5)), entry("079", None)]);
        let links: Vec<_> =
            page.split("href=\"").skip(1).filter_map(|l| l.split('"').next()).collect();
        assert_eq!(links, ["../", "079/", "z.gz"]);
        assert!(page.contains("/a&lt;b/") && !page.contains("a<b"));
        assert!(!super::page("/", vec![]).contains("../"));
    }
}
