import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { InputError } from '@backstage/errors';
import { callerOf } from '@downstage/node';
import {
  jobStates,
  mlJobsContract,
  type Job,
} from '@downstage/plugin-ml-jobs-common';
import type { JobService } from '../services/JobService';

const entityRef = /^[^:/]+:[^:/]+\/[^:/]+$/;

/** What a person can do on the pages, for agents, terminals and templates; under the caller's own permissions. */
export function registerActions(options: {
  actionsRegistry: ActionsRegistryService;
  jobs: JobService;
}) {
  const { actionsRegistry, jobs } = options;

  actionsRegistry.register({
    name: 'submit-job',
    title: 'Submit job',
    description:
      'Queues a training job or any other run of code. The project must be a git repository with a downstage.yaml that names the command; the job runs at the commit of the given ref. ' +
      'Returns at once with an id: ask get-job with it until the state is succeeded, failed or cancelled. The owner must be the caller or a group of the caller. ' +
      'To train a known model again, take the repository of its last job from get-job, or use retrain-model of ml-monitoring.',
    attributes: { readOnly: false, destructive: false, idempotent: false },
    schema: {
      input: z =>
        z.object({
          repository: z
            .string()
            .describe(
              'Folder of the git repository on the portal machine, its file: URL, or an https git URL',
            ),
          ref: z
            .string()
            .optional()
            .describe('Branch, tag or commit; HEAD unless given'),
          owner: z
            .string()
            .regex(
              entityRef,
              'Expected a full ref, as group:default/diagnostics',
            )
            .describe(
              'Entity ref of the owning group or user, e.g. group:default/diagnostics',
            ),
          model: z
            .string()
            .regex(entityRef, 'Expected a full ref, as model:default/name')
            .optional()
            .describe(
              'Entity ref of the model it trains, e.g. model:default/tumour-malignancy; from downstage.yaml unless given',
            ),
          job: z
            .string()
            .optional()
            .describe(
              'Name of the job in downstage.yaml; needed where the file has several documents',
            ),
          parameters: z
            .record(z.union([z.string(), z.number(), z.boolean()]))
            .optional()
            .describe('Values that replace those of downstage.yaml'),
          idempotencyKey: z
            .string()
            .optional()
            .describe(
              'The same key and owner give the same job, so that a retry does not train twice',
            ),
        }),
      output: z =>
        z.object({ id: z.string(), state: z.string(), link: z.string() }),
    },
    action: async ({ input, credentials }) => {
      const { repository, ref, ...rest } = input;
      const body = mlJobsContract.submitJob.body.safeParse({
        source: { repository, ref },
        ...rest,
      });
      if (!body.success) {
        const { issues } = body.error;
        throw new InputError(
          `The job was not submitted: ${issues
            .map(({ path, message }) => `${path.join('.')}: ${message}`)
            .join('; ')}`,
        );
      }
      const job = await jobs.submit(body.data, {
        caller: callerOf(credentials),
      });
      return { output: { id: job.id, state: job.state, link: linkTo(job) } };
    },
  });

  actionsRegistry.register({
    name: 'get-job',
    title: 'Get job',
    description:
      'Returns one job: its state, a sentence that says why, its attempts with their exit codes, source and commit, parameters, the dataset versions it read, and the end of its log. ' +
      'The states queued, preparing, running and preempted are on the way; succeeded, failed and cancelled are final. ' +
      'A job that is held waits until somebody releases it. One that is blocked never starts as things are: its message says what to change.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          id: z.string().describe('Id of the job'),
          logBytes: z
            .number()
            .int()
            .min(0)
            .max(100_000)
            .default(4_000)
            .describe('How much of the end of the log to return'),
        }),
      output: z =>
        z.object({
          id: z.string(),
          name: z.string(),
          owner: z.string(),
          model: z.string().optional(),
          state: z.string(),
          reason: z.string().optional(),
          message: z.string().optional(),
          repository: z.string(),
          commit: z.string().optional(),
          queuePosition: z.number().optional(),
          parameters: z.record(z.union([z.string(), z.number(), z.boolean()])),
          inputs: z.array(z.object({ name: z.string(), ref: z.string() })),
          attempts: z.array(
            z.object({
              number: z.number(),
              state: z.string(),
              reason: z.string().optional(),
              message: z.string().optional(),
              exitCode: z.number().optional(),
            }),
          ),
          createdAt: z.string(),
          startedAt: z.string().optional(),
          endedAt: z.string().optional(),
          logTail: z.string(),
          link: z.string(),
        }),
    },
    action: async ({ input, credentials }) => {
      const caller = callerOf(credentials);
      const job = await jobs.get(input.id, { caller });
      const log = input.logBytes
        ? await jobs.log(
            { id: job.id, offset: -input.logBytes, limit: input.logBytes },
            { caller },
          )
        : { text: '' };
      const { id, name, owner, model, state, reason, message, queuePosition } =
        job;
      return {
        output: {
          id,
          name,
          owner,
          model,
          state,
          reason,
          message,
          queuePosition,
          repository: job.source.repository,
          commit: job.source.commit,
          parameters: job.parameters,
          inputs: job.inputs,
          attempts: job.attempts.map(attempt => ({
            number: attempt.number,
            state: attempt.state,
            reason: attempt.reason,
            message: attempt.message,
            exitCode: attempt.exitCode,
          })),
          createdAt: job.createdAt,
          startedAt: job.startedAt,
          endedAt: job.endedAt,
          logTail: log.text,
          link: linkTo(job),
        },
      };
    },
  });

  actionsRegistry.register({
    name: 'explain-job',
    title: 'Explain job',
    description:
      'Says why a job waits: a sentence, the reason as one word, its place in the line, who is ahead, and of each resource what it needs against what is free. ' +
      'Also what its owner and its queue hold now, what is left of the quota of this month, and what can be done about it.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z => z.object({ id: z.string().describe('Id of the job') }),
      output: z =>
        z.object({
          job: z.string(),
          state: z.string(),
          message: z.string(),
          reason: z.string().optional(),
          owner: z.string(),
          queue: z.string(),
          priority: z.string(),
          runtime: z.string(),
          position: z.number().optional(),
          waiting: z.number().optional(),
          ahead: z.array(
            z.object({ id: z.string(), name: z.string(), owner: z.string() }),
          ),
          othersAhead: z.number(),
          reservedFor: z.string().optional(),
          lacking: z.array(
            z.object({
              resource: z.string(),
              needed: z.number(),
              total: z.number(),
              used: z.number(),
              held: z.number(),
              free: z.number(),
            }),
          ),
          uses: z.record(z.number()),
          queueUses: z.record(z.number()),
          quota: z.record(z.number()),
          borrowed: z.record(z.number()),
          month: z.array(
            z.object({
              unit: z.string(),
              used: z.number(),
              quota: z.number(),
              left: z.number(),
            }),
          ),
          canDo: z.array(z.string()),
          link: z.string(),
        }),
    },
    action: async ({ input, credentials }) => {
      const caller = callerOf(credentials);
      const explanation = await jobs.explain(input.id, { caller });
      return {
        output: { ...explanation, link: linkTo({ id: explanation.job }) },
      };
    },
  });

  actionsRegistry.register({
    name: 'list-jobs',
    title: 'List jobs',
    description:
      'Lists jobs, newest first, all or by owner, model or state. Use get-job for the log and the details of one.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          owner: z
            .string()
            .regex(
              entityRef,
              'Expected a full ref, as group:default/diagnostics',
            )
            .optional()
            .describe('Entity ref of the owning group or user'),
          model: z
            .string()
            .regex(entityRef, 'Expected a full ref, as model:default/name')
            .optional()
            .describe('Entity ref of the model'),
          state: z
            .enum(jobStates)
            .optional()
            .describe('Only jobs in this state'),
          limit: z
            .number()
            .int()
            .min(1)
            .max(100)
            .default(20)
            .describe('How many jobs at most'),
          cursor: z
            .string()
            .optional()
            .describe('nextCursor of the answer before'),
        }),
      output: z =>
        z.object({
          jobs: z.array(
            z.object({
              id: z.string(),
              name: z.string(),
              owner: z.string(),
              model: z.string().optional(),
              state: z.string(),
              message: z.string().optional(),
              createdBy: z.string(),
              createdAt: z.string(),
              queuePosition: z.number().optional(),
            }),
          ),
          nextCursor: z.string().optional(),
        }),
    },
    action: async ({ input, credentials }) => {
      const { items, nextCursor } = await jobs.list(input, {
        caller: callerOf(credentials),
      });
      return {
        output: {
          nextCursor,
          jobs: items.map(job => ({
            id: job.id,
            name: job.name,
            owner: job.owner,
            model: job.model,
            state: job.state,
            message: job.message,
            createdBy: job.createdBy,
            createdAt: job.createdAt,
            queuePosition: job.queuePosition,
          })),
        },
      };
    },
  });

  actionsRegistry.register({
    name: 'cancel-job',
    title: 'Cancel job',
    description:
      'Cancels a job that waits or runs; its processes are killed and it cannot be resumed. Only for owners of the job.',
    attributes: { readOnly: false, destructive: true, idempotent: false },
    schema: {
      input: z =>
        z.object({
          id: z.string().describe('Id of the job'),
          reason: z
            .string()
            .max(500)
            .optional()
            .describe('Shown in the timeline of the job'),
        }),
      output: z =>
        z.object({
          id: z.string(),
          state: z.string(),
          message: z.string().optional(),
        }),
    },
    action: async ({ input, credentials }) => {
      const job = await jobs.cancel(
        { id: input.id, reason: input.reason },
        { caller: callerOf(credentials) },
      );
      return { output: { id: job.id, state: job.state, message: job.message } };
    },
  });

  registerHolding(actionsRegistry, {
    name: 'hold-job',
    title: 'Hold job',
    description:
      'Holds a job that waits: it keeps nothing, and starts only after release-job. A job that runs cannot be held. Only for owners of the job.',
    change: (request, call) => jobs.hold(request, call),
  });

  registerHolding(actionsRegistry, {
    name: 'release-job',
    title: 'Release job',
    description:
      'Lets a job that is held wait for its place again. A job that is not held stays as it is. Only for owners of the job.',
    change: (request, call) => jobs.release(request, call),
  });
}

/** Holding a job and letting it go differ by their words alone. */
function registerHolding(
  actionsRegistry: ActionsRegistryService,
  options: {
    name: string;
    title: string;
    description: string;
    change: JobService['hold'];
  },
) {
  const { change, ...words } = options;
  actionsRegistry.register({
    ...words,
    attributes: { readOnly: false, destructive: false, idempotent: true },
    schema: {
      input: z =>
        z.object({
          id: z.string().describe('Id of the job'),
          reason: z
            .string()
            .max(500)
            .optional()
            .describe('Shown in the timeline of the job'),
        }),
      output: z =>
        z.object({
          id: z.string(),
          state: z.string(),
          message: z.string().optional(),
        }),
    },
    action: async ({ input, credentials }) => {
      const { id, state, message } = await change(
        { id: input.id, reason: input.reason },
        { caller: callerOf(credentials) },
      );
      return { output: { id, state, message } };
    },
  });
}

function linkTo(job: Pick<Job, 'id'>): string {
  return `/training/jobs/${job.id}`;
}
