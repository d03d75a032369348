/* eslint-disable no-restricted-syntax -- __dirname: this is no Backstage backend, and both layouts, src and dist, are handled here */
import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The arguments of `node` for one of our entry files: TypeScript beside us in the repository, JavaScript once built. */
export function childCommand(name: 'launcher' | 'worker' | 'roller'): string[] {
  const source = join(__dirname, '..', `${name}.ts`);
  if (existsSync(source)) {
    return ['--require', join(__dirname, '../fromSources.cjs'), source];
  }
  const built = [
    join(__dirname, `${name}.cjs.js`),
    join(__dirname, '..', `${name}.cjs.js`),
  ].find(file => existsSync(file));
  if (!built) {
    throw new Error(
      `A part of the gateway is missing: looked for ${name}.cjs.js in and above ${__dirname}`,
    );
  }
  return [built];
}

const parentVariable = 'DOWNSTAGE_GATEWAY_PARENT';
/** A number is given again; number and start time are not. */
const parentStartVariable = 'DOWNSTAGE_GATEWAY_PARENT_START';

/** The environment of our processes: they need none of the secrets that may be in ours. */
export function childEnv(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'LD_LIBRARY_PATH'];
  return {
    ...Object.fromEntries(names.map(name => [name, process.env[name]])),
    [parentVariable]: String(process.pid),
    [parentStartVariable]: startOf(process.pid) ?? '',
  };
}

/** Starts one of our entry files as a process that we talk to by messages. */
export function forkChild(name: 'launcher' | 'roller'): ChildProcess {
  const args = childCommand(name);
  return fork(args[args.length - 1], {
    execArgv: args.slice(0, -1),
    env: childEnv(),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // A session of its own: that of the gateway may run before other programs.
    detached: name === 'roller',
  });
}

/** Lets such a process end by itself, and waits until it has. One that could not be started has no end. */
export async function endOf(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  const ended = new Promise<void>(resolve =>
    child.once('exit', () => resolve()),
  );
  if (child.connected) child.disconnect();
  await ended;
}

/**
 * Ends models that outlived a gateway that was killed: one that is inside native code does not notice.
 * Linux only; elsewhere such a process goes on until its run ends.
 */
export function endOrphans(): number {
  let ended = 0;
  for (const entry of listProcesses()) {
    try {
      const environment = readFileSync(`/proc/${entry}/environ`, 'latin1');
      const lines = environment.split('\0');
      const valueOf = (name: string) =>
        lines.find(line => line.startsWith(`${name}=`))?.slice(name.length + 1);
      const parent = valueOf(parentVariable);
      const start = valueOf(parentStartVariable);
      if (parent === undefined) continue;
      const running = startOf(Number(parent));
      if (running !== undefined && (!start || running === start)) continue;
      process.kill(Number(entry), 'SIGKILL');
      ended += 1;
    } catch {
      // Somebody else's process, or gone meanwhile.
    }
  }
  return ended;
}

function listProcesses(): string[] {
  try {
    return readdirSync('/proc').filter(name => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** When a process began, in ticks since the machine did; undefined when there is none. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name may hold anything, so fields are counted after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
