//! What is agreed with an account: contracts, orders, quotes, assets, and who is asked.

use super::company::Company;
use super::target::{Target, id};
use super::time::{day_of, instant_between};
use super::{Facet, Record};
use crate::clock::DAY_MS;
use crate::value::Value;

/// How many contact roles an opportunity has that has any.
const ROLES: u32 = 2;

/// What is filled from a contract, an order, a quote, an asset or a contact role.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AgreementFill {
    Account,
    ContractContact,
    ContractStatus,
    ContractStart,
    ContractTerm,
    ContractSigned(u8),
    ContractSignerTitle,
    ActivatedBy,
    ActivatedAt,
    OrderStatus,
    OrderStart,
    OrderContract,
    QuoteOpportunity,
    QuoteName,
    AssetContact,
    AssetName,
    Product(u8),
    RoleOpportunity,
    RoleContact,
    RoleIsPrimary,
    RoleAccount,
    RoleAccountContact,
    CommentCase,
    User(u8),
}

impl AgreementFill {
    pub(super) fn parse(word: &str, percent: u8) -> Option<Self> {
        Some(match word {
            "contract_account" | "order_account" | "asset_account" => Self::Account,
            "contract_contact" => Self::ContractContact,
            "contract_status" => Self::ContractStatus,
            "contract_start" => Self::ContractStart,
            "contract_term" => Self::ContractTerm,
            "contract_signed" => Self::ContractSigned(percent),
            "contract_signer_title" => Self::ContractSignerTitle,
            "contract_activated_by" | "order_activated_by" => Self::ActivatedBy,
            "contract_activated_at" | "order_activated_at" => Self::ActivatedAt,
            "order_status" => Self::OrderStatus,
            "order_start" => Self::OrderStart,
            "order_contract" => Self::OrderContract,
            "quote_opportunity" => Self::QuoteOpportunity,
            "quote_name" => Self::QuoteName,
            "asset_contact" => Self::AssetContact,
            "asset_name" => Self::AssetName,
            "product" => Self::Product(percent),
            "role_opportunity" => Self::RoleOpportunity,
            "role_contact" => Self::RoleContact,
            "role_is_primary" => Self::RoleIsPrimary,
            "role_account" => Self::RoleAccount,
            "role_account_contact" => Self::RoleAccountContact,
            "comment_case" => Self::CommentCase,
            "user" => Self::User(percent),
            _ => return None,
        })
    }

    pub(super) fn value(self, record: Record<'_>, salt: u64) -> Value<'static> {
        let mut dice = record.dice(salt);
        match self {
            Self::Account => Value::Id(record.agreed_account().id()),
            Self::ContractContact if record.is_signed() => {
                id(record.any_of(Target::Contact, &mut dice).filter(|_| dice.percent(70)))
            }
            Self::ContractSignerTitle if record.is_signed() => {
                Value::text(dice.word(&super::words::JOB_TITLES))
            }
            Self::ContractStart | Self::OrderStart => day_of(record.agreed_ms()),
            Self::ContractTerm => Value::Int([6, 12, 12, 24, 36][dice.index(5)]),
            Self::ContractSigned(percent) if record.is_signed() && dice.percent(percent) => {
                day_of(record.agreed_ms() - dice.between(0, 20) * DAY_MS)
            }
            Self::ActivatedBy if record.is_activated() => id(record.any_of(Target::User, &mut dice)),
            Self::ActivatedAt if record.is_activated() => Value::DateTime(instant_between(record, &mut dice)),
            Self::ContractStatus if record.is_activated() => Value::text("Activated"),
            Self::ContractStatus if record.is_signed() => Value::text("In Approval Process"),
            Self::OrderStatus if record.is_activated() => Value::text("Activated"),
            Self::ContractStatus | Self::OrderStatus => Value::text("Draft"),
            Self::OrderContract if dice.percent(40) => id(record.any_of(Target::Contract, &mut dice)),
            Self::QuoteOpportunity => id(record.any_of(Target::Opportunity, &mut dice)),
            Self::QuoteName => Value::owned_text(format!("Quote for {}", Company::any(&mut dice).name())),
            Self::Product(percent) if dice.percent(percent) => id(record.any_of(Target::Product, &mut dice)),
            Self::AssetName => Value::owned_text(format!(
                "{} #{}",
                dice.word(&["Flow Meter", "Pumpe", "Compresseur", "ポンプ"]),
                1_000 + record.number
            )),
            Self::AssetContact if dice.percent(50) => id(record.any_of(Target::Contact, &mut dice)),
            Self::CommentCase => id(record.any_of(Target::Case, &mut dice)),
            Self::User(percent) if dice.percent(percent) => id(record.any_of(Target::User, &mut dice)),
            _ => self.of_role(record),
        }
    }

    /// Roles are given out so that no contact has two in one opportunity, unless there is one contact only.
    fn of_role(self, record: Record<'_>) -> Value<'static> {
        let nth =
            |target: Target, number: u32| record.of(target, number % record.count_of(target).max(1)).id();
        let (parent, place) = (record.number / ROLES, record.number % ROLES);
        match self {
            Self::RoleOpportunity => Value::Id(nth(Target::Opportunity, parent)),
            Self::RoleAccount => Value::Id(nth(Target::Account, record.number)),
            Self::RoleContact => Value::Id(nth(Target::Contact, parent.wrapping_mul(5).wrapping_add(place))),
            Self::RoleAccountContact => Value::Id(nth(Target::Contact, record.number.wrapping_mul(3))),
            Self::RoleIsPrimary => Value::Bool(place == 0 && parent < record.count_of(Target::Opportunity)),
            _ => Value::Null,
        }
    }
}

impl<'a> Record<'a> {
    fn agreed_account(self) -> Record<'a> {
        let mut dice = self.dice(Facet::Account as u64);
        let account = self.any_of(Target::Account, &mut dice);
        account.unwrap_or_else(|| self.of(Target::Account, 0))
    }

    /// Returns when a contract or an order begins.
    fn agreed_ms(self) -> i64 {
        let mut dice = self.dice(Facet::Close as u64);
        self.created_at() + dice.between(-10, 60) * DAY_MS
    }

    fn is_signed(self) -> bool {
        self.dice(Facet::Status as u64).percent(80)
    }

    fn is_activated(self) -> bool {
        self.dice(Facet::Status as u64).percent(65)
    }
}
