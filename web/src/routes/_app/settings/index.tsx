import { Button } from "@mantine/core";
import { createFileRoute } from "@tanstack/react-router";
import { useMember, useSession, useSignOut } from "../../../api/session";
import { Card, Sections } from "../../../components/card";
import { ColourSchemeSwitch } from "../../../components/colour-scheme-switch";
import classes from "../../../components/facts.module.css";
import { roleLabel, roleMeanings } from "../../../lib/roles";
import { tellFailed } from "../../../lib/tell";
import { SessionsCard } from "./-sessions-card";
import { WorkspaceCard } from "./-workspace-card";

export const Route = createFileRoute("/_app/settings/")({ component: Profile });

function Profile() {
  const member = useMember();
  const { server } = useSession();
  const signOut = useSignOut();
  return (
    <Sections>
      <Card title="You">
        <dl className={classes.facts}>
          <dt>Name</dt>
          <dd dir="auto">{member.name}</dd>
          <dt>Email</dt>
          <dd>{member.email}</dd>
          <dt>Role</dt>
          <dd>
            {roleLabel(member.role)}. <span className="quiet">{roleMeanings[member.role]}</span>
          </dd>
          <dt>Server</dt>
          <dd>Towpath {server.version}</dd>
        </dl>
      </Card>
      <WorkspaceCard />
      <SessionsCard />
      <Card title="Colours">
        <div style={{ maxWidth: 220 }}>
          <ColourSchemeSwitch />
        </div>
      </Card>
      <Card title="Sign out">
        <p style={{ marginTop: 0 }}>Ends your session in this browser.</p>
        <Button
          variant="default"
          loading={signOut.isPending}
          onClick={() => signOut.mutate(undefined, { onError: tellFailed })}
        >
          Sign out
        </Button>
      </Card>
    </Sections>
  );
}
