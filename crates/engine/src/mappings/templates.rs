//! Templates of mappings, held against an org.

use model::{IntegrationId, MappingTemplate, TemplateItem};
use salesforce::{FieldName, SObjectName};
use store::{Reader, integrations::find_integration_of, sync_rules::list_sync_rules};

use crate::{
    engine::Engine,
    error::{Error, Result},
};

/// A property of a template with the org's field for it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FilledTemplateItem {
    /// The property and its sObject.
    pub item: TemplateItem,
    /// The field and what people call it; `None` where the org has none.
    pub field: Option<(FieldName, String)>,
    /// Whether a rule copies the sObject.
    pub has_rule: bool,
    /// Whether the connection's user can read the sObject.
    pub is_readable: bool,
}

impl Engine {
    /// Looks for the fields of a template in the org.
    pub async fn fill_template(
        &self,
        reader: &Reader,
        id: IntegrationId,
        template: &MappingTemplate,
    ) -> Result<Option<Vec<FilledTemplateItem>>> {
        let Some(integration) = find_integration_of(self.store(), reader, id).await? else { return Ok(None) };
        let rules = list_sync_rules(self.store(), id).await?;
        let mut describes = Vec::new();
        for name in template.sobjects() {
            let sobject: SObjectName = name.parse().map_err(|_| Error::PropertyUnknown(name.to_owned()))?;
            match self.in_time(self.describe_kept(integration.connection_id, &sobject)).await {
                Ok(describe) => describes.push((name, describe)),
                Err(Error::SObjectUnknown(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let fill = |item: &TemplateItem| {
            let describe = describes.iter().find(|(name, _)| *name == item.sobject).map(|(_, known)| known);
            let field = describe.and_then(|describe| item.choose_field(describe));
            FilledTemplateItem {
                item: *item,
                field: field.map(|field| (field.name.clone(), field.label.clone())),
                has_rule: rules.iter().any(|rule| rule.sobject == *item.sobject),
                is_readable: describe.is_some(),
            }
        };
        Ok(Some(template.items.iter().map(fill).collect()))
    }
}
