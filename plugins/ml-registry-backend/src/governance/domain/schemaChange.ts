import type { Signature } from '@downstage/plugin-ml-registry-common';

type Input = Signature['inputs'][number];

/** Types a caller's values fit into without a loss: what was sent as the first still fits. */
const widens: Record<string, string[]> = {
  integer: ['long', 'double', 'float'],
  int32: ['int64', 'float64'],
  int64: ['float64'],
  long: ['double'],
  float: ['double'],
  float32: ['float64'],
};

/**
 * What callers of the champion would run into, one sentence each; empty when they can call the new version as they do.
 *
 * @remarks
 * Callers run into a new input that has to be given, and into an input that is gone. They run into a type that the old
 * values do not fit into. They also run into an output that is gone or became something else. Inputs that may be left
 * out and additional outputs harm nobody.
 */
export function schemaBreaks(
  version: Signature,
  champion: Signature,
): string[] {
  return [
    ...inputBreaks(version.inputs, champion.inputs),
    ...outputBreaks(version.outputs, champion.outputs),
  ];
}

function inputBreaks(now: Input[], before: Input[]): string[] {
  const added = now
    .filter(input => isRequired(input) && !named(before, input.name))
    .map(input => `input ${input.name} is new and has to be given`);
  const changed = before.flatMap(old => {
    const input = named(now, old.name);
    if (!input) return [`input ${old.name} is gone`];
    if (isRequired(input) && !isRequired(old)) {
      return [`input ${old.name} could be left out and now has to be given`];
    }
    if (input.type === old.type || widens[old.type]?.includes(input.type)) {
      return [];
    }
    return [`input ${old.name} was ${old.type} and is ${input.type}`];
  });
  return [...added, ...changed];
}

function outputBreaks(
  now: Signature['outputs'],
  before: Signature['outputs'],
): string[] {
  return before.flatMap((old, index) => {
    const output = old.name
      ? now.find(({ name }) => name === old.name)
      : now[index];
    const name = old.name ? `output ${old.name}` : `output ${index + 1}`;
    if (!output) return [`${name} is gone`];
    const was = spell(old);
    const is = spell(output);
    return was === is ? [] : [`${name} was ${was} and is ${is}`];
  });
}

function spell({ type, shape }: Signature['outputs'][number]) {
  return shape ? `${type} [${shape.join(', ')}]` : type;
}

function named(inputs: Input[], name: string) {
  return inputs.find(input => input.name === name);
}

/** MLflow's rule: an input has to be given unless it says otherwise. */
function isRequired({ required }: Input) {
  return required !== false;
}
