import type {
  Comparison,
  SearchOrder,
} from '@downstage/plugin-ml-registry-common';

/** A run as a filter sees it. */
export type PlainRun = {
  id: string;
  attributes: Record<string, string | number | undefined>;
  metrics: Record<string, number>;
  params: Record<string, string>;
  tags: Record<string, string>;
  datasets: { name: string; digest: string; context?: string }[];
};

/** What a filter means, said without a database. */
export function matches(run: PlainRun, filter: Comparison[]): boolean {
  return filter.every(comparison => {
    if (comparison.entity === 'dataset') {
      return run.datasets.some(dataset =>
        holds(new Map(Object.entries(dataset)).get(comparison.key), comparison),
      );
    }
    return holds(valueOf(run, comparison), comparison);
  });
}

/** Where a run stands in an order: values first, then NaN, then nothing. */
export function compareRuns(
  a: PlainRun,
  b: PlainRun,
  orders: SearchOrder[],
): number {
  for (const order of orders) {
    const [left, right] = [valueOf(a, order), valueOf(b, order)];
    const rank = rankOf(left) - rankOf(right);
    if (rank !== 0) return rank;
    if (rankOf(left) > 0) continue;
    const difference = compareValues(left, right);
    if (difference !== 0) return order.descending ? -difference : difference;
  }
  const newest =
    Number(b.attributes.start_time) - Number(a.attributes.start_time);
  return newest || (a.id < b.id ? -1 : 1);
}

function valueOf(
  run: PlainRun,
  { entity, key }: Pick<SearchOrder, 'entity' | 'key'>,
) {
  const record: Record<string, string | number | undefined> = {
    attribute: run.attributes,
    metric: run.metrics,
    param: run.params,
    tag: run.tags,
    dataset: {},
    // Of traces.
    feedback: {},
    expectation: {},
    span: {},
  }[entity];
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function rankOf(value: string | number | undefined) {
  if (value === undefined) return 2;
  return Number.isNaN(value) ? 1 : 0;
}

function compareValues(a?: string | number, b?: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') {
    return a === b ? 0 : a - b;
  }
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

function holds(
  actual: string | number | undefined,
  { operator, value }: Comparison,
): boolean {
  if (operator === 'IS NULL') return actual === undefined;
  if (operator === 'IS NOT NULL') return actual !== undefined;
  if (actual === undefined || Number.isNaN(actual)) return false;
  if (Array.isArray(value)) {
    return value.includes(String(actual)) === (operator === 'IN');
  }
  if (value === undefined) return false;
  switch (operator) {
    case '=':
      return actual === value;
    case '!=':
      return actual !== value;
    case '>':
      return actual > value;
    case '>=':
      return actual >= value;
    case '<':
      return actual < value;
    case '<=':
      return actual <= value;
    case 'LIKE':
      return like(String(actual), String(value));
    default:
      return like(asciiLower(String(actual)), asciiLower(String(value)));
  }
}

function like(text: string, pattern: string): boolean {
  const source = [...pattern]
    .map(character => {
      if (character === '%') return '.*';
      if (character === '_') return '.';
      return character.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`, 'su').test(text);
}

function asciiLower(text: string) {
  return text.replace(/[A-Z]/g, letter => letter.toLowerCase());
}
