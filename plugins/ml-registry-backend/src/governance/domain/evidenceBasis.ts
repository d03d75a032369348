import { createHash } from 'node:crypto';
import type { Measurement } from '@downstage/plugin-ml-registry-common';

/** What an approval approves. Each part has a fingerprint of its own, so that a lapse can say what changed. */
export type BasisParts = {
  files: string;
  /** Tags under policy, of the version. */
  tags: Record<string, string>;
  /** Metrics that gates look at. */
  metrics: Record<string, number | undefined>;
  measurements: Measurement[];
  /** The definition of the gates and of who has to approve. */
  gates: unknown;
  champion?: number;
  author: string;
  /** Required fields of the card that are filled, and what they say. */
  card?: unknown;
};

const words: Record<string, string> = {
  files: 'the files of the version changed',
  tags: 'tags under policy changed',
  metrics: 'metrics that gates look at changed',
  measurements: 'metrics that gates look at changed',
  gates: 'the gates or the rule of approval changed',
  champion: 'another version is in production',
  author: 'the author of the version changed',
  card: 'the model card changed',
};

export function basisOf(parts: BasisParts): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ ...parts, champion: parts.champion ?? 'none' })
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, fingerprint(value)]),
  );
}

export function digestOfBasis(basis: Record<string, string>): string {
  return `sha256:${fingerprint(basis)}`;
}

/** A part that differs: `part` for programs, `message` for people. */
export type BasisChange = { part: string; message: string };

/** That another version is in production now; found apart from the basis where a decision looks again. */
export const championChanged: BasisChange = {
  part: 'champion',
  message: words.champion,
};

/** These changes, and that another version is in production. Their parts say whether it is among them already. */
export function withChampionChanged(changes: BasisChange[]): BasisChange[] {
  return changes.some(({ part }) => part === championChanged.part)
    ? changes
    : [...changes, championChanged];
}

/** What differs; empty where nothing does. */
export function basisChanges(
  before: Record<string, string>,
  now: Record<string, string>,
): BasisChange[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...keys]
    .filter(key => before[key] !== now[key])
    .map(part => ({ part, message: words[part] ?? `${part} changed` }));
}

/** For people: each sentence once. */
export function inWords(changes: BasisChange[]): string[] {
  return [...new Set(changes.map(({ message }) => message))];
}

/** The same content gives the same text, whatever the order of its keys. */
export function fingerprint(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}

/** JSON with sorted keys: the same content gives the same text. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`);
    return `{${entries.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
