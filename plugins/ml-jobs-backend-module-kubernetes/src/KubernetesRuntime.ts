import { setTimeout as sleep } from 'node:timers/promises';
import type {
  CancelReason,
  JobHandle,
  JobObservation,
  JobRuntimeWithFeatures,
  JobRuntimeWithPassingLogs,
  JobSpec,
  RuntimeFeature,
  SubmitResult,
} from '@downstage/plugin-ml-jobs-node';
import { z } from 'zod';
import type { KubeApi } from './api/KubeApi';
import { KubeError, isStatus } from './api/KubeError';
import { ListWatch } from './api/ListWatch';
import { PodLog } from './api/PodLog';
import type { ClusterOptions } from './config';
import { jobOf, recordOf, refusalOf, secretOf } from './domain/manifests';
import {
  endAnnotation,
  jobContainer,
  logOfPodAnnotation,
  managedBy,
  ours,
  podOfLabel,
  prepareContainer,
  submittedAnnotation,
  workloadOfLabel,
} from './domain/marks';
import { nameOf } from './domain/names';
import {
  inOrder,
  isTrue,
  jobObject,
  namedObject,
  podObject,
  recordObject,
  workloadObject,
  type JobObject,
  type PodObject,
  type RecordObject,
} from './domain/objects';
import { observationOf, type Seen } from './domain/observationOf';

const endSchema = z.object({
  state: z.enum(['cancelled', 'failed']),
  reason: z.string(),
  message: z.string(),
  endedAt: z.string(),
});
type End = z.infer<typeof endSchema>;

const groupSchema = z.object({
  preferredVersion: z.object({ groupVersion: z.string() }),
});

const cancelMessages: Record<CancelReason, string> = {
  Cancelled: 'Cancelled',
  TimedOut: 'Killed because it took longer than its timeout',
  PortalStopped: 'The portal was stopped',
  Preempted: 'Stopped for another job',
};

/** A pod that takes longer than its grace and this to end is on a node that is away. */
const endingMs = 10_000;
const lookMs = 200;
/** So many logs are followed at once; one that is read again begins anew. */
const mostLogs = 200;
const cleanEveryMs = 60 * 60_000;
/** A record outlives its Job by a day: a portal that was away still learns what became of it. */
const recordMarginMs = 24 * 60 * 60_000;
const ownObjects = `${managedBy}=${ours}`;

/**
 * Runs jobs of one process on one cluster, as `batch/v1` Jobs. With a queue, Kueue decides when they start.
 *
 * @remarks
 * An attempt is three objects of one name: a record (ConfigMap), a Secret with its token, a Job. They are created in this
 * order, and a name that is taken is taken for ours: a create that was answered and lost is found again. The record is
 * the memory of the runtime. It says that the Job was created, and how the attempt ended where the Job is deleted. So
 * a Job that somebody else deletes is `lost`, and one that was never created is `absent`.
 */
export class KubernetesRuntime
  implements JobRuntimeWithPassingLogs, JobRuntimeWithFeatures
{
  readonly specVersion = 'v1';
  readonly id: string;
  readonly reads = 'addresses';
  readonly trackingUrl = 'external';
  readonly admission: 'portal' | 'runtime';
  readonly features: readonly RuntimeFeature[] = ['gpus', 'images'];
  readonly #cluster: ClusterOptions;
  readonly #api: KubeApi;
  readonly #prepareScript: string;
  readonly #clock: () => Date;
  readonly #onFailure: (error: unknown) => void;
  readonly #jobs: ListWatch<JobObject>;
  readonly #pods: ListWatch<PodObject>;
  readonly #workloads?: ListWatch<z.infer<typeof workloadObject>>;
  readonly #logs = new Map<string, PodLog>();
  /** The last reader of each log. */
  readonly #reading = new Map<string, Promise<unknown>>();
  /** Ended by this portal: what was watched of them may be old. */
  readonly #ended = new Set<string>();
  #cleaning?: NodeJS.Timeout;

  constructor(options: {
    cluster: ClusterOptions;
    api: KubeApi;
    prepareScript: string;
    clock: () => Date;
    /** Told when the cluster does not answer; it is asked again. */
    onFailure?: (error: unknown) => void;
  }) {
    const { cluster, api } = options;
    this.id = cluster.name;
    this.admission = cluster.queue === undefined ? 'portal' : 'runtime';
    this.#cluster = cluster;
    this.#api = api;
    this.#prepareScript = options.prepareScript;
    this.#clock = options.clock;
    this.#onFailure = options.onFailure ?? (() => {});
    const common = { api, onFailure: this.#onFailure };
    this.#jobs = new ListWatch({
      ...common,
      path: async () => this.#path('batch/v1', 'jobs'),
      selector: ownObjects,
      schema: jobObject,
    });
    this.#pods = new ListWatch({
      ...common,
      path: async () => this.#path('v1', 'pods'),
      selector: ownObjects,
      schema: podObject,
    });
    if (cluster.queue !== undefined) {
      this.#workloads = new ListWatch({
        ...common,
        path: () => this.#workloadsPath(),
        selector: workloadOfLabel,
        schema: workloadObject,
        isOptional: true,
      });
    }
  }

  /** Watches the cluster. Before and without it every answer is asked for, which is slower and as true. */
  start(): void {
    for (const watch of this.#watches()) watch.start();
    const clean = () => void this.clean().catch(this.#onFailure);
    this.#cleaning = setInterval(clean, cleanEveryMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#cleaning);
    for (const log of this.#logs.values()) log.close();
    await Promise.all(this.#watches().map(watch => watch.stop()));
    this.#api.close();
  }

  async capacity() {
    return { slots: this.#cluster.slots };
  }

  handleOf(job: { jobId: string; attempt: number }): JobHandle {
    return { name: nameOf(job) };
  }

  async submit(
    spec: JobSpec,
    { signal }: { idempotencyKey: string; signal: AbortSignal },
  ): Promise<SubmitResult> {
    const handle = this.handleOf(spec);
    const name = String(handle.name);
    const manifest = recordOf(spec, this.#cluster, {
      prepareScript: this.#prepareScript,
    });
    const refusal = refusalOf(spec, manifest, this.#cluster);
    const stored = await this.#createOnce(
      this.#path('v1', 'configmaps'),
      // One that is refused for its size has to be stored too.
      refusal ? { ...manifest, data: {}, binaryData: {} } : manifest,
      { name, schema: recordObject, signal },
    );
    if (isSubmitted(stored) || endOf(stored)) return { handle, warnings: [] };
    if (refusal) {
      await this.#end(name, { state: 'failed', ...refusal });
      return { handle, warnings: [] };
    }
    const owner = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name,
      uid: stored.metadata.uid,
    };
    await this.#createOnce(
      this.#path('v1', 'secrets'),
      secretOf(spec, this.#cluster, owner),
      { name, schema: namedObject, signal },
    );
    let job: JobObject;
    try {
      job = await this.#createOnce(
        this.#path('batch/v1', 'jobs'),
        jobOf(spec, this.#cluster),
        { name, schema: jobObject, signal },
      );
    } catch (error) {
      // A rule of the cluster: asking again would be answered the same. A quota that is used up is none.
      if (!(error instanceof KubeError) || !isRefusal(error)) throw error;
      const { message } = error;
      const reason = 'ClusterRefused';
      await this.#end(name, {
        ...{ state: 'failed', reason },
        message: `The cluster '${this.id}' refuses the job: ${message}`,
      });
      return { handle, warnings: [] };
    }
    await this.#api.patch(
      this.#path('v1', 'secrets', name),
      { metadata: { ownerReferences: [ownerOf(job)] } },
      { signal },
    );
    await this.#annotate(name, {
      [submittedAnnotation]: this.#clock().toISOString(),
    });
    // A cancel that came in between found no Job to delete. One that comes now finds it.
    const record = await this.#record(name);
    if (!record || endOf(record))
      await this.#delete(this.#path('batch/v1', 'jobs', name), job);
    return { handle, warnings: [] };
  }

  async inspect(handle: JobHandle): Promise<JobObservation> {
    const name = String(handle.name);
    const seen = await this.#look(name);
    if (seen && !seen.job.metadata.deletionTimestamp) {
      return observationOf(seen, {
        now: this.#clock(),
        queue: this.#cluster.queue,
        jobOfUid: uid =>
          this.#jobs.all().find(({ metadata }) => metadata.uid === uid),
      });
    }
    if (seen) return { state: 'preparing', message: 'Ends' };
    const record = await this.#record(name);
    if (!record) return { state: 'absent' };
    const end = endOf(record);
    if (end) return end;
    if (!isSubmitted(record)) return { state: 'absent' };
    return {
      state: 'lost',
      reason: 'JobDeleted',
      message: `The Job '${name}' of the namespace '${
        this.#cluster.namespace
      }' was deleted, and not by the portal`,
    };
  }

  async cancel(
    handle: JobHandle,
    { reason }: { reason: CancelReason },
  ): Promise<void> {
    const name = String(handle.name);
    if (!(await this.#record(name))) return;
    const path = this.#path('batch/v1', 'jobs', name);
    const before = await this.#api.get(path, jobObject);
    if (before && hasEnded(before)) return;
    // Before the deletion: a portal that crashes in between finds the reason.
    await this.#end(name, {
      state: 'cancelled',
      reason,
      message: cancelMessages[reason],
    });
    this.#ended.add(name);
    // Once more: a submit that is under way looks for the end only after it has created the Job.
    const job = before ?? (await this.#api.get(path, jobObject));
    if (!job) return;
    await this.#delete(path, job);
    await this.#untilGone(name, job);
  }

  async fetchLog(
    handle: JobHandle,
    options: { offset: number; limit: number; signal: AbortSignal },
  ): Promise<Uint8Array> {
    const name = String(handle.name);
    // One after the other: each goes on where the one before has ended.
    const before = this.#reading.get(name) ?? Promise.resolve();
    const turn = before.then(() => this.#readLog(name, options));
    const settled = turn.catch(() => {});
    this.#reading.set(name, settled);
    try {
      return await turn;
    } finally {
      if (this.#reading.get(name) === settled) this.#reading.delete(name);
    }
  }

  /** Deletes records whose Job is long gone. */
  async clean(): Promise<void> {
    const path = this.#path('v1', 'configmaps');
    const query = { labelSelector: ownObjects };
    const { items } = await this.#api.list(path, recordObject, { query });
    const keepMs = this.#cluster.keepSeconds * 1_000 + recordMarginMs;
    const before = this.#clock().getTime() - keepMs;
    for (const { metadata } of items) {
      const since = Date.parse(metadata.creationTimestamp ?? '');
      if (!(since < before)) continue;
      const job = this.#path('batch/v1', 'jobs', metadata.name);
      if (await this.#api.get(job, namedObject)) continue;
      await this.#api.delete(`${path}/${metadata.name}`, {
        preconditions: { uid: metadata.uid },
      });
      this.#ended.delete(metadata.name);
    }
  }

  #watches() {
    return [
      this.#jobs,
      this.#pods,
      ...(this.#workloads ? [this.#workloads] : []),
    ];
  }

  /** A Job with what belongs to it: as it is watched, or as the cluster answers where that may be old. */
  async #look(name: string): Promise<Seen | undefined> {
    const watched = this.#jobs.get(name);
    if (
      watched &&
      !this.#ended.has(name) &&
      this.#watches().every(({ isCurrent }) => isCurrent)
    ) {
      const { uid } = watched.metadata;
      return {
        job: watched,
        pods: this.#pods
          .all()
          .filter(({ metadata }) => metadata.labels[podOfLabel] === name),
        workload: this.#workloads
          ?.all()
          .find(({ metadata }) => metadata.labels[workloadOfLabel] === uid),
      };
    }
    const job = await this.#api.get(
      this.#path('batch/v1', 'jobs', name),
      jobObject,
    );
    if (!job) return undefined;
    return {
      job,
      pods: await this.#podsOf(name),
      workload: await this.#workloadOf(job),
    };
  }

  async #podsOf(name: string): Promise<PodObject[]> {
    const query = { labelSelector: `${podOfLabel}=${name}` };
    const path = this.#path('v1', 'pods');
    return (await this.#api.list(path, podObject, { query })).items;
  }

  async #workloadOf({ metadata }: JobObject) {
    if (this.#cluster.queue === undefined) return undefined;
    const query = { labelSelector: `${workloadOfLabel}=${metadata.uid}` };
    try {
      const path = await this.#workloadsPath();
      const { items } = await this.#api.list(path, workloadObject, { query });
      return items.at(0);
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  }

  /** Kueue serves one or two versions at a time; those fields that are read are the same in all of them. */
  async #workloadsPath(): Promise<string> {
    const group = await this.#api.get('/apis/kueue.x-k8s.io', groupSchema);
    if (!group) throw new KubeError('There is no Kueue', { status: 404 });
    const { groupVersion } = group.preferredVersion;
    return this.#path(groupVersion, 'workloads');
  }

  #record(name: string): Promise<RecordObject | undefined> {
    return this.#api.get(this.#path('v1', 'configmaps', name), recordObject);
  }

  /** Creates an object, or finds the one of the same name. */
  async #createOnce<T extends z.ZodType>(
    path: string,
    body: unknown,
    options: { name: string; schema: T; signal: AbortSignal },
  ): Promise<z.output<T>> {
    const { name, schema, signal } = options;
    try {
      return await this.#api.create(path, body, schema, { signal });
    } catch (error) {
      if (!isStatus(error, 409)) throw error;
      const there = await this.#api.get(`${path}/${name}`, schema, { signal });
      if (there === undefined) throw error;
      return there;
    }
  }

  #annotate(name: string, annotations: Record<string, string>): Promise<void> {
    return this.#api.patch(this.#path('v1', 'configmaps', name), {
      metadata: { annotations },
    });
  }

  /** Writes how an attempt ended, where nothing is written yet: the first reason stays. */
  async #end(name: string, end: Omit<End, 'endedAt'>): Promise<void> {
    for (;;) {
      const record = await this.#record(name);
      if (!record || endOf(record)) return;
      const endedAt = this.#clock().toISOString();
      try {
        await this.#api.patch(this.#path('v1', 'configmaps', name), {
          metadata: {
            resourceVersion: record.metadata.resourceVersion,
            annotations: {
              [endAnnotation]: JSON.stringify({ ...end, endedAt }),
            },
          },
        });
        return;
      } catch (error) {
        if (!isStatus(error, 409)) throw error;
      }
    }
  }

  #delete(path: string, { metadata }: JobObject): Promise<void> {
    return this.#api.delete(path, {
      propagationPolicy: 'Foreground',
      preconditions: { uid: metadata.uid },
    });
  }

  /**
   * Until the Job and all its pods are gone. Pods that do not end in their time are waited for once: other jobs wait
   * meanwhile. The next cancel looks and says so.
   */
  async #untilGone(name: string, { metadata }: JobObject): Promise<void> {
    const since = Date.parse(metadata.deletionTimestamp ?? '');
    const deadline =
      (Number.isNaN(since) ? this.#clock().getTime() : since) +
      this.#cluster.graceSeconds * 1_000 +
      endingMs;
    for (;;) {
      const path = this.#path('batch/v1', 'jobs', name);
      const isGone =
        !(await this.#api.get(path, namedObject)) &&
        (await this.#podsOf(name)).length === 0;
      if (isGone) return;
      if (this.#clock().getTime() > deadline) {
        throw new KubeError(
          `The Job '${name}' was deleted and has pods that do not end; is their node away?`,
        );
      }
      await sleep(lookMs);
    }
  }

  async #readLog(
    name: string,
    options: { offset: number; limit: number; signal: AbortSignal },
  ): Promise<Buffer> {
    const { offset, limit, signal } = options;
    const seen = await this.#look(name);
    const pod = seen && inOrder(seen.pods).at(-1);
    let log = this.#logs.get(name);
    const isSame = !pod || pod.metadata.uid === log?.podUid;
    if (!log || !isSame || log.offset !== offset) {
      log?.close();
      this.#logs.delete(name);
      log = pod && (await this.#openLog(name, pod, offset));
    }
    if (!log) return Buffer.alloc(0);
    // Those read last are kept.
    this.#logs.delete(name);
    this.#logs.set(name, log);
    this.#dropLogs();
    const bytes = await log.read({
      ...{ limit, signal },
      isOver: container => !pod || isOver(pod, container),
    });
    if (!bytes.length && (!pod || isOver(pod, jobContainer))) {
      log.close();
      this.#logs.delete(name);
    }
    return bytes;
  }

  /**
   * The log of a pod that begins somewhere in the log of the attempt. An attempt has another pod after it was preempted; its
   * log goes on where that of the first one ended, and the record keeps where that was.
   */
  async #openLog(
    name: string,
    pod: PodObject,
    offset: number,
  ): Promise<PodLog | undefined> {
    const record = await this.#record(name);
    if (!record) return undefined;
    const key = `${logOfPodAnnotation}${pod.metadata.uid}`;
    const { annotations } = record.metadata;
    let begin = Number(annotations[key] ?? NaN);
    if (Number.isNaN(begin)) {
      const isFirst = !Object.keys(annotations).some(known =>
        known.startsWith(logOfPodAnnotation),
      );
      begin = isFirst ? 0 : offset;
      await this.#annotate(name, { [key]: String(begin) });
    }
    return new PodLog({
      api: this.#api,
      path: this.#path('v1', 'pods', pod.metadata.name),
      podUid: pod.metadata.uid,
      containers: [prepareContainer, jobContainer],
      offset,
      skip: Math.max(0, offset - begin),
    });
  }

  #dropLogs(): void {
    for (const [name, log] of this.#logs) {
      if (this.#logs.size <= mostLogs) return;
      log.close();
      this.#logs.delete(name);
    }
  }

  #path(version: string, plural: string, name?: string): string {
    const root = version === 'v1' ? '/api/v1' : `/apis/${version}`;
    const path = `${root}/namespaces/${this.#cluster.namespace}/${plural}`;
    return name === undefined ? path : `${path}/${name}`;
  }
}

function isRefusal(error: KubeError): boolean {
  return (
    isStatus(error, 400, 403, 422) && !/exceeded quota/.test(error.message)
  );
}

function isSubmitted({ metadata }: RecordObject): boolean {
  return submittedAnnotation in metadata.annotations;
}

function endOf({ metadata }: RecordObject): End | undefined {
  const text = metadata.annotations[endAnnotation];
  return text === undefined ? undefined : endSchema.parse(JSON.parse(text));
}

function hasEnded(job: JobObject): boolean {
  return isTrue(job, 'Complete') || isTrue(job, 'Failed');
}

function ownerOf({ metadata }: JobObject) {
  const { name, uid } = metadata;
  return { apiVersion: 'batch/v1', kind: 'Job', name, uid };
}

/** Whether a container of a pod writes no more. */
function isOver({ status, metadata }: PodObject, container: string): boolean {
  if (status.phase === 'Succeeded' || status.phase === 'Failed') return true;
  const seen = [
    ...status.initContainerStatuses,
    ...status.containerStatuses,
  ].find(({ name }) => name === container);
  return (
    seen?.state.terminated !== undefined ||
    (metadata.deletionTimestamp !== undefined && !seen?.state.running)
  );
}
