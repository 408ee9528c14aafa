//! Files and notes: what writing one of their records does to the others (Object Reference, ContentVersion, ContentDocument,
//! ContentDocumentLink, ContentNote).

use crate::data::Base;
use crate::id::RecordId;
use crate::org::write::{Absent, Author, find_any, set};
use crate::org::{Org, OrgView, Row};
use crate::overlay::{Overlay, Patch};
use crate::schema::{SObject, Schema};
use crate::value::Value;

mod format;
mod named;
mod rules;

use self::named::Named;
pub(super) use self::rules::{complete, refuse_delete};

const DOCUMENT: &str = "ContentDocument";
const VERSION: &str = "ContentVersion";
const LINK: &str = "ContentDocumentLink";
const NOTE: &str = "ContentNote";

/// The file type of notes.
const NOTE_TYPE: &str = "SNOTE";

/// What a document says of its newest version.
const OF_NEWEST: [&str; 7] = [
    "Title",
    "Description",
    "ContentSize",
    "FileType",
    "FileExtension",
    "SharingPrivacy",
    "ContentModifiedDate",
];

type Values = [(usize, Value<'static>)];

impl Org {
    /// Adds a record of a file and what belongs to it. Answers `None` if it is a record of something else.
    pub(super) fn insert_file(&self, sobject: &SObject, fields: &Values, by: Author) -> Option<RecordId> {
        if ![VERSION, NOTE, "Attachment", "Document"].contains(&sobject.name.as_str()) {
            return None;
        }
        let insert = || match sobject.name.as_str() {
            VERSION => Some(self.insert_version(sobject, fields, by)),
            NOTE => Some(self.insert_note(sobject, fields, by)),
            "Attachment" | "Document" => {
                Some(self.insert_plain(sobject, &with_body_length(sobject, fields), by))
            }
            _ => None,
        };
        self.transact(|| insert().ok_or(())).ok()
    }

    /// Changes a record of a file and what follows from it. Answers `None` if it is a record of something else.
    pub(super) fn update_file(
        &self,
        sobject: &SObject,
        id: &RecordId,
        fields: &Values,
        by: Author,
    ) -> Option<Result<(), Absent>> {
        match sobject.name.as_str() {
            NOTE => Some(self.transact(|| self.update_note(sobject, id, fields, by))),
            "Attachment" | "Document" => {
                Some(self.update_plain(sobject, id, &with_body_length(sobject, fields), by))
            }
            DOCUMENT => Some(self.transact(|| {
                self.update_plain(sobject, id, fields, by)?;
                let version = self.read_id(sobject, id, "LatestPublishedVersionId");
                version.map_or(Ok(()), |version| self.share(sobject, fields, VERSION, &version, by))
            })),
            VERSION => Some(self.transact(|| {
                self.update_plain(sobject, id, fields, by)?;
                let document = self.read_id(sobject, id, "ContentDocumentId").filter(|document| {
                    self.read_id(find(DOCUMENT), document, "LatestPublishedVersionId") == Some(*id)
                });
                document.map_or(Ok(()), |document| self.share(sobject, fields, DOCUMENT, &document, by))
            })),
            _ => None,
        }
    }

    /// Writes what two records have in common to the other one.
    fn share(
        &self,
        sobject: &SObject,
        fields: &Values,
        other: &str,
        id: &RecordId,
        by: Author,
    ) -> Result<(), Absent> {
        let other = find(other);
        let shared = |name: &str| OF_NEWEST.contains(&name) || name == "OwnerId";
        let names = fields.iter().map(|(index, value)| (sobject.fields[*index].name.as_str(), value));
        let values: Vec<_> = names
            .filter(|(name, _)| shared(name))
            .filter_map(|(name, value)| Some((other.field(name)?.index, value.clone())))
            .collect();
        if values.is_empty() { Ok(()) } else { self.update_plain(other, id, &values, by) }
    }

    /// Adds a version, and the document it is the first of unless it says which one it is a version of.
    fn insert_version(&self, sobject: &SObject, fields: &Values, by: Author) -> RecordId {
        let mut version = Named::new(sobject, fields);
        complete_version(&mut version, by);
        let known = match version.get("ContentDocumentId") {
            Some(Value::Id(id)) => Some(*id),
            _ => None,
        };
        let document = known.unwrap_or_else(|| self.insert_document(&version, by));
        if let Some(before) =
            known.and_then(|id| self.read_id(find(DOCUMENT), &id, "LatestPublishedVersionId"))
        {
            let number = self.read_value(sobject, &before, "VersionNumber");
            let number = number.and_then(|number| number.as_str()?.parse::<u32>().ok()).unwrap_or_default();
            version.set("VersionNumber", Value::owned_text((number + 1).to_string()));
            self.change(|overlay| {
                if let Ok((table, number)) = find_any(overlay, sobject, &before) {
                    let patch = table.patch_mut(number);
                    set(patch, sobject, "IsLatest", Value::Bool(false));
                    set(patch, sobject, "SystemModstamp", Value::DateTime(by.now_ms));
                }
            });
        }
        version.default("VersionNumber", Value::text("1"));
        version.set("ContentDocumentId", Value::Id(document));
        let id = self.insert_plain(sobject, &version.values, by);
        let mut newest = Named::new(find(DOCUMENT), &[]);
        for name in OF_NEWEST {
            newest.set(name, version.get(name).cloned().unwrap_or(Value::Null));
        }
        newest.set("LatestPublishedVersionId", Value::Id(id));
        // The document was just found or made.
        let _ = self.update_plain(newest.sobject, &document, &newest.values, by);
        if known.is_none() {
            self.insert_links(&version, document, by);
        }
        id
    }

    /// Adds the document of a first version. A note is found among the notes by the same id, too.
    fn insert_document(&self, version: &Named<'_>, by: Author) -> RecordId {
        let mut document = Named::new(find(DOCUMENT), &[]);
        document.set("Title", version.get("Title").cloned().unwrap_or(Value::Null));
        document.set("OwnerId", version.get("OwnerId").cloned().unwrap_or(Value::Id(by.user_id)));
        document.set("SharingOption", version.get("SharingOption").cloned().unwrap_or(Value::text("A")));
        if let Some(Value::Id(place)) = version.get("FirstPublishLocationId")
            && place.prefix() == find("ContentWorkspace").key_prefix.unwrap_or_default()
        {
            document.set("ParentId", Value::Id(*place));
        }
        let id = self.insert_plain(document.sobject, &document.values, by);
        let number = id.sequence().and_then(Base::number);
        if let Some(number) = number
            && version.get("FileType").and_then(|kind| kind.as_str()) == Some(NOTE_TYPE)
        {
            self.change(|overlay| overlay.table_mut(find(NOTE)).push_at(number, Patch::of_written()));
        }
        id
    }

    /// Links a new document with its owner, and with the place it is published at.
    fn insert_links(&self, version: &Named<'_>, document: RecordId, by: Author) {
        let owner = match version.get("OwnerId") {
            Some(Value::Id(owner)) => *owner,
            _ => by.user_id,
        };
        let place = match version.get("FirstPublishLocationId") {
            Some(Value::Id(place)) if *place != owner => Some((*place, "V")),
            _ => None,
        };
        for (entity, share_type) in [Some((owner, "I")), place].into_iter().flatten() {
            let mut link = Named::new(find(LINK), &[]);
            link.set("ContentDocumentId", Value::Id(document));
            link.set("LinkedEntityId", Value::Id(entity));
            link.set("ShareType", Value::text(share_type));
            link.set("Visibility", Value::text("AllUsers"));
            self.insert_plain(link.sobject, &link.values, by);
        }
    }

    fn insert_note(&self, sobject: &SObject, fields: &Values, by: Author) -> RecordId {
        let version = note_version(&Named::new(sobject, fields));
        let id = self.insert_version(find(VERSION), &version.values, by);
        self.read_id(find(VERSION), &id, "ContentDocumentId").unwrap_or(id)
    }

    /// Changes a note: new content is a new version of its document.
    fn update_note(
        &self,
        sobject: &SObject,
        id: &RecordId,
        fields: &Values,
        by: Author,
    ) -> Result<(), Absent> {
        let document = find(DOCUMENT);
        self.change(|overlay| find_any(overlay, sobject, id).map(|_| ()))?;
        let note = Named::new(sobject, fields);
        if note.get("Content").is_none() {
            let mut values = Named::new(document, &[]);
            if let Some(title) = note.get("Title") {
                values.set("Title", title.clone());
            }
            return self.update_file(document, id, &values.values, by).unwrap_or(Ok(()));
        }
        let mut version = note_version(&note);
        version.set("ContentDocumentId", Value::Id(*id));
        if note.get("Title").is_none() {
            let title = self.read_value(document, id, "Title").unwrap_or(Value::Null);
            version.set("Title", title);
        }
        self.insert_version(find(VERSION), &version.values, by);
        Ok(())
    }

    fn read_value(&self, sobject: &SObject, id: &RecordId, field: &str) -> Option<Value<'static>> {
        let view = self.read();
        let row = view.find(sobject, id)?;
        Some(view.value(sobject, &row, sobject.field(field)?).into_owned())
    }

    fn read_id(&self, sobject: &SObject, id: &RecordId, field: &str) -> Option<RecordId> {
        match self.read_value(sobject, id, field)? {
            Value::Id(id) => Some(id),
            _ => None,
        }
    }
}

/// Sets what follows from the content of a version and from the name of its file.
fn complete_version(version: &mut Named<'_>, by: Author) {
    let path = version.get("PathOnClient").and_then(Value::as_str).unwrap_or_default().to_owned();
    let is_link = version.get("ContentUrl").is_some_and(|url| !url.is_null());
    let (extension, file_type) = if is_link { (String::new(), "LINK") } else { format::type_of(&path) };
    if let Some(mut bytes) = version.bytes("VersionData") {
        if file_type == NOTE_TYPE {
            bytes = format::clean_note(&bytes);
            version.set("VersionData", Value::Blob(bytes.clone()));
            version.default("TextPreview", Value::owned_text(format::preview(&bytes)));
        }
        version.default("ContentSize", Value::Int(bytes.len() as i64));
        version.default("Checksum", Value::owned_text(format::checksum(&bytes)));
    }
    version.default("ContentSize", Value::Int(0));
    version.default("FileExtension", Value::owned_text(extension));
    version.default("FileType", Value::text(file_type));
    version.default("IsLatest", Value::Bool(true));
    version.default("ContentModifiedDate", Value::DateTime(by.now_ms));
    version.default("ContentModifiedById", Value::Id(by.user_id));
    version.default("SharingPrivacy", Value::text("N"));
}

fn note_version<'a>(note: &Named<'_>) -> Named<'a> {
    let mut version = Named::new(find(VERSION), &[]);
    let title = note.get("Title").cloned().unwrap_or(Value::Null);
    let path = format!("{}.snote", title.as_str().unwrap_or("Untitled"));
    version.set("Title", title);
    version.set("PathOnClient", Value::owned_text(path));
    version.set("VersionData", Value::Blob(note.bytes("Content").unwrap_or_default()));
    version
}

fn with_body_length(sobject: &SObject, fields: &Values) -> Vec<(usize, Value<'static>)> {
    let mut values = Named::new(sobject, fields);
    if let Some(body) = values.bytes("Body") {
        values.set("BodyLength", Value::Int(body.len() as i64));
    }
    values.values
}

/// Returns a field of the document that a note is, too.
pub(super) fn of_document<'a>(view: &'a OrgView<'_>, note: &Row, field: &str) -> Value<'a> {
    let document = find(DOCUMENT);
    let row = Row { sobject: document.index as u16, number: note.number };
    match document.field(field) {
        Some(field) if view.exists(&row) => view.value(document, &row, field),
        _ => Value::Null,
    }
}

/// Returns a field of a note's newest version.
pub(super) fn of_latest_version<'a>(view: &'a OrgView<'_>, note: &Row, field: &str) -> Value<'a> {
    let version = find(VERSION);
    let Value::Id(id) = of_document(view, note, "LatestPublishedVersionId") else { return Value::Null };
    match (view.find(version, &id), version.field(field)) {
        (Some(row), Some(field)) => view.value(version, &row, field).into_owned(),
        _ => Value::Null,
    }
}

/// Returns the sObject whose records are deleted where records of one are: a note goes as the document it is.
pub(super) fn deleted_as(sobject: &SObject) -> &SObject {
    if sobject.name == NOTE { find(DOCUMENT) } else { sobject }
}

/// Finds the note that a document is, too.
pub(super) fn find_twin(overlay: &Overlay, sobject: &SObject, number: u32) -> Option<&'static SObject> {
    let note = find(NOTE);
    (sobject.name == DOCUMENT && overlay.table(note).contains(number)).then_some(note)
}

fn find(name: &str) -> &'static SObject {
    Schema::standard().find(name).expect("the sObjects of files are in the schema")
}
