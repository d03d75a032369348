import { InputError } from '@backstage/errors';
import { z } from 'zod';
import { toInt64 } from '../kernel/int64';
import { int64Bound } from '../kernel/database/int64Columns';
import type { HistoryPosition, RunStore } from './stores/RunStore';

/** Points per piece: some hundred kilobytes, a few milliseconds of the database. */
const PIECE = 4_000;

/** A number, or digits where a number would lose some. */
const int64Schema = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d{16,19}$/)
    .transform(toInt64),
]);
const tokenSchema = z.tuple([
  int64Schema,
  int64Schema,
  z.union([z.number(), z.enum(['Infinity', '-Infinity'])]).transform(Number),
  z.boolean(),
]);

/** Reads pieces until the limit or the end; the result is the token of what comes after. */
export async function* readHistory(
  runs: RunStore,
  request: {
    runId: string;
    key: string;
    limit?: number;
    after?: HistoryPosition;
  },
): AsyncGenerator<string, string | undefined> {
  const { runId, key, limit = Infinity } = request;
  let { after } = request;
  let sent = 0;
  while (sent < limit) {
    const size = Math.min(PIECE, limit - sent);
    const piece = await runs.historyText(runId, key, { limit: size, after });
    if (piece.count > 0) yield piece.points;
    if (piece.count < size) return undefined;
    sent += piece.count;
    after = piece.last;
  }
  const next = await runs.historyText(runId, key, { limit: 1, after });
  return next.count > 0 && after ? writeHistoryToken(after) : undefined;
}

function writeHistoryToken(position: HistoryPosition): string {
  const { timestamp, step, value, isNan } = position;
  const spelled = Number.isFinite(value) ? value : String(value);
  return Buffer.from(
    JSON.stringify([int64Bound(timestamp), int64Bound(step), spelled, isNan]),
  ).toString('base64url');
}

export function readHistoryToken(token: string): HistoryPosition {
  const invalid = new InputError(
    `Invalid value for parameter 'page_token' supplied`,
  );
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    throw invalid;
  }
  const parsed = tokenSchema.safeParse(json);
  if (!parsed.success) throw invalid;
  const [timestamp, step, value, isNan] = parsed.data;
  return { timestamp, step, value, isNan };
}
