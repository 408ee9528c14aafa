//! Notes, files and event logs.

use super::table::Area;

/// The tables of the area.
pub(super) const AREA: Area = Area {
    picklists: include_str!("files/picklists.txt"),
    sobjects: &[
        include_str!("files/attachment.txt"),
        include_str!("files/content_document.txt"),
        include_str!("files/content_document_link.txt"),
        include_str!("files/content_note.txt"),
        include_str!("files/content_version.txt"),
        include_str!("files/content_workspace.txt"),
        include_str!("files/document.txt"),
        include_str!("files/event_log_file.txt"),
        include_str!("files/folder.txt"),
        include_str!("files/note.txt"),
    ],
};
