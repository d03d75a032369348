import type { AuditorService } from '@backstage/backend-plugin-api';
import { stringifyEntityRef } from '@backstage/catalog-model';
import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import {
  DATA_ACCESS_NEEDED,
  formatVersionRef,
  parseVersionRef,
  type Clock,
} from '@downstage/common';
import {
  audited,
  meets,
  visiblePage,
  type Authorizer,
  type Call,
  type Caller,
  type dataRefusal,
  type FactCriteria,
  type Facts,
  type HiddenEntities,
} from '@downstage/node';
import type { MlDataService } from '@downstage/plugin-ml-data-node';
import type { MlJobsService } from '@downstage/plugin-ml-jobs-node';
import {
  driftStatusSchema,
  mlMonitoringChangePermission,
  mlMonitoringConfigurePermission,
  mlMonitoringReadPermission,
  type Baseline,
  type InstalledDetector,
  type Label,
  type LabelReceipt,
  type Monitor,
  type MonitorCounts,
  type Retrained,
  type Retraining,
  type Window,
  type WindowSummary,
} from '@downstage/plugin-ml-monitoring-common';
import { z } from 'zod';
import { factsOf } from '../domain/factsOf';
import { describeRetraining } from '../domain/describeRetraining';
import type { Detectors } from '../detectors/Detectors';
import { DRIFT } from '../detectors/driftDetector';
import { splitPredictionId, type LabelStore } from '../labels/LabelStore';
import type { SentLabel } from '../labels/planLabels';
import type { BaselineStore } from '../stores/BaselineStore';
import type { EpisodeStore } from '../stores/EpisodeStore';
import {
  severityOf,
  type MonitorPath,
  type MonitorRecord,
  type MonitorStore,
} from '../stores/MonitorStore';
import type { WindowStore } from '../stores/WindowStore';
import type { ContentReads } from './ContentReads';
import type { EpisodeAnnouncer } from './EpisodeAnnouncer';
import type { ModelOwners } from './ModelOwners';
import type { WindowEvaluator } from './WindowEvaluator';

/** Characters of JSON; a monitor has a handful of settings. */
const MOST_SETTINGS = 10_000;

type ChangePermission =
  | typeof mlMonitoringChangePermission
  | typeof mlMonitoringConfigurePermission;
type Job = Awaited<ReturnType<MlJobsService['rerunJob']>>;
type ModelPath = { namespace: string; name: string };
/** Without a kind and a name, the drift monitor that every served model has. */
type OnePath = ModelPath & { kind?: string; monitor?: string };

type Deps = {
  auditor: AuditorService;
  authorizer: Authorizer;
  hidden: HiddenEntities;
  /** Who sees values of data. */
  content: ContentReads;
  owners: ModelOwners;
  jobs: MlJobsService;
  data: MlDataService;
  baselines: BaselineStore;
  episodes: EpisodeStore;
  monitors: MonitorStore;
  windows: WindowStore;
  evaluator: WindowEvaluator;
  detectors: Detectors;
  labels: LabelStore;
  clock: Clock;
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
      kind?: string;
      cursor?: string;
      limit: number;
    },
    { caller }: Call,
  ): Promise<{ items: Monitor[]; nextCursor?: string }> {
    const criteria = await this.#deps.hidden.narrowed(
      await this.#filter(caller),
      caller,
    );
    const { status, models, kind, cursor, limit } = request;
    const from = cursor === undefined ? undefined : readCursor(cursor);
    const { items, last } = await visiblePage<MonitorRecord>({
      limit,
      read: (after, count) =>
        this.#deps.monitors.list({
          statuses: status
            ?.split(',')
            .map(word => driftStatusSchema.parse(word)),
          refs: models?.split(',').filter(Boolean),
          kinds: kind === 'all' ? kind : kind?.split(','),
          after: after
            ? { severity: severityOf(after.status), ref: after.id }
            : from,
          limit: count,
          criteria,
        }),
      visible: rows => this.#visible(rows, caller),
    });
    return {
      items: await this.#describe(items),
      ...(last && { nextCursor: `${severityOf(last.status)} ${last.id}` }),
    };
  }

  /** How many models are watched, and how they fare. */
  async count(_request: {}, { caller }: Call): Promise<MonitorCounts> {
    const byStatus = await this.#counts(await this.#filter(caller), caller);
    const total = Object.values(byStatus).reduce((sum, n) => sum + n, 0);
    return { total, byStatus };
  }

  async get(path: OnePath, { caller }: Call): Promise<Monitor> {
    const found = await this.#readable(path, caller);
    const [monitor] = await this.#describe([found]);
    return monitor;
  }

  async listWindows(
    path: OnePath & { cursor?: string; limit: number },
    { caller }: Call,
  ): Promise<{ items: WindowSummary[]; nextCursor?: string }> {
    const { id: monitorId } = await this.#readable(path, caller);
    const { cursor, limit } = path;
    const [createdAt, id] = cursor?.split(' ') ?? [];
    if (cursor !== undefined && !id) throw wrongCursor(cursor);
    const found = await this.#deps.windows.list(monitorId, {
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

  async getWindow(id: string, { caller }: Call): Promise<Window> {
    const criteria = await this.#filter(caller);
    const window = await this.#deps.windows.get(id);
    const monitor = window && (await this.#deps.monitors.get(window.monitorId));
    if (
      !monitor ||
      !(await this.#mayRead(factsOf(monitor), criteria, caller))
    ) {
      throw new NotFoundError(
        `There is no window '${id}'; old ones are forgotten after a while`,
      );
    }
    return this.#shown(window, caller);
  }

  async getBaseline(
    path: ModelPath & { version?: number },
    { caller }: Call,
  ): Promise<Baseline> {
    const criteria = await this.#filter(caller);
    const monitor = await this.#deps.monitors.get(refOf(path));
    // A baseline may be there without a monitor; then nothing says who owns it.
    const facts = factsOf(monitor ?? { ...path, ref: refOf(path) });
    const mayRead = await this.#mayRead(facts, criteria, caller);
    if (path.version === undefined && (!monitor || !mayRead)) {
      throw notWatched(path);
    }
    const version = path.version ?? monitor?.version;
    if (version === undefined) {
      throw new NotFoundError(
        `${path.namespace}/${path.name} has no version in production; name one with ?version=`,
      );
    }
    const ref = formatVersionRef({ ...path, version });
    const baseline = await this.#deps.baselines.get(ref);
    if (!baseline || !mayRead) {
      throw new NotFoundError(`${ref} has no baseline`);
    }
    const { datasetRef, columns } = baseline;
    if (columns.length) {
      await this.#deps.content.require(
        { what: `The baseline of ${ref}`, version: ref, datasetRef },
        { caller },
      );
    }
    return baseline;
  }

  /** Rolls the prediction log and closes a window now. */
  async evaluate(path: OnePath, { caller }: Call): Promise<Window> {
    await this.#mayChange(caller, path);
    const monitor = await this.#readable(path, caller);
    const { version } = monitor;
    if (version === undefined) {
      throw new ConflictError(
        `${monitor.ref} has no version in production, so there is nothing to evaluate`,
      );
    }
    const { detector } = this.#deps.evaluator.detectorOf(monitor);
    const baseline = detector.needs.baseline
      ? await this.#readyBaseline({ ...monitor, version })
      : undefined;
    return this.#audited('evaluate', monitor.ref, caller, async () => {
      const window = await this.#deps.evaluator.close({
        monitor,
        version,
        baseline,
        trigger: 'request',
        credentials: caller.credentials,
      });
      try {
        await this.#deps.announcer.announce(monitor);
      } catch (error) {
        this.#deps.announceLater(error);
      }
      return this.#shown(window, caller);
    });
  }

  /** The kinds of monitors that are installed. */
  async detectors(
    _request: {},
    { caller }: Call,
  ): Promise<{ items: InstalledDetector[] }> {
    await this.#filter(caller);
    const { detectors } = this.#deps;
    return {
      items: detectors.all().map(({ kind, title, needs, settings }) => ({
        kind,
        title,
        needs: { ...needs, columns: [...needs.columns] },
        settings: { ...z.toJSONSchema(settings, { io: 'input' }) },
      })),
    };
  }

  /** Sets up a monitor, or changes the settings of one. */
  async save(
    path: Required<OnePath> & { settings: Record<string, unknown> },
    { caller }: Call,
  ): Promise<Monitor> {
    await this.#mayChange(caller, path, mlMonitoringConfigurePermission);
    const { settings, kind } = path;
    const { evaluator, monitors, clock } = this.#deps;
    evaluator.detectorOf({ kind, settings });
    const bytes = Buffer.byteLength(JSON.stringify(settings));
    if (bytes > MOST_SETTINGS) {
      throw new InputError(
        `The settings have ${bytes} bytes; ${MOST_SETTINGS} are allowed`,
      );
    }
    return this.#audited('save', refOf(path), caller, async () => {
      const { monitor } = await monitors.save(pathOf(path), {
        settings,
        at: clock().toISOString(),
      });
      const [saved] = await this.#describe([monitor]);
      return saved;
    });
  }

  /** Removes a monitor that somebody set up, and answers what it was. */
  async remove(path: Required<OnePath>, { caller }: Call): Promise<Monitor> {
    await this.#mayChange(caller, path, mlMonitoringConfigurePermission);
    const record = await this.#readable(path, caller);
    const [monitor] = await this.#describe([record]);
    if (record.id === record.ref) {
      throw new ConflictError(
        `${record.ref} has this monitor by being served; it goes with the endpoint`,
      );
    }
    return this.#audited('remove', record.ref, caller, async () => {
      await this.#deps.monitors.remove(record.id);
      return monitor;
    });
  }

  /** Takes true values of predictions, all or none. */
  async sendLabels(
    path: ModelPath & { labels: Label[]; source?: string },
    { caller }: Call,
  ): Promise<LabelReceipt> {
    await this.#mayChange(caller, path);
    const { ref } = await this.#readable(path, caller);
    const now = this.#deps.clock();
    const labels = path.labels.map(label => sentLabelOf(label, now));
    return this.#audited('send-labels', ref, caller, () =>
      this.#deps.labels.save({
        modelRef: ref,
        labels,
        source: path.source ?? caller.actor,
        now: now.toISOString(),
      }),
    );
  }

  /** What a retraining would learn from, so that nobody waits for a model that is there already. */
  async previewRetraining(
    path: ModelPath,
    { caller }: Call,
  ): Promise<Retraining> {
    const criteria = await this.#filter(caller);
    const monitor = await this.#deps.monitors.get(refOf(path));
    const facts = factsOf(monitor ?? { ...path, ref: refOf(path) });
    if (!(await this.#mayRead(facts, criteria, caller))) throw notWatched(path);
    return this.#compareInputs(await this.#jobOf(path, caller), caller);
  }

  /** Submits the model's training job again, in the name of the caller: `ml-jobs` asks for its own permissions too. */
  async retrain(
    path: ModelPath & { reason?: string },
    { caller }: Call,
  ): Promise<Retrained> {
    await this.#mayChange(caller, path);
    const job = await this.#jobOf(path, caller);
    const preview = await this.#compareInputs(job, caller);
    return this.#audited('retrain', refOf(path), caller, async () => {
      const again = await this.#deps.jobs.rerunJob(
        {
          params: { id: job.id },
          body: { reason: path.reason ?? 'Retrain asked for by monitoring' },
        },
        { credentials: caller.credentials },
      );
      return describeRetraining(preview, {
        id: again.id,
        commit: again.source.commit,
      });
    });
  }

  async #jobOf(path: ModelPath, { credentials }: Caller): Promise<Job> {
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

  async #compareInputs(job: Job, { credentials }: Caller): Promise<Retraining> {
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

  /** The window without values of data that the caller may not read: what moved and how far stays. */
  async #shown(window: Window, caller: Caller): Promise<Window> {
    if (!window.columns.length) return window;
    const [, path] = window.monitorRef.split(':');
    const version = `${path}@${window.version}`;
    const baseline = await this.#deps.baselines.get(version);
    try {
      await this.#deps.content.require(
        {
          what: `Window ${window.id} of ${window.monitorRef}`,
          version,
          datasetRef: baseline?.datasetRef,
        },
        { caller },
      );
      return window;
    } catch (error) {
      if (!isAccessNeeded(error)) throw error;
      return {
        ...window,
        withheld: error.message,
        ...(error.dataset && { withheldDataset: error.dataset }),
        columns: window.columns.map(({ histogram, ...column }) => ({
          ...column,
          findings: [],
        })),
      };
    }
  }

  /** What the policy narrows reads to; refuses callers who may read no monitor at all. */
  #filter(caller: Caller): Promise<FactCriteria | undefined> {
    return this.#deps.authorizer.filter({
      caller,
      permission: mlMonitoringReadPermission,
    });
  }

  /** Whether the policy allows it and the catalog does not hide the model. */
  async #mayRead(
    facts: Facts,
    criteria: FactCriteria | undefined,
    caller: Caller,
  ): Promise<boolean> {
    if (criteria && !meets(facts, criteria)) return false;
    return !(await this.#deps.hidden.hides(facts.model, caller));
  }

  /** Without those whose model the catalog hides from the caller. */
  #visible<T extends { ref: string }>(monitors: T[], caller: Caller) {
    return this.#deps.hidden.visible(monitors, ({ ref }) => ref, caller);
  }

  async #counts(criteria: FactCriteria | undefined, caller: Caller) {
    const { hidden, monitors } = this.#deps;
    if (!(await hidden.mayHide(caller))) return monitors.count(criteria);
    const counts: Awaited<ReturnType<MonitorStore['count']>> = {};
    const all = await monitors.statuses(criteria);
    for (const { status } of await this.#visible(all, caller)) {
      counts[status] = (counts[status] ?? 0) + 1;
    }
    return counts;
  }

  /** The first line of a change; what the caller may not see is not there. */
  async #mayChange(
    caller: Caller,
    path: ModelPath,
    permission: ChangePermission = mlMonitoringChangePermission,
  ): Promise<void> {
    const { authorizer, owners } = this.#deps;
    // Without the permission nobody learns whether there is such a model.
    await authorizer.requireAny({ caller, permission });
    const model = refOf(path);
    const owner = await owners.ownerOf(model, caller);
    const facts = factsOf({ ...path, ref: model, owner });
    const criteria = await this.#filter(caller);
    if (!(await this.#mayRead(facts, criteria, caller))) throw notWatched(path);
    await authorizer.require({ caller, permission, owner, model, facts });
  }

  /** The monitor, where the caller may see it; absent like one that is not there where not. */
  async #readable(path: OnePath, caller: Caller): Promise<MonitorRecord> {
    const criteria = await this.#filter(caller);
    const which = pathOf(path);
    const [monitor, first] = await Promise.all([
      this.#deps.monitors.findOne(which),
      this.#deps.monitors.get(which.modelRef),
    ]);
    if (
      !first ||
      !(await this.#mayRead(factsOf(monitor ?? first), criteria, caller))
    ) {
      throw notWatched(path);
    }
    if (monitor) return monitor;
    throw new NotFoundError(
      `${which.modelRef} has no monitor '${which.monitorName}' of the kind '${which.kind}'`,
    );
  }

  async #readyBaseline(
    monitor: ModelPath & { version: number },
  ): Promise<Baseline> {
    const ref = formatVersionRef(monitor);
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
    const { windows, episodes } = this.#deps;
    const present = (ids: (string | undefined)[]) =>
      ids.filter(id => id !== undefined);
    const [latest, open] = await Promise.all([
      windows.summaries(present(records.map(r => r.latestWindowId))),
      episodes.getMany(present(records.map(r => r.openEpisodeId))),
    ]);
    return records.map(record => {
      const episode = open.get(record.openEpisodeId ?? '');
      return {
        id: record.id,
        kind: record.kind,
        name: record.monitorName,
        ref: record.ref,
        modelRef: record.ref,
        owner: record.owner,
        version: record.version,
        status: record.status,
        message: record.message,
        thresholds: this.#limitsOf(record),
        settings: record.settings,
        latestWindow: latest.get(record.latestWindowId ?? ''),
        openEpisode: episode && {
          since: episode.since,
          columns: episode.columns,
        },
      };
    });
  }

  /** Of a kind that is not installed any more, those of drift: its status says that nothing is judged. */
  #limitsOf(record: MonitorRecord): Monitor['thresholds'] {
    const { evaluator } = this.#deps;
    const limits = () => {
      try {
        return evaluator.detectorOf(record).configured.limits;
      } catch {
        return evaluator.detectorOf({ kind: DRIFT, settings: {} }).configured
          .limits;
      }
    };
    const { warning, drift } = limits();
    return { warning, drift };
  }

  async #audited<T>(
    actionType: string,
    modelRef: string,
    caller: Caller,
    work: () => Promise<T>,
  ): Promise<T> {
    return audited(
      this.#deps.auditor,
      { eventId: 'monitor-change', caller, meta: { actionType, modelRef } },
      work,
    );
  }
}

function isAccessNeeded(
  error: unknown,
): error is ReturnType<typeof dataRefusal> {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === DATA_ACCESS_NEEDED
  );
}

/** Clocks differ a little; a time far ahead would keep every correction from counting. */
const MOST_AHEAD_MS = 5 * 60_000;

function sentLabelOf({ predictionId, label, at }: Label, now: Date): SentLabel {
  const id = splitPredictionId(predictionId);
  if (!id) throw new InputError(`Not a prediction id: '${predictionId}'`);
  if (at === undefined) return { ...id, label };
  const known = new Date(at);
  if (known.getTime() - now.getTime() > MOST_AHEAD_MS) {
    throw new InputError(
      `The label of ${predictionId} became known at ${at}, which is still to come; it is ${now.toISOString()}`,
    );
  }
  return { ...id, label, at: known.toISOString() };
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

function notWatched(path: ModelPath) {
  return new NotFoundError(
    `${refOf(
      path,
    )} is not watched; a monitor comes with the endpoint of a model`,
  );
}

function pathOf(path: OnePath): MonitorPath {
  return {
    modelRef: refOf(path),
    kind: path.kind ?? DRIFT,
    monitorName: path.monitor ?? 'default',
  };
}

function refOf({ namespace, name }: ModelPath): string {
  return stringifyEntityRef({ kind: 'model', namespace, name });
}
