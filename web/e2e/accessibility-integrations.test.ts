/** The pages of integrations, and of setting them up. */
import { testPages } from "./accessibility.ts";

testPages((route) => route.startsWith("/integrations"));
