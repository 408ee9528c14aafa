//! The syntax tree of a SOQL statement.

use chrono::NaiveDate;
use rust_decimal::Decimal;

/// Where in the statement something stands, in bytes.
///
/// All places are equal, so that trees compare by what they mean.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place(pub usize);

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}

/// One name.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "a name and its place")]
pub struct Word {
    pub text: String,
    pub place: Place,
}

/// Names with dots between them.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "names and their place")]
pub struct Path {
    pub words: Vec<String>,
    pub place: Place,
}

/// A whole statement or a subquery.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "each field is the clause of that name")]
pub struct Statement {
    pub items: Vec<Item>,
    pub from: Vec<Source>,
    pub scope: Option<Word>,
    pub condition: Option<Condition>,
    pub with: Option<With>,
    pub group: Option<Group>,
    pub having: Option<Condition>,
    pub order: Vec<Order>,
    pub limit: Option<u64>,
    pub offset: Option<u64>,
    pub tails: Vec<Tail>,
}

/// One thing selected.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Item {
    /// A field, its path and an alias that only grouped queries may have.
    Field(Path, Option<Word>),
    /// A function, `FIELDS(ALL)` among them, and its alias.
    Call(Call, Option<Word>),
    /// A child subquery.
    Subquery(Box<Statement>, Place),
    /// `TYPEOF … END`.
    TypeOf(TypeOf),
}

/// A function and what it is applied to.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the parts of a call")]
pub struct Call {
    pub name: Word,
    pub arguments: Vec<Argument>,
}

/// What a function is applied to.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the kinds of arguments")]
pub enum Argument {
    Path(Path),
    Call(Call),
    Literal(Literal),
}

/// Fields chosen by the type of a polymorphic parent.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the parts of the clause")]
pub struct TypeOf {
    pub path: Path,
    pub cases: Vec<(Word, Vec<Path>)>,
    pub otherwise: Vec<Path>,
}

/// An entry of FROM: the sObject, or further entries that name its parents.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "a path and its alias")]
pub struct Source {
    pub path: Path,
    pub alias: Option<Word>,
}

/// A condition.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the logical operators")]
pub enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Test(Test),
}

/// One comparison.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the parts of a comparison")]
pub struct Test {
    pub operand: Operand,
    pub operator: Operator,
    pub value: Comparand,
}

/// The left side of a comparison.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the kinds of operands")]
pub enum Operand {
    Path(Path),
    Call(Call),
}

impl Operand {
    /// Returns the byte of the statement it starts at.
    pub fn place(&self) -> usize {
        match self {
            Self::Path(path) => path.place.0,
            Self::Call(call) => call.name.place.0,
        }
    }
}

/// The right side of a comparison.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Comparand {
    /// One value.
    One(Literal),
    /// The values of `IN`, `INCLUDES` and their negations.
    List(Vec<Literal>),
    /// A semi-join.
    Subquery(Box<Statement>, Place),
}

/// How two sides are compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the operators by their names")]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    In,
    NotIn,
    Includes,
    Excludes,
}

/// A value written in the statement.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "a value and its place")]
pub struct Literal {
    pub kind: LiteralKind,
    pub place: Place,
}

/// The kinds of values.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LiteralKind {
    /// `NULL`.
    Null,
    /// `TRUE` or `FALSE`.
    Bool(bool),
    /// A number.
    Number(Decimal),
    /// A currency code with a number.
    Currency(String, Decimal),
    /// A text with its escapes resolved.
    Text(String),
    /// The right side of `LIKE`: only `\%`, `\_` and `\\` still have their backslash.
    Pattern(String),
    /// A date.
    Date(NaiveDate),
    /// An instant in milliseconds since 1970 UTC.
    DateTime(i64),
    /// A time of day in milliseconds.
    Time(u32),
    /// A date literal such as `LAST_N_DAYS:3`.
    Relative(Relative),
}

/// A span of days relative to today.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the parts of a date literal")]
pub struct Relative {
    pub span: Span,
    pub unit: Unit,
}

/// Which units a date literal means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Span {
    /// One unit, so many after the current one: `TODAY` is 0, `LAST_WEEK` is -1.
    One(i32),
    /// `LAST_N_…`.
    Last(u32),
    /// `NEXT_N_…`.
    Next(u32),
    /// `N_…_AGO`.
    Ago(u32),
    /// `LAST_90_DAYS`.
    Last90,
    /// `NEXT_90_DAYS`.
    Next90,
}

/// The units of date literals.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the units by their names")]
pub enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
    FiscalQuarter,
    FiscalYear,
}

/// What follows `WITH`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum With {
    /// `SECURITY_ENFORCED`, `USER_MODE`, `SYSTEM_MODE`.
    Mode(Word),
    /// `DATA CATEGORY`: groups with a selector and categories.
    Categories(Vec<Category>),
    /// `UserId = '…'` and its like.
    Condition(Condition),
}

/// An entry of `WITH DATA CATEGORY`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the parts of the entry")]
pub struct Category {
    pub group: Word,
    /// `AT`, `ABOVE`, `BELOW` or `ABOVE_OR_BELOW`.
    pub selector: Word,
    pub names: Vec<Word>,
}

/// What follows `GROUP BY`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the parts of the clause")]
pub struct Group {
    pub kind: GroupKind,
    pub keys: Vec<Operand>,
    pub place: Place,
}

/// How rows are grouped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the forms of the clause")]
pub enum GroupKind {
    Plain,
    Rollup,
    Cube,
}

/// An entry of `ORDER BY`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the parts of the entry")]
pub struct Order {
    pub operand: Operand,
    pub descending: bool,
    pub nulls_last: bool,
}

/// What may stand at the end of a statement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the clauses by their words")]
pub enum Tail {
    ForView,
    ForReference,
    ForUpdate(Place),
    UpdateTracking(Place),
    UpdateViewstat(Place),
    AllRows(Place),
}
