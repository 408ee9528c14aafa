import { ActionIcon, Menu, Select } from "@mantine/core";
import { IconDots, IconLink, IconLogout, IconUserMinus } from "@tabler/icons-react";
import type { MemberBody, RoleBody } from "../api/types";
import { roleChoices, roleLabel } from "../lib/roles";
import { Table } from "./table";
import { TimeAgo } from "./time-ago";

interface MemberTableProps {
  members: MemberBody[];
  /** The id of the reader. */
  me: string;
  /** Why the reader may not change members. */
  reason?: string;
  onRole: (member: MemberBody, role: RoleBody) => void;
  onLink: (member: MemberBody) => void;
  onSignOut: (member: MemberBody) => void;
  onRemove: (member: MemberBody) => void;
}

export function MemberTable({ members, me, reason, onRole, onLink, onSignOut, onRemove }: MemberTableProps) {
  return (
    <Table label="Members">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Email</th>
          <th scope="col">Role</th>
          <th scope="col">Last signed in</th>
          {!reason && (
            <th scope="col">
              <span className="quiet">Actions</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {members.map((member) => (
          <tr key={member.id}>
            <td dir="auto">
              {member.name} {member.id === me && <span className="quiet">(you)</span>}
            </td>
            <td>{member.email}</td>
            <td>
              {reason ? (
                roleLabel(member.role)
              ) : (
                <Select
                  size="xs"
                  w={120}
                  aria-label={`Role of ${member.name}`}
                  allowDeselect={false}
                  data={roleChoices}
                  value={member.role}
                  onChange={(role) => role && role !== member.role && onRole(member, role as RoleBody)}
                />
              )}
            </td>
            <td>
              {member.signed_in_at ? (
                <TimeAgo at={member.signed_in_at} />
              ) : (
                <span className="quiet">invited, not yet</span>
              )}
            </td>
            {!reason && (
              <td>
                <Menu position="bottom-end">
                  <Menu.Target>
                    <ActionIcon variant="subtle" color="gray" size={28} aria-label={`Actions for ${member.name}`}>
                      <IconDots size={16} aria-hidden />
                    </ActionIcon>
                  </Menu.Target>
                  <Menu.Dropdown>
                    <Menu.Item leftSection={<IconLink size={16} aria-hidden />} onClick={() => onLink(member)}>
                      Make a sign-in link
                    </Menu.Item>
                    <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => onSignOut(member)}>
                      Sign out everywhere
                    </Menu.Item>
                    <Menu.Item
                      color="red"
                      leftSection={<IconUserMinus size={16} aria-hidden />}
                      disabled={member.id === me}
                      onClick={() => onRemove(member)}
                    >
                      Remove from the workspace
                    </Menu.Item>
                  </Menu.Dropdown>
                </Menu>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
