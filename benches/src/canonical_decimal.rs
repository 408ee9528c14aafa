//! One text for each decimal number: no exponent, no leading or trailing zeros, no negative zero.

/// No number of an org is anywhere near; a larger exponent is a mistake.
const MAX_EXPONENT: i64 = 1_000;

/// Appends the canonical text of a number, or says that the text is none.
pub(crate) fn push_canonical(text: &str, out: &mut Vec<u8>) -> Option<()> {
    let (is_negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    if digits.is_empty() || exponent.abs() > MAX_EXPONENT || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }

    let zeros_in_front = digits.iter().take_while(|digit| **digit == b'0').count();
    let zeros_behind = digits[zeros_in_front..].iter().rev().take_while(|digit| **digit == b'0').count();
    let significant = &digits[zeros_in_front..digits.len() - zeros_behind];
    if significant.is_empty() {
        out.push(b'0');
        return Some(());
    }
    if is_negative {
        out.push(b'-');
    }
    // How many of the significant digits stand before the point; negative: zeros after it come first.
    let point = i64::try_from(whole.len()).ok()? + exponent - i64::try_from(zeros_in_front).ok()?;
    push_with_point(significant, point, out);
    Some(())
}

fn push_with_point(digits: &[u8], point: i64, out: &mut Vec<u8>) {
    let zeros = |count: i64| std::iter::repeat_n(b'0', usize::try_from(count).unwrap_or_default());
    match usize::try_from(point) {
        Ok(before) if before >= digits.len() => {
            out.extend_from_slice(digits);
            out.extend(zeros(point - digits.len() as i64));
        }
        Ok(before) if before > 0 => {
            out.extend_from_slice(&digits[..before]);
            out.push(b'.');
            out.extend_from_slice(&digits[before..]);
        }
        _ => {
            out.extend_from_slice(b"0.");
            out.extend(zeros(-point));
            out.extend_from_slice(digits);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::push_canonical;

    fn canonical(text: &str) -> Option<String> {
        let mut out = Vec::new();
        push_canonical(text, &mut out)?;
        Some(String::from_utf8(out).unwrap())
    }

    #[test]
    fn each_number_has_one_text() {
        let cases = [
            ("0", "0"),
            ("-0", "0"),
            ("0.00", "0"),
            ("-0.0e5", "0"),
            ("12", "12"),
            ("012.50", "12.5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("-1.50", "-1.5"),
            ("1.5E7", "15000000"),
            ("1.5e-3", "0.0015"),
            ("123.456e1", "1234.56"),
            ("0.00012e3", "0.12"),
            ("100", "100"),
            ("123456789012345678", "123456789012345678"),
            ("+0.1000", "0.1"),
        ];

        for (text, expected) in cases {
            assert_eq!(canonical(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".", "1,5", "NaN", "1e", "1e99999", "0x1", " 1", "1.2.3"] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
