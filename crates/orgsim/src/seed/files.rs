//! Libraries, folders, files and notes: a few of each, at the first records there are.

use bytes::Bytes;

use super::Planter;
use crate::id::RecordId;
use crate::value::Value;

/// Notes: title and content. The texts are made up.
const NOTES: [(&str, &str); 4] = [
    (
        "Call with the lock keeper",
        "<p>Wants the gates painted <b>before</b> spring.</p><p>Budget &amp; dates to follow.</p>",
    ),
    ("Visite de l&#39;écluse", "<p>Pompe n° 2 à remplacer ; devis attendu « lundi ».</p>"),
    ("水門の点検", "<p>次回は十一月。🛶</p><ul><li>ポンプ</li><li>鍵</li></ul>"),
    ("Empty promises", "<p></p>"),
];

/// Files: name, content and whether a second version follows.
const FILES: [(&str, &[u8], bool); 4] = [
    ("Mooring fees.csv", b"Berth,Fee\r\n\"A \"\"long\"\" one\",12.50\r\n", true),
    ("Towpath rules.txt", "Keep left. Achtung, Stufe!\n".as_bytes(), false),
    ("Map of the locks.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"8\" height=\"8\"/>", false),
    ("readings.bin", &[0, 1, 2, 0xFF, 0x0D, 0x0A, 0x1A, 0], false),
];

pub(super) fn plant(planter: &Planter<'_>) {
    planter.plant(
        "ContentWorkspace",
        &[("Name", Value::text("Asset Library")), ("WorkspaceType", Value::text("B"))],
    );
    let folder = [
        ("Name", Value::text("Public Documents")),
        ("DeveloperName", Value::text("Public_Documents")),
        ("AccessType", Value::text("Public")),
        ("Type", Value::text("Document")),
    ];
    planter.plant("Folder", &folder);
    let (accounts, deals) = (planter.first_ids("Account", 4), planter.first_ids("Opportunity", 4));
    for (at, parent) in accounts.iter().enumerate() {
        plant_note(planter, NOTES[at % NOTES.len()], *parent);
        plant_classic(planter, at, *parent);
    }
    for (at, parent) in deals.iter().enumerate() {
        plant_file(planter, FILES[at % FILES.len()], *parent);
    }
}

fn plant_note(planter: &Planter<'_>, (title, content): (&'static str, &'static str), parent: RecordId) {
    let content = Value::Blob(Bytes::from_static(content.as_bytes()));
    let note = planter.plant("ContentNote", &[("Title", Value::text(title)), ("Content", content)]);
    let link = [
        ("ContentDocumentId", Value::Id(note)),
        ("LinkedEntityId", Value::Id(parent)),
        ("ShareType", Value::text("V")),
    ];
    planter.plant("ContentDocumentLink", &link);
}

fn plant_classic(planter: &Planter<'_>, at: usize, parent: RecordId) {
    let (name, content, _) = FILES[at % FILES.len()];
    let parent = ("ParentId", Value::Id(parent));
    planter.plant(
        "Note",
        &[
            parent.clone(),
            ("Title", Value::text("From the old days")),
            ("Body", Value::text("Plain text,\nin \"two\" lines.")),
        ],
    );
    planter.plant(
        "Attachment",
        &[parent, ("Name", Value::text(name)), ("Body", Value::Blob(Bytes::from_static(content)))],
    );
}

fn plant_file(
    planter: &Planter<'_>,
    (name, content, is_revised): (&'static str, &'static [u8], bool),
    parent: RecordId,
) {
    let title = name.rsplit_once('.').map_or(name, |(title, _)| title);
    let fields = [
        ("Title", Value::text(title)),
        ("PathOnClient", Value::text(name)),
        ("VersionData", Value::Blob(Bytes::from_static(content))),
    ];
    let mut first = fields.to_vec();
    first.push(("FirstPublishLocationId", Value::Id(parent)));
    let version = planter.plant("ContentVersion", &first);
    if is_revised && let Some(document) = planter.read_id("ContentVersion", &version, "ContentDocumentId") {
        let mut second = fields.to_vec();
        second.push(("ContentDocumentId", Value::Id(document)));
        second.push(("ReasonForChange", Value::text("New season")));
        planter.plant("ContentVersion", &second);
    }
}
