//! Campaigns, their members, leads.

use super::company::Company;
use super::target::{Target, id};
use super::time::{day_of, instant_between};
use super::{Facet, Record};
use crate::clock::DAY_MS;
use crate::value::Value;

/// What campaigns are for.
const THEMES: [&str; 6] =
    ["Open House", "Herbstmesse", "Webinar: Calibration", "Salon de l'eau", "Newsletter", "展示会"];

/// The label of a member who has answered.
const RESPONDED: &str = "Responded";

/// The status of a lead that has become a contact.
const CONVERTED: &str = "Closed - Converted";

/// What is filled from a campaign, a member of one, or a lead's way.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CampaignFill {
    Name,
    Status,
    Start,
    End,
    OfDeal(u8),
    MemberCampaign,
    MemberLead,
    MemberContact,
    MemberStatus,
    MemberFirstResponded,
    StatusCampaign,
    StatusLabel,
    StatusOrder,
    StatusIsDefault,
    StatusHasResponded,
    LeadStatus,
    LeadIsConverted,
    LeadConvertedDate,
    LeadConvertedAccount,
    LeadConvertedContact,
}

impl CampaignFill {
    pub(super) fn parse(word: &str, percent: u8) -> Option<Self> {
        Some(match word {
            "campaign_name" => Self::Name,
            "campaign_status" => Self::Status,
            "campaign_start" => Self::Start,
            "campaign_end" => Self::End,
            "campaign_of_deal" => Self::OfDeal(percent),
            "member_campaign" => Self::MemberCampaign,
            "member_lead" => Self::MemberLead,
            "member_contact" => Self::MemberContact,
            "member_status" => Self::MemberStatus,
            "member_first_responded" => Self::MemberFirstResponded,
            "status_campaign" => Self::StatusCampaign,
            "status_label" => Self::StatusLabel,
            "status_order" => Self::StatusOrder,
            "status_is_default" => Self::StatusIsDefault,
            "status_has_responded" => Self::StatusHasResponded,
            "lead_status" => Self::LeadStatus,
            "lead_is_converted" => Self::LeadIsConverted,
            "lead_converted_date" => Self::LeadConvertedDate,
            "lead_converted_account" => Self::LeadConvertedAccount,
            "lead_converted_contact" => Self::LeadConvertedContact,
            _ => return None,
        })
    }

    pub(super) fn value(self, record: Record<'_>, salt: u64) -> Value<'static> {
        match self {
            Self::Name | Self::Status | Self::Start | Self::End => self.of_campaign(record),
            Self::OfDeal(percent) => {
                let mut dice = record.dice(salt);
                if dice.percent(percent) {
                    id(record.any_of(Target::Campaign, &mut dice))
                } else {
                    Value::Null
                }
            }
            Self::MemberCampaign
            | Self::MemberLead
            | Self::MemberContact
            | Self::MemberStatus
            | Self::MemberFirstResponded => self.of_member(record),
            Self::StatusCampaign => Value::Id(record.of(Target::Campaign, record.number / 2).id()),
            Self::StatusLabel => {
                Value::text(if record.number.is_multiple_of(2) { "Sent" } else { RESPONDED })
            }
            Self::StatusOrder => Value::Int(i64::from(record.number % 2) + 1),
            Self::StatusIsDefault => Value::Bool(record.number.is_multiple_of(2)),
            Self::StatusHasResponded => Value::Bool(record.number % 2 == 1),
            _ => self.of_lead(record),
        }
    }

    fn of_campaign(self, record: Record<'_>) -> Value<'static> {
        let mut dice = record.dice(Facet::Campaign as u64);
        let (theme, from, days) = (dice.word(&THEMES), dice.between(-900, 120), dice.between(1, 90));
        let start = record.base.now_ms() + from * DAY_MS;
        match self {
            Self::Name => {
                let company = Company::any(&mut dice).name();
                Value::owned_text(format!("{theme} {company}").chars().take(75).collect())
            }
            Self::Status if from > 0 => Value::text("Planned"),
            Self::Status if from + days > 0 => Value::text("In Progress"),
            Self::Status => Value::text(if dice.percent(90) { "Completed" } else { "Aborted" }),
            Self::Start => day_of(start),
            _ => day_of(start + days * DAY_MS),
        }
    }

    fn of_member(self, record: Record<'_>) -> Value<'static> {
        let (campaigns, leads, contacts) = (
            record.count_of(Target::Campaign).max(1),
            record.count_of(Target::Lead),
            record.count_of(Target::Contact),
        );
        let (campaign, place) = (record.number % campaigns, record.number / campaigns);
        let is_lead = leads > 0 && (contacts == 0 || place.is_multiple_of(2));
        // Nobody is twice in a campaign as long as there are people enough.
        let nth = |count: u32| campaign.wrapping_mul(13).wrapping_add(place / 2) % count.max(1);
        let mut dice = record.dice(Facet::Campaign as u64);
        let has_responded = dice.percent(35);
        match self {
            Self::MemberCampaign => Value::Id(record.of(Target::Campaign, campaign).id()),
            Self::MemberLead if is_lead => Value::Id(record.of(Target::Lead, nth(leads)).id()),
            Self::MemberContact if !is_lead => Value::Id(record.of(Target::Contact, nth(contacts)).id()),
            Self::MemberStatus => Value::text(if has_responded { RESPONDED } else { "Sent" }),
            Self::MemberFirstResponded if has_responded => day_of(instant_between(record, &mut dice)),
            _ => Value::Null,
        }
    }

    fn of_lead(self, record: Record<'_>) -> Value<'static> {
        let mut dice = record.dice(Facet::Status as u64);
        let has_contacts = record.count_of(Target::Contact) > 0;
        let status = match dice.below(100) {
            0..45 => "Open - Not Contacted",
            45..75 => "Working - Contacted",
            75..87 if has_contacts => CONVERTED,
            _ => "Closed - Not Converted",
        };
        let is_converted = status == CONVERTED;
        match self {
            Self::LeadStatus => Value::text(status),
            Self::LeadIsConverted => Value::Bool(is_converted),
            Self::LeadConvertedDate if is_converted => day_of(instant_between(record, &mut dice)),
            Self::LeadConvertedAccount if is_converted => record
                .any_of(Target::Contact, &mut dice)
                .map_or(Value::Null, |contact| id(contact.account_of_contact())),
            Self::LeadConvertedContact if is_converted => id(record.any_of(Target::Contact, &mut dice)),
            _ => Value::Null,
        }
    }
}
