import { parseEntityRef } from '@backstage/catalog-model';

/**
 * Addresses of pages, also of other plugins': those are linked by path, so that no plugin imports another.
 * Everything that came from a user is encoded here and nowhere else.
 */
export const paths = {
  models: '/models',
  versions: '/models/versions',
  runs: '/models/runs',
  approvals: '/models/approvals',
  webhooks: '/models/webhooks',
  webhook: (id: string) => `/models/webhooks?webhook=${encodeURIComponent(id)}`,
  imports: '/models/import',
  import: (id: string) => `/models/import?import=${encodeURIComponent(id)}`,
  garbage: '/models/garbage',
  ledger: (filters: Record<string, string> = {}) => {
    const query = new URLSearchParams(filters).toString();
    return query ? `/models/ledger?${query}` : '/models/ledger';
  },
  run: (runId: string) => `/models/runs/${encodeURIComponent(runId)}`,
  compare: (runIds: readonly string[]) =>
    `/models/compare?runs=${runIds.map(encodeURIComponent).join(',')}`,
  job: (jobId: string) => `/training/jobs/${encodeURIComponent(jobId)}`,
  jobRuns: (jobId: string) => `/models/runs?job=${encodeURIComponent(jobId)}`,
  entity: (ref: string, tab?: string) => {
    const { kind, namespace, name } = parseEntityRef(ref);
    const path = ['catalog', namespace, kind.toLowerCase(), name];
    if (tab) path.push(tab);
    return `/${path.map(encodeURIComponent).join('/')}`;
  },
  version: (modelRef: string, version: number, promotionId?: string) => {
    const query = new URLSearchParams({ version: String(version) });
    if (promotionId) query.set('promotion', promotionId);
    return `${paths.entity(modelRef, 'versions')}?${query}`;
  },
  /** `default/breast-masses@3` leads to that version on the page of its Dataset. */
  datasetVersion: (ref: string) => {
    const [, namespace, name, version] =
      /^(?:([^/]+)\/)?(.+)@(\d+)$/.exec(ref) ?? [];
    return name
      ? `${paths.entity(
          `dataset:${namespace ?? 'default'}/${name}`,
          'versions',
        )}?version=${version}`
      : undefined;
  },
};

/** The route of a version's export, below the address of the registry. */
export function exportPath(
  version: { namespace: string; name: string; version: number },
  file: 'card.md' | 'bom.json',
): string {
  const { namespace, name } = version;
  const model = [namespace, name].map(encodeURIComponent).join('/');
  return `/v1/models/${model}/versions/${version.version}/${file}`;
}
