import { expect, it } from "vitest";
import { readToken } from "./one-time-token";

it.each([
  ["", undefined],
  ["#", undefined],
  ["#abc.DEF-1", "abc.DEF-1"],
  ["#token=abc_1", "abc_1"],
  ["#other=abc", undefined],
])("reads %s", (fragment, token) => {
  expect(readToken(fragment)).toBe(token);
});
