import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeNode } from './FakeNode';

export type Fields = Record<string, any>;
export type FakeObject = {
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    creationTimestamp: string;
    deletionTimestamp?: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
    ownerReferences?: { uid: string }[];
  };
  spec: Fields;
  status: Fields;
} & Fields;

const plurals = ['configmaps', 'secrets', 'jobs', 'pods', 'workloads'] as const;
type Plural = (typeof plurals)[number];

type Watch = {
  plural: Plural;
  selector: string;
  response: ServerResponse;
};

/**
 * A fake of a Kubernetes API server with what is behind it, for tests of this package: the published paths of a few
 * kinds, in memory. Jobs get pods, pods run as processes of this machine, and Kueue admits so many at once. What a
 * real one does is proved by the part `cluster`.
 */
export class FakeKubernetes {
  readonly #objects = new Map<Plural, Map<string, FakeObject>>(
    plurals.map(plural => [plural, new Map()]),
  );
  readonly #history: { version: number; plural: Plural; event: Fields }[] = [];
  readonly #watches = new Set<Watch>();
  readonly #folder = mkdtempSync(join(tmpdir(), 'fake-kubernetes-'));
  readonly #node: FakeNode;
  readonly #server = createServer(
    (request, response) => void this.#answer(request, response),
  );
  /** How many Jobs Kueue admits at once; no Kueue where there is no number. */
  readonly #quota?: number;
  #version = 100;
  #oldest = 0;
  #faults: Fault[] = [];
  readonly requests: { method: string; path: string; query: string }[] = [];

  constructor(options: { quota?: number } = {}) {
    this.#quota = options.quota;
    this.#node = new FakeNode({ folder: this.#folder, cluster: this });
  }

  async start(): Promise<string> {
    await new Promise<void>(resolve => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  async close(): Promise<void> {
    await this.#node.stop();
    this.#server.closeAllConnections();
    await new Promise(resolve => {
      this.#server.close(resolve);
    });
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The next request that matches is done, and its answer is lost; or it is answered with an error and not done. */
  failNext(fault: Fault): void {
    this.#faults.push(fault);
  }

  /** Ends all watches without a word. */
  cutWatches(): void {
    for (const watch of this.#watches) {
      this.#watches.delete(watch);
      watch.response.destroy();
    }
  }

  /** Forgets what has happened so far, as etcd does: watches end with 410, and none goes on from an old version. */
  expireWatches(): void {
    this.#oldest = this.#version;
    const status = { kind: 'Status', code: 410, reason: 'Expired' };
    const event = { type: 'ERROR', object: { ...status, message: 'too old' } };
    for (const watch of this.#watches) {
      this.#watches.delete(watch);
      watch.response.end(`${JSON.stringify(event)}\n`);
    }
  }

  /** Tells all watches how far they are, and forgets what has happened so far. */
  bookmarkAndForget(): void {
    this.#oldest = this.#version;
    const metadata = { resourceVersion: String(this.#version) };
    const event = { type: 'BOOKMARK', object: { kind: 'Pod', metadata } };
    for (const { response } of this.#watches)
      response.write(`${JSON.stringify(event)}\n`);
  }

  /** Takes a pod away, as the loss of its node does. */
  async disrupt(name: string): Promise<void> {
    this.change('pods', name, ({ status }) => {
      status.conditions = [
        {
          ...{ type: 'DisruptionTarget', status: 'True' },
          ...{ reason: 'DeletionByTaintManager', message: 'the node is gone' },
        },
      ];
    });
    await this.#node.end(name);
  }

  get watching(): number {
    return this.#watches.size;
  }

  all(plural: Plural): FakeObject[] {
    return [...this.#of(plural).values()];
  }

  find(plural: Plural, name: string): FakeObject | undefined {
    return this.#of(plural).get(name);
  }

  create(plural: Plural, body: Fields): FakeObject {
    const { stringData, ...rest } = body;
    const made: FakeObject = {
      status: {},
      spec: {},
      ...rest,
      ...(stringData && { data: encoded(stringData) }),
      metadata: {
        ...{ name: body.metadata.name, labels: {}, annotations: {} },
        ...body.metadata,
        uid: randomUUID(),
        resourceVersion: '',
        creationTimestamp: now(),
      },
    };
    this.#of(plural).set(made.metadata.name, made);
    this.#changed(plural, 'ADDED', made);
    if (plural === 'jobs') this.#manage(made);
    if (plural === 'pods') void this.#node.run(made);
    return made;
  }

  /** Changes an object in place and tells the watches; does nothing where it is gone. */
  change(
    plural: Plural,
    name: string,
    edit: (object: FakeObject) => void,
  ): void {
    const object = this.find(plural, name);
    if (!object) return;
    edit(object);
    this.#changed(plural, 'MODIFIED', object);
    if (plural === 'jobs') this.#manage(object);
    if (plural === 'pods') this.#follow(object);
  }

  /** Deletes an object, then what it owns; a Job after its pods. */
  async remove(plural: Plural, name: string): Promise<void> {
    const object = this.find(plural, name);
    if (!object || object.metadata.deletionTimestamp) return;
    const deleted = () => {
      object.metadata.deletionTimestamp = now();
    };
    if (plural === 'jobs') {
      this.change(plural, name, deleted);
      for (const pod of this.podsOf(name))
        await this.remove('pods', pod.metadata.name);
    }
    if (plural === 'pods') {
      this.change(plural, name, deleted);
      await this.#node.end(name);
    }
    this.#of(plural).delete(name);
    this.#changed(plural, 'DELETED', object);
    for (const owned of plurals) {
      for (const { metadata } of this.all(owned)) {
        const isOwned = metadata.ownerReferences?.some(
          ({ uid }) => uid === object.metadata.uid,
        );
        if (isOwned) await this.remove(owned, metadata.name);
      }
    }
    if (plural === 'jobs') this.#admit();
  }

  podsOf(job: string): FakeObject[] {
    return this.all('pods').filter(
      ({ metadata }) => metadata.labels['batch.kubernetes.io/job-name'] === job,
    );
  }

  #of(plural: Plural): Map<string, FakeObject> {
    return this.#objects.get(plural)!;
  }

  #changed(plural: Plural, type: string, object: FakeObject): void {
    this.#version += 1;
    object.metadata.resourceVersion = String(this.#version);
    const event = { type, object: structuredClone(object) };
    this.#history.push({ version: this.#version, plural, event });
    for (const watch of this.#watches)
      if (watch.plural === plural && matches(object, watch.selector))
        watch.response.write(`${JSON.stringify(event)}\n`);
  }

  /** The controller of Jobs: a Job that is not suspended has a pod. */
  #manage(job: FakeObject): void {
    const { name, labels, uid, deletionTimestamp } = job.metadata;
    if (deletionTimestamp || hasEnded(job)) return;
    if (job.spec.suspend) {
      const queue = labels['kueue.x-k8s.io/queue-name'];
      if (queue && this.#quota !== undefined) this.#queue(job);
      return;
    }
    const pods = this.podsOf(name);
    if (pods.some(({ status }) => status.phase !== 'Failed')) return;
    const { template } = job.spec;
    this.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...structuredClone(template.metadata),
        name: `${name}-${randomUUID().slice(0, 5)}`,
        labels: {
          ...template.metadata.labels,
          'batch.kubernetes.io/job-name': name,
        },
        ownerReferences: [{ uid }],
      },
      spec: structuredClone(template.spec),
      status: { phase: 'Pending', conditions: [] },
    });
  }

  /** What the end of a pod means for its Job. */
  #follow(pod: FakeObject): void {
    const job = this.find(
      'jobs',
      pod.metadata.labels['batch.kubernetes.io/job-name'],
    );
    const { phase, conditions = [] } = pod.status;
    if (!job || hasEnded(job) || job.metadata.deletionTimestamp) return;
    if (phase !== 'Succeeded' && phase !== 'Failed') return;
    const { name } = job.metadata;
    if (conditions.some(isDisruption)) {
      this.#manage(job);
      return;
    }
    const ended =
      phase === 'Succeeded'
        ? { type: 'Complete', status: 'True' }
        : {
            ...{ type: 'Failed', status: 'True' },
            reason: 'BackoffLimitExceeded',
            message: 'Job has reached the specified backoff limit',
          };
    this.change('jobs', name, ({ status }) => {
      status.conditions = [ended];
      if (phase === 'Succeeded') status.completionTime = now();
    });
    this.#admit();
  }

  /** Kueue: a Job of a queue has a Workload, and so many are admitted. */
  #queue(job: FakeObject): void {
    const { name, uid } = job.metadata;
    if (this.find('workloads', `job-${name}`)) return;
    this.create('workloads', {
      metadata: {
        name: `job-${name}`,
        labels: { 'kueue.x-k8s.io/job-uid': uid },
        ownerReferences: [{ uid }],
      },
      spec: { active: true },
      status: { conditions: [] },
    });
    this.#admit();
  }

  #admit(): void {
    if (this.#quota === undefined) return;
    for (const workload of this.all('workloads')) {
      const name = workload.metadata.name.slice('job-'.length);
      const job = this.find('jobs', name);
      if (!job || job.metadata.deletionTimestamp || !job.spec.suspend) continue;
      const busy = this.all('jobs').filter(
        one => !one.spec.suspend && !hasEnded(one),
      );
      const hasRoom = busy.length < this.#quota;
      this.change('workloads', workload.metadata.name, ({ status }) => {
        status.conditions = hasRoom
          ? ['QuotaReserved', 'Admitted'].map(type => ({
              ...{ type, status: 'True', reason: type },
            }))
          : [
              {
                ...{ type: 'QuotaReserved', status: 'False' },
                reason: 'Pending',
                message:
                  "couldn't assign flavors to pod set main: insufficient unused quota for cpu in flavor default, 1 more needed",
              },
            ];
      });
      if (hasRoom)
        this.change('jobs', name, ({ spec, status }) => {
          spec.suspend = false;
          status.startTime = now();
        });
    }
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { method = 'GET' } = request;
    const url = new URL(request.url ?? '/', 'http://fake');
    const { pathname: path, searchParams } = url;
    this.requests.push({ method, path, query: url.search });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const body: Fields = text ? JSON.parse(text) : {};
    const at = this.#faults.findIndex(
      fault => fault.method === method && path.includes(fault.path),
    );
    const [fault] = at < 0 ? [] : this.#faults.splice(at, 1);
    if (fault?.answer) {
      sendJson(response, fault.answer.code, fault.answer);
      return;
    }
    if (fault) {
      // Done, and nobody hears of it.
      const [, plural, name] = this.#parse(path);
      if (plural) await this.#do(method, plural, name, body);
      response.destroy();
      return;
    }
    if (path === '/apis/kueue.x-k8s.io' && this.#quota !== undefined) {
      const preferredVersion = { groupVersion: 'kueue.x-k8s.io/v1beta2' };
      sendJson(response, 200, { kind: 'APIGroup', preferredVersion });
      return;
    }
    const [, plural, name, sub] = this.#parse(path);
    if (!plural) {
      sendJson(response, 404, { message: 'page not found' });
      return;
    }
    if (sub === 'log') {
      this.#node.log(name!, searchParams, response);
      return;
    }
    if (searchParams.get('watch') === 'true') {
      this.#watch(plural, searchParams, response);
      return;
    }
    if (method === 'GET' && name === undefined) {
      const selector = searchParams.get('labelSelector') ?? '';
      sendJson(response, 200, {
        metadata: { resourceVersion: String(this.#version) },
        items: this.all(plural).filter(one => matches(one, selector)),
      });
      return;
    }
    const [code, answer] = await this.#do(method, plural, name, body);
    sendJson(response, code, answer);
  }

  #parse(path: string): [string, Plural?, string?, string?] {
    const match =
      /^\/(?:api\/v1|apis\/batch\/v1|apis\/kueue\.x-k8s\.io\/v1beta2)\/namespaces\/ml\/(\w+)(?:\/([^/]+)(?:\/(\w+))?)?$/.exec(
        path,
      );
    const plural = plurals.find(known => known === match?.[1]);
    return [path, plural, match?.[2], match?.[3]];
  }

  async #do(
    method: string,
    plural: Plural,
    name: string | undefined,
    body: Fields,
  ): Promise<[number, Fields]> {
    const found = this.find(plural, name ?? body.metadata?.name ?? '');
    if (method === 'POST') {
      if (found) return [409, { reason: 'AlreadyExists', message: 'exists' }];
      return [201, this.create(plural, body)];
    }
    if (!found || name === undefined)
      return [404, { reason: 'NotFound', message: `${name} not found` }];
    if (method === 'PATCH') {
      const { resourceVersion, ...metadata } = body.metadata ?? {};
      if (
        resourceVersion !== undefined &&
        resourceVersion !== found.metadata.resourceVersion
      )
        return [409, { reason: 'Conflict', message: 'changed meanwhile' }];
      this.change(plural, name, object => {
        const { annotations, ...rest } = metadata;
        Object.assign(object.metadata, rest);
        Object.assign(object.metadata.annotations, annotations);
      });
    }
    if (method === 'DELETE') {
      const { uid = found.metadata.uid } = body.preconditions ?? {};
      if (uid !== found.metadata.uid)
        return [409, { reason: 'Conflict', message: 'another uid' }];
      // As a real one: the answer comes before the end.
      void this.remove(plural, name);
    }
    return [200, found];
  }

  #watch(
    plural: Plural,
    query: URLSearchParams,
    response: ServerResponse,
  ): void {
    const selector = query.get('labelSelector') ?? '';
    const since = Number(query.get('resourceVersion') ?? 0);
    if (since < this.#oldest) {
      sendJson(response, 410, { reason: 'Expired', message: 'too old' });
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const { version, event, plural: kind } of this.#history)
      if (kind === plural && version > since && matches(event.object, selector))
        response.write(`${JSON.stringify(event)}\n`);
    const watch = { plural, selector, response };
    this.#watches.add(watch);
    response.on('close', () => this.#watches.delete(watch));
  }
}

/** What goes wrong with one request. Without an answer it is done, and the answer is lost. */
type Fault = {
  method: string;
  /** A part of the path. */
  path: string;
  answer?: { code: number; reason: string; message: string };
};

function sendJson(response: ServerResponse, code: number, body: Fields): void {
  response
    .writeHead(code, { 'content-type': 'application/json' })
    .end(JSON.stringify(body));
}

function matches({ metadata }: Fields, selector: string): boolean {
  return selector
    .split(',')
    .filter(Boolean)
    .every(part => {
      const [name, value] = part.split('=');
      const found = metadata.labels?.[name];
      return value === undefined ? found !== undefined : found === value;
    });
}

function encoded(texts: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [
      name,
      Buffer.from(text).toString('base64'),
    ]),
  );
}

function hasEnded({ status }: FakeObject): boolean {
  return (status.conditions ?? []).some(
    ({ type }: Fields) => type === 'Complete' || type === 'Failed',
  );
}

function isDisruption({ type, status }: Fields): boolean {
  return type === 'DisruptionTarget' && status === 'True';
}

/** Whole seconds, as Kubernetes writes them. */
export function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}
