//! SOAP faults in the form that clients take apart (SOAP API Developer Guide, API Fault Element).

use std::borrow::Cow;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Kind, XML};
use crate::xml::escape;

/// A refused call.
#[derive(Debug)]
pub(super) struct Fault {
    code: Cow<'static, str>,
    message: String,
    element: &'static str,
}

impl Fault {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), element: "UnexpectedErrorFault" }
    }

    /// A call that the rules of the org refuse. Queries have faults of their own (SOAP API Developer Guide, API Fault Element).
    pub(super) fn of_call(code: String, message: String) -> Self {
        let element = match code.as_str() {
            "MALFORMED_QUERY" => "MalformedQueryFault",
            "MALFORMED_SEARCH" => "MalformedSearchFault",
            "INVALID_FIELD" => "InvalidFieldFault",
            "INVALID_TYPE" => "InvalidSObjectFault",
            "MALFORMED_ID" | "INVALID_ID_FIELD" => "InvalidIdFault",
            "INVALID_NEW_PASSWORD" => "InvalidNewPasswordFault",
            "INVALID_QUERY_LOCATOR" => "InvalidQueryLocatorFault",
            _ => "UnexpectedErrorFault",
        };
        Self { code: code.into(), message, element }
    }

    /// Returns the place that faults of statements tell: that of the message, where it tells one.
    fn place(&self) -> String {
        let has_place =
            ["MalformedQueryFault", "InvalidFieldFault", "InvalidSObjectFault", "MalformedSearchFault"];
        if !has_place.contains(&self.element) {
            return String::new();
        }
        let number = |after: &str| {
            let digits = self.message.split_once(after)?.1;
            let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
            digits[..end].parse::<i64>().ok()
        };
        let (row, column) = number("Row:").zip(number(":Column:")).unwrap_or((-1, -1));
        format!("<sf:row>{row}</sf:row><sf:column>{column}</sf:column>")
    }

    /// A refused sign-in.
    pub(super) fn login(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), element: "LoginFault" }
    }

    pub(super) fn invalid_login() -> Self {
        let message = "Invalid username, password, security token; or user locked out.";
        Self::login("INVALID_LOGIN", message)
    }

    pub(super) fn invalid_session() -> Self {
        let message = "Invalid Session ID found in SessionHeader: Illegal Session";
        Self::new("INVALID_SESSION_ID", message)
    }

    /// A request that cannot be read.
    pub(super) fn client(message: &str) -> Self {
        Self { code: "".into(), message: message.to_owned(), element: "" }
    }

    pub(super) fn answer(&self, kind: Kind) -> Response {
        let (code, message) = (self.code.as_ref(), escape(&self.message));
        let (fault_code, text) = match code {
            "" => ("soapenv:Client".to_owned(), message.clone()),
            code => (format!("sf:{code}"), format!("{code}: {message}")),
        };
        // The metadata API names code and text only.
        let place = self.place();
        let detail = match (self.element, kind) {
            ("", _) | (_, Kind::Metadata) => String::new(),
            (element, _) => format!(
                "<detail><sf:{element} xsi:type=\"sf:{element}\"><sf:exceptionCode>{code}</sf:exceptionCode>\
                 <sf:exceptionMessage>{message}</sf:exceptionMessage>{place}</sf:{element}></detail>"
            ),
        };
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
             xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:sf=\"{}\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body><soapenv:Fault>\
             <faultcode>{fault_code}</faultcode><faultstring>{text}</faultstring>{detail}\
             </soapenv:Fault></soapenv:Body></soapenv:Envelope>",
            kind.fault_namespace()
        );
        (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONTENT_TYPE, XML)], body).into_response()
    }
}
