//! Mappings that many teams begin with.

use salesforce::describe::{FieldDescribe, SObjectDescribe};

use crate::field_mapping::{TypeFit, fit_type, score_field};
use crate::property::{Entity, EntityName};
use crate::{PropertyType, Transform};

/// A list of properties and of where they are found in most orgs.
#[derive(Debug, Eq, PartialEq)]
pub struct MappingTemplate {
    /// Its name.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What it is for.
    pub line: &'static str,
    /// What it maps.
    pub items: &'static [TemplateItem],
}

/// A property of a template.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TemplateItem {
    /// The entity.
    pub entity: EntityName,
    /// The property.
    pub property: &'static str,
    /// The sObject that holds it.
    pub sobject: &'static str,
    /// The field that holds it; `None` where orgs have a field of their own for it.
    pub field: Option<&'static str>,
}

impl MappingTemplate {
    /// All templates.
    pub const ALL: &'static [Self] = &[
        Self {
            name: "participants",
            label: "Deals and their participants",
            line: "Who took part in a sale, how it ended, and who sold.",
            items: PARTICIPANTS,
        },
        Self {
            name: "participants-optional",
            label: "More about deals and participants",
            line: "Amount, stage, product, industry and what else reports ask for.",
            items: PARTICIPANTS_OPTIONAL,
        },
        Self {
            name: "companies",
            label: "Companies",
            line: "What an account says of a company.",
            items: COMPANIES,
        },
        Self { name: "contacts", label: "Contacts", line: "The people at companies.", items: CONTACTS },
        Self {
            name: "opportunities",
            label: "Opportunities",
            line: "Sales, with stage, amount and dates.",
            items: OPPORTUNITIES,
        },
        Self {
            name: "contracts",
            label: "Contracts",
            line: "The contract of a company that changed last.",
            items: CONTRACTS,
        },
        Self {
            name: "cases",
            label: "Cases",
            line: "The case of a company that changed last.",
            items: CASES,
        },
    ];

    /// Returns the template of a name.
    pub fn find(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|template| template.name == name)
    }

    /// Returns the sObjects that it asks for, each once, in their order.
    pub fn sobjects(&self) -> Vec<&'static str> {
        let mut sobjects = Vec::new();
        for item in self.items {
            if !sobjects.contains(&item.sobject) {
                sobjects.push(item.sobject);
            }
        }
        sobjects
    }
}

impl TemplateItem {
    /// Returns the field of an org that holds the property: the usual one, else the likeliest of a fitting type.
    pub fn choose_field<'d>(&self, describe: &'d SObjectDescribe) -> Option<&'d FieldDescribe> {
        let property = Entity::built_in(self.entity).find_property(self.property)?;
        let fits =
            |field: &&FieldDescribe| fit_type(field.field_type, property.property_type) != TypeFit::None;
        let usual = self.field.and_then(|name| describe.find_field(&name.parse().ok()?));
        usual.filter(fits).or_else(|| {
            let scored =
                describe.fields.iter().filter_map(|field| Some((score_field(field, property)?.0, field)));
            // Of equals the first stands earlier in the org.
            scored
                .fold(None, |best: Option<(u8, _)>, one| match best {
                    Some(best) if best.0 >= one.0 => Some(best),
                    _ => Some(one),
                })
                .map(|(_, field)| field)
        })
    }

    /// Returns what becomes of its values: addresses of people are compared in lower case.
    pub fn transform(&self) -> Transform {
        let property = Entity::built_in(self.entity).find_property(self.property);
        let is_email = property.is_some_and(|property| property.property_type == PropertyType::Email);
        Transform { trim: is_email, lower: is_email, ..Transform::default() }
    }
}

const fn item(
    entity: EntityName,
    property: &'static str,
    sobject: &'static str,
    field: &'static str,
) -> TemplateItem {
    TemplateItem { entity, property, sobject, field: Some(field) }
}

/// A property that orgs have a field of their own for.
const fn own(entity: EntityName, property: &'static str, sobject: &'static str) -> TemplateItem {
    TemplateItem { entity, property, sobject, field: None }
}

use EntityName::{Company, Deal, Person};

const PARTICIPANTS: &[TemplateItem] = &[
    item(Company, "name", "Account", "Name"),
    item(Deal, "outcome", "Opportunity", "IsWon"),
    item(Deal, "closed_on", "Opportunity", "CloseDate"),
    item(Deal, "created_at", "Opportunity", "CreatedDate"),
    item(Company, "domain", "Account", "Website"),
    item(Person, "email", "Contact", "Email"),
    item(Person, "first_name", "Contact", "FirstName"),
    item(Person, "last_name", "Contact", "LastName"),
    item(Person, "participant_is_primary", "OpportunityContactRole", "IsPrimary"),
    item(Person, "participant_role", "OpportunityContactRole", "Role"),
    item(Deal, "sales_rep_email", "User", "Email"),
    item(Deal, "sales_rep_name", "User", "Name"),
];

const PARTICIPANTS_OPTIONAL: &[TemplateItem] = &[
    item(Deal, "amount", "Opportunity", "Amount"),
    item(Deal, "name", "Opportunity", "Name"),
    item(Deal, "currency", "Opportunity", "CurrencyIsoCode"),
    item(Deal, "lead_source", "Opportunity", "LeadSource"),
    item(Deal, "opportunity_id", "Opportunity", "Id"),
    item(Deal, "outcome", "Opportunity", "IsWon"),
    item(Deal, "stage", "Opportunity", "StageName"),
    item(Company, "industry", "Account", "Industry"),
    own(Company, "region", "Account"),
    item(Company, "headcount", "Account", "NumberOfEmployees"),
    own(Company, "segment", "Account"),
    own(Deal, "outcome_type", "Opportunity"),
    own(Company, "revenue", "Account"),
    item(Deal, "product", "OpportunityLineItem", "Name"),
    item(Person, "phone", "Contact", "Phone"),
    item(Person, "title", "Contact", "Title"),
];

const COMPANIES: &[TemplateItem] = &[
    item(Company, "name", "Account", "Name"),
    item(Company, "domain", "Account", "Website"),
    item(Company, "industry", "Account", "Industry"),
    own(Company, "region", "Account"),
    item(Company, "headcount", "Account", "NumberOfEmployees"),
    own(Company, "segment", "Account"),
    item(Company, "revenue", "Account", "AnnualRevenue"),
    item(Company, "phone", "Account", "Phone"),
    item(Company, "owner", "Account", "OwnerId"),
    item(Company, "created_at", "Account", "CreatedDate"),
];

const CONTACTS: &[TemplateItem] = &[
    item(Person, "email", "Contact", "Email"),
    item(Person, "first_name", "Contact", "FirstName"),
    item(Person, "last_name", "Contact", "LastName"),
    item(Person, "title", "Contact", "Title"),
    item(Person, "phone", "Contact", "Phone"),
    item(Person, "department", "Contact", "Department"),
    item(Person, "company", "Contact", "AccountId"),
    item(Person, "owner", "Contact", "OwnerId"),
    item(Person, "created_at", "Contact", "CreatedDate"),
];

const OPPORTUNITIES: &[TemplateItem] = &[
    item(Deal, "name", "Opportunity", "Name"),
    item(Deal, "stage", "Opportunity", "StageName"),
    item(Deal, "amount", "Opportunity", "Amount"),
    item(Deal, "currency", "Opportunity", "CurrencyIsoCode"),
    item(Deal, "closed_on", "Opportunity", "CloseDate"),
    item(Deal, "is_closed", "Opportunity", "IsClosed"),
    item(Deal, "outcome", "Opportunity", "IsWon"),
    item(Deal, "lead_source", "Opportunity", "LeadSource"),
    item(Deal, "company", "Opportunity", "AccountId"),
    item(Deal, "owner", "Opportunity", "OwnerId"),
    item(Deal, "created_at", "Opportunity", "CreatedDate"),
];

const CONTRACTS: &[TemplateItem] = &[
    item(Company, "contract_status", "Contract", "Status"),
    item(Company, "contract_starts_on", "Contract", "StartDate"),
    item(Company, "contract_ends_on", "Contract", "EndDate"),
    item(Company, "contract_months", "Contract", "ContractTerm"),
];

const CASES: &[TemplateItem] = &[
    item(Company, "case_subject", "Case", "Subject"),
    item(Company, "case_status", "Case", "Status"),
    item(Company, "case_priority", "Case", "Priority"),
    item(Company, "case_is_closed", "Case", "IsClosed"),
    item(Company, "case_opened_at", "Case", "CreatedDate"),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn properties(name: &str) -> Vec<String> {
        let items = MappingTemplate::find(name).unwrap().items;
        items.iter().map(|item| format!("{}.{} {}", item.entity, item.property, item.sobject)).collect()
    }

    #[test]
    fn every_item_feeds_a_property_once_from_an_sobject_that_may_hold_it() {
        for template in MappingTemplate::ALL {
            for (at, item) in template.items.iter().enumerate() {
                let entity = Entity::built_in(item.entity);
                let property = entity.find_property(item.property).expect(item.property);
                assert!(entity.sobjects_of(property).contains(&item.sobject), "{item:?}");
                let again =
                    |other: &TemplateItem| (other.entity, other.property) == (item.entity, item.property);
                assert!(!template.items[..at].iter().any(again), "{item:?}");
            }
        }
    }

    #[test]
    fn the_participant_templates_hold_what_such_products_map() {
        assert_eq!(
            properties("participants"),
            [
                "company.name Account",
                "deal.outcome Opportunity",
                "deal.closed_on Opportunity",
                "deal.created_at Opportunity",
                "company.domain Account",
                "person.email Contact",
                "person.first_name Contact",
                "person.last_name Contact",
                "person.participant_is_primary OpportunityContactRole",
                "person.participant_role OpportunityContactRole",
                "deal.sales_rep_email User",
                "deal.sales_rep_name User",
            ]
        );
        assert_eq!(properties("participants-optional").len(), 16);
        assert_eq!(
            MappingTemplate::find("participants").unwrap().sobjects(),
            ["Account", "Opportunity", "Contact", "OpportunityContactRole", "User"]
        );
        assert_eq!(MappingTemplate::find("nothing"), None);
    }

    #[test]
    fn a_field_is_the_usual_one_or_the_likeliest() {
        let account: SObjectDescribe = serde_json::from_value(json!({"name": "Account", "fields": [
            {"name": "Name", "label": "Account Name", "type": "string"},
            {"name": "BillingCountry", "label": "Billing Country", "type": "string"},
            {"name": "Sales_Region__c", "label": "Region", "type": "picklist"},
            {"name": "Website", "label": "Website", "type": "base64"},
        ]}))
        .unwrap();
        let chosen = |item: TemplateItem| item.choose_field(&account).map(|field| field.name.to_string());

        assert_eq!(chosen(item(Company, "name", "Account", "Name")).as_deref(), Some("Name"));
        assert_eq!(chosen(own(Company, "region", "Account")).as_deref(), Some("Sales_Region__c"));
        assert_eq!(chosen(item(Company, "domain", "Account", "Website")), None);
        assert_eq!(chosen(own(Company, "segment", "Account")), None);
        let email = item(Person, "email", "Contact", "Email").transform();
        assert!(email.trim && email.lower);
        assert!(item(Company, "name", "Account", "Name").transform().is_none());
    }
}
