import { Button, TextInput } from "@mantine/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { useState } from "react";
import { isChanged } from "../api/client";
import { toProblem } from "../lib/problem";
import { tellDone } from "../lib/tell";
import { TwoVersions } from "./two-versions";

interface Named {
  name: string;
  version: string;
}

interface NameFormProps {
  label: string;
  /** As it is now. */
  named: Named;
  rename: UseMutationResult<Named, Error, { name: string; seen: string }>;
  /** Why the person may not. */
  reason?: string;
}

/** Renames something, over the version that was seen. */
export function NameForm({ label, named, rename, reason }: NameFormProps) {
  const [name, setName] = useState(named.name);
  // What it was called when somebody began to change that.
  const [seen, setSeen] = useState(named.version);
  const isLost = isChanged(rename.error);
  const problem = rename.isError && !isLost ? toProblem(rename.error) : undefined;

  function save(over: string) {
    rename.mutate(
      { name: name.trim(), seen: over },
      {
        onSuccess: (renamed) => {
          setSeen(renamed.version);
          tellDone("Renamed.");
        },
      },
    );
  }

  function keepTheirs() {
    setName(named.name);
    setSeen(named.version);
    rename.reset();
  }

  return (
    <>
      <form
        style={{ display: "flex", flexWrap: "wrap", alignItems: "flex-end", gap: 8 }}
        onSubmit={(event) => {
          event.preventDefault();
          save(seen);
        }}
      >
        <TextInput
          style={{ flex: "0 1 400px" }}
          label={label}
          required
          withAsterisk={false}
          maxLength={80}
          readOnly={reason !== undefined}
          value={name}
          error={problem && [problem.detail ?? problem.title]}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button
          type="submit"
          variant="default"
          loading={rename.isPending}
          disabled={reason !== undefined || isLost || name.trim() === named.name || name.trim() === ""}
          title={reason}
        >
          Rename
        </Button>
      </form>
      {isLost && (
        <TwoVersions
          what="name"
          theirs={[{ label: "Name", value: named.name }]}
          mine={[{ label: "Name", value: name.trim() }]}
          isSaving={rename.isPending}
          onKeepTheirs={keepTheirs}
          onSaveMine={() => save(named.version)}
        />
      )}
    </>
  );
}
