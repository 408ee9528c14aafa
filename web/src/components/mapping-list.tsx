import type { EntityBody, FieldMappingBody } from "../api/types";
import { sourceOf } from "../lib/mappings";
import { Table } from "./table";

/** Field mappings to read, for people who may not change them. */
export function MappingList({ mappings, entities }: { mappings: FieldMappingBody[]; entities: EntityBody[] }) {
  return (
    <Table label="Field mappings">
      <thead>
        <tr>
          <th scope="col">Entity</th>
          <th scope="col">Property</th>
          <th scope="col">Salesforce field</th>
        </tr>
      </thead>
      <tbody>
        {mappings.map((mapping) => {
          const entity = entities.find(({ name }) => name === mapping.entity);
          const property = entity?.properties.find(({ name }) => name === mapping.property);
          return (
            <tr key={mapping.id}>
              <td>{entity?.label ?? mapping.entity}</td>
              <td>{property?.label ?? mapping.property}</td>
              <td>
                {mapping.field_label} <code className="quiet small">{sourceOf(mapping)}</code>
              </td>
            </tr>
          );
        })}
      </tbody>
    </Table>
  );
}
