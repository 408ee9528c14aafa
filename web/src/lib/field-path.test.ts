import { expect, it } from "vitest";
import type { FieldBody } from "../api/types";
import { fieldAt, isOnTheWay, lookupsOf, sobjectsOf, stepsOf } from "./field-path";

function field(name: string, part: Partial<FieldBody> = {}): FieldBody {
  return {
    name,
    label: name,
    type: "string",
    length: 80,
    custom: false,
    nillable: true,
    calculated: false,
    filterable: true,
    compound: null,
    picklist: [],
    reference_to: [],
    relationship: null,
    polymorphic: false,
    skipped: null,
    ...part,
  };
}

const lookup = (name: string, relationship: string, ...reference_to: string[]) =>
  field(name, { type: "reference", relationship, reference_to, polymorphic: reference_to.length > 1 });

const contact = [
  field("LastName"),
  lookup("AccountId", "Account", "Account"),
  lookup("OwnerId", "Owner", "User", "Group"),
];
const known: Record<string, FieldBody[]> = {
  Account: [
    field("Industry", { type: "picklist" }),
    field("Description", { filterable: false }),
    lookup("OwnerId", "Owner", "User"),
  ],
  User: [field("Name"), lookup("ManagerId", "Manager", "User")],
};
const fieldsOf = (sobject: string) => known[sobject];

it("a path leads over lookups to a field", () => {
  expect(fieldAt("LastName", contact, fieldsOf)?.name).toBe("LastName");
  expect(fieldAt("account.industry", contact, fieldsOf)?.type).toBe("picklist");
  expect(fieldAt("Account.Owner.Manager.Manager.Name", contact, fieldsOf)?.name).toBe("Name");
  expect(sobjectsOf(["Account.Owner.Manager.Name", "LastName"], contact, fieldsOf)).toEqual(["Account", "User"]);
});

it("a path that leads nowhere has no field", () => {
  for (const path of [
    "Nothing",
    "Account.",
    "Account.Nothing",
    "Nothing.Name",
    "Account.Description",
    "LastName.Name",
  ]) {
    expect(fieldAt(path, contact, fieldsOf), path).toBeUndefined();
    expect(isOnTheWay(path, contact, fieldsOf), path).toBe(false);
  }
});

it("a lookup to several sObjects leads to what they have in common", () => {
  expect(fieldAt("Owner.Name", contact, fieldsOf)?.type).toBe("string");
  expect(fieldAt("Owner.Type", contact, fieldsOf)?.picklist.map(({ value }) => value)).toEqual(["User", "Group"]);
  expect(fieldAt("Owner.Industry", contact, fieldsOf)).toBeUndefined();
  expect(sobjectsOf(["Owner.Name"], contact, fieldsOf)).toEqual([]);
});

it("what is not described yet is on the way", () => {
  const nothing = () => undefined;

  expect(isOnTheWay("Account.Industry", contact, nothing)).toBe(true);
  expect(fieldAt("Account.Industry", contact, nothing)).toBeUndefined();
  expect(sobjectsOf(["Account.Owner.Name"], contact, nothing)).toEqual(["Account"]);
  expect(stepsOf("Account.Owner.Name", contact, nothing)).toHaveLength(2);
  expect(lookupsOf(contact).map(({ relationship }) => relationship)).toEqual(["Account", "Owner"]);
});

it("tells a step whose fields could not be asked for from one that waits for them", () => {
  const nothing = () => undefined;
  const step = (isBroken: (sobject: string) => boolean) => stepsOf("Account.Name", contact, nothing, isBroken)[1];

  expect(step((sobject) => sobject === "Account")).toEqual({ fields: undefined, chosen: "Name", isBroken: true });
  expect(step(() => false)).toEqual({ fields: undefined, chosen: "Name" });
});
