use chrono::NaiveDate;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use rust_decimal::Decimal;

use crate::soql::ast::{
    Argument, Call, Category, Comparand, Condition, Group, GroupKind, Item, Literal, LiteralKind, Operand,
    Operator, Order, Path, Place, Relative, Source, Span, Statement, Tail, Test, TypeOf, Unit, With, Word,
};
use crate::soql::parse;

const PLACE: Place = Place(0);

fn word() -> impl Strategy<Value = String> {
    // `x` keeps them apart from keywords and date literals.
    "x[A-Za-z0-9_]{0,6}"
}

fn name() -> impl Strategy<Value = Word> {
    word().prop_map(|text| Word { text, place: PLACE })
}

fn path() -> impl Strategy<Value = Path> {
    vec(word(), 1..4).prop_map(|words| Path { words, place: PLACE })
}

fn unit() -> impl Strategy<Value = Unit> {
    use Unit::{Day, FiscalQuarter, FiscalYear, Month, Quarter, Week, Year};
    prop_oneof![
        Just(Day),
        Just(Week),
        Just(Month),
        Just(Quarter),
        Just(Year),
        Just(FiscalQuarter),
        Just(FiscalYear)
    ]
}

fn relative() -> impl Strategy<Value = Relative> {
    prop_oneof![
        ((-1..=1_i32), unit()).prop_map(|(offset, unit)| Relative { span: Span::One(offset), unit }),
        (any::<u32>(), unit()).prop_map(|(count, unit)| Relative { span: Span::Last(count), unit }),
        (any::<u32>(), unit()).prop_map(|(count, unit)| Relative { span: Span::Next(count), unit }),
        (any::<u32>(), unit()).prop_map(|(count, unit)| Relative { span: Span::Ago(count), unit }),
        Just(Relative { span: Span::Last90, unit: Unit::Day }),
        Just(Relative { span: Span::Next90, unit: Unit::Day }),
    ]
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(LiteralKind::Null),
        any::<bool>().prop_map(LiteralKind::Bool),
        (any::<i64>(), 0..15_u32)
            .prop_map(|(n, scale)| LiteralKind::Number(Decimal::new(n, scale).normalize())),
        (0..i64::MAX).prop_map(|n| LiteralKind::Currency("USD".to_owned(), Decimal::new(n, 2))),
        any::<String>().prop_map(LiteralKind::Text),
        (0..800_000_i32).prop_map(|day| {
            LiteralKind::Date(NaiveDate::from_num_days_from_ce_opt(660_000 + day).unwrap())
        }),
        (-8_000_000_000_000..60_000_000_000_000_i64).prop_map(LiteralKind::DateTime),
        (0..86_400_000_u32).prop_map(LiteralKind::Time),
        relative().prop_map(LiteralKind::Relative),
    ]
    .prop_map(|kind| Literal { kind, place: PLACE })
}

fn pattern() -> impl Strategy<Value = Literal> {
    let piece = prop_oneof![
        Just(r"\%".to_owned()),
        Just(r"\_".to_owned()),
        Just(r"\\".to_owned()),
        "[^\\\\]{0,4}",
        Just("'".to_owned())
    ];
    vec(piece, 0..5).prop_map(|pieces| Literal { kind: LiteralKind::Pattern(pieces.concat()), place: PLACE })
}

fn call() -> impl Strategy<Value = Call> {
    let leaf = prop_oneof![path().prop_map(Argument::Path), literal().prop_map(Argument::Literal)];
    // A word that is also a value reads as a path.
    let leaf = leaf.prop_filter("reads as a path", |argument| {
        !matches!(argument, Argument::Literal(literal) if matches!(literal.kind,
            LiteralKind::Null | LiteralKind::Bool(_) | LiteralKind::Relative(_) | LiteralKind::Currency(..)))
    });
    let inner = (name(), vec(leaf.clone(), 0..3)).prop_map(|(name, arguments)| Call { name, arguments });
    let argument = prop_oneof![leaf.boxed(), inner.prop_map(Argument::Call).boxed()];
    (name(), vec(argument, 0..3)).prop_map(|(name, arguments)| Call { name, arguments })
}

fn operand() -> impl Strategy<Value = Operand> {
    prop_oneof![path().prop_map(Operand::Path), call().prop_map(Operand::Call)]
}

fn comparison() -> impl Strategy<Value = (Operator, Comparand)> {
    use Operator::{
        Equal, Excludes, Greater, GreaterOrEqual, In, Includes, Less, LessOrEqual, NotEqual, NotIn,
    };
    let one = prop_oneof![
        Just(Equal),
        Just(NotEqual),
        Just(Less),
        Just(LessOrEqual),
        Just(Greater),
        Just(GreaterOrEqual)
    ];
    let list = prop_oneof![Just(In), Just(NotIn), Just(Includes), Just(Excludes)];
    prop_oneof![
        (one, literal()).prop_map(|(operator, literal)| (operator, Comparand::One(literal))),
        pattern().prop_map(|pattern| (Operator::Like, Comparand::One(pattern))),
        (list, vec(literal(), 1..4)).prop_map(|(operator, literals)| (operator, Comparand::List(literals))),
        (any::<bool>(), path()).prop_map(|(positive, path)| {
            let select = plain_statement(vec![Item::Field(path, None)], None);
            (if positive { In } else { NotIn }, Comparand::Subquery(Box::new(select), PLACE))
        }),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let test = (operand(), comparison())
        .prop_map(|(operand, (operator, value))| Condition::Test(Test { operand, operator, value }));
    test.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Condition::And),
            vec(inner.clone(), 2..4).prop_map(Condition::Or),
            inner.prop_map(|term| Condition::Not(Box::new(term))),
        ]
    })
}

fn item() -> impl Strategy<Value = Item> {
    let type_of = (path(), vec((name(), vec(path(), 1..3)), 1..3), vec(path(), 0..3))
        .prop_map(|(path, cases, otherwise)| TypeOf { path, cases, otherwise });
    prop_oneof![
        4 => (path(), option::of(name())).prop_map(|(path, alias)| Item::Field(path, alias)),
        2 => (call(), option::of(name())).prop_map(|(call, alias)| Item::Call(call, alias)),
        1 => (path(), option::of(condition())).prop_map(|(path, condition)| {
            Item::Subquery(Box::new(plain_statement(vec![Item::Field(path, None)], condition)), PLACE)
        }),
        1 => type_of.prop_map(Item::TypeOf),
    ]
}

fn plain_statement(items: Vec<Item>, condition: Option<Condition>) -> Statement {
    let path = Path { words: vec!["xs".to_owned()], place: PLACE };
    Statement {
        items,
        from: vec![Source { path, alias: None }],
        scope: None,
        condition,
        with: None,
        group: None,
        having: None,
        order: Vec::new(),
        limit: None,
        offset: None,
        tails: Vec::new(),
    }
}

fn group() -> impl Strategy<Value = Group> {
    let kind = prop_oneof![Just(GroupKind::Plain), Just(GroupKind::Rollup), Just(GroupKind::Cube)];
    (kind, vec(operand(), 1..3)).prop_map(|(kind, keys)| Group { kind, keys, place: PLACE })
}

fn with() -> impl Strategy<Value = With> {
    let mode = Word { text: "SECURITY_ENFORCED".to_owned(), place: PLACE };
    let category = (name(), vec(name(), 1..3)).prop_map(|(group, names)| {
        let selector = Word { text: "BELOW".to_owned(), place: PLACE };
        Category { group, selector, names }
    });
    prop_oneof![
        Just(With::Mode(mode)),
        vec(category, 1..3).prop_map(With::Categories),
        condition().prop_map(With::Condition)
    ]
}

fn statement() -> impl Strategy<Value = Statement> {
    let source = (path(), option::of(name())).prop_map(|(path, alias)| Source { path, alias });
    let order = (operand(), any::<bool>(), any::<bool>())
        .prop_map(|(operand, descending, nulls_last)| Order { operand, descending, nulls_last });
    let tail = prop_oneof![
        Just(Tail::ForView),
        Just(Tail::ForReference),
        Just(Tail::ForUpdate(PLACE)),
        Just(Tail::UpdateTracking(PLACE)),
        Just(Tail::UpdateViewstat(PLACE)),
        Just(Tail::AllRows(PLACE))
    ];
    let selected = (vec(item(), 1..4), vec(source, 1..3), option::of(name()), option::of(condition()));
    let grouped = (option::of(with()), option::of(group()), option::of(condition()));
    let cut = (vec(order, 0..3), option::of(any::<u64>()), option::of(any::<u64>()), vec(tail, 0..3));
    (selected, grouped, cut).prop_map(|(selected, grouped, cut)| {
        let ((items, from, scope, condition), (with, group, having), (order, limit, offset, tails)) =
            (selected, grouped, cut);
        let having = having.filter(|_| group.is_some());
        Statement { items, from, scope, condition, with, group, having, order, limit, offset, tails }
    })
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 512, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_is_printed_parses_to_the_same_tree(statement in statement()) {
        let printed = statement.to_string();

        let parsed = parse(&printed);

        proptest::prop_assert_eq!(parsed.as_ref(), Ok(&statement), "{}", printed);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "(SELECT |FROM |WHERE |[a-z'(),.=<\\\\:0-9\u{e9} -]){0,30}") {
        let _ = parse(&text).map(|statement| statement.to_string());
    }
}
