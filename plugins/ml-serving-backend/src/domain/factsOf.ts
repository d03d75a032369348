import type { Facts } from '@downstage/node';

/** What a permission policy may ask about an endpoint. */
export function factsOf(endpoint: {
  owner: string;
  namespace: string;
  modelRef: string;
}): Facts {
  const { owner, namespace, modelRef } = endpoint;
  return { owner, namespace, model: modelRef };
}
