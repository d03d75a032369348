/* eslint-disable no-restricted-syntax -- __dirname: this is no Backstage backend, and both layouts, src and dist, are handled here */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The arguments of `node` for one of our entry files: TypeScript beside us in the repository, JavaScript once built. */
export function childCommand(name: 'worker' | 'roller'): string[] {
  const source = join(__dirname, '..', `${name}.ts`);
  if (existsSync(source)) {
    return [
      '--require',
      require.resolve('@backstage/cli/config/nodeTransform.cjs'),
      source,
    ];
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

/** The environment of our processes: they need none of the secrets that may be in ours. */
export function childEnv(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'LD_LIBRARY_PATH'];
  return {
    ...Object.fromEntries(names.map(name => [name, process.env[name]])),
    [parentVariable]: String(process.pid),
  };
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
      const found = environment
        .split('\0')
        .find(line => line.startsWith(`${parentVariable}=`));
      if (!found || isRunning(Number(found.split('=')[1]))) continue;
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

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
