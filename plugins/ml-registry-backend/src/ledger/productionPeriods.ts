import type {
  LedgerEntry,
  ProductionAt,
  ProductionChange,
} from '@downstage/plugin-ml-registry-common';
import { modelRefOf } from '../kernel/refs';

type Move = Pick<
  LedgerEntry,
  'name' | 'at' | 'actor' | 'action' | 'version' | 'from' | 'to' | 'flagged'
> & { formerName?: string };

/** From when to when a version was in production, under the name the model has at last. */
export type ProductionPeriod = {
  name: string;
  version: number;
  since: string;
  until?: string;
  actor: string;
  action: string;
  flagged: boolean;
};

/**
 * Reads the ledger as periods of production.
 *
 * @param moves - entries that touch production, renames and deletions, oldest first
 */
export function productionPeriods(moves: Move[]): ProductionPeriod[] {
  const all: ProductionPeriod[] = [];
  const current = new Map<string, ProductionPeriod>();
  const end = (name: string, at: string) => {
    const period = current.get(name);
    if (period) period.until = at;
    current.delete(name);
  };
  for (const move of moves) {
    const { name, at, version } = move;
    if (move.action === 'renamed' && move.formerName) {
      for (const period of all) {
        if (period.name === move.formerName) period.name = name;
      }
      const held = current.get(move.formerName);
      current.delete(move.formerName);
      if (held) current.set(name, held);
    } else if (move.action === 'deleted') {
      end(name, at);
    } else if (version !== undefined) {
      const held = current.get(name);
      if (move.to === 'production') {
        end(name, at);
        const { actor, action, flagged } = move;
        const period = { name, version, since: at, actor, action, flagged };
        all.push(period);
        current.set(name, period);
      } else if (
        held?.version === version &&
        (move.from === 'production' || move.action === 'version-deleted')
      ) {
        end(name, at);
      }
    }
  }
  return all;
}

/** What was in production at some time of `[from, to)`; for `from` equal to `to`, at that moment. */
export function inProduction(
  periods: ProductionPeriod[],
  { from, to }: { from: string; to: string },
): ProductionAt[] {
  return periods
    .filter(
      ({ since, until }) =>
        (from === to ? since <= from : since < to) &&
        (until === undefined || until > from),
    )
    .map(period => ({ ...period, modelRef: modelRefOf(period.name) }))
    .sort(
      (a, b) => a.name.localeCompare(b.name) || (a.since < b.since ? -1 : 1),
    );
}

/** The models whose production differs between two moments, or changed in between. */
export function productionChanges(
  periods: ProductionPeriod[],
  { from, to }: { from: string; to: string },
): ProductionChange[] {
  const at = (moment: string) =>
    new Map(
      inProduction(periods, { from: moment, to: moment }).map(
        ({ name, version }) => [name, version],
      ),
    );
  const [before, after] = [at(from), at(to)];
  const moments = new Map<string, Set<string>>();
  for (const { name, since, until } of periods) {
    const own = moments.get(name) ?? new Set();
    moments.set(name, own);
    for (const moment of [since, until]) {
      if (moment !== undefined && moment > from && moment <= to)
        own.add(moment);
    }
  }
  return [...moments.keys()].sort().flatMap(name => {
    const changes = moments.get(name)?.size;
    if (!changes) return [];
    return [
      {
        name,
        modelRef: modelRefOf(name),
        before: before.get(name),
        after: after.get(name),
        changes,
      },
    ];
  });
}

/** A day means all of it, a moment means itself; ISO with milliseconds, UTC. */
export function spanOf(at: string): { from: string; to: string } {
  const start = new Date(at);
  const from = start.toISOString();
  if (/^\d{4}-\d{2}-\d{2}$/.test(at)) {
    return { from, to: new Date(start.getTime() + 86_400_000).toISOString() };
  }
  return { from, to: from };
}
