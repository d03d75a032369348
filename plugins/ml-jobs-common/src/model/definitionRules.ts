import { z } from 'zod';

/** What a rule says: where it is broken, and what would mend it. */
export type BrokenRule = { path: string[]; message: string };

/** A missing key is as good as any value. */
const anything = z.unknown().optional();

const count = z.number().int().optional().catch(undefined);

/** What the rules read of a document. A value of the wrong type counts as absent: its own mistake says enough. */
const readSchema = z.object({
  resources: z
    .object({ gpus: count, nodes: count, accelerator: anything })
    .optional()
    .catch(undefined),
  environment: z
    .object({ name: anything, image: anything })
    .optional()
    .catch(undefined),
  distributed: anything,
  processesPerNode: count,
  spot: anything,
  checkpoint: anything,
});
type Read = z.infer<typeof readSchema>;

/** Those that may share one accelerator; with all others each process has its own. */
const sharing: readonly unknown[] = ['ray', 'mpi', 'none'];

/** One function for each rule; only keys that came later are in them, so that an old file stays right. */
const rules: readonly ((read: Read) => BrokenRule | undefined)[] = [
  ({ spot, checkpoint }) =>
    spot === true && checkpoint === undefined
      ? {
          path: ['spot'],
          message:
            'a job that may be interrupted needs a checkpoint to go on from; add checkpoint: { keep: 2 }, or leave spot out',
        }
      : undefined,
  ({ distributed, resources }) =>
    distributed === 'none' && (resources?.nodes ?? 1) > 1
      ? {
          path: ['distributed'],
          message: `none is one process, and resources.nodes is ${resources?.nodes}; allowed: another value, or one node`,
        }
      : undefined,
  ({ distributed, processesPerNode = 1 }) =>
    distributed === 'none' && processesPerNode > 1
      ? {
          path: ['distributed'],
          message: `none is one process, and processesPerNode is ${processesPerNode}; allowed: another value, or one process`,
        }
      : undefined,
  ({ distributed, processesPerNode = 1, resources }) =>
    resources?.gpus &&
    processesPerNode > resources.gpus &&
    !sharing.includes(distributed)
      ? {
          path: ['processesPerNode'],
          message: `each process trains on a GPU of its own, and resources.gpus is ${resources.gpus}; allowed: at most ${resources.gpus}`,
        }
      : undefined,
  ({ resources }) =>
    resources?.accelerator !== undefined && !resources.gpus
      ? {
          path: ['resources', 'accelerator'],
          message:
            'says which kind, and resources.gpus says how many; add gpus: 1, or leave accelerator out',
        }
      : undefined,
  ({ environment }) =>
    environment?.name !== undefined && environment.image !== undefined
      ? {
          path: ['environment'],
          message:
            'name and image each say what is there at the start; give one of the two',
        }
      : undefined,
];

/** The rules between keys that a document breaks, whatever else is wrong with it. */
export function brokenRules(document: unknown): BrokenRule[] {
  const read = readSchema.safeParse(document);
  if (!read.success) return [];
  return rules.flatMap(rule => rule(read.data) ?? []);
}
