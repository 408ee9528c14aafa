/** What each page is for, in a few lines, and the page of the documentation that says more. */
export interface Help {
  lines: string[];
  /** Below `/docs`. */
  page: string;
}

const pages: [RegExp, Help][] = [
  [
    /^\/$/,
    {
      lines: [
        "Home answers one question: is every copy right, now?",
        "Each integration has one state word, and one button where something needs you.",
        "Records are those in the copy; API calls are Towpath's own since midnight UTC.",
        "The last runs and the last things that happened stand below.",
      ],
      page: "quick-start",
    },
  ],
  [
    /^\/integrations\/new/,
    {
      lines: [
        "Here you connect a Salesforce org. It takes about two minutes.",
        "You sign in on Salesforce's own page; Towpath never sees your password.",
        "Towpath sees what the user who signs in sees, and reads only.",
        "Nothing is copied before you have chosen what.",
      ],
      page: "connect",
    },
  ],
  [
    /\/set-up\/objects/,
    {
      lines: [
        "Tick the sObjects to copy; each choice is saved at once.",
        "A filter copies fewer records, by their own fields or those of records they look up.",
        "Its SOQL, its count, its cost and some records are shown before anything is read.",
        "Relative dates such as this month move by the time zone of the Salesforce user.",
        "The first sync starts once you have saved mappings too.",
      ],
      page: "data-flows",
    },
  ],
  [
    /\/set-up\/fields/,
    {
      lines: [
        "All fields that the Salesforce user can read are listed, those of other types and custom ones too.",
        "Copy all of them, or only those you tick, and say what becomes of fields that the org gets later.",
        "Files are not copied; addresses and names come as their parts.",
      ],
      page: "data-flows",
    },
  ],
  [
    /\/mappings/,
    {
      lines: [
        "A mapping says which Salesforce field feeds which property of a company, person or deal.",
        "Suggestions go by API names, labels and types; a template fills in what many teams map.",
        "Shape the values where they are not as you want them: real ones are shown before and after.",
        "A changed mapping moves no data and reads nothing again.",
        "So far mapped values show in this preview only: no page lists companies, people or deals yet.",
      ],
      page: "mappings",
    },
  ],
  [
    /\/set-up\/groups/,
    {
      lines: [
        "Whose integration this is, and which other groups have access to its data.",
        "Left alone, it is private to the own group; admins and owners of the workspace manage every integration.",
        "Groups that the own group is connected with can be found by name and ticked.",
        "They read, search and filter the data. They cannot run, change or pass on the integration.",
        "Nobody gains or loses access before you save in the review.",
      ],
      page: "connect",
    },
  ],
  [
    /\/set-up\/review/,
    {
      lines: [
        "What will be copied, and what it costs in API calls, before it begins.",
        "Companies are counted by the records that feed them; no page lists companies yet.",
        "The owner group is that of whoever made the integration; the groups with access get it once you save.",
        "Save ends the set-up; the first sync starts at once.",
        "Everything can be changed later under Rules, Mappings and Settings.",
      ],
      page: "data-flows",
    },
  ],
  [
    /^\/integrations\/[^/]+\/settings/,
    {
      lines: [
        "Who gave access, and whether it still holds: the check asks Salesforce and names what mends it.",
        "Reconnect changes only the credentials; rules, mappings and history stay.",
        "Pause stops all calls; Resume goes on where it stopped.",
        "Delete asks what becomes of the copied records.",
      ],
      page: "troubleshooting",
    },
  ],
  [
    /^\/integrations\/[^/]+\/rules/,
    {
      lines: [
        "What is copied: each sObject with its filter, its fields and how often it is looked at.",
        "A change takes effect with a button, beneath what it brings, leaves out and costs.",
        "How far each field's values are complete stands with the fields of its rule.",
        "What is no longer copied stays as it is and is not kept up to date.",
      ],
      page: "data-flows",
    },
  ],
  [
    /^\/integrations\/[^/]+\/timeline/,
    {
      lines: [
        "What happened to this integration: settings, fields of the org, connections, access.",
        "Each entry says who did it, or that the org did.",
      ],
      page: "data-flows",
    },
  ],
  [
    /^\/integrations\/[^/]+\/runs|^\/runs\//,
    {
      lines: [
        "A run is one pass over the rules: what was read, stored, unchanged or rejected always adds up.",
        "A record that could not be stored is listed with its reason; the rest of the run goes on.",
        "A run that is stopped goes on later from its last commit.",
      ],
      page: "data-flows",
    },
  ],
  [
    /^\/integrations/,
    {
      lines: [
        "An integration keeps a copy of one org: its rules, mappings and state.",
        "Active means that it keeps itself up to date; beside it stands how fresh it is.",
        "Incomplete lacks a rule or a mapping; Needs reconnect lacks access.",
      ],
      page: "quick-start",
    },
  ],
  [
    /^\/data/,
    {
      lines: [
        "The copied records, to search, filter and sort. This costs no API calls.",
        "A record that you open is read live, with its children, by one call.",
        "A record that is gone in Salesforce says why and how that is known.",
      ],
      page: "data-flows",
    },
  ],
  [
    /^\/timeline/,
    {
      lines: [
        "Everything that happened: changed settings with who did it, changed fields of the org, lost connections.",
        "It never quotes a record.",
      ],
      page: "data-flows",
    },
  ],
  [
    /^\/settings\/members/,
    {
      lines: [
        "Viewers look, operators also run and pause, admins also set up, owners also decide who is a member.",
        "Inviting somebody gives you a link to hand over; no mail is sent, and the link works once.",
        "Whoever forgot their password gets a sign-in link from an owner.",
      ],
      page: "quick-start",
    },
  ],
  [
    /^\/settings\/groups/,
    {
      lines: [
        "A group is members who work together; it owns integrations.",
        "Salesforce is listed in a group's Connections once an admin has switched it on there.",
        "Groups that are connected may share integrations with one another; what is shared ends with the connection.",
        "Without groups, integrations belong to the whole workspace.",
      ],
      page: "quick-start",
    },
  ],
  [
    /^\/settings\/keys/,
    {
      lines: [
        "A key lets a program use the API and the command line, with a role of its own.",
        "It is shown once and never does more than whoever made it may.",
      ],
      page: "serve",
    },
  ],
  [
    /^\/settings\/salesforce/,
    {
      lines: [
        "Your own Salesforce user, beside the connection by which an org is synced.",
        "What you write in Salesforce from here goes out under your name and with your rights.",
        "It takes one of the five approvals that Salesforce keeps for a user and an app.",
      ],
      page: "connect",
    },
  ],
  [
    /^\/sign-in/,
    {
      lines: [
        "The address and password of your Towpath account, not those of Salesforce.",
        "An owner of the workspace invites people, and makes a sign-in link for whoever forgot their password.",
        "The first link of a server stands in its output, where it was started.",
      ],
      page: "quick-start",
    },
  ],
  [
    /^\/welcome/,
    {
      lines: [
        "Somebody invited you. The link works once; the password that you choose signs you in from now on.",
        "Your role says what you may do; it stands under Settings.",
        "A link that is over is made anew by an owner of the workspace.",
      ],
      page: "quick-start",
    },
  ],
  [
    /^\/setup/,
    {
      lines: [
        "A new server belongs to whoever opens this link first; it stands in the server's output.",
        "The workspace holds the integrations and the people who use them.",
        "You can invite others once you are in.",
      ],
      page: "serve",
    },
  ],
  [
    /^\/connect\/done/,
    {
      lines: [
        "Salesforce sent you back here after you signed in there.",
        "The page in which you began goes on by itself; this window may be closed.",
      ],
      page: "connect",
    },
  ],
  [
    /^\/settings/,
    {
      lines: ["Who you are here, what you may do, and the browsers in which you are signed in."],
      page: "quick-start",
    },
  ],
];

/** The help for an address; that of the nearest page where it has none of its own. */
export function helpFor(path: string): Help | undefined {
  return pages.find(([pattern]) => pattern.test(path))?.[1];
}
