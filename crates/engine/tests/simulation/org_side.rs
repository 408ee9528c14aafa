//! One org of a simulation, and what is copied of it.

use std::collections::{BTreeMap, BTreeSet};

use model::{Integration, SyncRule};
use orgsim::SimulatorConfig;
use orgsim::id::RecordId;
use orgsim::schema::SObject;

use crate::administrators::Administered;
use crate::budget::Budget;
use crate::dice::Dice;
use crate::rules::{Rule, all};
use crate::test_org::{NOW_MS, TestOrg};

/// What the two orgs of a simulation are copied by: sObjects with short describes, one whose records can be merged, and one
/// with formulas and roll-ups, all of whose fields are copied.
const RULES: [&[Rule]; 2] = [
    &[
        all("Account").fields(&[
            "Name",
            "Site",
            "Phone",
            "Rating",
            "ParentId",
            "OwnerId",
            "AnnualRevenue",
            "NumberOfEmployees",
        ]),
        all("Product2")
            .fields(&["Name", "ProductCode", "Description", "IsActive", "Family"])
            .only("IsActive = TRUE"),
    ],
    &[
        all("Milestone__c").fields(&["Name", "Project__c", "Due_Date__c", "Cost__c", "Done__c"]),
        all("Pricebook2").fields(&["Name", "Description", "IsActive"]).only("IsActive = TRUE"),
        all("Project__c"),
    ],
];

/// The fields of the first rule of each org, where somebody chose others.
const OTHER_FIELDS: [&[&str]; 2] = [
    &["Name", "Site", "Phone", "Rating", "ParentId", "OwnerId", "AnnualRevenue"],
    &["Name", "Project__c", "Due_Date__c", "Cost__c"],
];

/// The place of each org's rule whose filter is changed, and the other filter that it may have. Some records pass both.
const OTHER_FILTER: [(usize, &str); 2] =
    [(1, "Name != 'Quay 9' AND IsActive != NULL"), (1, "IsActive = FALSE OR Name > 'M'")];

/// How many records the orgs begin with.
const COUNTS: [&[(&str, u32)]; 2] = [
    &[("Account", 40), ("Product2", 14)],
    &[("Account", 5), ("Project__c", 14), ("Milestone__c", 40), ("Pricebook2", 20)],
];

/// The sObjects that people of an org write to.
const WRITTEN: [&[&str]; 2] =
    [&["Account", "Product2"], &["Milestone__c", "Milestone__c", "Pricebook2", "Project__c"]];

/// The lookups that people move, with what they point to.
const LOOKUPS: [(&str, &str, &str); 2] =
    [("Account", "ParentId", "Account"), ("Milestone__c", "Project__c", "Project__c")];

/// An org and its integration.
pub(crate) struct OrgSide {
    pub(crate) org: TestOrg,
    pub(crate) name: &'static str,
    pub(crate) place: usize,
    pub(crate) rules: Vec<Rule>,
    pub(crate) written: &'static [&'static str],
    /// A lookup that people move: sObject, field, and where it points to.
    pub(crate) lookup: (&'static str, &'static str, &'static str),
    /// Whether a member has paused its integration.
    pub(crate) is_paused: bool,
    /// Set once the org is connected.
    pub(crate) integration: Option<Integration>,
    /// Those of `rules`, in their order.
    pub(crate) stored_rules: Vec<SyncRule>,
    /// Fields that the connected user may not read, by sObject and name, since which moment; whole sObjects without a name.
    pub(crate) hidden: BTreeMap<(&'static str, &'static str), u64>,
    /// Whether the connected user sees no private records but its own.
    pub(crate) sees_own_only: bool,
    /// Columns that an administrator did something to, by sObject: they are filled in their own time.
    touched: BTreeSet<(String, String)>,
    pub(crate) administered: Administered,
    pub(crate) budget: Budget,
    /// Records that an open transaction will write, which nobody else can write meanwhile.
    pub(crate) held: BTreeSet<RecordId>,
    /// Whether there may be changes that are written and not yet seen.
    pub(crate) has_unseen: bool,
    /// Whether anybody changed anything since the org was last looked at.
    pub(crate) is_changed: bool,
}

impl OrgSide {
    pub(crate) fn start(seed: u64, place: usize) -> Self {
        let dice = Dice::of(seed, 100 + place as u64);
        let mut counts = BTreeMap::from([("User".to_owned(), 3)]);
        counts.extend(COUNTS[place].iter().map(|(name, count)| ((*name).to_owned(), *count)));
        let org = TestOrg::start(SimulatorConfig {
            counts,
            seed: seed * 2 + place as u64 + 1,
            now_ms: Some(NOW_MS),
            clock_stands: true,
            rotate_refresh_tokens: dice.happens(60),
            revoke_family_on_reuse: dice.happens(50),
            bulk_polls: dice.below(3) as u32,
            ..SimulatorConfig::default()
        });
        Self {
            org,
            name: ["Harbour", "Lagoon"][place],
            place,
            rules: RULES[place].to_vec(),
            written: WRITTEN[place],
            lookup: LOOKUPS[place],
            is_paused: false,
            integration: None,
            stored_rules: Vec::new(),
            hidden: BTreeMap::new(),
            sees_own_only: false,
            touched: BTreeSet::new(),
            administered: Administered::default(),
            budget: Budget::default(),
            held: BTreeSet::new(),
            has_unseen: false,
            is_changed: false,
        }
    }

    pub(crate) fn slug(&self) -> String {
        self.integration.as_ref().unwrap().slug.to_string()
    }

    /// The fields of a rule that can be read now.
    pub(crate) fn is_hidden(&self, sobject: &str, field: &str) -> bool {
        self.hidden.keys().any(|(at, name)| *at == sobject && name.eq_ignore_ascii_case(field))
    }

    /// Notes that an administrator did something to a field.
    pub(crate) fn touch(&mut self, sobject: &str, field: &str) {
        self.touched.insert((sobject.to_owned(), field.to_ascii_lowercase()));
        self.is_changed = true;
    }

    /// Whether a column's values come without a new stamp of the record: a formula's, a roll-up's, and those of a field that
    /// came, went or was changed.
    pub(crate) fn is_moving(&self, sobject: &SObject, column: &str) -> bool {
        let computed = sobject.field(column).is_some_and(|field| field.calculated);
        computed || self.touched.contains(&(sobject.name.clone(), column.to_owned()))
    }

    /// Chooses the other fields of the first rule.
    pub(crate) fn swap_fields(&mut self, place: usize) {
        let first = RULES[place][0];
        let is_first = self.rules[0].fields == first.fields;
        self.rules[0] = if is_first { first.fields(OTHER_FIELDS[place]) } else { first };
    }

    /// Chooses the other filter of the rule whose filter is changed, and returns its place.
    pub(crate) fn swap_filter(&mut self, place: usize) -> usize {
        let (rule, other) = OTHER_FILTER[place];
        let first = RULES[place][rule];
        let is_first = self.rules[rule].condition == first.condition;
        self.rules[rule] = if is_first { first.only(other) } else { first };
        rule
    }

    pub(crate) fn put_fault(&self, fault: orgsim::FaultSpec) -> u64 {
        self.org.simulator.faults().add(fault)
    }
}
