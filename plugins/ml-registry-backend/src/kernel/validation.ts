import { InputError } from '@backstage/errors';
import { mlflowNameOf, modelOfMlflowName } from '@downstage/common';
import {
  DIGIT,
  pythonLength,
  pythonNormalPath,
  pythonSlice,
  WORD,
} from './pythonText';
import { defaultNamespace, pathOfName } from './refs';

/** MLflow's limits; clients rely on some of them being refused. */
export const limits = {
  batch: { metrics: 1000, params: 100, tags: 100, total: 1000 },
  key: 250,
  paramValue: 6000,
  runTagValue: 8000,
  experimentName: 500,
  experimentTagValue: 20_000,
  registryTagValue: 100_000,
  alias: 255,
  modelName: 256,
  datasets: 1000,
  dataset: {
    name: 500,
    digest: 36,
    schema: 1_048_575,
    source: 65_535,
    profile: 16_777_215,
  },
  inputTag: { key: 255, value: 500 },
};

const NAME = new RegExp(`^[/${WORD}.\\- :]*$`, 'u');
const ALIAS = new RegExp(`^[${WORD}-]+$`, 'u');
const VERSION_ALIAS = new RegExp(`^v[${DIGIT}]+$`, 'iu');

/** Metric, param and tag keys: MLflow's characters, and never a path that leaves its folder. */
export function checkKey(kind: string, key: string | undefined): string {
  if (!key) {
    throw new InputError(`Missing value for required parameter '${kind} key'`);
  }
  const length = pythonLength(key);
  if (length > limits.key) {
    throw new InputError(
      `${kind} key '${pythonSlice(
        key,
        80,
      )}…' had length ${length}, which exceeded length limit of ${limits.key}`,
    );
  }
  if (!NAME.test(key)) {
    throw new InputError(
      `Invalid ${kind} name: '${key}'. Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).`,
    );
  }
  const normal = pythonNormalPath(key);
  if (
    normal !== key ||
    normal === '.' ||
    normal.startsWith('..') ||
    key.startsWith('/')
  ) {
    throw new InputError(
      `Invalid ${kind} name: '${key}'. Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${normal}'`,
    );
  }
  return key;
}

/** Cut silently, as MLflow does by default: losing a long repr must not lose the run. */
export function truncate(value: string, limit: number): string {
  return pythonSlice(value, limit);
}

export function checkLength(
  what: string,
  value: string,
  limit: number,
): string {
  const length = pythonLength(value);
  if (length > limit) {
    throw new InputError(
      `${what} had length ${length}, which exceeded length limit of ${limit}`,
    );
  }
  return value;
}

export function checkExperimentName(name: string): string {
  if (!name) {
    throw new InputError(
      'Invalid value "" for parameter \'name\' supplied: an experiment needs a name',
    );
  }
  return checkLength('Experiment name', name, limits.experimentName);
}

/** Model names become entity names and parts of paths. */
export function checkModelName(name: string | undefined): string {
  if (
    !name?.trim() ||
    /[/:]/.test(name) ||
    pythonNormalPath(name) !== name ||
    name === '.' ||
    name.startsWith('..')
  ) {
    throw new InputError(
      `Invalid model name: '${
        name ?? ''
      }'. Model name must be non-empty, cannot contain '/' or ':', and must not be a way to another folder.`,
    );
  }
  if (/\p{Cc}/u.test(name)) {
    throw new InputError(
      `Invalid model name: ${JSON.stringify(
        name,
      )}. Model name cannot contain line breaks and other control characters.`,
    );
  }
  return checkLength('Registered model name', name, limits.modelName);
}

/**
 * The registry's name of a model that is to be made: the namespace and the name can be spelled for MLflow, which tells
 * the two apart again.
 */
export function checkNewModelName(name: string): string {
  const path = pathOfName(name);
  checkModelName(path.name);
  const spelled = checkLength(
    'Registered model name',
    mlflowNameOf(path),
    limits.modelName,
  );
  const meant = modelOfMlflowName(spelled);
  if (path.namespace === defaultNamespace && meant) {
    throw new InputError(
      `Invalid model name: '${name}'. MLflow's clients write it for the model ${
        meant.name
      } of the namespace ${meant.namespace}; ${
        meant.namespace === defaultNamespace
          ? `write ${meant.name} for that one`
          : 'choose another name'
      }.`,
    );
  }
  if (
    path.namespace !== defaultNamespace &&
    (meant?.namespace !== path.namespace || path.namespace.length > 63)
  ) {
    throw new InputError(
      `Invalid namespace: '${path.namespace}'. A namespace has up to 63 small letters and digits, with single dots, dashes and underscores between them.`,
    );
  }
  return name;
}

export function checkAlias(alias: string): string {
  if (!ALIAS.test(alias)) {
    throw new InputError(
      `Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_) and dashes (-).`,
    );
  }
  checkLength('Registered model alias name', alias, limits.alias);
  if (/^latest$/i.test(alias)) {
    throw new InputError("'latest' alias name (case insensitive) is reserved.");
  }
  if (VERSION_ALIAS.test(alias)) {
    throw new InputError(`Version alias name '${alias}' is reserved.`);
  }
  return alias;
}

export function checkVersion(version: string): number {
  if (!/^[1-9]\d{0,8}$/.test(version)) {
    throw new InputError(
      `Parameter 'version' must be an integer, got '${version.slice(0, 80)}'`,
    );
  }
  return Number(version);
}
