import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { InputError } from '@backstage/errors';
import { callerOf } from '@downstage/node';
import type { DataAccessService } from './access/DataAccessService';
import type { DatasetService } from './versions/DatasetService';
import type { DatasetVersionService } from './versions/DatasetVersionService';

/** What a person does on the pages of ml-data, for agents, templates and terminals, under the same permissions. */
export function registerActions(deps: {
  actions: ActionsRegistryService;
  datasets: DatasetService;
  versions: DatasetVersionService;
  access: DataAccessService;
}) {
  const { actions, datasets, versions, access } = deps;

  actions.register({
    name: 'list-datasets',
    title: 'List datasets',
    description:
      'Lists the datasets of the catalog: ref, owner, type, classification, and for each its latest version with number of rows and columns. ' +
      'A dataset without `latest` has no registered version and cannot be used as the input of a job yet.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          owner: z
            .string()
            .regex(/^[^:/]+:[^:/]+\/[^:/]+$/, 'Expected group:default/name')
            .optional()
            .describe('Only datasets of this owner, as group:default/name'),
          cursor: z
            .string()
            .optional()
            .describe('nextCursor of the answer before'),
        }),
      output: z =>
        z.object({
          nextCursor: z.string().optional(),
          datasets: z.array(
            z.object({
              ref: z.string(),
              title: z.string().optional(),
              owner: z.string().optional(),
              type: z.string(),
              classification: z.string().optional(),
              latest: z
                .object({
                  ref: z.string(),
                  createdAt: z.string(),
                  rows: z.number(),
                  columns: z.number(),
                })
                .optional(),
            }),
          ),
        }),
    },
    action: async ({ input, credentials }) => {
      const { items, nextCursor } = await datasets.list(
        { limit: 100, ...input },
        { caller: callerOf(credentials) },
      );
      return {
        output: {
          nextCursor,
          datasets: items.map(
            ({ ref, title, owner, type, classification, latest }) => ({
              ref,
              title,
              owner,
              type,
              classification,
              latest: latest && {
                ref: latest.ref,
                createdAt: latest.createdAt,
                rows: latest.rows,
                columns: latest.columns,
              },
            }),
          ),
        },
      };
    },
  });

  actions.register({
    name: 'get-dataset-version',
    title: 'Get dataset version',
    description:
      'Returns one version of a dataset: when and by whom it was registered, digest, rows, and for every column its type, unit, ' +
      'description, number of missing and distinct values, range, mean and median; and what its data-quality checks say. ' +
      "Give `dataset` as 'default/breast-masses@3' for a fixed version or 'default/breast-masses' for the latest.",
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          dataset: z
            .string()
            .describe('default/breast-masses@3, or default/breast-masses'),
        }),
      output: z =>
        z.object({
          ref: z.string(),
          createdAt: z.string(),
          createdBy: z.string(),
          message: z.string().optional(),
          format: z.string(),
          digest: z.string(),
          rows: z.number(),
          bytes: z.number(),
          notes: z
            .array(z.string())
            .optional()
            .describe(
              'What a person should know of the reading: columns joined, lines left out',
            ),
          quality: z
            .object({
              state: z.enum(['passed', 'failed', 'unknown']),
              checks: z.array(
                z.object({
                  of: z.string(),
                  wanted: z.string(),
                  saw: z.string(),
                  state: z.enum(['passed', 'failed', 'unknown']),
                }),
              ),
            })
            .optional()
            .describe('By the checks of the Dataset entity as they are now'),
          columns: z.array(
            z.object({
              name: z.string(),
              type: z.string(),
              description: z.string().optional(),
              unit: z.string().optional(),
              nulls: z.number(),
              distinct: z.number(),
              min: z.union([z.number(), z.string()]).optional(),
              max: z.union([z.number(), z.string()]).optional(),
              mean: z.number().optional(),
              median: z.number().optional(),
            }),
          ),
        }),
    },
    action: async ({ input, credentials }) => {
      const { profile, schema, ...version } = await versions.get(
        parseDataset(input.dataset),
        { caller: callerOf(credentials) },
      );
      const figures = new Map(profile.columns.map(c => [c.name, c]));
      return {
        output: {
          ref: version.ref,
          createdAt: version.createdAt,
          createdBy: version.createdBy,
          message: version.message,
          format: version.format,
          digest: version.digest,
          rows: version.rows,
          notes: version.notes,
          quality: version.quality,
          bytes: version.bytes,
          columns: schema.map(({ name, type, description, unit }) => {
            const figure = figures.get(name);
            return {
              name,
              type,
              description,
              unit,
              nulls: figure?.nulls ?? 0,
              distinct: figure?.distinct ?? 0,
              min: figure?.min,
              max: figure?.max,
              mean: figure?.mean,
              median: figure?.quantiles?.p50,
            };
          }),
        },
      };
    },
  });

  actions.register({
    name: 'register-dataset-version',
    title: 'Register dataset version',
    description:
      'Registers what the location of a dataset holds now as its next immutable version, with manifest, schema and profile. ' +
      'Only owners of the dataset may. A registration longer than a minute goes on in the background: call it again later. The same content as the latest version makes no new one, but returns that version.',
    attributes: { destructive: false, idempotent: true },
    schema: {
      input: z =>
        z.object({
          dataset: z.string().describe("'default/breast-masses'"),
          uri: z
            .string()
            .optional()
            .describe('Another place than the spec.location.uri of the entity'),
          message: z
            .string()
            .max(500)
            .optional()
            .describe('Why, for the list of versions'),
        }),
      output: z =>
        z.object({
          ref: z.string(),
          version: z.number(),
          rows: z.number(),
          digest: z.string(),
        }),
    },
    action: async ({ input, credentials }) => {
      const { namespace, name, version: asked } = parseDataset(input.dataset);
      if (asked !== 'latest') {
        throw new InputError(
          `Expected a dataset without a version, found '${input.dataset}': the next version gets its number when it is registered`,
        );
      }
      const { uri, message } = input;
      const { ref, version, rows, digest } = await versions.register(
        { namespace, name, uri, message },
        { caller: callerOf(credentials) },
      );
      return { output: { ref, version, rows, digest } };
    },
  });

  actions.register({
    name: 'get-dataset-access',
    title: 'Get dataset access',
    description:
      'Says whether the caller may read the content of a dataset (profile, files), by which right, or why not and whom to ask. Confidential and restricted datasets are for their owner and for groups with a grant.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({ dataset: z.string().describe("'default/breast-masses'") }),
      output: z =>
        z.object({
          mayRead: z.boolean(),
          owner: z.string().optional(),
          classification: z.string().optional(),
          because: z.string().optional(),
          message: z.string().optional(),
        }),
    },
    action: async ({ input, credentials }) => {
      const { mayRead, owner, classification, because, message } =
        await access.get(parseDataset(input.dataset), {
          caller: callerOf(credentials),
        });
      return { output: { mayRead, owner, classification, because, message } };
    },
  });

  actions.register({
    name: 'grant-dataset-access',
    title: 'Grant dataset access',
    description:
      'Gives a group the right to read the content of a confidential or restricted dataset, for a purpose, until a day. Only owners of the dataset may, signed in to the portal.',
    attributes: { destructive: false, idempotent: false },
    schema: {
      input: z =>
        z.object({
          dataset: z.string().describe("'default/breast-masses'"),
          group: z.string().describe('group:default/credit, or one user'),
          purpose: z
            .string()
            .min(3)
            .max(500)
            .describe('What the data is read for'),
          until: z
            .string()
            .datetime({ offset: true })
            .describe('ISO 8601, such as 2027-01-31T00:00:00Z'),
        }),
      output: z => z.object({ id: z.string(), until: z.string() }),
    },
    action: async ({ input, credentials }) => {
      const { dataset, ...grant } = input;
      const { id, until } = await access.grant(
        { ...parseDataset(dataset), ...grant },
        { caller: callerOf(credentials) },
      );
      return { output: { id, until } };
    },
  });

  actions.register({
    name: 'revoke-dataset-grant',
    title: 'Revoke dataset grant',
    description:
      'Takes the right of a group to read a dataset back, at once. Only owners of the dataset may, signed in to the portal.',
    attributes: { destructive: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          dataset: z.string().describe("'default/breast-masses'"),
          id: z.string().describe('Id of the grant'),
        }),
      output: z => z.object({ id: z.string(), state: z.string() }),
    },
    action: async ({ input, credentials }) => {
      const { id, state } = await access.revoke(
        { ...parseDataset(input.dataset), id: input.id },
        { caller: callerOf(credentials) },
      );
      return { output: { id, state } };
    },
  });
}

/** `dataset:default/x`, `default/x`, `x` or any of them with `@3`. */
function parseDataset(text: string) {
  const match = /^(?:dataset:)?(?:([^/:@]+)\/)?([^/:@]+)(?:@(\d+))?$/i.exec(
    text.trim(),
  );
  if (!match) {
    throw new InputError(
      `Not a dataset: '${text}' (expected default/breast-masses, or default/breast-masses@3 for one version)`,
    );
  }
  const [, namespace = 'default', name, version = 'latest'] = match;
  return { namespace, name, version };
}
