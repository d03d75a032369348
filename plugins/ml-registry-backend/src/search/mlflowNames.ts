import { modelOfMlflowName } from '@downstage/common';
import type { Comparison } from '@downstage/plugin-ml-registry-common';
import { defaultNamespace, nameOfPath } from '../kernel/refs';
import type { Vocabulary } from './vocabulary';

/** The vocabulary of a search that speaks of names of models as MLflow's clients see them. */
export function withMlflowNames(vocabulary: Vocabulary): Vocabulary {
  const { name } = vocabulary.columns;
  const spelled = `CASE WHEN ${name} LIKE '%/%' THEN '__' || REPLACE(${name}, '/', '__') ELSE ${name} END`;
  return {
    ...vocabulary,
    columns: { ...vocabulary.columns, name: `(${spelled})` },
  };
}

/**
 * Turns a comparison with whole names as MLflow's clients see them into one with names of the registry. An index finds
 * the latter. `undefined` for other comparisons.
 */
export function asRegistryNames(
  comparison: Comparison,
): Comparison | undefined {
  const { entity, key, operator, value } = comparison;
  const isName = entity === 'attribute' && key === 'name';
  if (!isName || (operator !== '=' && operator !== 'IN')) return undefined;
  const names = [value ?? []].flat().flatMap(item => namesOf(String(item)));
  // No model has an empty name.
  return { ...comparison, operator: 'IN', value: names.length ? names : [''] };
}

/** An older model of `default` may have a name that is read as a namespace today; there is never the other one then. */
function namesOf(text: string): string[] {
  if (text.includes('/')) return [];
  const model = modelOfMlflowName(text);
  return model && model.namespace !== defaultNamespace
    ? [text, nameOfPath(model)]
    : [text];
}
