export type SearchEntity =
  | 'metric'
  | 'param'
  | 'tag'
  | 'attribute'
  | 'dataset'
  | 'feedback'
  | 'expectation'
  | 'span';

/** What may be named in the filters and orders of one kind of search. */
export type SearchNames = {
  entities: readonly SearchEntity[];
  /** Prefixes that only this kind of search knows. */
  prefixes?: Readonly<Record<string, SearchEntity>>;
  /** Attributes that filters compare, and that order where they have one value. */
  attributes: readonly string[];
  /** Attributes that compare with numbers. */
  numbers: readonly string[];
  /** Attributes that may stand before IN. */
  lists: readonly string[];
  /** Attributes that may only order. */
  orderOnly?: readonly string[];
  /** Attributes that are long texts, which only LIKE and ILIKE search. */
  texts?: readonly string[];
  /** Attributes with several values at once. They cannot order. */
  several?: readonly string[];
  /** All values of attributes that have few. */
  values?: Readonly<Record<string, readonly string[]>>;
};

const PREFIXES: Record<string, SearchEntity> = {
  metric: 'metric',
  metrics: 'metric',
  param: 'param',
  params: 'param',
  parameter: 'param',
  parameters: 'param',
  tag: 'tag',
  tags: 'tag',
  attribute: 'attribute',
  attributes: 'attribute',
  attr: 'attribute',
  run: 'attribute',
  dataset: 'dataset',
  datasets: 'dataset',
};

/** What can be asked of a data set. */
export const datasetKeys: readonly string[] = ['name', 'digest', 'context'];

const SPAN_KEYS = ['name', 'type', 'status', 'content'];

/** Things of which one owner has several, so that they cannot order. */
const MANIFOLD: SearchEntity[] = ['dataset', 'feedback', 'expectation', 'span'];

/** A thing that a filter compares, or an order orders by. */
export type Named = { entity: SearchEntity; key: string };

/** Why a path names nothing that a search knows. */
export type NameProblem =
  | {
      kind: 'unknown-entity';
      prefix?: string;
      entities: readonly SearchEntity[];
    }
  | { kind: 'cannot-order'; entity: SearchEntity; text: string }
  | {
      kind: 'unknown-attribute';
      prefix?: string;
      key: string;
      known: readonly string[];
    }
  | { kind: 'unknown-dataset-key'; key: string }
  | { kind: 'unknown-span-key'; key: string };

type Path = { prefix?: string; key: string; text: string };

/** Resolves `metrics.auc` and friends; without a prefix it is an attribute. */
export function identify(
  path: Path,
  names: SearchNames,
  options: { ordering?: boolean } = {},
): Named | { problem: NameProblem } {
  const { prefix, key, text } = path;
  const entity = prefix ? entityOfPrefix(prefix, names) : 'attribute';
  if (!entity || !names.entities.includes(entity)) {
    const { entities } = names;
    return { problem: { kind: 'unknown-entity', prefix, entities } };
  }
  const orders = options.ordering === true;
  if (orders && hasSeveral({ entity, key }, names)) {
    return { problem: { kind: 'cannot-order', entity, text } };
  }
  if (entity === 'attribute') {
    const known = [
      ...names.attributes,
      ...(orders ? names.orderOnly ?? [] : []),
    ];
    if (!known.includes(key)) {
      const unique = [...new Set(known)];
      return {
        problem: { kind: 'unknown-attribute', prefix, key, known: unique },
      };
    }
  }
  if (entity === 'dataset' && !datasetKeys.includes(key)) {
    return { problem: { kind: 'unknown-dataset-key', key } };
  }
  if (
    entity === 'span' &&
    !SPAN_KEYS.includes(key) &&
    !/^attributes\..+/.test(key)
  ) {
    return { problem: { kind: 'unknown-span-key', key } };
  }
  return { entity, key };
}

function entityOfPrefix(
  prefix: string,
  names: SearchNames,
): SearchEntity | undefined {
  const prefixes = { ...PREFIXES, ...names.prefixes };
  return Object.hasOwn(prefixes, prefix) ? prefixes[prefix] : undefined;
}

/** Whether it has several values at once, and no order of its own. */
function hasSeveral({ entity, key }: Named, names: SearchNames): boolean {
  if (MANIFOLD.includes(entity)) return true;
  return (
    entity === 'attribute' &&
    names.several?.includes(key) === true &&
    !names.orderOnly?.includes(key)
  );
}

/** What is wrong with a name, in the words of MLflow's server. */
export function refusalOfName(problem: NameProblem): string {
  const list = (words: readonly string[]) => `'${words.join("', '")}'`;
  switch (problem.kind) {
    case 'unknown-entity':
      return `Invalid entity type '${problem.prefix}'. Valid values are ${list(
        problem.entities,
      )}`;
    case 'cannot-order':
      return `Invalid order_by: a ${problem.entity} such as '${problem.text}' has several values and cannot order`;
    case 'unknown-attribute':
      return `Invalid attribute key '${
        problem.key
      }' specified. Valid keys are ${list(problem.known)}`;
    case 'unknown-dataset-key':
      return `Invalid dataset key '${
        problem.key
      }' specified. Valid keys are ${list(datasetKeys)}`;
    default:
      return `Invalid span attribute '${
        problem.key
      }' specified. Valid keys are ${list(SPAN_KEYS)} and 'attributes.<name>'`;
  }
}
