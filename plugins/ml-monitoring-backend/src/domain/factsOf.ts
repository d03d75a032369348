import type { Facts } from '@downstage/node';

/** What a permission policy may ask about a monitor. */
export function factsOf(monitor: {
  ref: string;
  namespace: string;
  owner?: string;
}): Facts {
  const { ref, namespace, owner } = monitor;
  return { model: ref, namespace, ...(owner && { owner }) };
}
