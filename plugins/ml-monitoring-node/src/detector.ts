import type {
  Baseline,
  ColumnDrift,
  DriftStatus,
  LabelValue,
  Signal,
} from '@downstage/plugin-ml-monitoring-common';
import type { z } from 'zod';

/** What was counted of one column in a window, over the bins of its baseline. */
export type ColumnCounts =
  | {
      state: 'counted';
      /** One entry a bin, in the order of the baseline's counts. */
      counts: number[];
      nulls: number;
      /** ±Infinity; they are in the outer bins as well. */
      infinite: number;
      /** Values below the least and above the greatest of the baseline. */
      below: number;
      above: number;
      /** Values the baseline never saw, the most frequent first; empty for numeric columns. */
      unseen: { value: string; count: number }[];
    }
  | { state: 'missing' }
  | { state: 'type-changed'; found: string };

/** What a detector has to be given. Nothing else of the prediction log reaches it. */
export type DetectorNeeds = {
  /** Windows wait for the frozen baseline of the version, and come with the counts over its bins. */
  baseline: boolean;
  /** Columns of the prediction log of which windows bring the values, by their role. */
  columns: readonly ('feature' | 'prediction')[];
  /** Windows bring the labels of their predictions, and one is closed as labels come rather than predictions. */
  labels: boolean;
};

/** A span of the prediction log of one version, as a detector sees it. It is never changed. */
export type DetectorWindow = {
  /** `model:default/churn` */
  modelRef: string;
  version: number;
  /** Predictions in the window. */
  rows: number;
  /** The time of the first and last prediction in the window. */
  from?: string;
  to?: string;
  /** Where the detector needs it. */
  baseline?: Pick<Baseline, 'rows' | 'columns' | 'versionRef'>;
  /** One entry a column of the baseline, in its order. None where the window is empty. */
  counts?: readonly ColumnCounts[];
  /** Where the detector needs columns; none where the window is empty. */
  values?: {
    /** All columns of the roles that the log has, also those that were not read. */
    names?: readonly string[];
    /** Rows that were read: the newest, where the window has more than may be read. */
    rows: number;
    /** By the name in the log, such as `prediction.score`; one entry a row. */
    columns: Readonly<Record<string, readonly (LabelValue | null)[]>>;
  };
  /** Where the detector needs labels: of each row of `values`, what is known by now. */
  labels?: readonly (LabelValue | undefined)[];
};

/**
 * What a detector says of one window.
 *
 * @remarks
 * Messages and names of signals hold no values of data: everybody who sees the monitor reads them, with or without the right to
 * read the data. Histograms and findings of `columns` are withheld from those.
 */
export type Evaluation = {
  status: DriftStatus;
  /** One sentence that says why. */
  message: string;
  signals: Signal[];
  /** Names of the signals that made the status; an episode is told by them. */
  raised: string[];
  /** The name of the signal that tells most. */
  headline?: string;
  /** For detectors that compare columns with the baseline: what the page of the window shows of each. */
  columns?: ColumnDrift[];
  /** The share that stands in for an empty bin, where bins were compared. */
  epsilon?: number;
};

/** From when on a detector has something to say. */
export type DetectorLimits = {
  /** As soon as there are so many new rows, or new labels where it needs them, a window is closed. Fewer give no verdict. */
  minRows: number;
  /** The values from which a signal is a warning, and `drift`. */
  warning: number;
  drift: number;
  /** Predictions younger than that wait for a later window. */
  delayMs?: number;
};

/** A detector with the settings of one monitor. */
export interface ConfiguredDetector {
  /** With the defaults filled in, as JSON. */
  readonly settings: Record<string, unknown>;
  readonly limits: DetectorLimits;
  /** Names in the log, such as `prediction.score`, of the columns to read; unless given, all of the roles it needs. */
  readonly columns?: readonly string[];
  /**
   * Judges a window. The same window gives the same answer: it may be asked twice, and one of two answers is dropped.
   *
   * @remarks
   * It works on what it is given and answers within half a minute. When the signal ends, nobody waits for it any more.
   * What it throws, and an answer that does not fit, become the status `unknown` of this one monitor.
   */
  evaluate(
    window: DetectorWindow,
    options: { signal: AbortSignal },
  ): Promise<Evaluation>;
}

/**
 * Watches one thing about a served model: drift, performance, or what a module adds.
 *
 * @remarks
 * It is installed through {@link mlMonitoringDetectorsExtensionPoint}, made with {@link createDetector}, and done when
 * `describeDetector` of `@downstage/plugin-ml-monitoring-node/testUtils` is green.
 */
export interface Detector {
  readonly specVersion: 'v1';
  /** As monitors name it: `drift`. Lower case, and for ever: rows hold it. */
  readonly kind: string;
  /** For lists and pages. */
  readonly title: string;
  readonly needs: DetectorNeeds;
  /** What a monitor may set, with defaults; `GET /v1/detectors` shows it as JSON Schema. */
  readonly settings: z.ZodType;
  /**
   * @param settings - as somebody sent them, or as they were stored by an earlier release
   * @throws InputError that names each setting that does not fit
   */
  configure(settings: unknown): ConfiguredDetector;
}
