import type { Handlers } from '@downstage/node';
import type { mlRegistryContract } from '@downstage/plugin-ml-registry-common';
import type { CardServices } from './create';

type CardHandlers = Pick<
  Handlers<typeof mlRegistryContract>,
  | 'getVersionCard'
  | 'saveVersionCard'
  | 'getModelSignature'
  | 'verifyModelSignature'
  | 'compareVersions'
  | 'getReproduction'
  | 'reproduceVersion'
  | 'listLedger'
  | 'productionOn'
  | 'productionChanges'
>;

/** Ledger, cards, signatures, comparison and reproduction, as service calls. */
export function cardHandlers(services: CardServices): CardHandlers {
  const { cards, ledgers, reproductions, signatures } = services;
  return {
    getVersionCard: ({ params }, call) => cards.get(params, call),
    saveVersionCard: ({ params, body }, call) =>
      cards.save({ ...params, declared: body }, call),
    getModelSignature: ({ params }, call) => signatures.get(params, call),
    verifyModelSignature: ({ params, body }, call) =>
      signatures.verify({ ...params, ...body }, call),
    compareVersions: ({ params, query }, call) =>
      cards.compare({ ...params, ...query }, call),
    getReproduction: ({ params }, call) => reproductions.get(params, call),
    reproduceVersion: ({ params }, call) =>
      reproductions.reproduce(params, call),
    listLedger: ({ query }, call) => ledgers.list(query, call),
    productionOn: ({ query }, call) => ledgers.productionOn(query, call),
    productionChanges: ({ query }, call) =>
      ledgers.productionChanges(query, call),
  };
}
