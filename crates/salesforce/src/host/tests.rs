use super::{HostRule, InstanceUrl, LoginHost, ServicePath};

#[test]
fn hosts_of_salesforce_are_accepted() {
    let rule = HostRule::default();
    let cases = [
        ("login.salesforce.com", "login.salesforce.com"),
        (" Test.Salesforce.com ", "test.salesforce.com"),
        ("acme.my.salesforce.com", "acme.my.salesforce.com"),
        ("ACME--uat.sandbox.my.salesforce.com", "acme--uat.sandbox.my.salesforce.com"),
        ("acme-dev-ed.develop.my.salesforce.com", "acme-dev-ed.develop.my.salesforce.com"),
        ("acme.scratch.my.salesforce.com", "acme.scratch.my.salesforce.com"),
    ];
    for (text, host) in cases {
        let login_host = LoginHost::parse(text, &rule).unwrap();
        assert_eq!(login_host.host(), host);
        assert_eq!(login_host.origin(), format!("https://{host}"));
        assert!(!login_host.is_dev());
    }
}

#[test]
fn other_hosts_are_refused() {
    let rule = HostRule::default();
    let long = format!("{}.my.salesforce.com", "a".repeat(64));
    let cases = [
        "",
        "169.254.169.254",
        "localhost",
        "localhost:4601",
        "127.1",
        "0",
        "0.0.0.0",
        "[::1]",
        "2130706433",
        "0x7f.1",
        "acme.my.salesforce.com.evil.com",
        "evil.com/.my.salesforce.com",
        "evil.com#.my.salesforce.com",
        "evil.com?.my.salesforce.com",
        "evil.com\\.my.salesforce.com",
        "evil.com%2f.my.salesforce.com",
        "me@acme.my.salesforce.com",
        "evilmy.salesforce.com",
        "xmy.salesforce.com",
        "my.salesforce.com",
        ".my.salesforce.com",
        "аcme.my.salesforce.com",
        "xn--cme-7cd.my.salesforce.com",
        "a\r\nb.my.salesforce.com",
        "a\0.my.salesforce.com",
        "a\t.my.salesforce.com",
        "acme%0d%0a.my.salesforce.com",
        "acme.my.salesforce.com.",
        "acme.free.my.salesforce.com",
        "acme.evil.my.salesforce.com",
        "a.b.sandbox.my.salesforce.com",
        "-acme.my.salesforce.com",
        "acme-.my.salesforce.com",
        "acme.my.salesforce.com:443",
        "https://acme.my.salesforce.com",
        "acme.lightning.force.com",
        "acme.my.salesforce-sites.com",
        "acme.my.site.com",
        "na1.salesforce.com",
        "acme.my.salesforce.mil",
        "acme..my.salesforce.com",
        &long,
    ];
    for text in cases {
        assert!(LoginHost::parse(text, &rule).is_err(), "{text:?}");
        assert!(
            InstanceUrl::parse(&format!("https://{text}"), &rule).is_err() || text.ends_with(":443"),
            "{text:?}"
        );
    }
}

#[test]
fn a_slip_gets_a_correction() {
    let rule = HostRule::default();
    let cases = [
        ("https://acme.my.salesforce.com/lightning/page/home", Some("acme.my.salesforce.com")),
        ("acme.my.salesforce.com.", Some("acme.my.salesforce.com")),
        ("acme.my.salesforce.com:443", Some("acme.my.salesforce.com")),
        ("Acme--uat.sandbox.lightning.force.com", Some("acme--uat.sandbox.my.salesforce.com")),
        ("acme.my.salesforce-setup.com", Some("acme.my.salesforce.com")),
        ("acme", Some("acme.my.salesforce.com")),
        ("localhost", None),
        ("evil.com/.my.salesforce.com", None),
        ("127.1", None),
        ("0", None),
    ];
    for (text, correction) in cases {
        let error = LoginHost::parse(text, &rule).unwrap_err();
        assert_eq!(error.correction.as_deref(), correction, "{text}");
    }
}

#[test]
fn a_dev_host_passes_where_it_is_named() {
    let rule = HostRule {
        dev_allow_hosts: vec!["localhost:4601".parse().unwrap(), "https://127.0.0.1".parse().unwrap()],
        ..HostRule::default()
    };
    let accepted = [
        ("localhost:4601", "http://localhost:4601"),
        ("http://localhost:4601", "http://localhost:4601"),
        ("localhost", "http://localhost:4601"),
        ("127.0.0.1:4700", "https://127.0.0.1:4700"),
    ];
    for (text, origin) in accepted {
        let login_host = LoginHost::parse(text, &rule).unwrap();
        assert_eq!(login_host.origin(), origin);
        assert!(login_host.is_dev());
    }
    for text in
        ["localhost:4602", "https://localhost:4601", "http://127.0.0.1:4700", "[::1]:4601", "10.0.0.1"]
    {
        assert!(LoginHost::parse(text, &rule).is_err(), "{text}");
    }
    assert!(InstanceUrl::parse("http://localhost:4601/", &rule).is_ok());
    for text in ["10.0.0.5", "acme.example", "ftp://localhost", "localhost:x"] {
        assert!(text.parse::<super::DevHost>().is_err(), "{text}");
    }
}

#[test]
fn only_paths_below_services_of_the_same_host_are_kept() {
    let rule = HostRule::default();
    let instance_url = InstanceUrl::parse("https://acme.my.salesforce.com", &rule).unwrap();
    let kept = [
        ("/services/data/v66.0/query/0r8-2000", "/services/data/v66.0/query/0r8-2000"),
        ("https://acme.my.salesforce.com/services/data/", "/services/data/"),
    ];
    for (text, path) in kept {
        assert_eq!(ServicePath::parse(text, &instance_url).unwrap().as_str(), path);
    }
    let refused = [
        "https://evil.example/services/data/v66.0/query/0r8-2000",
        "//evil.example/services/data/",
        "https://acme.my.salesforce.com.evil.example/services/",
        "/apex/page",
        "/services/../apex",
        "/services/%2E%2e/apex",
        "/services/data\r\nX: y",
        "/services\\data",
        "services/data",
        "",
    ];
    for text in refused {
        assert!(ServicePath::parse(text, &instance_url).is_err(), "{text:?}");
    }
}
