//! Entities and their properties: what field mappings feed.

use salesforce::SObjectName;

use crate::text_enum::text_enums;

text_enums! {
    /// What records of an org are about, whatever the org calls them.
    EntityName {
        /// An organisation.
        Company = "company",
        /// A human being.
        Person = "person",
        /// A sale.
        Deal = "deal",
    }

    /// What the values of a property are.
    PropertyType {
        /// Text.
        Text = "text",
        /// An e-mail address.
        Email = "email",
        /// A telephone number.
        Phone = "phone",
        /// A link or a domain.
        Url = "url",
        /// A number.
        Number = "number",
        /// An amount of money.
        Currency = "currency",
        /// True or false.
        Boolean = "boolean",
        /// A civil date.
        Date = "date",
        /// An instant.
        DateTime = "date_time",
    }
}

/// A kind of thing that is joined from the records of all orgs.
#[derive(Debug, Eq, PartialEq)]
pub struct Entity {
    /// Its name.
    pub name: EntityName,
    /// What people call it.
    pub label: &'static str,
    /// The sObjects that hold it in most orgs, the likeliest first.
    pub sobjects: &'static [&'static str],
    /// What is known of it.
    pub properties: &'static [Property],
}

/// Something known of an entity.
#[derive(Debug, Eq, PartialEq)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What its values are.
    pub property_type: PropertyType,
    /// Whether an entity makes no sense without it.
    pub required: bool,
    /// The sObjects that hold it where those of the entity do not: of their records that belong to one entity, the one that
    /// changed last counts. Empty for what stands in the entity's own record.
    pub sobjects: &'static [&'static str],
    /// Names and labels of fields that hold it in many orgs, the likeliest first.
    pub synonyms: &'static [&'static str],
}

impl Entity {
    /// The entities that every workspace has.
    pub const BUILT_IN: &'static [Self] = &[COMPANY, PERSON, DEAL];

    /// Returns the built-in entity of a name.
    pub fn built_in(name: EntityName) -> &'static Self {
        match name {
            EntityName::Company => &Self::BUILT_IN[0],
            EntityName::Person => &Self::BUILT_IN[1],
            EntityName::Deal => &Self::BUILT_IN[2],
        }
    }

    /// Returns the property of a name.
    pub fn find_property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// Returns the sObjects that hold a property in most orgs, the likeliest first.
    pub fn sobjects_of(&self, property: &Property) -> &'static [&'static str] {
        if property.sobjects.is_empty() { self.sobjects } else { property.sobjects }
    }

    /// Returns whether records of an sObject hold something of a built-in entity in most orgs.
    pub fn is_fed_by(sobject: &SObjectName) -> bool {
        let mut sobjects = Self::BUILT_IN.iter().flat_map(|entity| {
            entity.properties.iter().flat_map(|property| entity.sobjects_of(property).iter())
        });
        sobjects.any(|name| *sobject == **name)
    }
}

const fn property(
    name: &'static str,
    label: &'static str,
    property_type: PropertyType,
    synonyms: &'static [&'static str],
) -> Property {
    Property { name, label, property_type, required: false, sobjects: &[], synonyms }
}

const fn required(property: Property) -> Property {
    Property { required: true, ..property }
}

/// A property that another sObject's records hold.
const fn held_by(sobjects: &'static [&'static str], property: Property) -> Property {
    Property { sobjects, ..property }
}

const CONTRACT: &[&str] = &["Contract"];
const CASE: &[&str] = &["Case"];
const PARTICIPANT: &[&str] = &["OpportunityContactRole"];
const USER: &[&str] = &["User"];
const LINE_ITEM: &[&str] = &["OpportunityLineItem"];

const COMPANY: Entity = Entity {
    name: EntityName::Company,
    label: "Company",
    sobjects: &["Account"],
    properties: &[
        required(property("name", "Name", PropertyType::Text, &["Account Name", "Company Name"])),
        property("domain", "Domain", PropertyType::Url, &["Website", "Domain__c", "Web Site"]),
        property("industry", "Industry", PropertyType::Text, &["Sector", "Industry__c"]),
        property(
            "region",
            "Region",
            PropertyType::Text,
            &["Region__c", "Territory", "BillingCountry", "BillingState"],
        ),
        property(
            "headcount",
            "Headcount",
            PropertyType::Number,
            &["NumberOfEmployees", "Employees", "Headcount__c"],
        ),
        property("segment", "Segment", PropertyType::Text, &["Segment__c", "Tier", "Type"]),
        property(
            "revenue",
            "Annual revenue",
            PropertyType::Currency,
            &["AnnualRevenue", "Revenue", "Revenue__c"],
        ),
        property("phone", "Phone", PropertyType::Phone, &["Telephone"]),
        property("owner", "Owner", PropertyType::Text, &["OwnerId", "Account Owner"]),
        property("created_at", "Created", PropertyType::DateTime, &["CreatedDate", "Created Date"]),
        held_by(CONTRACT, property("contract_status", "Contract status", PropertyType::Text, &["Status"])),
        held_by(
            CONTRACT,
            property("contract_starts_on", "Contract start", PropertyType::Date, &["StartDate"]),
        ),
        held_by(CONTRACT, property("contract_ends_on", "Contract end", PropertyType::Date, &["EndDate"])),
        held_by(
            CONTRACT,
            property("contract_months", "Contract term in months", PropertyType::Number, &["ContractTerm"]),
        ),
        held_by(CASE, property("case_subject", "Last case", PropertyType::Text, &["Subject"])),
        held_by(CASE, property("case_status", "Case status", PropertyType::Text, &["Status"])),
        held_by(CASE, property("case_priority", "Case priority", PropertyType::Text, &["Priority"])),
        held_by(CASE, property("case_is_closed", "Case closed", PropertyType::Boolean, &["IsClosed"])),
        held_by(CASE, property("case_opened_at", "Case opened", PropertyType::DateTime, &["CreatedDate"])),
    ],
};

const PERSON: Entity = Entity {
    name: EntityName::Person,
    label: "Person",
    sobjects: &["Contact", "Lead"],
    properties: &[
        required(property("email", "Email", PropertyType::Email, &["Email Address", "E-Mail"])),
        property("first_name", "First name", PropertyType::Text, &["FirstName", "Given Name"]),
        property("last_name", "Last name", PropertyType::Text, &["LastName", "Surname", "Family Name"]),
        property("title", "Job title", PropertyType::Text, &["Title", "Position", "Role"]),
        property("phone", "Phone", PropertyType::Phone, &["MobilePhone", "Mobile", "Telephone"]),
        property("company", "Company", PropertyType::Text, &["AccountId", "Account", "Company Name"]),
        property("department", "Department", PropertyType::Text, &["Team"]),
        property("owner", "Owner", PropertyType::Text, &["OwnerId", "Contact Owner"]),
        property("created_at", "Created", PropertyType::DateTime, &["CreatedDate", "Created Date"]),
        held_by(
            PARTICIPANT,
            property("participant_is_primary", "Primary participant", PropertyType::Boolean, &["IsPrimary"]),
        ),
        held_by(PARTICIPANT, property("participant_role", "Participant role", PropertyType::Text, &["Role"])),
    ],
};

const DEAL: Entity = Entity {
    name: EntityName::Deal,
    label: "Deal",
    sobjects: &["Opportunity"],
    properties: &[
        required(property("name", "Name", PropertyType::Text, &["Opportunity Name", "Deal Name"])),
        property("outcome", "Won", PropertyType::Boolean, &["IsWon", "Outcome"]),
        property("is_closed", "Closed", PropertyType::Boolean, &["IsClosed"]),
        property("stage", "Stage", PropertyType::Text, &["StageName", "Status"]),
        property("closed_on", "Closed date", PropertyType::Date, &["CloseDate", "Close Date", "Closed On"]),
        property("amount", "Amount", PropertyType::Currency, &["Value", "Deal Size", "Amount__c"]),
        property("currency", "Currency", PropertyType::Text, &["CurrencyIsoCode", "Currency ISO Code"]),
        property("lead_source", "Lead source", PropertyType::Text, &["LeadSource", "Source"]),
        property("outcome_type", "Outcome type", PropertyType::Text, &["Type", "Opportunity Type"]),
        property("company", "Company", PropertyType::Text, &["AccountId", "Account"]),
        property("owner", "Owner", PropertyType::Text, &["OwnerId", "Opportunity Owner", "Sales Rep"]),
        property("created_at", "Created", PropertyType::DateTime, &["CreatedDate", "Created Date"]),
        property("opportunity_id", "Opportunity ID", PropertyType::Text, &["Id"]),
        held_by(USER, property("sales_rep_email", "Sales rep email", PropertyType::Email, &["Email"])),
        held_by(
            USER,
            property("sales_rep_name", "Sales rep name", PropertyType::Text, &["Name", "Full Name"]),
        ),
        held_by(
            LINE_ITEM,
            property(
                "product",
                "Product",
                PropertyType::Text,
                &["Opportunity Product Name", "ProductCode", "Product2Id"],
            ),
        ),
    ],
};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_each_entity_requires_something() {
        for entity in Entity::BUILT_IN {
            let names: HashSet<_> = entity.properties.iter().map(|property| property.name).collect();

            assert_eq!(names.len(), entity.properties.len(), "{}", entity.name);
            assert!(entity.properties.iter().any(|property| property.required), "{}", entity.name);
            assert_eq!(Entity::built_in(entity.name), entity);
        }
        assert_eq!(
            Entity::built_in(EntityName::Deal).find_property("amount").map(|property| property.property_type),
            Some(PropertyType::Currency)
        );
        assert_eq!(Entity::built_in(EntityName::Person).find_property("amount"), None);
    }
}
