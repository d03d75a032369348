import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import { checkProject, type ProjectChecks } from '../project/checkProject';

/** Refuses a written project that may not be registered, before it leaves the portal. */
export function createCheckProjectAction(checks: ProjectChecks) {
  return createTemplateAction({
    id: 'downstage:project:check',
    description:
      'Checks what the written project would declare in the catalog: its kinds, its owner, and that its names are free. Comes before every step that publishes or registers.',
    supportsDryRun: true,
    examples: [
      {
        description: 'Check a project before it is published',
        example: `steps:
  - action: downstage:project:check
    input:
      owner: group:default/diagnostics
      entityRef: model:default/tumour-malignancy
`,
      },
    ],
    schema: {
      input: {
        owner: z =>
          z
            .string()
            .describe('The owning group or user; the requester belongs to it'),
        entityRef: z =>
          z
            .string()
            .describe('The entity that catalog-info.yaml declares')
            .optional(),
      },
    },
    async handler(ctx) {
      await checkProject(checks, {
        credentials: await ctx.getInitiatorCredentials(),
        folder: ctx.workspacePath,
        // Nothing is published yet, so no file has the name by right.
        repository: ctx.workspacePath,
        ...ctx.input,
      });
    },
  });
}
