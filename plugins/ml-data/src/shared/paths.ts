import { parseEntityRef } from '@backstage/catalog-model';

/** Where things are in the portal. Other plugins are linked by path, never imported. */
export const paths = {
  entity(ref: string, tab?: string) {
    const { kind, namespace, name } = parseEntityRef(ref);
    const parts = [namespace, kind.toLowerCase(), name].map(encodeURIComponent);
    return `/catalog/${parts.join('/')}${tab ? `/${tab}` : ''}`;
  },
  training: '/training',
};
