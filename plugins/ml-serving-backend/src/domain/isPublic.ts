import type { EndpointAccess } from '@downstage/plugin-ml-serving-common';

/** Whether an endpoint answers without a token: its owner asked for it, and the configuration grants it. */
export function isPublic(
  endpoint: { id: string; access: EndpointAccess },
  granted: readonly string[],
): boolean {
  return (
    endpoint.access.anonymous &&
    granted.some(
      name =>
        name === '*' ||
        (name.includes('/') ? name : `default/${name}`) === endpoint.id,
    )
  );
}
