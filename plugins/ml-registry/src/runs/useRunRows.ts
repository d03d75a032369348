import { useCallback, useEffect, useRef, useState } from 'react';
import type { RunTablePage } from '@downstage/plugin-ml-registry-common';
import { isRunning, mergeRows, toRows, type RunRow } from './domain/runRow';
import { useRegistry } from '../shared/hooks/useRegistry';

/** The first page is small so that something is seen soon; the others are as large as the server gives. */
const FIRST = 100;
const PAGE = 1000;
const MOST = 20_000;
const LIVE_MS = 4_000;

export type RunQuery = {
  experimentId: string[];
  filter?: string;
  sort: string;
  direction: 'asc' | 'desc';
  model?: string;
  job?: string;
  deleted: 'true' | 'false';
  column: string[];
};

export type RunRows = {
  /** Undefined until the first page is there. */
  rows?: readonly RunRow[];
  /** How many match in all. */
  total: number;
  /** Whether rows are still coming. */
  loading: boolean;
  /** Whether there are more than are ever shown. */
  cut: boolean;
  error?: Error;
  retry: () => void;
};

/**
 * The rows of the runs table, loaded page after page. While runs go on, only they are asked about again. Runs that are
 * newer than the known ones come in at the top.
 */
export function useRunRows(query: RunQuery, isReady: boolean): RunRows {
  const api = useRegistry();
  const [state, setState] = useState<Omit<RunRows, 'retry'>>({
    total: 0,
    loading: true,
    cut: false,
  });
  const [round, setRound] = useState(0);
  const retry = useCallback(() => setRound(value => value + 1), []);
  const key = JSON.stringify(query);
  // Matching rows may stay in view while they are sorted or get columns; a new question must not show old answers.
  const { sort, direction, column, ...question } = query;
  const questionKey = JSON.stringify(question);
  const shown = useRef({ questionKey, rows: state.rows });
  shown.current.rows = state.rows;

  useEffect(() => {
    // Until it is known which columns there are, nothing is asked for, so that nothing is asked twice.
    if (!isReady) return undefined;
    const abort = new AbortController();
    const { signal } = abort;
    const asked: RunQuery = JSON.parse(key);
    const isNewQuestion = shown.current.questionKey !== questionKey;
    shown.current.questionKey = questionKey;
    setState(before => ({
      ...(isNewQuestion
        ? { total: 0, cut: false }
        : { ...before, error: undefined }),
      loading: true,
    }));
    const load = async () => {
      let rows: RunRow[] = [];
      let cursor: string | undefined;
      let total = 0;
      do {
        const page: RunTablePage = await api.getRunTable(
          { query: { ...asked, cursor, limit: cursor ? PAGE : FIRST } },
          { signal },
        );
        if (signal.aborted) return;
        rows = [...rows, ...toRows(page)];
        total = page.total ?? total;
        cursor = page.nextCursor;
        const more = Boolean(cursor) && rows.length < MOST;
        setState({ rows, total, loading: more, cut: Boolean(cursor) && !more });
      } while (cursor && rows.length < MOST);
    };
    load().catch(error => {
      if (signal.aborted) return;
      setState(before => ({ ...before, error, loading: false }));
    });
    return () => abort.abort();
  }, [api, key, questionKey, round, isReady]);

  const { loading, rows } = state;
  const isLive = query.deleted === 'false' && !loading && rows !== undefined;
  useEffect(() => {
    if (!isLive) return undefined;
    const abort = new AbortController();
    const asked: RunQuery = JSON.parse(key);
    const look = async () => {
      const known = shown.current.rows ?? [];
      const running = known.filter(isRunning).slice(0, 200);
      const newest = known.reduce(
        (latest, row) => Math.max(latest, row.startTime),
        0,
      );
      const ask = (narrowed: object) =>
        api.getRunTable(
          { query: { ...asked, ...narrowed, limit: 200 } },
          { signal: abort.signal },
        );
      // Whether a filter still matches is not asked: a row that is looked at stays.
      const [changed, added] = await Promise.all([
        running.length > 0
          ? ask({ filter: undefined, runId: running.map(row => row.runId) })
          : undefined,
        ask({ startedAfter: newest }),
      ]);
      if (abort.signal.aborted) return;
      const fresh = toRows(added);
      setState(before =>
        before.rows
          ? {
              ...before,
              rows: mergeRows(
                before.rows,
                changed ? toRows(changed) : [],
                fresh,
              ),
              total: before.total + fresh.length,
            }
          : before,
      );
    };
    const timer = setInterval(() => {
      // A failed read is tried again in a moment; the rows that are shown stay true until then.
      if (document.visibilityState === 'visible') look().catch(() => {});
    }, LIVE_MS);
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, [api, key, isLive]);

  return { ...state, retry };
}
