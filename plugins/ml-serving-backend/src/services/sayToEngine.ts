import type { Clock } from '@downstage/common';
import type { EndpointRecord, EndpointStore } from '../stores/EndpointStore';
import type { Engines } from './Engines';

/**
 * Tells the engine of an endpoint what it has to serve. Keeps the engine's answer among the endpoint's conditions. An
 * engine that does not answer now is told when it does.
 */
export async function sayToEngine(
  endpoint: Pick<EndpointRecord, 'id' | 'namespace' | 'name' | 'engine'>,
  deps: { engines: Engines; store: EndpointStore; clock: Clock },
): Promise<void> {
  const { engines, store, clock } = deps;
  const said = await engines.push(endpoint).catch(() => undefined);
  if (!said) return;
  await store.keepSaid(endpoint.id, said, clock().toISOString());
}
