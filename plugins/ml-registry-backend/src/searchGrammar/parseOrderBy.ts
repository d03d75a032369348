import { InputError } from '@backstage/errors';
import { tokenize } from './tokenize';
import { type Entity, identify, type Vocabulary } from './vocabulary';

/** Names with a space that MLflow's own pages send without quotes. */
const ALIASES = /^(run name)\s*(asc|desc|)$/i;

export type Order = { entity: Entity; key: string; descending: boolean };

/** Reads `metrics.auc DESC` and the like; naming one thing twice is an `InputError`. */
export function parseOrderBy(
  clauses: string[],
  vocabulary: Vocabulary,
): Order[] {
  const orders = clauses.map(clause => parseOne(clause, vocabulary));
  const seen = new Set<string>();
  for (const order of orders) {
    const name = `${order.entity}.${order.key}`;
    if (seen.has(name)) {
      throw new InputError(`order_by names '${name}' more than once`);
    }
    seen.add(name);
  }
  return orders;
}

function parseOne(clause: string, vocabulary: Vocabulary): Order {
  const alias = ALIASES.exec(clause.trim());
  const tokens = alias
    ? tokenize(`\`${alias[1]}\` ${alias[2]}`)
    : tokenize(clause);
  const [path, direction, ...rest] = tokens;
  if (path?.kind !== 'path' || rest.length > 0) {
    throw new InputError(
      `Invalid order_by clause '${clause}'. Could not be parsed.`,
    );
  }
  const { entity, key } = identify(path, vocabulary, { ordering: true });
  if (!direction) return { entity, key, descending: false };
  const word = direction.text.toLowerCase();
  if (word !== 'asc' && word !== 'desc') {
    throw new InputError(
      `Invalid ordering key in order_by clause '${clause}'.`,
    );
  }
  return { entity, key, descending: word === 'desc' };
}
