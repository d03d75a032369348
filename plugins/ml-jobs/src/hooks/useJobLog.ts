import { useEffect, useState } from 'react';
import { refusalOf } from '@downstage/react';
import { useJobs } from './useJobs';

/** As much as a browser shows without trouble; the rest is in the download. */
const mostCharacters = 1_000_000;
const retryMs = 2_000;

/** The log of a job as it grows. */
export type JobLogState = {
  text: string;
  /** The beginning is not shown. */
  cut: boolean;
  /** `refused` is an answer: nobody asks again. */
  status: 'connecting' | 'live' | 'reconnecting' | 'ended' | 'refused';
  error?: Error;
};

const nothing: JobLogState = { text: '', cut: false, status: 'connecting' };

/** Follows the log of a job; after a lost connection it goes on where it was. */
export function useJobLog(id: string): JobLogState {
  const api = useJobs();
  const [state, setState] = useState<JobLogState>(nothing);

  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let offset = -mostCharacters;
    setState(nothing);

    const follow = async () => {
      try {
        await api.streamLog(id, {
          offset,
          signal: abort.signal,
          onPiece: piece => {
            const first = offset < 0;
            offset = piece.nextOffset;
            setState(before => {
              const text = before.text + piece.text;
              return {
                text: text.slice(-mostCharacters),
                cut:
                  before.cut ||
                  (first && piece.offset > 0) ||
                  text.length > mostCharacters,
                status: 'live',
              };
            });
          },
        });
        if (!abort.signal.aborted) {
          setState(before => ({
            ...before,
            status: 'ended',
            error: undefined,
          }));
        }
      } catch (caught) {
        if (abort.signal.aborted) return;
        const error =
          caught instanceof Error ? caught : new Error(String(caught));
        if (refusalOf(error) === 'not-allowed') {
          setState({ ...nothing, status: 'refused', error });
          return;
        }
        setState(before => ({ ...before, status: 'reconnecting', error }));
        timer = setTimeout(follow, retryMs);
      }
    };
    void follow();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [api, id]);

  return state;
}
