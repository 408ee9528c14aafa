//! Reads the text tables that hold the schema.
//!
//! A table starts with `sobject NAME | label | plural | key prefix | abilities` and `scope name | label` lines. A key prefix
//! in brackets is one that describes do not name. `of=History:Account` says what the sObject adds to which other. Each
//! further line is a field, `name | label | type | flags | fill`: the type carries its length, its precision and scale or
//! its targets; flags say what differs from the usual for that type; fill says how the org makes up values. Lines that
//! start with `@` stand for fields that come together.

use std::collections::HashMap;

use super::field::{Field, FieldKind, PicklistEntry};
use super::{Abilities, Pages, Reach, SObject};
use crate::data::Fill;

/// The sObjects that belong together, and the picklists of their fields.
pub(super) struct Area {
    /// One line a picklist: `name: value; value`.
    pub(super) picklists: &'static str,
    /// One table an sObject.
    pub(super) sobjects: &'static [&'static str],
}

/// The picklists that several areas share.
const SHARED_PICKLISTS: &str = include_str!("picklists.txt");

/// The parts of an address, for `@address Prefix | label prefix | fill`.
const ADDRESS: &str = "\
*Street | * Street | textarea 255 | compound=*Address extra=plaintextarea | street @ %
*City | * City | string 40 | compound=*Address | city @ %
*State | * State/Province | string 80 | compound=*Address | state @ %
*PostalCode | * Zip/Postal Code | string 20 | compound=*Address | postal_code @ %
*Country | * Country | string 80 | compound=*Address | country @ %
*Latitude | * Latitude | double 18 15 | compound=*Address | latitude @ %
*Longitude | * Longitude | double 18 15 | compound=*Address | longitude @ %
*GeocodeAccuracy | * Geocode Accuracy | picklist 40 | compound=*Address set=GeocodeAccuracy restricted | geocode_accuracy @ %
*Address | * Address | address | ro perm |
";

/// The fields every record has to say who wrote it when.
const AUDIT: &str = "\
CreatedDate | Created Date | datetime | sys | created_at
CreatedById | Created By ID | reference User | sys kids=- | created_by
LastModifiedDate | Last Modified Date | datetime | sys | modified_at
LastModifiedById | Last Modified By ID | reference User | sys kids=- | modified_by
SystemModstamp | System Modstamp | datetime | sys | system_modstamp
";

/// The permissions of users, one field each: `@permissions Prefix | flags`.
const PERMISSIONS: &str = include_str!("people/permissions.txt");

type Picklists = HashMap<&'static str, Vec<PicklistEntry>>;

/// Reads the tables of the areas and returns their sObjects in the order of their names.
pub(super) fn read(areas: &[Area]) -> Vec<SObject> {
    let lists = areas.iter().map(|area| area.picklists).chain([SHARED_PICKLISTS]);
    let picklists = lists.flat_map(read_picklists).collect();
    let tables = areas.iter().flat_map(|area| area.sobjects);
    let mut sobjects: Vec<_> = tables.map(|table| read_sobject(table, &picklists)).collect();
    sobjects.sort_by(|one, other| one.name.cmp(&other.name));
    for (index, sobject) in sobjects.iter_mut().enumerate() {
        sobject.index = index;
    }
    sobjects
}

fn read_picklists(lines: &'static str) -> impl Iterator<Item = (&'static str, Vec<PicklistEntry>)> {
    content_lines(lines).map(|line| {
        let (name, values) = line.split_once(": ").expect("a picklist is `name: value; value`");
        (name, values.split("; ").map(read_picklist_entry).collect())
    })
}

/// `*` before a value marks the default one, `-` an inactive one; `value=label` where the two differ. Behind `@` are the
/// values of the controlling field it may be chosen with, with `+` between them.
fn read_picklist_entry(text: &str) -> PicklistEntry {
    let default_value = text.starts_with('*');
    let active = !text.starts_with('-');
    let text = text.trim_start_matches(['*', '-']);
    let (text, controllers) = text.split_once('@').map_or((text, None), |(text, with)| (text, Some(with)));
    let valid_with = controllers.iter().flat_map(|with| with.split('+')).map(str::to_owned).collect();
    let (value, label) = text.split_once('=').unwrap_or((text, text));
    PicklistEntry { value: value.to_owned(), label: label.to_owned(), active, default_value, valid_with }
}

fn read_sobject(table: &'static str, picklists: &Picklists) -> SObject {
    let mut sobject = empty_sobject();
    for line in content_lines(table) {
        if let Some(rest) = line.strip_prefix("sobject ") {
            read_head(&mut sobject, rest);
        } else if let Some(rest) = line.strip_prefix("scope ") {
            let [name, label] = split(rest);
            sobject.scopes.push((name.to_owned(), label.to_owned()));
        } else if let Some(rest) = line.strip_prefix("@address ") {
            address_lines(rest).iter().for_each(|line| add_field(&mut sobject, line, picklists));
        } else if let Some(rest) = line.strip_prefix("@location ") {
            location_lines(rest).iter().for_each(|line| add_field(&mut sobject, line, picklists));
        } else if let Some(rest) = line.strip_prefix("@permissions ") {
            permission_lines(rest).iter().for_each(|line| add_field(&mut sobject, line, picklists));
        } else if line == "@audit" {
            AUDIT.lines().for_each(|line| add_field(&mut sobject, line, picklists));
        } else {
            add_field(&mut sobject, line, picklists);
        }
    }
    sobject
}

/// Writes the lines of an address out; `-` is the prefix of fields that have none.
fn address_lines(text: &str) -> Vec<String> {
    let [prefix, label, percent] = split(text);
    let line = |part: &str| {
        let (name, rest) = part.split_once(" | ").expect("a field has a name");
        let (part_label, rest) = rest.split_once(" | ").expect("a field has a label");
        let rest = rest.replace('@', prefix).replace('%', percent);
        let line = format!("{name} | {} | {rest}", part_label.replace('*', label));
        line.replace('*', prefix.trim_matches('-'))
    };
    ADDRESS.lines().map(line).collect()
}

/// Writes the lines of a geolocation out: `@location Name | label | fill`.
fn location_lines(text: &str) -> [String; 3] {
    let [name, label, percent] = split(text);
    let part = |part: &str| {
        let fill = format!("{} {name} {percent}", part.to_ascii_lowercase());
        format!("{name}__{part}__s | {label} ({part}) | double 9 6 | compound={name}__c | {fill}")
    };
    [part("Latitude"), part("Longitude"), format!("{name}__c | {label} | location | ro perm |")]
}

/// Writes the lines of the permissions out.
fn permission_lines(text: &'static str) -> Vec<String> {
    let [prefix, flags] = split(text);
    let line = |permission: &'static str| {
        let [name, label] = split(permission);
        format!("{prefix}{name} | {label} | boolean | {flags} |")
    };
    content_lines(PERMISSIONS).map(line).collect()
}

fn empty_sobject() -> SObject {
    SObject {
        index: 0,
        salt: 0,
        name: String::new(),
        label: String::new(),
        label_plural: String::new(),
        key_prefix: None,
        shows_key_prefix: true,
        associate: None,
        since: 0,
        pages: Pages::default(),
        custom: false,
        abilities: Abilities {
            queryable: true,
            replicateable: true,
            retrieveable: true,
            ..Abilities::default()
        },
        scopes: Vec::new(),
        fields: Vec::new(),
        children: Vec::new(),
        reach: Reach::Data,
        is_virtual: false,
        unsecured: false,
        fields_by_name: HashMap::new(),
        fields_by_relationship: HashMap::new(),
    }
}

fn read_head(sobject: &mut SObject, text: &str) {
    let [name, label, label_plural, key_prefix, abilities] = split(text);
    sobject.name = name.to_owned();
    sobject.label = label.to_owned();
    sobject.label_plural = label_plural.to_owned();
    sobject.salt = salt(name);
    sobject.custom = is_custom(name);
    let characters = key_prefix.trim_matches(['(', ')']);
    sobject.key_prefix = (characters != "-")
        .then(|| characters.as_bytes().try_into().expect("a key prefix has three characters"));
    sobject.shows_key_prefix = characters == key_prefix;
    abilities.split_whitespace().for_each(|word| read_ability(sobject, word));
}

fn read_ability(sobject: &mut SObject, word: &str) {
    let SObject { abilities, unsecured, pages, is_virtual, reach, .. } = sobject;
    match word.split_once('=') {
        Some(("of", associate)) => {
            let (kind, parent) = associate.split_once(':').expect("an associate is `Kind:Parent`");
            sobject.associate = Some((kind.to_owned(), parent.to_owned()));
        }
        Some(("since", version)) => sobject.since = version.parse().expect("a version is a number"),
        Some(_) => panic!("{} has the unknown ability {word}", sobject.name),
        None => {}
    }
    match word {
        "layout" => *pages = Pages { approval_layouts: true, list_views: true, quick_actions: true },
        "tooling" => *reach = Reach::Tooling,
        "both" => *reach = Reach::Both,
        _ => {}
    }
    let (ability, value) = match word {
        "noquery" => (&mut abilities.queryable, false),
        "noreplicate" => (&mut abilities.replicateable, false),
        "noretrieve" => (&mut abilities.retrieveable, false),
        "noapprovals" => (&mut pages.approval_layouts, false),
        "nolists" => (&mut pages.list_views, false),
        "noactions" => (&mut pages.quick_actions, false),
        "create" => (&mut abilities.createable, true),
        "update" => (&mut abilities.updateable, true),
        "delete" => (&mut abilities.deletable, true),
        "undelete" => (&mut abilities.undeletable, true),
        "merge" => (&mut abilities.mergeable, true),
        "search" => (&mut abilities.searchable, true),
        "trigger" => (&mut abilities.triggerable, true),
        "layout" => (&mut abilities.layoutable, true),
        "feed" => (&mut abilities.feed_enabled, true),
        "mru" => (&mut abilities.mru_enabled, true),
        "unsecured" => (unsecured, true),
        "virtual" => (is_virtual, true),
        "clone" => (&mut abilities.deep_cloneable, true),
        "tooling" | "both" => return,
        _ if word.contains('=') => return,
        _ => panic!("{} has the unknown ability {word}", sobject.name),
    };
    *ability = value;
}

fn add_field(sobject: &mut SObject, line: &str, picklists: &Picklists) {
    let index = sobject.fields.len();
    let field = read_field(index, line, sobject.unsecured, picklists);
    sobject.fields_by_name.insert(field.name.clone(), index);
    sobject.fields_by_name.insert(field.name.to_ascii_lowercase(), index);
    if let Some(relationship) = &field.relationship_name {
        sobject.fields_by_relationship.insert(relationship.clone(), index);
        sobject.fields_by_relationship.insert(relationship.to_ascii_lowercase(), index);
    }
    sobject.fields.push(field);
}

fn read_field(index: usize, line: &str, is_unsecured: bool, picklists: &Picklists) -> Field {
    let [name, label, kind, flags, fill] = split(line);
    let mut words = kind.split_whitespace();
    let kind =
        words.next().and_then(FieldKind::parse).unwrap_or_else(|| panic!("{name} has an unknown type"));
    let mut field = Field::usual(index, name, label, kind);
    read_size(&mut field, &words.collect::<Vec<_>>());
    field.settle_abilities();
    field.permissionable = !is_unsecured;
    // What is computed ends the flags, for its text has spaces.
    let computed = |word: &str| flags.split_once(word).map(|(flags, text)| (flags, text.trim()));
    let (formula, roll_up) = (computed("formula="), computed("rollup="));
    let flags = formula.or(roll_up).map_or(flags, |(flags, _)| flags);
    for flag in flags.split_whitespace() {
        read_flag(&mut field, flag, picklists);
    }
    if let Some((_, text)) = formula {
        field.make_formula(text);
    } else if let Some((_, text)) = roll_up {
        field.make_roll_up(text);
    }
    field.fill = Fill::parse(fill).unwrap_or_else(|| panic!("{name} has the unknown fill {fill}"));
    field
}

fn read_size(field: &mut Field, words: &[&str]) {
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<u32>().ok()).unwrap_or_default();
    match field.kind {
        FieldKind::Reference => {
            field.reference_to = words.iter().flat_map(|word| word.split(',')).map(str::to_owned).collect();
            field.relationship_name = Some(default_relationship(&field.name));
        }
        FieldKind::Id => {}
        FieldKind::AnyType => field.length = 255,
        FieldKind::Int if !words.is_empty() => field.digits = number(0) as u8,
        kind if kind.is_text() => field.length = number(0),
        kind if kind.is_decimal() => (field.precision, field.scale) = (number(0) as u8, number(1) as u8),
        _ => {}
    }
}

pub(super) fn default_relationship(name: &str) -> String {
    match name.strip_suffix("__c") {
        Some(stem) => format!("{stem}__r"),
        None => name.trim_end_matches("Id").to_owned(),
    }
}

fn read_flag(field: &mut Field, flag: &str, picklists: &Picklists) {
    let (word, argument) = flag.split_once('=').unwrap_or((flag, ""));
    let text = || (argument != "-").then(|| argument.replace('_', " "));
    let name = || (argument != "-").then(|| argument.to_owned());
    match word {
        "ro" => field.make_read_only(),
        "sys" => field.make_system(),
        "req" => (field.nillable, field.permissionable) = (false, false),
        "nodflt" => field.defaulted_on_create = false,
        "dflt" => field.defaulted_on_create = true,
        "perm" => field.permissionable = true,
        "noperm" => field.permissionable = false,
        "prefilter" => field.search_prefilterable = true,
        "noprefilter" => field.search_prefilterable = false,
        "nocreate" => field.createable = false,
        "noupdate" => field.updateable = false,
        "nofilter" => field.filterable = false,
        "unsortable" => field.sortable = false,
        "nosort" => (field.sortable, field.groupable) = (false, false),
        "nogroup" => field.groupable = false,
        "noagg" => field.aggregatable = false,
        "unique" => field.unique = true,
        "case" => field.case_sensitive = true,
        "extid" => (field.external_id, field.id_lookup) = (true, true),
        "idlookup" => field.id_lookup = true,
        "name" => field.name_field = true,
        "auto" => (field.auto_number, field.defaulted_on_create) = (true, true),
        "restricted" => field.restricted = true,
        "html" => field.html = true,
        "controller" => field.controller = name(),
        "cascade" => field.cascade_delete = true,
        "restrict" => field.restricted_delete = true,
        "compound" => field.compound = name(),
        "since" => field.since = argument.parse().expect("a version is a number"),
        "extra" => field.extra_type_info = name(),
        "to" => field.reference_to = vec![argument.to_owned()],
        "rel" => field.relationship_name = name(),
        "seen" => field.seen_as = name(),
        "kids" => field.child_relationship_name = name(),
        "default" => (field.default_value, field.defaulted_on_create) = (text(), true),
        "help" => field.help = text(),
        "set" => {
            field.picklist =
                picklists.get(argument).unwrap_or_else(|| panic!("no picklist {argument}")).clone()
        }
        _ => panic!("{} has the unknown flag {flag}", field.name),
    }
}

/// Returns the number that chance starts from for what has that name (FNV-1a).
///
/// As it hangs on nothing else, a new table or field leaves the records of all others as they are.
pub(super) fn salt(name: &str) -> u64 {
    name.bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

pub(super) fn is_custom(name: &str) -> bool {
    name.ends_with("__c") || name.ends_with("__s")
}

fn content_lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn split<const N: usize>(line: &str) -> [&str; N] {
    let parts: Vec<_> = line.split('|').map(str::trim).collect();
    parts.try_into().unwrap_or_else(|_| panic!("{line} does not have {N} parts"))
}
