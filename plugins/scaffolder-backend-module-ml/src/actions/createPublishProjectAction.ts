import type { RootConfigService } from '@backstage/backend-plugin-api';
import type { EventsService } from '@backstage/plugin-events-node';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import { namespaceOfProject, publishTopic, readDataDir } from '@downstage/node';
import { projectPublishedTopic } from '@downstage/plugin-ml-catalog-common';
import type { MlRegistryService } from '@downstage/plugin-ml-registry-node';
import { join } from 'node:path';
import { authorFor } from '../project/authorFor';
import { acceptFile } from '../project/acceptFile';
import { checkProject, type ProjectChecks } from '../project/checkProject';
import { publishProject } from '../project/publishProject';
import { waitForEntity } from '../project/waitForEntity';

/** Publishes the workspace as a git repository on the portal's machine, and has the catalog read it. */
export function createPublishProjectAction(
  options: ProjectChecks & {
    config: RootConfigService;
    events: EventsService;
    registry: Pick<MlRegistryService, 'claimModel' | 'getModel'>;
    timeoutMs?: number;
    pollMs?: number;
  },
) {
  const { catalog, config, events, registry } = options;
  const { timeoutMs = 60_000, pollMs = 500 } = options;
  const folder = join(readDataDir(config), 'projects');

  return createTemplateAction({
    id: 'downstage:project:publish',
    description:
      "Publishes the workspace as a git repository in the portal's data directory and registers its catalog-info.yaml. For one machine; a company with a git host uses publish:github and its like instead.",
    supportsDryRun: true,
    examples: [
      {
        description: 'Publish a model project for a team',
        example: `steps:
  - action: downstage:project:publish
    input:
      name: tumour-malignancy
      owner: group:default/diagnostics
      entityRef: model:default/tumour-malignancy
`,
      },
    ],
    schema: {
      input: {
        name: z =>
          z
            .string()
            .describe(
              'Name of the folder: small letters, digits and dashes; __credit__fraud for a project of the namespace credit',
            ),
        owner: z =>
          z
            .string()
            .describe('The owning group or user; the requester belongs to it'),
        entityRef: z =>
          z
            .string()
            .describe('The entity that catalog-info.yaml declares')
            .optional(),
        message: z => z.string().describe('First commit message').optional(),
      },
      output: {
        repository: z => z.string().describe('Absolute path of the repository'),
        commit: z => z.string().describe('The first commit'),
      },
    },
    async handler(ctx) {
      const { name, owner, entityRef, message } = ctx.input;
      const credentials = await ctx.getInitiatorCredentials();
      const repository = join(folder, name);
      await checkProject(options, {
        credentials,
        folder: ctx.workspacePath,
        owner,
        entityRef,
        // The catalog holds later pushes to the same.
        namespace: namespaceOfProject(name),
        repository,
      });
      if (ctx.isDryRun) {
        ctx.output('repository', repository);
        ctx.output('commit', '0'.repeat(40));
        return;
      }
      const published = await publishProject({
        folder,
        name,
        files: ctx.workspacePath,
        author: authorFor(ctx.user),
        message: message ?? `Start ${name} from a template`,
        taskId: ctx.task.id,
      });
      ctx.logger.info(`Published ${published.repository}`);
      await publishTopic(events, projectPublishedTopic, { name });
      if (entityRef) {
        ctx.logger.info(`Waiting until the catalog has read ${entityRef}`);
        await waitForEntity({
          catalog,
          credentials,
          entityRef,
          repository,
          timeoutMs,
          pollMs,
          signal: ctx.signal,
        });
        await acceptFile({ registry, credentials, entityRef, owner });
      }
      ctx.output('repository', published.repository);
      ctx.output('commit', published.commit);
    },
  });
}
