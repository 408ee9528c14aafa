//! How a field is filled, as the last column of a schema table says it.

use super::activity::ActivityFill;
use super::agreement::AgreementFill;
use super::campaign::CampaignFill;
use super::company::CompanyFill;
use super::deal::DealFill;
use super::history::HistoryFill;
use super::link::LinkFill;
use super::person::PersonFill;
use super::place::PlaceFill;
use super::plain::PlainFill;
use super::priced::PricedFill;
use super::right::RightFill;
use super::service::CaseFill;
use super::text::TextFill;
use super::time::TimeFill;

/// How the org fills a field.
#[derive(Clone, Debug)]
pub(crate) enum Fill {
    Empty,
    Derived(Derivation),
    IsActive,
    Company(CompanyFill),
    Person(PersonFill),
    Place(PlaceFill),
    Text(TextFill),
    Plain(PlainFill),
    Time(TimeFill),
    Link(LinkFill),
    Deal(DealFill),
    Case(CaseFill),
    Right(RightFill),
    Activity(ActivityFill),
    Agreement(AgreementFill),
    Campaign(CampaignFill),
    History(HistoryFill),
    Priced(PricedFill),
}

/// A rule by which a field follows from others as they are now.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Derivation {
    Sales(SalesDerivation),
    Activity(ActivityDerivation),
    FullName,
    IsEmailBounced,
    DealIsClosed,
    DealIsWon,
    ForecastCategory,
    ExpectedRevenue,
    FiscalQuarter,
    FiscalYear,
    Fiscal,
    CaseIsClosed,
    CaseIsClosedOnCreate,
    OfContact(&'static str),
    /// That of the user's profile.
    UserType,
    /// The set that the assignee's profile owns.
    OwnSet,
    UsedUserLicenses,
    UsedSetLicenses,
    UsedPackageLicenses,
    /// A field of the content document that a note is, too.
    OfDocument(&'static str),
    /// A field of the newest version of that document.
    OfLatestVersion(&'static str),
    /// The size that the record tells by another field, too.
    ContentSize,
}

/// A rule of the sales sObjects that join others.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SalesDerivation {
    /// A field of the product, of the price book entry.
    OfProduct(&'static str),
    ListPrice,
    /// A field of the person who is member of a campaign.
    OfMember(&'static str),
    MemberHasResponded,
    MemberType,
    MemberPerson,
    LineName,
    LineSubtotal,
    LineTotal,
    OrderTotal,
    DealHasLines,
    /// Days since that field of the deal.
    DealDaysSince(&'static str),
    CampaignLeads,
    CampaignConvertedLeads,
    CampaignContacts,
    CampaignResponses,
    CampaignDeals,
    CampaignWonDeals,
    CampaignAmount,
    CampaignWonAmount,
    ContractEnd,
    ContractStatusCode,
    OrderStatusCode,
    QuoteAccount,
    SolutionIsReviewed,
}

/// A rule of tasks and events.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ActivityDerivation {
    TaskIsClosed,
    TaskIsHighPriority,
    Account,
    IsArchived,
}

/// The fields of a product that others show.
const PRODUCT_FIELDS: [&str; 3] = ["Name", "ProductCode", "StockKeepingUnit"];

/// The fields of a lead or a contact that a campaign member shows.
const MEMBER_FIELDS: [&str; 21] = [
    "Salutation",
    "Name",
    "FirstName",
    "LastName",
    "Title",
    "Street",
    "City",
    "State",
    "PostalCode",
    "Country",
    "Email",
    "Phone",
    "Fax",
    "MobilePhone",
    "Description",
    "DoNotCall",
    "HasOptedOutOfEmail",
    "HasOptedOutOfFax",
    "LeadSource",
    "Company",
    "OwnerId",
];

impl Fill {
    pub(crate) fn as_derivation(&self) -> Option<Derivation> {
        if let Self::Derived(derivation) = self { Some(*derivation) } else { None }
    }

    /// Reads the last column of a schema table: a word and its arguments.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let words: Vec<_> = text.split_whitespace().collect();
        let Some((word, arguments)) = words.split_first() else { return Some(Self::Empty) };
        let argument = |at: usize| arguments.get(at).copied().unwrap_or_default();
        let percent = argument(0).parse().unwrap_or_default();
        if *word == "is_active" {
            return Some(Self::IsActive);
        }
        parse_derivation(word, argument(0))
            .map(Self::Derived)
            .or_else(|| CompanyFill::parse(word, percent).map(Self::Company))
            .or_else(|| PersonFill::parse(word, percent).map(Self::Person))
            .or_else(|| PlaceFill::parse(word, argument(0), argument(1)).map(Self::Place))
            .or_else(|| TextFill::parse(word, percent).map(Self::Text))
            .or_else(|| TimeFill::parse(word, arguments).map(Self::Time))
            .or_else(|| LinkFill::parse(word, percent).map(Self::Link))
            .or_else(|| DealFill::parse(word, percent).map(Self::Deal))
            .or_else(|| CaseFill::parse(word).map(Self::Case))
            .or_else(|| RightFill::parse(word, argument(0)).map(Self::Right))
            .or_else(|| ActivityFill::parse(word, percent).map(Self::Activity))
            .or_else(|| AgreementFill::parse(word, percent).map(Self::Agreement))
            .or_else(|| CampaignFill::parse(word, percent).map(Self::Campaign))
            .or_else(|| HistoryFill::parse(word).map(Self::History))
            .or_else(|| PricedFill::parse(word, percent).map(Self::Priced))
            .or_else(|| PlainFill::parse(word, arguments).map(Self::Plain))
    }

    /// Returns whether a new value of its own can stand in the field without contradicting others.
    pub(crate) fn stands_alone(&self) -> bool {
        match self {
            Self::Plain(fill) => {
                !matches!(fill, PlainFill::Const(_) | PlainFill::ExternalId(_) | PlainFill::PickValid(_))
            }
            Self::Text(_) | Self::Time(TimeFill::Day { .. } | TimeFill::TimeOfDay(_)) => true,
            Self::Link(fill) => {
                matches!(fill, LinkFill::Owner | LinkFill::OwnerOrQueue | LinkFill::Account(_))
            }
            Self::Person(fill) => {
                matches!(fill, PersonFill::JobTitle(_) | PersonFill::Department(_) | PersonFill::Last)
            }
            Self::Deal(fill) => matches!(fill, DealFill::Amount(_) | DealFill::Stage),
            Self::Case(fill) => matches!(fill, CaseFill::Status),
            _ => false,
        }
    }
}

fn parse_sales_derivation(word: &str, argument: &str) -> Option<SalesDerivation> {
    let one_of = |names: &[&'static str]| names.iter().find(|name| **name == argument).copied();
    Some(match word {
        "of_product" => SalesDerivation::OfProduct(one_of(&PRODUCT_FIELDS)?),
        "of_entry" => SalesDerivation::ListPrice,
        "of_member" => SalesDerivation::OfMember(one_of(&MEMBER_FIELDS)?),
        "member_has_responded" => SalesDerivation::MemberHasResponded,
        "member_type" => SalesDerivation::MemberType,
        "member_lead_or_contact" => SalesDerivation::MemberPerson,
        "line_name" => SalesDerivation::LineName,
        "line_subtotal" => SalesDerivation::LineSubtotal,
        "line_total" | "item_total" => SalesDerivation::LineTotal,
        "order_total" => SalesDerivation::OrderTotal,
        "deal_has_lines" => SalesDerivation::DealHasLines,
        "days_since" => SalesDerivation::DealDaysSince(one_of(&["LastActivityDate", "LastStageChangeDate"])?),
        "campaign_leads" => SalesDerivation::CampaignLeads,
        "campaign_converted_leads" => SalesDerivation::CampaignConvertedLeads,
        "campaign_contacts" => SalesDerivation::CampaignContacts,
        "campaign_responses" => SalesDerivation::CampaignResponses,
        "campaign_opportunities" => SalesDerivation::CampaignDeals,
        "campaign_won_opportunities" => SalesDerivation::CampaignWonDeals,
        "campaign_amount" => SalesDerivation::CampaignAmount,
        "campaign_won_amount" => SalesDerivation::CampaignWonAmount,
        "contract_end" => SalesDerivation::ContractEnd,
        "contract_status_code" => SalesDerivation::ContractStatusCode,
        "order_status_code" => SalesDerivation::OrderStatusCode,
        "quote_account" => SalesDerivation::QuoteAccount,
        "solution_is_reviewed" => SalesDerivation::SolutionIsReviewed,
        _ => return None,
    })
}

fn parse_activity_derivation(word: &str) -> Option<ActivityDerivation> {
    Some(match word {
        "task_is_closed" => ActivityDerivation::TaskIsClosed,
        "task_is_high_priority" => ActivityDerivation::TaskIsHighPriority,
        "activity_account" => ActivityDerivation::Account,
        "activity_is_archived" => ActivityDerivation::IsArchived,
        _ => return None,
    })
}

/// What a note has of its document.
const OF_DOCUMENT: [&str; 13] = [
    "ContentModifiedDate",
    "ContentSize",
    "CreatedById",
    "CreatedDate",
    "FileExtension",
    "FileType",
    "LastModifiedById",
    "LastModifiedDate",
    "LatestPublishedVersionId",
    "OwnerId",
    "SharingPrivacy",
    "SystemModstamp",
    "Title",
];

fn find_name(names: &[&'static str], wanted: &str) -> Option<&'static str> {
    names.iter().find(|name| **name == wanted).copied()
}

fn parse_derivation(word: &str, argument: &str) -> Option<Derivation> {
    if let Some(derivation) = parse_sales_derivation(word, argument) {
        return Some(Derivation::Sales(derivation));
    }
    if let Some(derivation) = parse_activity_derivation(word) {
        return Some(Derivation::Activity(derivation));
    }
    Some(match word {
        "full_name" => Derivation::FullName,
        "is_email_bounced" => Derivation::IsEmailBounced,
        "deal_is_closed" => Derivation::DealIsClosed,
        "deal_is_won" => Derivation::DealIsWon,
        "forecast_category" => Derivation::ForecastCategory,
        "expected_revenue" => Derivation::ExpectedRevenue,
        "fiscal_quarter" => Derivation::FiscalQuarter,
        "fiscal_year" => Derivation::FiscalYear,
        "fiscal" => Derivation::Fiscal,
        "case_is_closed" => Derivation::CaseIsClosed,
        "case_is_closed_on_create" => Derivation::CaseIsClosedOnCreate,
        "of_contact" => Derivation::OfContact(
            ["Phone", "MobilePhone", "Email", "Fax"].iter().find(|name| **name == argument)?,
        ),
        "user_type" => Derivation::UserType,
        "own_set" => Derivation::OwnSet,
        "used_user_licenses" => Derivation::UsedUserLicenses,
        "used_set_licenses" => Derivation::UsedSetLicenses,
        "used_package_licenses" => Derivation::UsedPackageLicenses,
        "content_size" => Derivation::ContentSize,
        "of_document" => Derivation::OfDocument(find_name(&OF_DOCUMENT, argument)?),
        "of_latest_version" => {
            Derivation::OfLatestVersion(find_name(&["TextPreview", "VersionData"], argument)?)
        }
        _ => return None,
    })
}
