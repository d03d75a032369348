import type { DriftStatus } from '@downstage/plugin-ml-monitoring-common';
import { DRIFT } from '../detectors/driftDetector';

/** A time during which a model is away from its baseline. */
export type Episode = {
  id: string;
  version: number;
  since: string;
  columns: string[];
  status: 'warning' | 'drift';
};

export type EpisodePlan =
  | { do: 'nothing' }
  | { do: 'open'; status: 'warning' | 'drift'; columns: string[] }
  | {
      do: 'update';
      status: 'warning' | 'drift';
      columns: string[];
      /** It was a warning and is drift now: the one notification is renewed. */
      escalated: boolean;
    }
  | { do: 'close'; because: string };

/**
 * What a closed window means for the episode: one opens when a limit is crossed and stays open until a window
 * is `ok` again, of whichever version. A window without a verdict (too small, empty) changes nothing.
 */
export function planEpisode(
  open: Episode | undefined,
  window: {
    /** Of its monitor; drift unless given. */
    kind?: string;
    version: number;
    status: DriftStatus;
    driftedColumns: string[];
  },
): EpisodePlan {
  const { status } = window;
  if (status === 'warning' || status === 'drift') {
    if (!open || open.version !== window.version) {
      return { do: 'open', status, columns: window.driftedColumns };
    }
    return {
      do: 'update',
      status: open.status === 'drift' ? 'drift' : status,
      columns: [...new Set([...open.columns, ...window.driftedColumns])],
      escalated: open.status === 'warning' && status === 'drift',
    };
  }
  if (open && status === 'ok') {
    return {
      do: 'close',
      because: whyItEnded(open, window),
    };
  }
  return { do: 'nothing' };
}

function whyItEnded(
  open: Episode,
  { kind = DRIFT, version }: { kind?: string; version: number },
): string {
  const isSame = open.version === version;
  if (kind !== DRIFT) {
    return isSame
      ? 'A window is ok again'
      : `A window of version ${version} is ok`;
  }
  return isSame
    ? 'The predictions look like the baseline again'
    : `The predictions look like the baseline of version ${version}`;
}
