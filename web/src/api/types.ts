export type ProblemBody = { code: string; title?: string; text: string; action?: string | null };
export type Counts = { rows_read: number; inserted: number; updated: number; unchanged: number; gone: number; rejected: number; calls: number; bytes: number };
export type RuleRunBody = { sync_rule_id: string; sobject: string; phase: string | null; rows_total: number | null; counts: Counts; started_at: string | null; finished_at: string | null; outcome: string | null; problem: ProblemBody | null };
export type RunBody = { id: string; integration_id: string; started_at: string; finished_at: string | null; outcome: "succeeded" | "partly_done" | "failed" | "stopped" | null; problem: ProblemBody | null; counts: Counts; rows_per_second: number | null; rules: RuleRunBody[] };
export type OrgBody = { organization_id: string; name: string; environment: "production" | "sandbox" | "simulated"; instance_url: string };
export type Activity = { kind: "syncing" | "up_to_date" | "waiting" | "stopped"; since?: string | null; at?: string | null };
export type IntegrationStatus = "needs_reconnect" | "paused" | "incomplete" | "needs_attention" | "active";
export type IntegrationBody = { id: string; slug: string; name: string; mode: string; status: IntegrationStatus; activity: Activity | null; problems: ProblemBody[]; org: OrgBody; username: string; created_at: string; complete_until: string | null; next_run_at: string | null; rows: number; calls_today: number; rules_count: number; mappings_count: number; missing: ("rule" | "mapping")[]; current_run: RunBody | null; last_run: RunBody | null };
export type LiteralBody = { type: "text" | "number" | "boolean" | "date" | "date_time" | "relative_date" | "null"; value?: unknown };
export type FilterBody =
  | { kind: "soql"; soql: string }
  | { kind: "all" | "any"; of: FilterBody[] }
  | { kind: "not"; of: FilterBody }
  | { kind: "compare"; field: string; operator: "eq" | "ne" | "lt" | "lte" | "gt" | "gte"; value: LiteralBody }
  | { kind: "like"; field: string; pattern: string }
  | { kind: "in"; field: string; negated: boolean; values: LiteralBody[] }
  | { kind: "includes"; field: string; negated: boolean; sets: string[][] };
export type FieldBody = { name: string; label: string; type: string; length: number; custom: boolean; nillable: boolean; calculated: boolean; filterable: boolean; compound: string | null; picklist: { value: string; label: string }[]; reference_to: string[]; skipped: string | null };
