import type { ModelGate } from '@downstage/plugin-ml-catalog-common';

/** A gate in words, one sentence for each limit: `val_auc is at least 0.97`. */
export function describeGate(gate: ModelGate): string[] {
  const { metric, min, max, notWorseThanChampionBy: slack } = gate;
  return [
    ...(min === undefined ? [] : [`${metric} is at least ${min}`]),
    ...(max === undefined ? [] : [`${metric} is at most ${max}`]),
    ...(slack === undefined
      ? []
      : [
          `${metric} is not worse than that of the version in production${
            slack ? ` by more than ${slack}` : ''
          }`,
        ]),
  ];
}
