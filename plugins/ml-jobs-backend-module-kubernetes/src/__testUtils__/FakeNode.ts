import { spawn, type ChildProcess } from 'node:child_process';
import { createReadStream, mkdirSync, openSync, closeSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { now, type FakeObject, type Fields } from './FakeKubernetes';
import type { FakeKubernetes } from './FakeKubernetes';

type Log = { isOver: boolean; size: number; more: Set<() => void> };

/** A fake of a node: the containers of a pod are processes of this machine, one after the other. */
export class FakeNode {
  readonly #folder: string;
  readonly #cluster: FakeKubernetes;
  readonly #processes = new Map<string, ChildProcess>();
  /** Pods whose containers all run to an end; with it, nothing of them is left. */
  readonly #runs = new Map<string, Promise<void>>();
  readonly #ending = new Set<string>();
  readonly #logs = new Map<string, Log>();

  constructor(options: { folder: string; cluster: FakeKubernetes }) {
    this.#folder = options.folder;
    this.#cluster = options.cluster;
  }

  async run(pod: FakeObject): Promise<void> {
    const { name } = pod.metadata;
    const run = this.#run(pod);
    this.#runs.set(name, run);
    await run;
  }

  /** Ends a pod with all that it has started. */
  async end(name: string): Promise<void> {
    this.#ending.add(name);
    kill(this.#processes.get(name));
    await this.#runs.get(name);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#runs.keys()].map(name => this.end(name)));
  }

  /** The log of a container, as the server gives it: whole, and followed until its end. */
  log(pod: string, query: URLSearchParams, response: ServerResponse): void {
    const key = `${pod}/${query.get('container')}`;
    const log = this.#logs.get(key);
    if (!log) {
      const message = `container in pod ${pod} is waiting to start`;
      const code = this.#cluster.find('pods', pod) ? 400 : 404;
      response
        .writeHead(code, { 'content-type': 'application/json' })
        .end(JSON.stringify({ message }));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.flushHeaders();
    let sent = 0;
    const send = () => {
      log.more.delete(send);
      const { isOver } = log;
      createReadStream(this.#logPath(key), { start: sent })
        .on('data', chunk => {
          sent += chunk.length;
          response.write(chunk);
        })
        .on('close', () => {
          if (response.destroyed) return;
          if (isOver) response.end();
          else if (log.isOver || log.size > sent) send();
          else log.more.add(send);
        });
    };
    send();
  }

  async #run(pod: FakeObject): Promise<void> {
    const { name } = pod.metadata;
    const folders = this.#volumes(pod);
    for (const [list, containers] of [
      ['initContainerStatuses', pod.spec.initContainers ?? []],
      ['containerStatuses', pod.spec.containers],
    ] as const) {
      for (const container of containers) {
        const code = this.#ending.has(name)
          ? 137
          : await this.#runContainer(pod, { container, folders, list });
        if (code === 0) continue;
        this.#set(pod, ({ status }) => {
          status.phase = 'Failed';
        });
        return;
      }
    }
    this.#set(pod, ({ status }) => {
      status.phase = 'Succeeded';
    });
  }

  async #runContainer(
    pod: FakeObject,
    options: {
      container: Fields;
      folders: Map<string, string>;
      list: 'initContainerStatuses' | 'containerStatuses';
    },
  ): Promise<number> {
    const { container, folders, list } = options;
    const key = `${pod.metadata.name}/${container.name}`;
    const path = this.#logPath(key);
    const log: Log = { isOver: false, size: 0, more: new Set() };
    const file = openSync(path, 'a');
    this.#logs.set(key, log);
    const moved = (text: string) =>
      [...folders].reduce((all, [from, to]) => all.replaceAll(from, to), text);
    const [command, ...args] = [
      ...container.command,
      ...(container.args ?? []),
    ].map((text: string) => moved(expanded(text)));
    const child = spawn(command, args, {
      cwd: container.workingDir && moved(container.workingDir),
      env: {
        PATH: process.env.PATH,
        ...this.#environment(container, moved),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', chunk => {
        writeFileSync(file, chunk);
        log.size += chunk.length;
        for (const tell of [...log.more]) tell();
      });
    this.#processes.set(pod.metadata.name, child);
    if (this.#ending.has(pod.metadata.name)) kill(child);
    const startedAt = now();
    this.#set(pod, ({ status }) => {
      if (list === 'containerStatuses') status.phase = 'Running';
      status[list] = [
        { name: container.name, state: { running: { startedAt } } },
      ];
    });
    let said = '';
    child.stderr.on('data', chunk => {
      said = `${said}${chunk}`.slice(-2048);
    });
    const exitCode = await new Promise<number>(resolve => {
      child.on('error', () => resolve(128));
      child.on('close', (code, signal) => resolve(signal ? 137 : code ?? 1));
    });
    // What it has started and left behind ends with it, as in a container.
    kill(child);
    closeSync(file);
    log.isOver = true;
    for (const tell of [...log.more]) tell();
    this.#set(pod, ({ status }) => {
      const terminated = {
        ...{ exitCode, startedAt, finishedAt: now() },
        ...(exitCode !== 0 && { reason: 'Error', message: said }),
      };
      status[list] = [{ name: container.name, state: { terminated } }];
    });
    return exitCode;
  }

  /** Folders of this machine by where they are mounted. */
  #volumes(pod: FakeObject): Map<string, string> {
    const folders = new Map<string, string>();
    for (const { name, configMap } of pod.spec.volumes) {
      const folder = join(this.#folder, pod.metadata.name, name);
      mkdirSync(folder, { recursive: true });
      const { data = {}, binaryData = {} } =
        (configMap && this.#cluster.find('configmaps', configMap.name)) ?? {};
      for (const [file, text] of Object.entries<string>(data))
        writeFileSync(join(folder, file), text);
      for (const [file, text] of Object.entries<string>(binaryData))
        writeFileSync(join(folder, file), Buffer.from(text, 'base64'));
      const mount = pod.spec.containers[0].volumeMounts.find(
        (one: Fields) => one.name === name,
      );
      folders.set(mount.mountPath, folder);
    }
    return folders;
  }

  #environment(container: Fields, moved: (text: string) => string) {
    return Object.fromEntries(
      container.env.map(({ name, value, valueFrom }: Fields) => {
        if (!valueFrom) return [name, moved(expanded(value))];
        const { name: secret, key } = valueFrom.secretKeyRef;
        const { data } = this.#cluster.find('secrets', secret)!;
        return [name, Buffer.from(data[key], 'base64').toString('utf8')];
      }),
    );
  }

  #set(pod: FakeObject, edit: (object: FakeObject) => void): void {
    this.#cluster.change('pods', pod.metadata.name, edit);
  }

  #logPath(key: string): string {
    return join(this.#folder, `${key.replace('/', '.')}.log`);
  }
}

/** As Kubernetes does it: `$$` is a `$`. Of names it knows none here. */
function expanded(text: string): string {
  return text.replaceAll('$$', '$');
}

/** With all that it has started. */
function kill(child: ChildProcess | undefined): void {
  if (child?.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
