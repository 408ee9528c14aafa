/** The API name of an sObject beside its label, where it is another word. */
export function SObjectName({ label, name }: { label: string; name: string }) {
  return label === name ? null : <code className="quiet small">{name}</code>;
}
