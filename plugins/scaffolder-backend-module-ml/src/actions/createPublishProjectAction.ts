import type {
  BackstageCredentials,
  RootConfigService,
} from '@backstage/backend-plugin-api';
import { NotAllowedError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { EventsService } from '@backstage/plugin-events-node';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import { publishTopic, readDataDir, type Authorizer } from '@downstage/node';
import { projectPublishedTopic } from '@downstage/plugin-ml-catalog-common';
import { join } from 'node:path';
import { authorFor } from '../project/authorFor';
import { publishProject } from '../project/publishProject';
import { requireFreeName } from '../project/requireFreeName';
import { waitForEntity } from '../project/waitForEntity';

/** Publishes the workspace as a git repository on the portal's machine, and has the catalog read it. */
export function createPublishProjectAction(options: {
  authorizer: Pick<Authorizer, 'actor' | 'groupsOf'>;
  catalog: CatalogService;
  config: RootConfigService;
  events: EventsService;
  timeoutMs?: number;
  pollMs?: number;
}) {
  const { authorizer, catalog, config, events } = options;
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
            .describe('Name of the folder: small letters, digits and dashes'),
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
      await requireOwner(authorizer, credentials, owner);
      const repository = join(folder, name);
      if (entityRef) {
        await requireFreeName({ catalog, credentials, entityRef, repository });
      }
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
      }
      ctx.output('repository', published.repository);
      ctx.output('commit', published.commit);
    },
  });
}

/** A file that names an owner grants nothing; that is why the requester must be one before it is written. */
async function requireOwner(
  authorizer: Pick<Authorizer, 'actor' | 'groupsOf'>,
  credentials: BackstageCredentials,
  owner: string,
) {
  const actor = authorizer.actor(credentials);
  if (actor.startsWith('service:')) return;
  const groups = await authorizer.groupsOf(credentials);
  if (groups.includes(owner)) return;
  throw new NotAllowedError(
    `${actor} cannot make a project for ${owner}; allowed owners: ${
      groups.join(', ') || 'none, as the catalog knows no group of theirs'
    }`,
  );
}
