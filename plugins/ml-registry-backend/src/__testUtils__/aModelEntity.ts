import type { Entity } from '@backstage/catalog-model';
import { diagnostics } from './people';

/** A Model entity owned by diagnostics, with a floor for `auc` and a margin to the champion. */
export function aModelEntity(
  spec: Record<string, unknown> = {},
  name = 'tumours',
): Entity {
  return {
    apiVersion: 'downstage.dev/v1alpha1',
    kind: 'Model',
    metadata: { name, namespace: 'default', title: 'Tumours' },
    relations: [{ type: 'ownedBy', targetRef: diagnostics }],
    spec: {
      type: 'classifier',
      lifecycle: 'production',
      owner: diagnostics,
      evaluation: {
        primaryMetric: { name: 'auc', goal: 'maximize' },
        gates: [
          { metric: 'auc', min: 0.9 },
          { metric: 'auc', notWorseThanChampionBy: 0.01 },
        ],
      },
      ...JSON.parse(JSON.stringify(spec)),
    },
  };
}
