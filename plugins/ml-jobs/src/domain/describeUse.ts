import type { JobSamples } from '@downstage/plugin-ml-jobs-common';

/** What of an attempt was asked for and lay idle. */
export type Idle =
  | { what: 'cpu'; asked: number; used: number }
  | { what: 'memory'; asked: number; used: number }
  | { what: 'gpus'; asked: number; used: number };

/** A shorter one says little: it may still be reading its data. */
const leastSeconds = 60;
const littleOfAsked = 0.25;
const littleOfGpu = 10;

/**
 * What was asked for and lay idle. Cores count by their mean and memory by its peak: less than a quarter is little. GPUs
 * count by how busy they were: less than a tenth is little.
 */
export function idleOf(samples: JobSamples): Idle[] {
  const { asked, mean, peak, points } = samples;
  const last = points[points.length - 1];
  if (!mean || !peak || !last || last.seconds < leastSeconds) return [];
  const idle: Idle[] = [];
  if (asked.cpu && mean.cpu < asked.cpu * littleOfAsked)
    idle.push({ what: 'cpu', asked: asked.cpu, used: mean.cpu });
  if (asked.memory && peak.memory < asked.memory * littleOfAsked)
    idle.push({ what: 'memory', asked: asked.memory, used: peak.memory });
  if (asked.gpus && mean.gpu !== undefined && mean.gpu < littleOfGpu)
    idle.push({ what: 'gpus', asked: asked.gpus, used: mean.gpu });
  return idle;
}

/** Memory as a definition counts it, in powers of 1024: `200 MiB`, `1.5 GiB`. */
export function formatMemory(bytes: number): string {
  const mib = bytes / 1024 ** 2;
  return mib < 1024
    ? `${Math.round(mib)} MiB`
    : `${Math.round((mib / 1024) * 10) / 10} GiB`;
}
