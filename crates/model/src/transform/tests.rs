use super::*;

fn pair(from: &str, to: &str) -> ValuePair {
    ValuePair { from: from.to_owned(), to: to.to_owned() }
}

fn name(field: &str) -> FieldName {
    field.parse().unwrap()
}

fn shaped(transform: &Transform, property_type: PropertyType, values: &[Option<&str>]) -> Option<String> {
    transform.apply(values, property_type).unwrap().map(|value| value.to_string())
}

#[test]
fn without_a_transform_a_value_stays_as_it_is() {
    let none = Transform::default();
    let long = "ß ".repeat(70_000);

    for text in ["Acme", " Acme  Ltd ", "A\nB", "0", "false", &long] {
        assert_eq!(shaped(&none, PropertyType::Text, &[Some(text)]).as_deref(), Some(text));
    }
    for empty in [None, Some(""), Some("  "), Some("\t\n")] {
        assert_eq!(shaped(&none, PropertyType::Text, &[empty]), None);
    }
    assert_eq!(shaped(&none, PropertyType::Text, &[]), None);
    assert!(none.is_none());
}

#[test]
fn trim_takes_blanks_off_and_makes_several_one() {
    let trim = Transform { trim: true, ..Transform::default() };

    for (before, after) in [
        ("  Acme ", "Acme"),
        ("Acme \t  Ltd", "Acme Ltd"),
        ("A\u{a0}B", "A B"),
        ("\u{2003}x\u{2003}", "x"),
        ("x", "x"),
    ] {
        assert_eq!(shaped(&trim, PropertyType::Text, &[Some(before)]).as_deref(), Some(after), "{before:?}");
    }
    assert_eq!(shaped(&trim, PropertyType::Text, &[Some("   ")]), None);
    assert_eq!(shaped(&trim, PropertyType::Number, &[Some(" 12.5 ")]).as_deref(), Some("12.5"));
}

#[test]
fn lower_writes_every_script_in_lower_case() {
    let lower = Transform { lower: true, ..Transform::default() };

    for (before, after) in
        [("ADA@Acme.Example", "ada@acme.example"), ("ÄÖÜ", "äöü"), ("ΣΑΣ", "σας"), ("東京", "東京")]
    {
        assert_eq!(shaped(&lower, PropertyType::Text, &[Some(before)]).as_deref(), Some(after));
    }
    assert_eq!(shaped(&lower, PropertyType::Text, &[None]), None);
    assert_eq!(shaped(&lower, PropertyType::Boolean, &[Some("TRUE")]).as_deref(), Some("true"));
    let long = "A".repeat(131_072);
    assert_eq!(shaped(&lower, PropertyType::Text, &[Some(&long)]), Some("a".repeat(131_072)));
}

#[test]
fn a_list_takes_the_place_of_values_whatever_their_case() {
    let list = Transform { values: vec![pair("SMB", "Small"), pair("Ent", "Large")], ..Transform::default() };
    let only = Transform { others: OtherValues::LeaveEmpty, ..list.clone() };

    for (before, kept, alone) in [
        (Some("SMB"), Some("Small"), Some("Small")),
        (Some(" smb "), Some("Small"), Some("Small")),
        (Some("ENT"), Some("Large"), Some("Large")),
        (Some("Enterprise"), Some("Enterprise"), None),
        (None, None, None),
    ] {
        assert_eq!(shaped(&list, PropertyType::Text, &[before]).as_deref(), kept, "{before:?}");
        assert_eq!(shaped(&only, PropertyType::Text, &[before]).as_deref(), alone, "{before:?}");
    }
}

#[test]
fn a_list_can_change_the_type() {
    let won = Transform {
        values: vec![pair("Closed Won", "true"), pair("Closed Lost", "false")],
        others: OtherValues::LeaveEmpty,
        ..Transform::default()
    };

    let outcome = |stage| won.apply(&[Some(stage)], PropertyType::Boolean).unwrap();

    assert_eq!(outcome("Closed Won"), Some(PropertyValue::Boolean(true)));
    assert_eq!(outcome("Closed Lost"), Some(PropertyValue::Boolean(false)));
    assert_eq!(outcome("Prospecting"), None);
}

#[test]
fn a_default_fills_what_is_empty_and_nothing_else() {
    let unknown = Transform {
        values: vec![pair("X", "Known")],
        others: OtherValues::LeaveEmpty,
        default: Some("Unknown".to_owned()),
        ..Transform::default()
    };

    for (before, after) in [
        (None, "Unknown"),
        (Some(""), "Unknown"),
        (Some("  "), "Unknown"),
        (Some("Y"), "Unknown"),
        (Some("x"), "Known"),
    ] {
        assert_eq!(shaped(&unknown, PropertyType::Text, &[before]).as_deref(), Some(after), "{before:?}");
    }
    let zero = Transform { default: Some("0".to_owned()), ..Transform::default() };
    assert_eq!(shaped(&zero, PropertyType::Number, &[None]).as_deref(), Some("0"));
    // A value that cannot be read is not an empty one.
    assert!(zero.apply(&[Some("many")], PropertyType::Number).is_err());
}

#[test]
fn the_first_field_with_a_value_counts() {
    let first = Transform { fallbacks: vec![name("B__c"), name("C__c")], ..Transform::default() };

    for (values, after) in [
        ([Some("a"), Some("b"), Some("c")], Some("a")),
        ([None, Some("b"), Some("c")], Some("b")),
        ([Some(" "), None, Some("c")], Some("c")),
        ([None, None, None], None),
    ] {
        assert_eq!(shaped(&first, PropertyType::Text, &values).as_deref(), after, "{values:?}");
    }
}

#[test]
fn the_order_is_fixed() {
    let all = Transform {
        fallbacks: vec![name("B__c")],
        trim: true,
        lower: true,
        values: vec![pair("acme ltd", "ACME")],
        default: Some("none".to_owned()),
        ..Transform::default()
    };

    assert_eq!(shaped(&all, PropertyType::Text, &[None, Some("  Acme   LTD")]).as_deref(), Some("ACME"));
    assert_eq!(shaped(&all, PropertyType::Text, &[Some("Other "), None]).as_deref(), Some("other"));
    assert_eq!(shaped(&all, PropertyType::Text, &[None, None]).as_deref(), Some("none"));
}

#[test]
fn a_value_of_another_type_says_what_it_is_not() {
    let none = Transform::default();

    for (property_type, value, wanted) in [
        (PropertyType::Number, "n/a", "a number"),
        (PropertyType::Email, "none", "an e-mail address"),
        (PropertyType::Boolean, "perhaps", "true or false"),
        (PropertyType::Date, "soon", "a date"),
        (PropertyType::DateTime, "12:00", "a date and time"),
    ] {
        assert_eq!(none.apply(&[Some(value)], property_type).unwrap_err().wanted(), wanted);
    }
}

#[test]
fn what_makes_no_sense_is_named() {
    let field = name("A__c");
    let check = |transform: &Transform, property_type| transform.check(&field, property_type);
    let of_values = |values| Transform { values, ..Transform::default() };
    let of_fallbacks = |names: &[&str]| Transform {
        fallbacks: names.iter().map(|field| name(field)).collect(),
        ..Transform::default()
    };
    let of_default = |text: &str| Transform { default: Some(text.to_owned()), ..Transform::default() };
    let text = PropertyType::Text;

    assert_eq!(check(&Transform::default(), PropertyType::Number), Ok(()));
    assert_eq!(check(&of_fallbacks(&["B", "C", "D", "E", "F"]), text), Ok(()));
    assert_eq!(
        check(&of_fallbacks(&["B", "C", "D", "E", "F", "G"]), text),
        Err(TransformError::TooManyFallbacks)
    );
    assert_eq!(check(&of_fallbacks(&["a__c"]), text), Err(TransformError::FallbackRepeated(name("a__c"))));
    assert_eq!(check(&of_fallbacks(&["B", "b"]), text), Err(TransformError::FallbackRepeated(name("b"))));
    assert_eq!(
        check(&of_values(vec![pair("A", "1"), pair(" a ", "2")]), text),
        Err(TransformError::ValueRepeated(" a ".to_owned()))
    );
    assert_eq!(check(&of_values(vec![pair("", "1")]), text), Err(TransformError::ValueLength));
    assert_eq!(check(&of_values(vec![pair("A", &"x".repeat(256))]), text), Err(TransformError::ValueLength));
    assert_eq!(check(&of_values(vec![pair("A", &"é".repeat(255))]), text), Ok(()));
    let many = (0..=Transform::MAX_VALUES).map(|number| pair(&number.to_string(), "x")).collect();
    assert_eq!(check(&of_values(many), text), Err(TransformError::TooManyValues));
    assert!(matches!(
        check(&of_values(vec![pair("A", "ten")]), PropertyType::Number),
        Err(TransformError::Unfit { .. })
    ));
    assert_eq!(check(&of_default(" "), text), Err(TransformError::DefaultLength));
    assert_eq!(check(&of_default("2026-11-22"), PropertyType::Date), Ok(()));
    assert_eq!(
        check(&of_default("soon"), PropertyType::Date).unwrap_err().to_string(),
        "\"soon\" cannot be a value of this property: it is not a date"
    );
}

#[test]
fn only_what_is_set_is_written() {
    let transform = Transform {
        trim: true,
        values: vec![pair("A", "B")],
        others: OtherValues::LeaveEmpty,
        ..Transform::default()
    };

    let text = serde_json::to_string(&transform).unwrap();

    assert_eq!(text, r#"{"trim":true,"values":[{"from":"A","to":"B"}],"others":"leave_empty"}"#);
    assert_eq!(serde_json::from_str::<Transform>(&text).unwrap(), transform);
    assert_eq!(serde_json::to_string(&Transform::default()).unwrap(), "{}");
}
