import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import type { MlJobsService } from '@downstage/plugin-ml-jobs-node';

/** Submits a run of code in the name of the person who runs the template. */
export function createSubmitJobAction(options: {
  jobs: Pick<MlJobsService, 'submitJob'>;
}) {
  const { jobs } = options;
  return createTemplateAction({
    id: 'downstage:job:submit',
    description:
      'Submits a job: code of a git repository, run as its downstage.yaml says. Ends when the job is in the queue, not when it is done.',
    supportsDryRun: true,
    examples: [
      {
        description: 'Train what was just published',
        example: `steps:
  - id: job
    action: downstage:job:submit
    input:
      repository: \${{ steps.publish.output.repository }}
      owner: group:default/diagnostics
      model: model:default/tumour-malignancy
`,
      },
    ],
    schema: {
      input: {
        repository: z =>
          z.string().describe('A folder, a file: URL or an https git URL'),
        ref: z => z.string().describe('Branch, tag or commit').optional(),
        owner: z => z.string().describe('The owning group or user'),
        model: z => z.string().describe('The model it trains').optional(),
        job: z =>
          z
            .string()
            .describe('Which job of downstage.yaml, where it has several')
            .optional(),
        parameters: z =>
          z
            .record(z.union([z.string(), z.number(), z.boolean()]))
            .describe('Override parameters of downstage.yaml')
            .optional(),
      },
      output: {
        jobId: z => z.string().describe('Id of the job'),
        url: z => z.string().describe("Path of the job's page in the portal"),
      },
    },
    async handler(ctx) {
      const {
        repository,
        ref,
        owner,
        model,
        job: named,
        parameters,
      } = ctx.input;
      if (ctx.isDryRun) {
        ctx.output('jobId', 'dry-run');
        ctx.output('url', '/training');
        return;
      }
      const job = await jobs.submitJob(
        {
          body: {
            source: { repository, ref },
            owner,
            model,
            job: named,
            parameters,
            // The same task again, after a crash, is the same job.
            idempotencyKey: `template-task-${ctx.task.id}-${
              ctx.step?.id ?? 'job'
            }`,
          },
        },
        { credentials: await ctx.getInitiatorCredentials() },
      );
      ctx.logger.info(`Job ${job.id} is ${job.state}`);
      ctx.output('jobId', job.id);
      ctx.output('url', `/training/jobs/${job.id}`);
    },
  });
}
