import type {
  Baseline,
  BaselineColumn,
  LabelValue,
} from '@downstage/plugin-ml-monitoring-common';
import type {
  ColumnCounts,
  DetectorNeeds,
} from '@downstage/plugin-ml-monitoring-node';
import type { DuckDBConnection } from '@duckdb/node-api';
import { countWindow } from '../duckdb/countWindow';
import { measurePredictions } from '../duckdb/measureBaseline';
import { withDuckDb } from '../duckdb/openDuckDb';
import {
  openLog,
  timeBefore,
  type LogSlice,
  type LogWindow,
} from '../duckdb/predictionLog';
import { readValues, type ReadValues } from '../duckdb/readValues';
import type { LabelStore } from '../labels/LabelStore';
import type { LogRange, PredictionLogReader } from './PredictionLogReader';

/** A window as it was read, for a detector. */
export type ReadWindow = LogWindow & {
  /** Over the bins of the baseline, where there is one. */
  counts: ColumnCounts[];
  /** Columns of the predictions, frozen from this window because the baseline had none. */
  frozen: BaselineColumn[];
  values?: ReadValues;
  /** Where there were more rows than values may be read of: up to here nothing was read. */
  unreadUntil?: string;
  /** Of each row of the values, what is known by now. */
  labels?: (LabelValue | undefined)[];
};

type Model = { ref: string; namespace: string; name: string };
type Wanted = {
  needs: DetectorNeeds;
  /** Names of the columns whose values are read; all of the roles unless given. */
  only?: readonly string[];
  /** Where the detector compares with one. */
  baseline?: Baseline;
};

/**
 * Reads what a detector needs of a window.
 *
 * @remarks
 * Detectors never see files or DuckDB, of which one task at a time works: a detector that hangs holds neither.
 */
export class WindowReader {
  readonly #log: PredictionLogReader;
  readonly #labels: LabelStore;
  readonly #rowsToFreeze: number;

  constructor(options: {
    log: PredictionLogReader;
    labels: LabelStore;
    /** Fewer rows freeze no columns of predictions, whatever a monitor is content with: all monitors share them. */
    rowsToFreeze: number;
  }) {
    this.#log = options.log;
    this.#labels = options.labels;
    this.#rowsToFreeze = options.rowsToFreeze;
  }

  /** How many predictions of a version were made after a time; of a detector of labels, how many labels came since, up to `atMost`. */
  async countNew(
    model: Model,
    options: {
      needs: DetectorNeeds;
      version: number;
      coveredUntil?: string;
      labelsSince?: string;
      /** More make no difference. */
      atMost: number;
    },
  ): Promise<number> {
    const { needs, version, coveredUntil, labelsSince, atMost } = options;
    return needs.labels
      ? this.#labels.countSince(model.ref, { since: labelsSince, atMost })
      : this.#log.count(model, { version, after: coveredUntil });
  }

  async read(
    model: Model,
    range: LogRange,
    wanted: Wanted,
  ): Promise<ReadWindow> {
    const found = await this.#log.withFiles(model, range, files =>
      readFiles(
        { ...range, files },
        { ...wanted, rowsToFreeze: this.#rowsToFreeze },
      ),
    );
    const { values } = found;
    if (!values || !wanted.needs.labels) return found;
    const ids = values.predictionIds.filter(id => id !== undefined);
    const known = await this.#labels.current(model.ref, ids);
    return {
      ...found,
      labels: values.predictionIds.map(id => known.get(id ?? '')),
    };
  }
}

async function readFiles(
  slice: LogSlice,
  wanted: Wanted & { rowsToFreeze: number },
): Promise<ReadWindow> {
  const { columns: roles } = wanted.needs;
  return withDuckDb(async connection => {
    const window = await openLog(connection, slice);
    if (!window.rows) return { ...window, counts: [], frozen: [] };
    const compared = await compare(connection, window.rows, wanted);
    if (!roles.length) return { ...window, ...compared };
    const values = await readValues(connection, 'logged', {
      roles,
      only: wanted.only,
    });
    const unreadUntil =
      values.rows < window.rows
        ? await timeBefore(connection, values.rows)
        : undefined;
    return { ...window, ...compared, values, unreadUntil };
  });
}

async function compare(
  connection: DuckDBConnection,
  rows: number,
  { baseline, rowsToFreeze }: Wanted & { rowsToFreeze: number },
): Promise<Pick<ReadWindow, 'counts' | 'frozen'>> {
  if (!baseline) return { counts: [], frozen: [] };
  const counts = await countWindow(
    connection,
    'logged',
    baseline.columns,
    rows,
  );
  const known = baseline.columns.some(column => column.role === 'prediction');
  if (known || rows < rowsToFreeze) return { counts, frozen: [] };
  return { counts, frozen: await measurePredictions(connection, 'logged') };
}
