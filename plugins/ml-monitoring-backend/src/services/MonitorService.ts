import type {
  AuditorService,
  BackstageCredentials,
} from '@backstage/backend-plugin-api';
import { stringifyEntityRef } from '@backstage/catalog-model';
import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import { formatVersionRef, parseVersionRef } from '@downstage/common';
import { audited, type Authorizer } from '@downstage/node';
import type { MlDataService } from '@downstage/plugin-ml-data-node';
import type { MlJobsService } from '@downstage/plugin-ml-jobs-node';
import {
  driftStatusSchema,
  mlMonitoringChangePermission,
  mlMonitoringReadPermission,
  type Baseline,
  type Monitor,
  type MonitorCounts,
  type Retrained,
  type Retraining,
  type Window,
  type WindowSummary,
} from '@downstage/plugin-ml-monitoring-common';
import { describeRetraining } from '../domain/describeRetraining';
import type { BaselineStore } from '../stores/BaselineStore';
import type { EpisodeStore } from '../stores/EpisodeStore';
import {
  severityOf,
  type MonitorRecord,
  type MonitorStore,
} from '../stores/MonitorStore';
import type { WindowStore } from '../stores/WindowStore';
import type { EpisodeAnnouncer } from './EpisodeAnnouncer';
import type { ModelOwners } from './ModelOwners';
import type { WindowEvaluator } from './WindowEvaluator';

type Call = { credentials: BackstageCredentials };
type Job = Awaited<ReturnType<MlJobsService['rerunJob']>>;
type ModelPath = { namespace: string; name: string };

type Deps = {
  auditor: AuditorService;
  authorizer: Authorizer;
  owners: ModelOwners;
  jobs: MlJobsService;
  data: MlDataService;
  baselines: BaselineStore;
  episodes: EpisodeStore;
  monitors: MonitorStore;
  windows: WindowStore;
  evaluator: WindowEvaluator;
  thresholds: Monitor['thresholds'];
  announcer: EpisodeAnnouncer;
  /** Called when a notification could not be sent now; the reconciler sends it later. */
  announceLater: (error: unknown) => void;
};

/** What people and programs ask of monitoring. Every method asks for permission first. */
export class MonitorService {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async list(
    request: {
      status?: string;
      models?: string;
      cursor?: string;
      limit: number;
    },
    { credentials }: Call,
  ): Promise<{ items: Monitor[]; nextCursor?: string }> {
    await this.#mayRead(credentials);
    const { status, models, cursor, limit } = request;
    const found = await this.#deps.monitors.list({
      statuses: status?.split(',').map(word => driftStatusSchema.parse(word)),
      refs: models?.split(',').filter(Boolean),
      after: cursor === undefined ? undefined : readCursor(cursor),
      limit: limit + 1,
    });
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      items: await this.#describe(page),
      ...(found.length > limit &&
        last && { nextCursor: `${severityOf(last.status)} ${last.ref}` }),
    };
  }

  /** How many models are watched, and how they fare. */
  async count({ credentials }: Call): Promise<MonitorCounts> {
    await this.#mayRead(credentials);
    const byStatus = await this.#deps.monitors.count();
    const total = Object.values(byStatus).reduce((sum, n) => sum + n, 0);
    return { total, byStatus };
  }

  async get(path: ModelPath, { credentials }: Call): Promise<Monitor> {
    await this.#mayRead(credentials);
    const [monitor] = await this.#describe([await this.#find(path)]);
    return monitor;
  }

  async listWindows(
    path: ModelPath & { cursor?: string; limit: number },
    { credentials }: Call,
  ): Promise<{ items: WindowSummary[]; nextCursor?: string }> {
    await this.#mayRead(credentials);
    const { ref } = await this.#find(path);
    const { cursor, limit } = path;
    const [createdAt, id] = cursor?.split(' ') ?? [];
    if (cursor !== undefined && !id) throw wrongCursor(cursor);
    const found = await this.#deps.windows.list(ref, {
      ...(id && { after: { createdAt, id } }),
      limit: limit + 1,
    });
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return {
      items,
      ...(found.length > limit &&
        last && { nextCursor: `${last.createdAt} ${last.id}` }),
    };
  }

  async getWindow(id: string, { credentials }: Call): Promise<Window> {
    await this.#mayRead(credentials);
    const window = await this.#deps.windows.get(id);
    if (!window) {
      throw new NotFoundError(
        `There is no window '${id}'; old ones are forgotten after a while`,
      );
    }
    return window;
  }

  async getBaseline(
    path: ModelPath & { version?: number },
    { credentials }: Call,
  ): Promise<Baseline> {
    await this.#mayRead(credentials);
    const version = path.version ?? (await this.#find(path)).version;
    if (version === undefined) {
      throw new NotFoundError(
        `${path.namespace}/${path.name} has no version in production; name one with ?version=`,
      );
    }
    const ref = formatVersionRef({ ...path, version });
    const baseline = await this.#deps.baselines.get(ref);
    if (!baseline) throw new NotFoundError(`${ref} has no baseline`);
    return baseline;
  }

  /** Rolls the prediction log and closes a window now. */
  async evaluate(path: ModelPath, { credentials }: Call): Promise<Window> {
    await this.#mayChange(credentials, path);
    const monitor = await this.#find(path);
    const baseline = await this.#readyBaseline(monitor);
    return this.#audited('evaluate', monitor.ref, credentials, async () => {
      const window = await this.#deps.evaluator.close({
        monitor,
        baseline,
        trigger: 'request',
        credentials,
      });
      try {
        await this.#deps.announcer.announce(monitor.ref);
      } catch (error) {
        this.#deps.announceLater(error);
      }
      return window;
    });
  }

  /** What a retraining would learn from, so that nobody waits for a model that is there already. */
  async previewRetraining(
    path: ModelPath,
    { credentials }: Call,
  ): Promise<Retraining> {
    await this.#mayRead(credentials);
    return this.#compareInputs(await this.#jobOf(path, credentials), {
      credentials,
    });
  }

  /** Submits the model's training job again, in the name of the caller: `ml-jobs` asks for its own permissions too. */
  async retrain(
    path: ModelPath & { reason?: string },
    { credentials }: Call,
  ): Promise<Retrained> {
    await this.#mayChange(credentials, path);
    const job = await this.#jobOf(path, credentials);
    const preview = await this.#compareInputs(job, { credentials });
    return this.#audited('retrain', refOf(path), credentials, async () => {
      const again = await this.#deps.jobs.rerunJob(
        {
          params: { id: job.id },
          body: { reason: path.reason ?? 'Retrain asked for by monitoring' },
        },
        { credentials },
      );
      return describeRetraining(preview, {
        id: again.id,
        commit: again.source.commit,
      });
    });
  }

  async #jobOf(
    path: ModelPath,
    credentials: BackstageCredentials,
  ): Promise<Job> {
    const model = refOf(path);
    const { items } = await this.#deps.jobs.listJobs(
      { query: { model, limit: 50 } },
      { credentials },
    );
    const job = items.find(item => item.state === 'succeeded') ?? items[0];
    if (job) return job;
    throw new ConflictError(
      `No job has trained ${model} yet, so there is none to repeat; submit one from its project first`,
    );
  }

  async #compareInputs(job: Job, { credentials }: Call): Promise<Retraining> {
    const inputs = await Promise.all(
      job.inputs.map(async ({ name, ref }) => {
        // An input that names its version learns from that one again.
        const declared = job.definition.inputs?.find(
          input => input.name === name,
        );
        if (declared && /@\d+$/.test(declared.dataset))
          return { name, before: ref, newest: ref };
        const { namespace, name: dataset } = parseVersionRef(ref);
        const newest = await this.#deps.data
          .getDatasetVersion(
            { params: { namespace, name: dataset, version: 'latest' } },
            { credentials },
          )
          .then(
            found => found.ref,
            // Hidden from the caller, or gone: the job will say so.
            () => undefined,
          );
        return { name, before: ref, ...(newest && { newest }) };
      }),
    );
    return {
      repeats: job.id,
      commit: job.source.commit,
      inputs,
      sameData:
        inputs.length > 0 &&
        inputs.every(({ before, newest }) => newest === before),
    };
  }

  async #mayRead(credentials: BackstageCredentials): Promise<void> {
    await this.#deps.authorizer.require({
      credentials,
      permission: mlMonitoringReadPermission,
    });
  }

  async #mayChange(
    credentials: BackstageCredentials,
    path: ModelPath,
  ): Promise<void> {
    const { authorizer, owners } = this.#deps;
    const permission = mlMonitoringChangePermission;
    // Without the permission nobody learns whether there is such a model.
    await authorizer.require({ credentials, permission });
    const model = refOf(path);
    const owner = await owners.ownerOf(model, { credentials });
    await authorizer.require({ credentials, permission, owner, model });
  }

  async #find(path: ModelPath): Promise<MonitorRecord> {
    const monitor = await this.#deps.monitors.get(refOf(path));
    if (!monitor) {
      throw new NotFoundError(
        `${refOf(
          path,
        )} is not watched; a monitor comes with the endpoint of a model`,
      );
    }
    return monitor;
  }

  async #readyBaseline(monitor: MonitorRecord): Promise<Baseline> {
    if (monitor.version === undefined) {
      throw new ConflictError(
        `${monitor.ref} has no version in production, so there is nothing to evaluate`,
      );
    }
    const ref = formatVersionRef({ ...monitor, version: monitor.version });
    const baseline = await this.#deps.baselines.get(ref);
    if (baseline?.state !== 'ready') {
      throw new ConflictError(
        `${ref} has no baseline to compare with: ${
          baseline?.message ?? 'it has not been looked at yet'
        }`,
      );
    }
    return baseline;
  }

  async #describe(records: MonitorRecord[]): Promise<Monitor[]> {
    const { windows, episodes, thresholds } = this.#deps;
    const present = (ids: (string | undefined)[]) =>
      ids.filter(id => id !== undefined);
    const [latest, open] = await Promise.all([
      windows.summaries(present(records.map(r => r.latestWindowId))),
      episodes.getMany(present(records.map(r => r.openEpisodeId))),
    ]);
    return records.map(record => {
      const episode = open.get(record.openEpisodeId ?? '');
      return {
        ref: record.ref,
        modelRef: record.ref,
        owner: record.owner,
        version: record.version,
        status: record.status,
        message: record.message,
        thresholds,
        latestWindow: latest.get(record.latestWindowId ?? ''),
        openEpisode: episode && {
          since: episode.since,
          columns: episode.columns,
        },
      };
    });
  }

  async #audited<T>(
    actionType: string,
    modelRef: string,
    credentials: BackstageCredentials,
    work: () => Promise<T>,
  ): Promise<T> {
    const { auditor, authorizer } = this.#deps;
    const meta = { actionType, modelRef, ...authorizer.who(credentials) };
    return audited(auditor, { eventId: 'monitor-change', meta }, work);
  }
}

function readCursor(cursor: string) {
  const match = /^(\d) (\S+)$/.exec(cursor);
  if (!match) throw wrongCursor(cursor);
  return { severity: Number(match[1]), ref: match[2] };
}

function wrongCursor(cursor: string) {
  return new InputError(
    `The cursor '${cursor.slice(
      0,
      80,
    )}' is not one that this list answered with; begin again without one`,
  );
}

function refOf({ namespace, name }: ModelPath): string {
  return stringifyEntityRef({ kind: 'model', namespace, name });
}
