import { parseEntityRef } from '@backstage/catalog-model';

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
};
