import {
  predictionIdOf,
  type Cell,
  type PredictRequest,
  type PredictResponse,
} from '@downstage/plugin-ml-serving-common';
import type {
  EngineLogFile,
  ServingEngineWithLog,
  ServingEngineWithLogFiles,
} from '../engine';
import { FakeServingEngine } from './FakeServingEngine';

/** One prediction as the columns of the log have it: `at`, `version`, `prediction_id`, `feature.*`, `prediction.*`. */
export type LoggedPrediction = Record<string, Cell> & {
  /** UTC, without a zone: `2026-03-01T10:00:00.000`. */
  at: string;
  version: number;
};

type KeptFile = {
  endpoint: string;
  file: EngineLogFile;
  content: Uint8Array;
  times: string[];
};
type OpenRow = { endpoint: string; row: LoggedPrediction };

const dayOf = (time: string) => time.slice(0, '2026-03-01'.length);

/**
 * A fake engine that keeps its prediction log elsewhere: in memory, under the addresses of a server of the test.
 *
 * @remarks
 * A prediction is an open row until `rollLog` makes a file of those of its endpoint, version and day.
 */
export class FakeServingEngineWithLog
  extends FakeServingEngine
  implements ServingEngineWithLog, ServingEngineWithLogFiles
{
  readonly #baseUrl: () => string;
  readonly #writeParquet: (rows: LoggedPrediction[]) => Promise<Uint8Array>;
  readonly #clock: () => Date;
  readonly #files: KeptFile[] = [];
  #open: OpenRow[] = [];

  constructor(
    options: NonNullable<ConstructorParameters<typeof FakeServingEngine>[0]> & {
      /** Where the files are fetched; the server answers with `contentOf`. */
      baseUrl: () => string;
      writeParquet: (rows: LoggedPrediction[]) => Promise<Uint8Array>;
      clock?: () => Date;
    },
  ) {
    super(options);
    this.#baseUrl = options.baseUrl;
    this.#writeParquet = options.writeParquet;
    this.#clock = options.clock ?? (() => new Date());
  }

  override async predict(
    endpoint: string,
    request: PredictRequest,
  ): Promise<PredictResponse> {
    const answer = await super.predict(endpoint, request);
    const predictionId = answer.requestId;
    request.rows.forEach((features, index) => {
      const columns = {
        ...prefixed('feature', features),
        ...prefixed('prediction', answer.predictions[index]),
      };
      this.#open.push({
        endpoint,
        row: {
          ...columns,
          at: this.#clock().toISOString().replace('Z', ''),
          version: answer.modelVersion,
          prediction_id: predictionIdOf(predictionId, index),
        },
      });
    });
    return { ...answer, predictionId };
  }

  async rollLog(): Promise<void> {
    const groups = new Map<string, OpenRow[]>();
    for (const one of this.#open) {
      const { at, version } = one.row;
      const key = JSON.stringify([one.endpoint, version, dayOf(at)]);
      groups.set(key, [...(groups.get(key) ?? []), one]);
    }
    this.#open = [];
    for (const [{ endpoint, row }, ...others] of groups.values()) {
      const rows = [row, ...others.map(one => one.row)];
      const content = await this.#writeParquet(rows);
      const day = dayOf(row.at);
      const id = `v${row.version}/${day}/${this.#files.length}.parquet`;
      this.#files.unshift({
        endpoint,
        content,
        times: rows.map(({ at }) => at),
        file: {
          ...{ id, version: row.version, day },
          bytes: content.length,
          rows: rows.length,
          url: `${this.#baseUrl()}/${encodeURIComponent(endpoint)}/${id}`,
        },
      });
    }
  }

  async logFiles(
    endpoint: string,
    { version, after }: { version?: number; after?: string },
  ): Promise<EngineLogFile[]> {
    return this.#kept(endpoint, version)
      .map(({ file }) => file)
      .filter(({ day }) => !after || day >= dayOf(after));
  }

  async countPredictions(
    endpoint: string,
    { version, after }: { version: number; after?: string },
  ): Promise<{ rows: number; openRows: number }> {
    const since = after?.replace('Z', '') ?? '';
    const rows = this.#kept(endpoint, version)
      .flatMap(({ times }) => times)
      .filter(at => at > since).length;
    const openRows = this.#open.filter(
      one => one.endpoint === endpoint && one.row.version === version,
    ).length;
    return { rows, openRows };
  }

  /** What the server of the test answers for an address of `logFiles`. */
  contentOf(url: string): Uint8Array | undefined {
    return this.#files.find(({ file }) => file.url === url)?.content;
  }

  #kept(endpoint: string, version: number | undefined): KeptFile[] {
    return this.#files.filter(
      kept =>
        kept.endpoint === endpoint &&
        (version === undefined || kept.file.version === version),
    );
  }
}

function prefixed(
  prefix: string,
  cells: Record<string, Cell | Cell[]>,
): Record<string, Cell> {
  return Object.fromEntries(
    Object.entries(cells).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((cell, index) => [
        `${prefix}.${name}${Array.isArray(value) ? `_${index}` : ''}`,
        cell,
      ]),
    ),
  );
}
