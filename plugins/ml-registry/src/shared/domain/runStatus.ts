import type { Tone } from '@downstage/react';

const tones = new Map<string, Tone>([
  ['RUNNING', 'running'],
  ['SCHEDULED', 'running'],
  ['FINISHED', 'ok'],
  ['FAILED', 'error'],
  ['KILLED', 'error'],
]);

/** How a run's status looks; the words are MLflow's own, in lower case. */
export function runStatus(status: string): { tone: Tone; label: string } {
  return {
    tone: tones.get(status) ?? 'neutral',
    label: status.charAt(0) + status.slice(1).toLowerCase(),
  };
}

/** How long a run took, or has taken so far, in milliseconds. */
export function runDuration(
  run: { startTime: string; endTime?: string },
  now: number = Date.now(),
): number {
  const end = run.endTime ? Date.parse(run.endTime) : now;
  return end - Date.parse(run.startTime);
}
