import { useCallback, useEffect, useRef, useState } from 'react';
import { useSignal } from '@backstage/plugin-signals-react';
import { refusalOf } from './refusalOf';

/** Something that is fetched: its latest value stays visible while it is fetched again. */
export type Loaded<T> = {
  value?: T;
  error?: Error;
  loading: boolean;
  retry: () => void;
};

/**
 * Fetches, and fetches again on a signal of the channel and, slowly, without one.
 *
 * @remarks
 * A refusal, that something may not be seen or is not there, is not asked for again by the clock: only by a signal, by
 * `retry`, and when something else is asked for. The former answer goes.
 *
 * @example
 * ```ts
 * const models = useLoad(signal => api.listModels({ query: {} }, { signal }), [api], { channel: 'ml-registry.stage-changed' });
 * ```
 */
export function useLoad<T>(
  load: (signal: AbortSignal) => Promise<T>,
  deps: readonly unknown[],
  options: { pollMs?: number; channel?: string | string[] } = {},
): Loaded<T> {
  const { pollMs = 15_000, channel } = options;
  const [state, setState] = useState<Omit<Loaded<T>, 'retry'>>({
    loading: true,
  });
  const [round, setRound] = useState(0);
  const retry = useCallback(() => setRound(value => value + 1), []);
  const [firstChannel, secondChannel] = [channel ?? []].flat();
  const { lastSignal: first } = useSignal(firstChannel ?? 'downstage.none');
  const { lastSignal: second } = useSignal(secondChannel ?? 'downstage.none');
  const loadRef = useRef(load);
  loadRef.current = load;

  // A change of what is asked for must not show the answer to the question before.
  const key = JSON.stringify(
    deps.map(dep => (typeof dep === 'object' ? null : dep)),
  );
  const keyRef = useRef(key);

  useEffect(() => {
    const abort = new AbortController();
    const isNewQuestion = keyRef.current !== key;
    keyRef.current = key;
    setState(before =>
      isNewQuestion ? { loading: true } : { ...before, loading: true },
    );
    loadRef.current(abort.signal).then(
      value => {
        if (!abort.signal.aborted) setState({ value, loading: false });
      },
      error => {
        if (!abort.signal.aborted) {
          setState(before =>
            refusalOf(error)
              ? { error, loading: false }
              : { ...before, error, loading: false },
          );
        }
      },
    );
    return () => abort.abort();
  }, [key, round, first, second]);

  // While it is asked for again the refusal still stands.
  const isRefused = refusalOf(state.error) !== undefined;
  useEffect(() => {
    if (!pollMs || isRefused) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') retry();
    }, pollMs);
    return () => clearInterval(timer);
  }, [pollMs, isRefused, retry]);

  return { ...state, retry };
}
