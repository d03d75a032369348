import type { JobDefinition } from '@downstage/plugin-ml-jobs-common';
import { memoryBytes } from '../duration';

/** What a job holds while it runs: what it asks for, on all of its nodes, and a slot. */
export type Demand = {
  slots: number;
  cpu: number;
  memory: number;
  gpus: number;
};

export function demandOf(resources: JobDefinition['resources'] = {}): Demand {
  const { cpu = 0, memory, gpus = 0, nodes = 1 } = resources;
  const bytes = memory === undefined ? 0 : memoryBytes(memory);
  return {
    ...{ slots: 1, cpu: cpu * nodes, memory: bytes * nodes },
    gpus: gpus * nodes,
  };
}
