import type { AuditorService } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import {
  audited,
  type Authorizer,
  type Call,
  type Caller,
} from '@downstage/node';
import {
  mlRegistryErrorCodes,
  mlRegistryTrackPermission,
  RegistryConflictError,
  type MetricMatch,
  type Reproduction,
} from '@downstage/plugin-ml-registry-common';
import type { TrainingJobs } from '@downstage/plugin-ml-registry-node';
import { matchMetrics, tolerance } from './domain/compareVersions';
import { pinJob, seedOf } from './domain/pinJob';
import { nameOfPath, versionRefOf, type VersionPath } from '../kernel/refs';
import { STAMPED } from '../kernel/tags';
import type { ReproductionStore } from './ReproductionStore';
import type { LedgerStore } from '../ledger/LedgerStore';
import type {
  VersionFacts,
  VersionQueries,
} from '../versions/stores/VersionQueries';
import type { Announcer } from '../versions/Announcer';
import { noVersion, type ModelReads } from '../access/ModelReads';
import type { RunFact, RunFacts } from '../versions/RunFacts';
import { commitOf, datasetsOf, jobOf } from '../versions/versionView';

/** Trains versions again from what their job recorded, and says whether the metrics came out equal. */
export class ReproductionService {
  readonly #deps: ReproductionDeps;

  constructor(deps: ReproductionDeps) {
    this.#deps = deps;
  }

  async get(path: VersionPath, { caller }: Call): Promise<Reproduction> {
    await this.#deps.reads.require(nameOfPath(path), caller);
    return this.#describe(await this.#find(path), caller);
  }

  /**
   * Submits the job, in the caller's name: ml-jobs asks whether they may.
   *
   * @throws RegistryConflictError when a part of it is not on record
   */
  async reproduce(path: VersionPath, { caller }: Call): Promise<Reproduction> {
    const { authorizer, auditor, reproductions, clock, ledger, announcer } =
      this.#deps;
    await authorizer.require({
      caller,
      permission: mlRegistryTrackPermission,
    });
    await this.#deps.reads.requireSeen(nameOfPath(path), caller, () =>
      noVersion(path),
    );
    const version = await this.#find(path);
    const { name, version: number } = version;
    const { actor } = caller;
    await audited(
      auditor,
      {
        eventId: 'version-reproduce',
        caller,
        meta: { actor, model: name, version: number },
        result: ({ id }) => ({ job: id }),
      },
      async () => {
        const { job, reasons } = await this.#describe(version, caller);
        const jobs = this.#deps.jobs();
        if (!job || !jobs) {
          throw new RegistryConflictError(
            mlRegistryErrorCodes.notReproducible,
            `${versionRefOf(
              name,
              number,
            )} cannot be trained again: ${reasons.join('; ')}`,
          );
        }
        const { id } = await jobs.submit(job, {
          credentials: caller.credentials,
        });
        const at = clock().toISOString();
        await reproductions.transaction(async tx => {
          await reproductions.add(tx, {
            jobId: id,
            name,
            version: number,
            requestedBy: actor,
            at,
          });
          await ledger.append(tx, name, {
            at,
            actor,
            action: 'reproduced',
            version: number,
            message: `Job ${id} trains it again`,
            details: { job: id, commit: job.source.ref },
          });
        });
        return { id };
      },
    );
    await announcer.modelChanged(name);
    return this.#describe(version, caller);
  }

  async #describe(
    version: VersionFacts,
    caller: Caller,
  ): Promise<Reproduction> {
    const ref = versionRefOf(version.name, version.version);
    const jobId = jobOf(version);
    const jobs = this.#deps.jobs();
    const recorded =
      jobs && jobId
        ? await jobs.find(jobId, { credentials: caller.credentials })
        : undefined;
    const pinned = recorded ? pinJob(recorded) : undefined;
    const reasons =
      pinned?.reasons ?? whyNot({ jobs: Boolean(jobs), jobId, version });
    const parameters = recorded?.parameters ?? version.run?.params ?? {};
    const commit = recorded?.commit ?? commitOf(version);
    const environment =
      recorded?.environment ?? version.run?.tags[STAMPED.environment];
    const seed = seedOf({ ...version.run?.params, ...parameters });
    return {
      ref,
      possible: pinned?.job !== undefined,
      reasons,
      command: `npx backstage-cli actions execute ml-registry:reproduce-version --modelVersion ${ref}`,
      pinned: {
        ...(commit && { commit }),
        ...(recorded && { repository: recorded.repository }),
        datasets:
          recorded?.inputs.map(input => input.ref) ??
          datasetsOf(version).map(data => data.ref ?? data.name),
        ...(environment && { environment }),
        parameters: Object.fromEntries(
          Object.entries(parameters).map(([key, value]) => [
            key,
            String(value),
          ]),
        ),
        ...(seed !== undefined && { seed }),
      },
      ...(pinned?.job && { job: pinned.job }),
      tolerance,
      attempts: await this.#attempts(version),
    };
  }

  async #attempts(version: VersionFacts): Promise<Reproduction['attempts']> {
    const { reproductions, runFacts } = this.#deps;
    const rows = await reproductions.list(version.name, version.version);
    const made = await runFacts.ofJobs(rows.map(row => row.jobId));
    const runs = await runFacts.of(made.map(({ runId }) => runId));
    const original = metricsOf(version.run);
    return rows.map(({ jobId, requestedBy, at }) => {
      const runIds = made
        .filter(run => run.jobId === jobId)
        .map(run => run.runId);
      // A job may log several runs; the one that logged most of the same metrics is meant.
      const common = (id: string) =>
        Object.keys(metricsOf(runs.get(id))).filter(key => key in original)
          .length;
      const [runId] = [...runIds].sort((a, b) => common(b) - common(a));
      const run = runId === undefined ? undefined : runs.get(runId);
      const metrics =
        run?.status === 'FINISHED'
          ? matchMetrics(original, metricsOf(run), tolerance)
          : [];
      const lock = version.run?.tags[STAMPED.environment];
      return {
        jobId,
        requestedBy,
        at,
        ...(runId && { runId }),
        outcome: outcomeOf(run, metrics),
        ...(run &&
          lock && {
            sameEnvironment: run.tags[STAMPED.environment] === lock,
          }),
        metrics,
      };
    });
  }

  async #find(path: VersionPath): Promise<VersionFacts> {
    const name = nameOfPath(path);
    const version = await this.#deps.versions.findVersion(name, path.version);
    if (version) return version;
    throw new NotFoundError(
      `No version ${path.version} of a registered model ${name}`,
    );
  }
}

/** Metrics that speak of the model: those of the machine and the clock differ every time. */
function metricsOf(run: RunFact | undefined): Record<string, number> {
  return Object.fromEntries(
    Object.entries(run?.metrics ?? {}).filter(
      ([name]) => !/^system\/|(^|[_/])(duration|seconds|time|ms)$/.test(name),
    ),
  );
}

function outcomeOf(
  run: RunFact | undefined,
  metrics: MetricMatch[],
): Reproduction['attempts'][number]['outcome'] {
  if (!run) return 'waiting';
  if (run.status === 'RUNNING' || run.status === 'SCHEDULED') return 'running';
  if (run.status !== 'FINISHED') return 'failed';
  return metrics.length > 0 && metrics.every(({ equal }) => equal)
    ? 'equal'
    : 'different';
}

function whyNot(options: {
  jobs: boolean;
  jobId?: string;
  version: VersionFacts;
}): string[] {
  const { jobs, jobId, version } = options;
  if (!jobs) {
    return [
      'The registry cannot see jobs here: install @downstage/plugin-ml-registry-backend-module-jobs',
    ];
  }
  if (jobId) return [`Job ${jobId}, which trained it, is not there any more`];
  return [
    version.runId
      ? `Run ${version.runId} was logged outside a job, so neither its commit nor its data are on record`
      : 'It was registered without a run',
  ];
}

export type ReproductionDeps = {
  authorizer: Authorizer;
  auditor: AuditorService;
  announcer: Announcer;
  reproductions: ReproductionStore;
  runFacts: RunFacts;
  clock: Clock;
  /** Absent while no module brings jobs. */
  jobs: () => TrainingJobs | undefined;
  ledger: LedgerStore;
  reads: Pick<ModelReads, 'require' | 'requireSeen'>;
  versions: VersionQueries;
};
