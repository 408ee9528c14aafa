//! What a package holds: the components that `package.xml` names, and their files (Metadata API Developer Guide, Deploying and
//! Retrieving Metadata with the Zip File).

use std::collections::BTreeSet;

use super::archive::Archive;
use super::kinds::{KINDS, Kind};
use crate::http::parse_version;
use crate::xml::{self, Element};

const MANIFEST: &str = "package.xml";

/// What the manifests of components to be deleted begin with.
const DELETIONS: &str = "destructiveChanges";

/// A component that a package names.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its type, as the manifest has it.
    pub(super) type_name: String,
    pub(super) full_name: String,
    pub(super) file_name: String,
    /// Its type and what its file holds, or why it cannot be deployed.
    pub(super) content: Result<(&'static Kind, Element), String>,
}

impl Entry {
    fn refused(type_name: &str, full_name: &str, file_name: &str, problem: String) -> Self {
        Self {
            type_name: type_name.to_owned(),
            full_name: full_name.to_owned(),
            file_name: file_name.to_owned(),
            content: Err(problem),
        }
    }

    /// What is wrong with a manifest as a whole.
    fn of_manifest(file_name: &str, problem: impl Into<String>) -> Self {
        Self::refused("", MANIFEST, file_name, problem.into())
    }
}

/// How packages stand in an archive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// There is one package, at the root. Else each folder at the root is one.
    pub(super) is_single: bool,
    /// Files that the manifest names may be missing.
    pub(super) may_lack_files: bool,
}

/// Lists the components of all packages, in the order of the manifests.
pub(super) fn read_packages(archive: &mut Archive, layout: Layout) -> Vec<Entry> {
    let names = archive.names();
    let roots: BTreeSet<&str> = match layout.is_single {
        true => [""].into(),
        false => names.iter().filter_map(|name| name.split_inclusive('/').next()).collect(),
    };
    let has_manifest = |root: &&str| names.iter().any(|name| *name == format!("{root}{MANIFEST}"));
    let roots: Vec<&str> = roots.into_iter().filter(has_manifest).collect();
    if roots.is_empty() {
        return vec![Entry::of_manifest(MANIFEST, "No package.xml found")];
    }
    roots.into_iter().flat_map(|root| Package { archive: &mut *archive, root, layout }.read(&names)).collect()
}

struct Package<'a> {
    archive: &'a mut Archive,
    /// What the names of its files begin with.
    root: &'a str,
    layout: Layout,
}

/// What `package.xml` says.
struct Manifest {
    types: Vec<(String, Vec<String>)>,
    /// The API version times ten.
    version: u16,
}

impl Package<'_> {
    fn read(&mut self, names: &[String]) -> Vec<Entry> {
        let files: Vec<&str> = names.iter().filter_map(|name| name.strip_prefix(self.root)).collect();
        let manifest = match self.read_manifest() {
            Ok(manifest) => manifest,
            Err(problem) => return vec![Entry::of_manifest(&format!("{}{MANIFEST}", self.root), problem)],
        };
        let mut entries = Vec::new();
        for (type_name, members) in &manifest.types {
            match Kind::find(type_name) {
                Some(kind) => entries.extend(self.read_members(kind, members, manifest.version, &files)),
                None => entries.extend(members.iter().map(|member| self.refuse(type_name, member, &files))),
            }
        }
        let deletions: Vec<&str> = files
            .iter()
            .copied()
            .filter(|file| file.starts_with(DELETIONS) && file.ends_with(".xml"))
            .collect();
        entries.extend(deletions.into_iter().flat_map(|file| self.refuse_deletions(file)));
        entries.extend(self.refuse_rest(&files, &entries));
        entries
    }

    fn read_xml(&mut self, file: &str) -> Result<Element, String> {
        let text = self.archive.read(&format!("{}{file}", self.root))?;
        xml::parse(&text).ok_or_else(|| "Error parsing file: it is no well-formed XML".to_owned())
    }

    fn read_manifest(&mut self) -> Result<Manifest, String> {
        let root = self.read_xml(MANIFEST)?;
        if root.name != "Package" {
            return Err("Error parsing file: package.xml holds no Package".to_owned());
        }
        let version = root.child_text("version");
        let version =
            parse_version(version).ok_or_else(|| format!("Invalid version specified: {version}"))?;
        Ok(Manifest { types: read_types(&root), version })
    }

    fn read_members(
        &mut self,
        kind: &'static Kind,
        members: &[String],
        version: u16,
        files: &[&str],
    ) -> Vec<Entry> {
        let all = files.iter().filter_map(|file| {
            file.strip_prefix(kind.folder)?.strip_prefix('/')?.strip_suffix(kind.suffix)?.strip_suffix('.')
        });
        let wanted: Vec<&str> = match members.iter().any(|member| member == "*") {
            true => all.collect(),
            false => members.iter().map(String::as_str).collect(),
        };
        let mut entries = Vec::new();
        for full_name in wanted {
            let file = kind.file_name(full_name);
            let is_there = files.contains(&file.as_str());
            if !is_there && self.layout.may_lack_files {
                continue;
            }
            let content = match (is_there, version < kind.since) {
                (_, true) => Err("Not available for deploy for this API version".to_owned()),
                (false, _) => Err(format!(
                    "An object '{full_name}' of type {} was named in package.xml, but was not found in zipped directory",
                    kind.name
                )),
                (true, false) => self.read_component(kind, &file),
            };
            let file_name =
                if is_there { format!("{}{file}", self.root) } else { format!("{}{MANIFEST}", self.root) };
            entries.push(Entry {
                type_name: kind.name.to_owned(),
                full_name: full_name.to_owned(),
                file_name,
                content,
            });
        }
        entries
    }

    fn read_component(
        &mut self,
        kind: &'static Kind,
        file: &str,
    ) -> Result<(&'static Kind, Element), String> {
        let root = self.read_xml(file)?;
        kind.check(&root)?;
        Ok((kind, root))
    }

    /// Refuses a component of a type that is not known here. Its file is found by its name.
    fn refuse(&self, type_name: &str, full_name: &str, files: &[&str]) -> Entry {
        let is_of = |file: &&&str| {
            let (folder, name) = file.split_once('/').unwrap_or(("", file));
            KINDS.iter().all(|kind| kind.folder != folder)
                && name.strip_prefix(full_name).is_some_and(|rest| rest.starts_with(['.', '/']))
        };
        let file = files.iter().find(is_of).copied().unwrap_or(MANIFEST);
        let known: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        let problem = format!(
            "{type_name} is not available in this simulated org, which takes {} alone",
            known.join(", ")
        );
        Entry::refused(type_name, full_name, &format!("{}{file}", self.root), problem)
    }

    fn refuse_deletions(&mut self, file: &str) -> Vec<Entry> {
        let file_name = format!("{}{file}", self.root);
        let root = match self.read_xml(file) {
            Ok(root) => root,
            Err(problem) => return vec![Entry::refused("", file, &file_name, problem)],
        };
        let refuse = |type_name: &str, member: &String| {
            let problem = "Deleting components is not available in this simulated org".to_owned();
            Entry::refused(type_name, member, &file_name, problem)
        };
        let types = read_types(&root);
        types.iter().flat_map(|(name, members)| members.iter().map(|member| refuse(name, member))).collect()
    }

    /// Refuses the files that belong to no component of the manifest.
    fn refuse_rest(&self, files: &[&str], entries: &[Entry]) -> Vec<Entry> {
        let is_known = |folder: &str| KINDS.iter().any(|kind| kind.folder == folder);
        let has_others = entries.iter().any(|entry| Kind::find(&entry.type_name).is_none());
        let mut refused = Vec::new();
        for file in files {
            let Some((folder, name)) = file.split_once('/') else { continue };
            let file_name = format!("{}{file}", self.root);
            let is_named = entries.iter().any(|entry| entry.file_name == file_name);
            // Files of other types are told of by the manifest already.
            if is_named || (!is_known(folder) && has_others) {
                continue;
            }
            let full_name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            refused.push(Entry::refused("", full_name, &file_name, "Not in package.xml".to_owned()));
        }
        refused
    }
}

fn read_types(root: &Element) -> Vec<(String, Vec<String>)> {
    let types = root.children.iter().filter(|child| child.name == "types");
    let members = |of: &Element| {
        let members = of.children.iter().filter(|child| child.name == "members");
        members.map(|member| member.text.trim().to_owned()).collect()
    };
    types.map(|of| (of.child_text("name").to_owned(), members(of))).collect()
}
