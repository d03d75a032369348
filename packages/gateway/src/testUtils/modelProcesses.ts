import { readdirSync, readFileSync } from 'node:fs';

/** The processes of models that say which gateway is theirs; Linux only. */
export function modelProcessesOf(gateway: number | undefined): number[] {
  return processesOf(gateway, 'worker');
}

/** Resolves once none of them runs: a test that looks for its own must not find those of the one before. */
export async function untilNoModelRuns(
  gateway: number | undefined,
): Promise<void> {
  while (modelProcessesOf(gateway).some(isRunning)) {
    await new Promise(setImmediate);
  }
}

/** The process that starts the models of a gateway; Linux only. */
export function launcherOf(gateway: number | undefined): number | undefined {
  return processesOf(gateway, 'launcher')[0];
}

function processesOf(gateway: number | undefined, entry: string): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(name => {
      try {
        const [environment, command] = ['environ', 'cmdline'].map(file =>
          readFileSync(`/proc/${name}/${file}`, 'latin1').split('\0'),
        );
        return (
          environment.includes(`DOWNSTAGE_GATEWAY_PARENT=${gateway}`) &&
          command.some(word => word.endsWith(`${entry}.ts`))
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** 0 of one that has ended: between finding a process and reading of it, it may end. */
export function processorSeconds(pid: number): number {
  return Number(statOf(pid)?.[11] ?? 0) / 100;
}

/** One that has ended and that nobody has taken note of is not running. */
export function isRunning(pid: number): boolean {
  const state = statOf(pid)?.[0];
  return state !== undefined && state !== 'Z';
}

/** Whether SIGSTOP has taken effect. */
export function isHeld(pid: number): boolean {
  return statOf(pid)?.[0] === 'T';
}

/** What the kernel says of a process, from its state on. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
