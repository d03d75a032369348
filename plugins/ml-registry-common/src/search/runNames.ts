import { runStatuses } from '../model/run';
import type { SearchNames } from './searchNames';

/** Attributes of runs; some have several names. */
const runAttributes = [
  'run_id',
  'run_name',
  'run name',
  'Run name',
  'Run Name',
  'status',
  'user_id',
  'artifact_uri',
  'lifecycle_stage',
  'start_time',
  'created',
  'Created',
  'end_time',
] as const;
export type RunAttribute = (typeof runAttributes)[number];

/** Attributes that a page offers, in its order. The others still work. */
export const offeredRunAttributes: readonly RunAttribute[] = [
  'status',
  'run_name',
  'start_time',
  'end_time',
  'user_id',
  'run_id',
];

/** What the search of runs may name: the server reads filters by it, and the page completes them. */
export const runNames = {
  entities: ['metric', 'param', 'tag', 'attribute', 'dataset'],
  attributes: runAttributes,
  numbers: ['start_time', 'created', 'Created', 'end_time'],
  lists: ['run_id'],
  values: {
    status: runStatuses,
    lifecycle_stage: ['active', 'deleted'],
  },
} as const satisfies SearchNames;
