import type { Job, JobDefinition } from '@downstage/plugin-ml-jobs-common';
import type { RuntimeFeature } from '@downstage/plugin-ml-jobs-node';

/** What becomes of the demands of a definition on one runtime. */
export type Honoured = {
  /** Why the job may not run there: it would train on less than it asks for. */
  refusals: string[];
  /** What is left out and changes nothing about the result. */
  warnings: Job['warnings'];
};

/** A runtime of the time before features takes these as they are, and warns by itself. */
const unsaid: readonly RuntimeFeature[] = ['gpus', 'nodes'];

/**
 * Holds a definition against what a runtime can do. Nothing is left out without a word.
 *
 * @example
 * ```ts
 * decideHonoured(definition, { features: hasFeatures(runtime) ? runtime.features : undefined });
 * ```
 */
export function decideHonoured(
  definition: JobDefinition,
  { features = unsaid }: { features?: readonly RuntimeFeature[] },
): Honoured {
  const has = (feature: RuntimeFeature) => features.includes(feature);
  const honoured: Honoured = { refusals: [], warnings: [] };
  const refuse = (option: string, message: string) =>
    honoured.refusals.push(`${option}: ${message}`);
  const warn = (option: string, message: string) =>
    honoured.warnings.push({ option, message });
  const {
    resources: { gpus = 0, nodes = 1, accelerator } = {},
    environment: { name, requirements, image } = {},
    processesPerNode = 1,
    distributed,
  } = definition;

  if (gpus > 0 && !has('gpus'))
    refuse('resources.gpus', `${gpus} asked for, and it gives none`);
  else if (accelerator !== undefined && !has('accelerators'))
    refuse(
      'resources.accelerator',
      `${accelerator} asked for, and it does not choose by kind`,
    );
  if (nodes > 1 && !has('nodes'))
    refuse('resources.nodes', `${nodes} asked for, and it has one`);
  if (processesPerNode > 1 && !has('processes'))
    refuse(
      'processesPerNode',
      `${processesPerNode} asked for, and it starts one`,
    );
  if (
    distributed !== undefined &&
    distributed !== 'none' &&
    !has('distributed') &&
    !has(`distributed:${distributed}`)
  ) {
    // Each of several processes would train alone, on all of the data.
    if (nodes > 1 || gpus > 1 || processesPerNode > 1)
      refuse(
        'distributed',
        `its processes do not find each other by ${distributed}`,
      );
    else
      warn(
        'distributed',
        `${distributed} is left out: one process is started, without the variables of the framework`,
      );
  }
  if (image !== undefined && !has('images')) {
    if (requirements === undefined)
      refuse(
        'environment.image',
        'it runs no images; add environment.requirements for runtimes without them',
      );
    else
      warn(
        'environment.image',
        `${image} is left out: the job runs with ${requirements} on the Python of the runtime`,
      );
  }
  if (
    name !== undefined &&
    requirements !== undefined &&
    !has('extended-environments')
  )
    refuse(
      'environment',
      `it cannot install ${requirements} on top of ${name}; give one of the two`,
    );
  if (definition.spot && !has('spot'))
    warn('spot', 'Left out: no machine here is taken away from a job');
  if (definition.checkpoint !== undefined && !has('checkpoints'))
    warn(
      'checkpoint',
      'Left out: DOWNSTAGE_CHECKPOINT_DIR is not set, and another attempt begins anew',
    );
  return honoured;
}

/** One sentence of everything that is missing, for a person. */
export function refusalOf(
  runtime: string,
  refusals: readonly string[],
): string {
  return `The runtime '${runtime}' cannot run this job: ${refusals.join('; ')}`;
}
