import { askForMemory } from '@downstage/plugin-ml-jobs-common';

const mib = 1024 ** 2;
const gib = 1024 ** 3;

/** What a job is told that was ended because it was over its memory: the limit, what it used, what to ask for. */
export function describeOutOfMemory(options: {
  limitBytes: number;
  usedBytes: number;
  /** What this machine has in all. */
  machineBytes: number;
}): string {
  const { limitBytes, usedBytes, machineBytes } = options;
  const asked = memoryToAskFor({ limitBytes, usedBytes });
  const used = `It used ${written(usedBytes)} of ${written(
    limitBytes,
  )} and was ended`;
  if (limitBytes >= machineBytes * 0.9)
    return `${used}; this machine has ${written(
      machineBytes,
    )} in all, so it needs less memory or another machine`;
  const [amount, tooMuch] =
    asked > machineBytes
      ? [Math.floor(machineBytes / mib) * mib, ', which is all of this machine']
      : [asked, ''];
  return `${used}; ${askForMemory(asAmount(amount))}${tooMuch}`;
}

/**
 * An amount that is likely to do. A job is ended as soon as it passes its limit, so nobody knows how much more it
 * wanted: half as much again as the limit, and a quarter more than it used.
 */
function memoryToAskFor(options: {
  limitBytes: number;
  usedBytes: number;
}): number {
  const { limitBytes, usedBytes } = options;
  const least = Math.max(limitBytes * 1.5, usedBytes * 1.25);
  let step = 64 * mib;
  while (step * 2 <= least) step *= 2;
  if (step >= least) return step;
  return step * 1.5 >= least ? step * 1.5 : step * 2;
}

/** What is known of a command that was killed and not by the portal. */
export function describeKill(options: {
  usedBytes?: number;
  /** How many processes of this machine the kernel ended for lack of memory in that time. */
  killsBySystem?: number;
}): string {
  const { usedBytes, killsBySystem } = options;
  const used = usedBytes
    ? `; it had used ${written(usedBytes)} of memory at most`
    : '';
  const killed = 'The command was killed from outside (signal 9)';
  if (killsBySystem === undefined)
    return `${killed}, often by the system for lack of memory${used}`;
  return killsBySystem > 0
    ? `${killed}, probably by the system for lack of memory: it ended ${killsBySystem} ${
        killsBySystem === 1 ? 'process' : 'processes'
      } in that time${used}`
    : `${killed}, and not by the portal; the system ended no process for lack of memory in that time${used}`;
}

/** An amount as a definition writes it, rounded up: `1.5Gi`. */
function asAmount(bytes: number): string {
  return bytes % gib === 0 || (bytes >= gib && bytes % (gib / 2) === 0)
    ? `${bytes / gib}Gi`
    : `${Math.ceil(bytes / mib)}Mi`;
}

/** An amount for people, never rounded to below what it is: one over its limit must not read as on it. */
function written(bytes: number): string {
  return bytes < gib
    ? `${Math.ceil(bytes / mib)} MiB`
    : `${Math.ceil((bytes / gib) * 10) / 10} GiB`;
}
