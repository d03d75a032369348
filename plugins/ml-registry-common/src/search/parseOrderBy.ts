import { InputError } from '@backstage/errors';
import {
  identify,
  refusalOfName,
  type Named,
  type SearchNames,
} from './searchNames';
import { tokenizeStrictly } from './tokenize';

/** Names with a space that MLflow's own pages send without quotes. */
const ALIASES = /^(run name)\s*(asc|desc|)$/i;

export type SearchOrder = Named & { descending: boolean };

/** Reads `metrics.auc DESC` and the like; naming one thing twice is an `InputError`. */
export function parseOrderBy(
  clauses: readonly string[],
  names: SearchNames,
): SearchOrder[] {
  const orders = clauses.map(clause => parseOne(clause, names));
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

function parseOne(clause: string, names: SearchNames): SearchOrder {
  const alias = ALIASES.exec(clause.trim());
  const tokens = tokenizeStrictly(
    alias ? `\`${alias[1]}\` ${alias[2]}` : clause,
  );
  const [path, direction, ...rest] = tokens;
  if (path?.kind !== 'path' || rest.length > 0) {
    throw new InputError(
      `Invalid order_by clause '${clause}'. Could not be parsed.`,
    );
  }
  const named = identify(path, names, { ordering: true });
  if ('problem' in named) throw new InputError(refusalOfName(named.problem));
  if (!direction) return { ...named, descending: false };
  const word = direction.text.toLowerCase();
  if (word !== 'asc' && word !== 'desc') {
    throw new InputError(
      `Invalid ordering key in order_by clause '${clause}'.`,
    );
  }
  return { ...named, descending: word === 'desc' };
}
