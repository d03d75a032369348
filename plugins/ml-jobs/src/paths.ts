import { parseEntityRef } from '@backstage/catalog-model';
import type { JobOutput } from '@downstage/plugin-ml-jobs-common';

/** Where things are in the portal; other plugins' pages are reached by path alone. */
export const paths = {
  training: '/training',
  job: (id: string) => `/training/jobs/${encodeURIComponent(id)}`,
  runsOfJob: (id: string) => `/models/runs?job=${encodeURIComponent(id)}`,
  templates: '/create',
  entity(ref: string) {
    const { kind, namespace, name } = parseEntityRef(ref);
    return `/catalog/${[namespace, kind.toLocaleLowerCase('en-US'), name]
      .map(encodeURIComponent)
      .join('/')}`;
  },
  /** The page of the data set of a version such as `default/breast-masses@3`. */
  datasetVersion(ref: string) {
    const match = /^([^/@]+)\/([^@]+)@\d+$/.exec(ref);
    return match
      ? `${paths.entity(`dataset:${match[1]}/${match[2]}`)}/versions`
      : undefined;
  },
  /** Where a found output of a job is: the version of a model or a data set, or the run that has a file. */
  output({ kind, ref }: Pick<JobOutput, 'kind' | 'ref'>): string | undefined {
    if (ref === undefined) return undefined;
    if (kind === 'artifact')
      return `/models/runs/${encodeURIComponent(ref.split('/')[0])}`;
    const match = /^([^/@]+)\/([^@]+)@(\d+)$/.exec(ref);
    if (!match) return undefined;
    const [, namespace, name, version] = match;
    const entity = paths.entity(`${kind}:${namespace}/${name}`);
    return `${entity}/versions?version=${version}`;
  },
};
