import { createFileRoute, Outlet, useLocation } from "@tanstack/react-router";
import { useFieldMappings } from "../../../../api/field-mappings";
import { useGroups } from "../../../../api/groups";
import { useIntegration } from "../../../../api/integrations";
import { useMember } from "../../../../api/session";
import { useShares } from "../../../../api/shares";
import { useSyncRules } from "../../../../api/sync-rules";
import { Link } from "../../../../components/link";
import { LoadingPage } from "../../../../components/loading-page";
import { PageHeader } from "../../../../components/page-header";
import { ProblemNotice } from "../../../../components/problem-notice";
import { type SetUpStep, Steps, setUpSteps } from "../../../../components/steps";
import { formatCount } from "../../../../lib/format";
import { reasonAgainst } from "../../../../lib/roles";
import { useShareDraft } from "../../../../lib/share-draft";
import { sharingWords, wantedSharing } from "../../../../lib/sharing";
import { useMappingDraft } from "../../../../lib/use-mapping-draft";
import { BrokenIntegration } from "../-broken-integration";

export const Route = createFileRoute("/_app/integrations/$id/set-up")({ component: SetUp });

function SetUp() {
  const { id } = Route.useParams();
  const member = useMember();
  const integration = useIntegration(id);
  const rules = useSyncRules(id);
  const mappings = useFieldMappings(id);
  const { draft } = useMappingDraft(id);
  const shares = useShares(id);
  const groups = useGroups();
  const { shareDraft } = useShareDraft(id);
  const last = useLocation().pathname.split("/").at(-1);
  const now = setUpSteps.find((step) => step === last) ?? "objects";
  const refused = reasonAgainst(member.role, "admin");

  if (integration.isError) {
    return <BrokenIntegration error={integration.error} onRetry={() => integration.refetch()} />;
  }
  if (!integration.data) return <LoadingPage />;
  if (refused)
    return <ProblemNotice tone="warning" problem={{ title: "You cannot set up integrations", detail: refused }} />;

  const mapped = draft?.length ?? mappings.data?.length ?? 0;
  const ruled = rules.data?.length ?? 0;
  const done = new Set<SetUpStep>(["connect"]);
  if (ruled > 0) done.add("objects").add("fields");
  if (mapped > 0) done.add("mappings");
  const all = groups.data ?? [];
  const sharing = shares.data && wantedSharing(shares.data.shares, shareDraft, all);
  if (shareDraft || integration.data.status !== "incomplete") done.add("groups");
  return (
    <>
      <PageHeader
        title={`Set up ${integration.data.name}`}
        line="What you choose is kept; you can leave and go on later."
        crumbs={
          <>
            <Link to="/integrations">Integrations</Link>
            <span aria-hidden>/</span>
            <Link to="/integrations/$id" params={{ id }} dir="auto">
              {integration.data.name}
            </Link>
          </>
        }
      />
      <Steps
        now={now}
        integration={id}
        done={done}
        notes={{
          connect: integration.data.org.name,
          objects: ruled > 0 ? formatCount(ruled, "sObject") : undefined,
          groups: sharing && groups.data ? sharingWords(sharing, all) : undefined,
          mappings: mapped > 0 ? `${formatCount(mapped, "field")} mapped` : undefined,
        }}
      >
        <Outlet />
      </Steps>
    </>
  );
}
