//! Credentials for a copy, from the environment.

use std::fs;

use engine::{Credentials, Grant};
use salesforce::host::{HostRule, InstanceUrl, LoginHost};

use crate::cli::CopyEnvironment;

/// Chooses the grant: a refresh token, else an access token with its host, else the key of the app's certificate, else the
/// app's own client credentials.
///
/// # Errors
/// A sentence that says which variables to set.
pub(crate) fn from_environment(
    environment: &CopyEnvironment,
    login_url: &str,
    rule: &HostRule,
) -> Result<Credentials, String> {
    let login_host = login_host(login_url, rule)?;
    let client_id = environment.sf_client_id.clone();
    let client_secret = environment.sf_client_secret.clone();
    let grant = if let Some(token) = &environment.sf_refresh_token {
        if client_id.is_none() {
            return Err(
                "SF_REFRESH_TOKEN needs SF_CLIENT_ID, the app that the token was given to.".to_owned()
            );
        }
        Grant::RefreshToken(token.clone())
    } else if let Some(token) = &environment.sf_access_token {
        let instance_url = environment
            .sf_instance_url
            .as_deref()
            .ok_or("SF_ACCESS_TOKEN needs SF_INSTANCE_URL, the org's address.")?;
        let instance_url =
            InstanceUrl::parse(instance_url, rule).map_err(|error| format!("SF_INSTANCE_URL is {error}."))?;
        Grant::AccessToken { token: token.clone(), instance_url }
    } else if let Some(file) = &environment.sf_jwt_key_file {
        let (Some(_), Some(username)) = (&client_id, environment.sf_username.clone()) else {
            return Err("SF_JWT_KEY_FILE needs SF_CLIENT_ID, the app whose certificate it belongs to, and SF_USERNAME, the user to \
                        sign in."
                .to_owned());
        };
        let text = fs::read_to_string(file)
            .map_err(|error| format!("SF_JWT_KEY_FILE {} cannot be read: {error}.", file.display()))?;
        Grant::JwtBearer { username, private_key: text.into() }
    } else if client_id.is_some() && client_secret.is_some() {
        Grant::ClientCredentials
    } else {
        return Err("No credentials. Set SF_REFRESH_TOKEN with SF_CLIENT_ID (and SF_CLIENT_SECRET), or SF_ACCESS_TOKEN with \
                    SF_INSTANCE_URL, or SF_JWT_KEY_FILE with SF_CLIENT_ID and SF_USERNAME for an app with a certificate, or SF_CLIENT_ID with \
                    SF_CLIENT_SECRET for an app with client credentials."
            .to_owned());
    };
    Ok(Credentials { login_host, client_id, client_secret, grant })
}

/// Reads `--login-url`, which people paste with or without `https://` and a slash at the end.
fn login_host(login_url: &str, rule: &HostRule) -> Result<LoginHost, String> {
    let host = login_url.trim().trim_end_matches('/');
    let host = host.strip_prefix("https://").unwrap_or(host);
    LoginHost::parse(host, rule).map_err(|error| {
        format!("--login-url is {error}. Give https://login.salesforce.com, https://test.salesforce.com or your org's My Domain.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> CopyEnvironment {
        CopyEnvironment {
            sf_refresh_token: None,
            sf_access_token: None,
            sf_instance_url: None,
            sf_client_id: None,
            sf_client_secret: None,
            sf_username: None,
            sf_jwt_key_file: None,
            towpath_key_file: None,
            https_proxy: None,
            xdg_data_home: None,
            home: None,
        }
    }

    fn grant_of(environment: &CopyEnvironment) -> Result<Grant, String> {
        from_environment(environment, "https://login.salesforce.com/", &HostRule::default())
            .map(|credentials| credentials.grant)
    }

    #[test]
    fn a_refresh_token_comes_before_everything_else() {
        let environment = CopyEnvironment {
            sf_refresh_token: Some("5Aep".into()),
            sf_access_token: Some("00D".into()),
            sf_client_id: Some("3MVG".to_owned()),
            sf_client_secret: Some("secret".into()),
            ..environment()
        };

        assert!(matches!(grant_of(&environment), Ok(Grant::RefreshToken(_))));
    }

    #[test]
    fn an_access_token_comes_before_client_credentials_and_needs_its_host() {
        let mut environment = CopyEnvironment {
            sf_access_token: Some("00D".into()),
            sf_client_id: Some("3MVG".to_owned()),
            sf_client_secret: Some("secret".into()),
            ..environment()
        };

        assert!(grant_of(&environment).is_err_and(|sentence| sentence.contains("SF_INSTANCE_URL")));
        environment.sf_instance_url = Some("https://acme.my.salesforce.com".to_owned());
        assert!(matches!(grant_of(&environment), Ok(Grant::AccessToken { .. })));
        environment.sf_access_token = None;
        assert!(matches!(grant_of(&environment), Ok(Grant::ClientCredentials)));
    }

    #[test]
    fn a_variable_that_is_set_to_nothing_counts_as_not_set() {
        let environment = CopyEnvironment {
            sf_refresh_token: Some("".into()),
            sf_client_id: Some("3MVG".to_owned()),
            sf_client_secret: Some("secret".into()),
            https_proxy: Some(String::new()),
            ..environment()
        }
        .without_empty();

        assert!(matches!(grant_of(&environment), Ok(Grant::ClientCredentials)));
        assert_eq!(environment.https_proxy, None);
    }

    #[test]
    fn without_credentials_the_sentence_names_what_to_set() {
        assert!(grant_of(&environment()).is_err_and(|sentence| sentence.contains("SF_REFRESH_TOKEN")));
    }

    #[test]
    fn a_foreign_login_host_is_refused() {
        let refused =
            from_environment(&environment(), "https://login.salesforce.com.evil.com", &HostRule::default());

        assert!(refused.is_err_and(|sentence| sentence.starts_with("--login-url")));
    }
}
