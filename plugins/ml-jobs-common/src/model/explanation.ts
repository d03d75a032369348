import { entityRefSchema } from '@downstage/common';
import { z } from 'zod';
import { jobStateSchema } from './job';

const amountsSchema = z.record(z.string(), z.number());

/** Why a job waits, in words and in figures. Memory is in bytes. */
export const jobExplanationSchema = z.object({
  job: z.string(),
  state: jobStateSchema,
  reason: z
    .string()
    .optional()
    .describe(
      'One word: Starts, WaitsForResources, Reserved, MakingRoom, QuotaUsed, PeriodQuotaUsed, TooLarge, QueueHeld, QueueMissing, RuntimeMissing',
    ),
  message: z.string().describe('The same as one sentence'),
  owner: entityRefSchema,
  queue: z.string(),
  priority: z.string(),
  runtime: z.string(),
  position: z
    .number()
    .int()
    .optional()
    .describe('Its place among those that wait for its runtime'),
  waiting: z.number().int().optional().describe('How many wait for it in all'),
  ahead: z
    .array(z.object({ id: z.string(), name: z.string(), owner: z.string() }))
    .describe('The first of those ahead that the caller may see'),
  othersAhead: z.number().int().describe('How many are ahead besides'),
  reservedFor: z
    .string()
    .optional()
    .describe('What is free is kept for this job'),
  lacking: z
    .array(
      z.object({
        resource: z
          .string()
          .describe('slots, cpu, memory, gpus, cpuHours, gpuHours'),
        needed: z.number(),
        total: z.number(),
        used: z.number(),
        held: z.number().describe('Kept for jobs that have waited longer'),
        free: z.number().describe('total less used and held'),
      }),
    )
    .describe('Each resource of which there is too little'),
  uses: amountsSchema.describe('What running jobs of the owner hold now'),
  queueUses: amountsSchema.describe('What running jobs of the queue hold now'),
  quota: amountsSchema.describe('What the queue may hold; no figure: no limit'),
  borrowed: amountsSchema.describe('What the queue holds above its quota'),
  month: z
    .array(
      z.object({
        unit: z.enum(['cpuHours', 'gpuHours']),
        used: z.number(),
        quota: z.number(),
        left: z.number(),
      }),
    )
    .describe('What the owner has used of the queue in this month'),
  canDo: z.array(z.string()).describe('What the reader can do about it'),
});
export type JobExplanation = z.infer<typeof jobExplanationSchema>;
