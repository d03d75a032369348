import { NotFoundError } from '@backstage/errors';
import { mlflowNameOf, modelOfMlflowName } from '@downstage/common';
import { defaultNamespace, nameOfPath, pathOfName } from '../kernel/refs';
import type { ModelStore } from './stores/ModelStore';

/** What MLflow's clients see as the name of a model: `churn`, or `__credit__churn`. */
export function toMlflowName(name: string): string {
  return mlflowNameOf(pathOfName(name));
}

/**
 * The registry's name of what an MLflow client calls `churn` or `__credit__churn`.
 *
 * @remarks
 * A model of `default` that had such a name before namespaces were read keeps it. No new one gets it, so the two
 * meanings never stand beside each other.
 *
 * @throws NotFoundError for names with a slash, which no model has in MLflow
 */
export async function fromMlflowName(
  text: string,
  models: ModelStore,
): Promise<string> {
  if (text.includes('/')) {
    throw new NotFoundError(`Registered Model with name=${text} not found`);
  }
  const model = modelOfMlflowName(text);
  if (!model || model.namespace === defaultNamespace) return text;
  const older = await models.findModel(models.database, text);
  return older ? text : nameOfPath(model);
}

/** The version that `models:/churn/3` names, and that a new one is a copy of. */
export async function readVersionUri(
  uri: string,
  models: ModelStore,
): Promise<{ name: string; version: string } | undefined> {
  const match = /^models:\/+([^/]+)\/(\d+)$/.exec(uri);
  if (!match) return undefined;
  return { name: await fromMlflowName(match[1], models), version: match[2] };
}
