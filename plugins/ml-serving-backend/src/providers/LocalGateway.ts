import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LoggerService } from '@backstage/backend-plugin-api';
import { ServiceUnavailableError, stringifyError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import { identityOf, isAlive, type ProcessIdentity } from '@downstage/node';
import { gatewayBuild, gatewayCommand } from '@downstage/gateway/command';
import type {
  EndpointObservation,
  EngineCondition,
  EngineDesiredState,
  ServingEngineWithLog,
  ServingEngineWithPredict,
  ServingEngineWithTraffic,
} from '@downstage/plugin-ml-serving-node';
import { z } from 'zod';
import type { MlServingOptions } from '../config';
import { GatewayClient } from './GatewayClient';
import { isRunning, takeLock, Users } from './hostFiles';

const processSchema = z.object({
  pid: z.number().int(),
  url: z.string(),
  /** Gateways of before wrote none. */
  build: z.string().optional(),
});
const startTimeoutMs = 60_000;

/**
 * The gateway as a process on this machine.
 *
 * @remarks
 * It is started in a process group of its own. So a crash of the portal does not end it. It goes on serving, and the
 * next portal adopts it. The portal finds it by its pid file, and believes it only when it answers with our token. One
 * that runs other code than this portal would start is replaced, once, when the portal starts: an upgrade reaches the
 * gateway too, and portals of two releases do not replace each other's for ever. When it dies it is started again.
 * Portals that share the data directory share one gateway and one prediction log: one of them starts it, the others
 * find it. The last one that stops in good order stops it too.
 */
export class LocalGateway
  implements
    ServingEngineWithLog,
    ServingEngineWithPredict,
    ServingEngineWithTraffic
{
  readonly specVersion = 'v1';
  readonly id = 'gateway';
  readonly enabled = true;
  readonly variants = 'weighted';
  readonly #options: MlServingOptions;
  readonly #logger: LoggerService;
  readonly #clock: Clock;
  #onAlive: () => void = () => {};
  #client: GatewayClient | undefined;
  #process: ProcessIdentity | undefined;
  #alive = false;
  #since: string | undefined;
  #url: string;
  #stopped = false;
  #looked = false;
  #failures = 0;
  #loop: Promise<void> = Promise.resolve();
  #wake = new AbortController();
  readonly #users: Users;

  constructor(options: {
    options: MlServingOptions;
    logger: LoggerService;
    clock: Clock;
  }) {
    this.#options = options.options;
    this.#logger = options.logger;
    this.#clock = options.clock;
    const { host, port, stateDir } = this.#options.gateway;
    this.#users = new Users(join(stateDir, 'portals'));
    this.#url = `http://${host}:${port}`;
  }

  get publicUrl() {
    return this.#options.gateway.publicUrl ?? this.#url;
  }

  get alive() {
    return this.#alive;
  }

  get since() {
    return this.#since;
  }

  client(): GatewayClient {
    if (!this.#client) {
      throw new ServiceUnavailableError(
        'The gateway is being started; try again in a moment',
      );
    }
    return this.#client;
  }

  urlOf(endpoint: string) {
    return `${this.publicUrl}/v2/models/${endpoint}`;
  }

  /** It honours all that can be desired, and so it has nothing to say. */
  async apply(
    desired: EngineDesiredState,
    options?: { signal?: AbortSignal },
  ): Promise<EngineCondition[]> {
    await this.client().putState(desired, options);
    return [];
  }

  async observe(endpoints: string[]): Promise<EndpointObservation[]> {
    return (await this.client().status(endpoints)).endpoints;
  }

  async predict(...request: Parameters<ServingEngineWithPredict['predict']>) {
    return this.client().predict(...request);
  }

  async traffic(endpoint: string, minutes: number) {
    const { endpoints } = await this.client().stats(endpoint, minutes);
    const found = endpoints.find(one => one.endpoint === endpoint);
    return { buckets: found?.buckets ?? [], dropped: found?.log.dropped ?? 0 };
  }

  async rollLog(): Promise<void> {
    await this.client().roll();
  }

  /**
   * Begins to keep a gateway alive; returns at once.
   *
   * @param options - `onAlive` is told each time a gateway begins to answer
   */
  start(options: { onAlive: () => void }): void {
    this.#onAlive = options.onAlive;
    this.#loop = this.#supervise();
  }

  /** Stops the gateway and waits for its end, unless another portal uses it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake.abort();
    await this.#loop;
    const others = await this.#users.leave();
    if (others) {
      this.#logger.info(
        `The gateway on ${this.#url} goes on: ${others} other portals use it`,
      );
      return;
    }
    if (this.#process) await endProcess(this.#process);
    this.#setAlive(false);
  }

  async #supervise(): Promise<void> {
    while (!this.#stopped) {
      let pauseMs = 1_000;
      try {
        if (!(await this.#check())) await this.#ensure();
        this.#failures = 0;
      } catch (error) {
        this.#failures += 1;
        pauseMs = Math.min(1_000 * 2 ** this.#failures, 30_000);
        if (!this.#stopped) {
          this.#logger.error(
            `The gateway could not be started, next try in ${
              pauseMs / 1000
            } s: ${stringifyError(error)}`,
          );
        }
      }
      await delay(pauseMs, undefined, {
        signal: this.#wake.signal,
        ref: false,
      }).catch(() => {});
    }
  }

  /** Whether the gateway we know answers. One that lives and does not answer is given time: it may be busy. */
  async #check(): Promise<boolean> {
    const known = this.#process;
    if (!this.#client || !known) return false;
    for (let attempt = 0; attempt < 5 && !this.#stopped; attempt++) {
      try {
        const { pid } = await this.#client.status([], 3_000);
        if (pid === known.pid) this.#setAlive(true);
        return pid === known.pid;
      } catch {
        this.#setAlive(false);
        if (!(await isAlive(known))) return false;
        await delay(500);
      }
    }
    if (this.#stopped) return true;
    this.#logger.warn(
      `The gateway (process ${known.pid}) does not answer and is being replaced`,
    );
    signal(known.pid, 'SIGKILL');
    await gone(known, 5_000);
    return false;
  }

  async #ensure(): Promise<void> {
    const { stateDir } = this.#options.gateway;
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    await this.#users.enter();
    const end = performance.now() + startTimeoutMs;
    while (!this.#stopped) {
      const release = await takeLock(join(stateDir, 'starting.lock'));
      if (release) return this.#startOrAdopt().finally(release);
      if (performance.now() > end) {
        throw new Error('another portal has been starting it for a minute');
      }
      await delay(200);
    }
    return undefined;
  }

  /** One portal at a time. */
  async #startOrAdopt(): Promise<void> {
    const { stateDir } = this.#options.gateway;
    const token = await readToken(stateDir);
    if (await this.#adopt(token)) return;
    const child = await this.#spawn();
    const deadline = performance.now() + startTimeoutMs;
    while (performance.now() < deadline && !this.#stopped) {
      const file = await readProcessFile(stateDir);
      if (file && file.pid === child.pid && (await this.#take(file, token))) {
        this.#logger.info(`The gateway answers on ${file.url}`);
        return;
      }
      if (child.exited()) {
        throw new Error(
          `it ended at once: ${await lastLine(join(stateDir, 'gateway.log'))}`,
        );
      }
      await delay(100);
    }
    signal(child.pid, 'SIGKILL');
    if (!this.#stopped) throw new Error('it did not answer in time');
  }

  /** Takes over a gateway that an earlier portal left behind. */
  async #adopt(token: string): Promise<boolean> {
    const first = !this.#looked;
    this.#looked = true;
    const file = await readProcessFile(this.#options.gateway.stateDir);
    if (!file || !isRunning(file.pid)) return false;
    if (first && file.build !== gatewayBuild()) {
      return this.#replace(file, token);
    }
    if (!(await this.#take(file, token))) return false;
    this.#logger.info(
      `Adopted the gateway that was serving on ${file.url} (process ${file.pid})`,
    );
    return true;
  }

  /** Ends a gateway of ours that runs other code; the answer is that there is none to adopt. */
  async #replace(
    file: { pid: number; url: string },
    token: string,
  ): Promise<false> {
    // Only one that knows our token is ours to end.
    const client = new GatewayClient({ url: file.url, token });
    const running = await identityOf(file.pid);
    const found = await client.status().catch(() => undefined);
    if (found?.pid !== file.pid) return false;
    this.#logger.info(
      `The gateway on ${file.url} (process ${file.pid}) runs the code of another release and is being replaced`,
    );
    await endProcess(running);
    return false;
  }

  async #take(
    file: { pid: number; url: string },
    token: string,
  ): Promise<boolean> {
    const client = new GatewayClient({ url: file.url, token });
    const running = await identityOf(file.pid);
    try {
      const { pid } = await client.status();
      if (pid !== file.pid) return false;
    } catch {
      return false;
    }
    this.#client = client;
    this.#process = running;
    this.#url = file.url;
    this.#setAlive(true);
    this.#onAlive();
    return true;
  }

  async #spawn() {
    const { host, port, stateDir, rollSeconds, flags } = this.#options.gateway;
    const output = await open(join(stateDir, 'gateway.log'), 'a', 0o600);
    try {
      const child = spawn(
        process.execPath,
        [
          ...gatewayCommand(),
          ...['--host', host],
          ...['--port', String(port)],
          ...['--state-dir', stateDir],
          ...['--log-dir', this.#options.logDir],
          ...['--admin-token-file', join(stateDir, 'admin-token')],
          ...['--roll-seconds', String(rollSeconds)],
          ...(flags ?? []),
        ],
        {
          detached: true,
          stdio: ['ignore', output.fd, output.fd],
          // The portal's environment holds secrets; the gateway needs none of them.
          env: pick(process.env, ['PATH', 'HOME', 'LANG', 'TMPDIR']),
        },
      );
      let ended = false;
      child.once('exit', () => {
        ended = true;
        this.#wake.abort();
        this.#wake = new AbortController();
      });
      child.once('error', () => {
        ended = true;
      });
      child.unref();
      if (child.pid === undefined) throw new Error('no process was made');
      return { pid: child.pid, exited: () => ended };
    } finally {
      await output.close();
    }
  }

  #setAlive(alive: boolean) {
    if (this.#alive === alive && this.#since) return;
    this.#alive = alive;
    this.#since = this.#clock().toISOString();
  }
}

/** The admin token; made once, readable by this user only. */
async function readToken(stateDir: string): Promise<string> {
  const path = join(stateDir, 'admin-token');
  const found = await readFile(path, 'utf8').catch(() => '');
  if (found.trim().length >= 32) return found.trim();
  const token = randomBytes(32).toString('base64url');
  await writeFile(`${path}.tmp`, `${token}\n`, { mode: 0o600 });
  await rename(`${path}.tmp`, path);
  return token;
}

async function readProcessFile(stateDir: string) {
  try {
    const text = await readFile(join(stateDir, 'gateway.json'), 'utf8');
    return processSchema.parse(JSON.parse(text));
  } catch {
    return undefined; // none yet, or being written
  }
}

async function lastLine(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const line = text.trimEnd().split('\n').at(-1) ?? '';
  return `${line.slice(0, 500)} (see ${path})`;
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Asks a process to end, and makes it. */
async function endProcess(running: ProcessIdentity): Promise<void> {
  signal(running.pid, 'SIGTERM');
  if (await gone(running, 10_000)) return;
  signal(running.pid, 'SIGKILL');
  await gone(running, 2_000);
}

async function gone(
  running: ProcessIdentity,
  timeoutMs: number,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (await isAlive(running)) {
    if (performance.now() > deadline) return false;
    await delay(50);
  }
  return true;
}

function pick(env: NodeJS.ProcessEnv, names: string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(names.map(name => [name, env[name]]));
}
