import { readdirSync, readFileSync } from 'node:fs';

/** The processes of models that say which gateway is theirs; Linux only. */
export function modelProcessesOf(gateway: number | undefined): number[] {
  return processesOf(gateway, 'worker');
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

export function processorSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[11]) / 100;
}

/** One that has ended and that nobody has taken note of is not running. */
export function isRunning(pid: number): boolean {
  const state = stateOf(pid);
  return state !== undefined && state !== 'Z';
}

/** Whether SIGSTOP has taken effect. */
export function isHeld(pid: number): boolean {
  return stateOf(pid) === 'T';
}

function stateOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2)[0];
  } catch {
    return undefined;
  }
}
