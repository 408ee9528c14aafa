import { createFileRoute, Outlet } from "@tanstack/react-router";
import { PageHeader } from "../../components/page-header";
import { TabLink, Tabs } from "../../components/tabs";

export const Route = createFileRoute("/_app/settings")({ component: Settings });

function Settings() {
  return (
    <>
      <PageHeader title="Settings" line="You, the people of this workspace, and the programs that use it." />
      <Tabs label="Parts of the settings">
        <TabLink to="/settings" activeOptions={{ exact: true }}>
          Profile
        </TabLink>
        <TabLink to="/settings/members">Members</TabLink>
        <TabLink to="/settings/groups">Groups</TabLink>
        <TabLink to="/settings/keys">API keys</TabLink>
        <TabLink to="/settings/salesforce">Your Salesforce</TabLink>
      </Tabs>
      <Outlet />
    </>
  );
}
