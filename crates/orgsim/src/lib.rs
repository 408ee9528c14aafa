//! A Salesforce org in a program, to test and demonstrate against.
