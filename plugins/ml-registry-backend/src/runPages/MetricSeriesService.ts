import { InputError, NotFoundError } from '@backstage/errors';
import type { Call } from '@downstage/node';
import type {
  MetricSeries,
  SeriesAxis,
} from '@downstage/plugin-ml-registry-common';
import { CurveSampler } from './downsample';
import type { MetricSeriesStore } from './MetricSeriesStore';
import type { RunStore } from '../tracking/stores/RunStore';
import type { RunReads } from '../access/RunReads';

/** So many curves are read for one request. */
const MOST = 500;

/** Metrics of runs as curves that can be drawn, however many points were logged. */
export class MetricSeriesService {
  readonly #reads: RunReads;
  readonly #runs: RunStore;
  readonly #series: MetricSeriesStore;

  constructor(options: {
    reads: RunReads;
    runs: RunStore;
    series: MetricSeriesStore;
  }) {
    this.#reads = options.reads;
    this.#runs = options.runs;
    this.#series = options.series;
  }

  /** Curves without a point in the window are left out. */
  async read(
    request: {
      runId: string[];
      key: string[];
      axis: SeriesAxis;
      from?: number;
      to?: number;
      points: number;
    },
    { caller }: Call,
  ): Promise<{ series: MetricSeries[] }> {
    await this.#reads.require(caller);
    const { runId: runIds, key: keys } = request;
    if (runIds.length * keys.length > MOST) {
      throw new InputError(
        `Asked for ${keys.length} metrics of ${runIds.length} runs; at most ${MOST} curves are read at once`,
      );
    }
    const seen = await this.#reads.among('runs', runIds, caller);
    const series: MetricSeries[] = [];
    for (const runId of runIds) {
      const run = seen.has(runId)
        ? await this.#runs.findInfo(runId)
        : undefined;
      if (!run) throw new NotFoundError(`There is no run '${runId}'`);
      for (const key of keys) {
        const curve = await this.#curve({ ...request, run, key });
        if (curve.total > 0) series.push(curve);
      }
    }
    return { series };
  }

  async #curve(request: {
    run: { runId: string; startTime: number };
    key: string;
    axis: SeriesAxis;
    from?: number;
    to?: number;
    points: number;
  }): Promise<MetricSeries> {
    const { run, key, axis, from, to } = request;
    const { runId } = run;
    const start = axis === 'relative' ? run.startTime : 0;
    const sampler = new CurveSampler(request.points);
    let notNumbers = 0;
    const chunks = this.#series.points({
      runId,
      key,
      window: {
        column: axis === 'step' ? 'step' : 'timestamp',
        from: from === undefined ? undefined : from + start,
        to: to === undefined ? undefined : to + start,
      },
    });
    for await (const points of chunks) {
      for (const { step, timestamp, value } of points) {
        const x = axis === 'step' ? step : timestamp - start;
        if (value === undefined) notNumbers += 1;
        else sampler.add({ x, value });
      }
    }
    const kept = sampler.points();
    return {
      runId,
      key,
      x: kept.map(point => point.x),
      values: kept.map(point => point.value),
      total: sampler.count + notNumbers,
      notNumbers,
    };
  }
}
