import { Button, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { isChanged } from "../../../api/client";
import { useChangeWorkspace, useMember, useWorkspace } from "../../../api/session";
import { Card } from "../../../components/card";
import { ProblemNotice } from "../../../components/problem-notice";
import { TwoVersions } from "../../../components/two-versions";
import { toProblem } from "../../../lib/problem";
import { reasonAgainst } from "../../../lib/roles";
import { tellDone } from "../../../lib/tell";
import { timeZones } from "../../../lib/time-zones";

interface Named {
  name: string;
  time_zone: string;
}

/** What the workspace is called, and where its days begin. */
export function WorkspaceCard() {
  const workspace = useWorkspace();
  const reason = reasonAgainst(useMember().role, "admin");
  const change = useChangeWorkspace();
  const [mine, setMine] = useState<Named>(workspace);
  // As it was when somebody began to change it.
  const [seen, setSeen] = useState(workspace.version);
  const isLost = isChanged(change.error);
  const name = mine.name.trim();
  const isSame = name === workspace.name && mine.time_zone === workspace.time_zone;

  function save(over: string) {
    change.mutate(
      { change: { name, time_zone: mine.time_zone }, seen: over },
      {
        onSuccess: (changed) => {
          setMine(changed);
          setSeen(changed.version);
          tellDone("Saved.");
        },
      },
    );
  }

  function keepTheirs() {
    setMine(workspace);
    setSeen(workspace.version);
    change.reset();
  }

  return (
    <Card title="Workspace">
      <form
        style={{ display: "flex", flexWrap: "wrap", alignItems: "flex-end", gap: 8 }}
        onSubmit={(event) => {
          event.preventDefault();
          save(seen);
        }}
      >
        <TextInput
          style={{ flex: "1 1 240px", maxWidth: 320 }}
          label="Name of the workspace"
          required
          withAsterisk={false}
          maxLength={120}
          readOnly={reason !== undefined}
          value={mine.name}
          onChange={(event) => setMine({ ...mine, name: event.currentTarget.value })}
        />
        <Select
          style={{ flex: "1 1 240px", maxWidth: 320 }}
          label="Time zone"
          searchable
          allowDeselect={false}
          readOnly={reason !== undefined}
          value={mine.time_zone}
          data={timeZones(workspace.time_zone)}
          onChange={(time_zone) => time_zone && setMine({ ...mine, time_zone })}
        />
        <Button
          type="submit"
          variant="default"
          loading={change.isPending}
          disabled={reason !== undefined || isLost || isSame || name === ""}
          title={reason}
        >
          Save
        </Button>
      </form>
      <p className="quiet small" style={{ marginBottom: 0 }}>
        Days begin at midnight in this time zone, and each night's comparison runs at two.
      </p>
      {isLost && (
        <TwoVersions
          what="workspace"
          theirs={workspace.version === seen ? undefined : linesOf(workspace)}
          mine={linesOf({ ...mine, name })}
          isSaving={change.isPending}
          onKeepTheirs={keepTheirs}
          onSaveMine={() => save(workspace.version)}
        />
      )}
      {change.isError && !isLost && <ProblemNotice problem={toProblem(change.error)} />}
    </Card>
  );
}

function linesOf({ name, time_zone }: Named) {
  return [
    { label: "Name", value: name },
    { label: "Time zone", value: time_zone },
  ];
}
