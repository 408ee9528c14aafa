//! Queries, and which of an org's records they show.

use salesforce::{Client, PageRequest, QueryPage, SObjectName, describe::SObjectDescribe};

/// Selects what is not deleted of what "query all" shows.
const NOT_DELETED: &str = "IsDeleted = false";

/// A query, and how it is to be asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Query {
    pub(crate) soql: String,
    /// Whether deleted and archived records are shown, too.
    pub(crate) include_deleted: bool,
}

impl Query {
    /// Asks it and reads the first page.
    pub(crate) async fn ask(&self, client: &Client) -> Result<QueryPage, salesforce::Error> {
        match self.include_deleted {
            true => client.query_all(&self.soql).await,
            false => client.query(&self.soql).await,
        }
    }

    pub(crate) fn into_page_request(self) -> PageRequest {
        PageRequest::Query { soql: self.soql, include_deleted: self.include_deleted }
    }
}

/// Which records of an sObject a query shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shows {
    /// Those that are not deleted.
    Live,
    /// Those of an sObject that keeps some of them in an archive, which only "query all" shows, among those that are deleted
    /// (Salesforce Help, Archived Activities; SOQL and SOSL Reference, ALL ROWS).
    LiveAndArchived,
    /// Those in the recycle bin and archived ones besides.
    DeletedToo,
}

impl Shows {
    /// Everything of an sObject that is not deleted.
    pub(crate) fn all_live(describe: &SObjectDescribe) -> Self {
        let has = |name: &str| {
            let field = name.parse().ok().and_then(|name| describe.find_field(&name));
            field.is_some_and(|field| field.filterable)
        };
        if has("IsArchived") && has("IsDeleted") { Self::LiveAndArchived } else { Self::Live }
    }

    /// The query for the records that a filter and one more condition keep. `window` must hold together under `AND` as it is.
    pub(crate) fn query(
        self,
        fields: &str,
        sobject: &SObjectName,
        filter: Option<&str>,
        window: Option<&str>,
        tail: &str,
    ) -> Query {
        let not_deleted = (self == Self::LiveAndArchived).then_some(NOT_DELETED);
        let is_alone = not_deleted.or(window).is_none();
        let filter = filter.map(|filter| if is_alone { filter.to_owned() } else { format!("({filter})") });
        let conditions: Vec<_> = filter.as_deref().into_iter().chain(not_deleted).chain(window).collect();
        let condition = match conditions.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", conditions.join(" AND ")),
        };
        let space = if tail.is_empty() { "" } else { " " };
        let soql = format!("SELECT {fields} FROM {sobject}{condition}{space}{tail}");
        Query { soql, include_deleted: self != Self::Live }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn query(shows: Shows, filter: Option<&str>, window: Option<&str>, tail: &str) -> (String, bool) {
        let sobject = "Task".parse().expect("a name");
        let Query { soql, include_deleted } = shows.query("Id", &sobject, filter, window, tail);
        (soql, include_deleted)
    }

    #[test]
    fn conditions_are_joined_without_changing_their_meaning() {
        let either = Some("A = 1 OR B = 2");

        assert_eq!(query(Shows::Live, None, None, "").0, "SELECT Id FROM Task");
        assert_eq!(query(Shows::Live, either, None, "").0, "SELECT Id FROM Task WHERE A = 1 OR B = 2");
        assert_eq!(
            query(Shows::DeletedToo, either, Some("C > 3"), "LIMIT 5"),
            ("SELECT Id FROM Task WHERE (A = 1 OR B = 2) AND C > 3 LIMIT 5".to_owned(), true)
        );
    }

    #[test]
    fn what_is_archived_is_asked_for_without_what_is_deleted() {
        let shows = Shows::LiveAndArchived;

        assert!(!query(Shows::Live, None, None, "").1);
        assert_eq!(
            query(shows, None, None, "ORDER BY Id"),
            ("SELECT Id FROM Task WHERE IsDeleted = false ORDER BY Id".to_owned(), true)
        );
        assert_eq!(
            query(shows, Some("A = 1 OR B = 2"), Some("C > 3"), "").0,
            "SELECT Id FROM Task WHERE (A = 1 OR B = 2) AND IsDeleted = false AND C > 3"
        );
    }

    #[test]
    fn an_archive_is_known_by_its_field() {
        let shows = |names: &[&str]| {
            let fields: Vec<_> = names
                .iter()
                .map(|name| json!({"name": name, "type": "boolean", "filterable": true}))
                .collect();
            let describe = serde_json::from_value(json!({"name": "Task", "fields": fields}));
            Shows::all_live(&describe.expect("a describe"))
        };

        assert_eq!(shows(&["IsDeleted", "IsArchived"]), Shows::LiveAndArchived);
        assert_eq!(shows(&["IsDeleted"]), Shows::Live);
        assert_eq!(shows(&["IsArchived"]), Shows::Live);
    }
}
