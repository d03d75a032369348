import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { parseRequest, callerOf, pageInput } from '@downstage/node';
import {
  ledgerActionSchema,
  ledgerFilterSchema,
  mlRegistryContract,
} from '@downstage/plugin-ml-registry-common';
import type { LedgerService } from './LedgerService';

const moments = ledgerFilterSchema.pick({ from: true, to: true });

/** `list-ledger`, `get-production-on` and `list-production-changes`. */
export function registerLedgerActions(deps: {
  actions: ActionsRegistryService;
  ledgers: LedgerService;
}) {
  const { actions, ledgers } = deps;
  const words = ledgerActionSchema.options;

  actions.register({
    name: 'list-ledger',
    title: 'List ledger',
    description:
      'Lists changes of models and versions, newest first: who did what, when, and why. The ledger is append-only. ' +
      '`flagged` entries went past a gate.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          model: z.string().optional().describe('Ref or name of a model'),
          actor: z.string().optional().describe('As user:default/ann'),
          action: z
            .string()
            .refine(word => words.some(known => known === word), {
              message: `Expected one of ${words.join(', ')}`,
            })
            .optional()
            .describe(`One of ${words.join(', ')}`),
          from: z.string().optional().describe('Day or moment, inclusive'),
          to: z.string().optional().describe('Day or moment, exclusive'),
          flagged: z
            .boolean()
            .optional()
            .describe('Only where somebody went past a gate'),
          ...pageInput(z, 500),
        }),
      output: z =>
        z.object({
          items: z.array(
            z.object({
              id: z.number(),
              at: z.string(),
              name: z.string(),
              version: z.number().optional(),
              actor: z.string(),
              action: z.string(),
              from: z.string().optional(),
              to: z.string().optional(),
              message: z.string(),
              flagged: z.boolean(),
            }),
          ),
          nextCursor: z.string().optional(),
        }),
    },
    action: async ({ input, credentials }) => {
      const { action, ...others } = input;
      const { items, nextCursor } = await ledgers.list(
        {
          ...others,
          ...parseRequest('input', moments, others),
          ...(action && { action: ledgerActionSchema.parse(action) }),
        },
        { caller: callerOf(credentials) },
      );
      return {
        output: {
          items: items.map(
            ({ id, at, name, version, actor, action: word, ...rest }) => ({
              id,
              at,
              name,
              version,
              actor,
              action: word,
              from: rest.from,
              to: rest.to,
              message: rest.message,
              flagged: rest.flagged,
            }),
          ),
          nextCursor,
        },
      };
    },
  });

  actions.register({
    name: 'get-production-on',
    title: 'Get production on a day',
    description:
      'Answers which version of each model, or of one, was in production on a day (UTC) or at a moment, since when, until when, and who put it there.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          at: z.string().describe('2026-03-01, or 2026-03-01T10:00:00Z'),
          model: z.string().optional().describe('Ref or name of a model'),
          ...pageInput(z),
        }),
      output: z =>
        z.object({
          nextCursor: z.string().optional(),
          items: z.array(
            z.object({
              name: z.string(),
              version: z.number(),
              since: z.string(),
              until: z.string().optional(),
              actor: z.string(),
            }),
          ),
        }),
    },
    action: async ({ input, credentials }) => {
      const { items, nextCursor } = await ledgers.productionOn(
        parseRequest('input', mlRegistryContract.productionOn.query, input),
        { caller: callerOf(credentials) },
      );
      return {
        output: {
          nextCursor,
          items: items.map(({ name, version, since, until, actor }) => ({
            name,
            version,
            since,
            until,
            actor,
          })),
        },
      };
    },
  });

  actions.register({
    name: 'list-production-changes',
    title: 'List production changes',
    description:
      'Answers for which models production changed between two moments: the version before, the version after, and how often it changed.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          from: z.string().describe('Day or moment'),
          to: z.string().describe('Day or moment'),
          model: z.string().optional().describe('Ref or name of a model'),
          ...pageInput(z),
        }),
      output: z =>
        z.object({
          nextCursor: z.string().optional(),
          items: z.array(
            z.object({
              name: z.string(),
              before: z.number().optional(),
              after: z.number().optional(),
              changes: z.number(),
            }),
          ),
        }),
    },
    action: async ({ input, credentials }) => {
      const { items, nextCursor } = await ledgers.productionChanges(
        parseRequest(
          'input',
          mlRegistryContract.productionChanges.query,
          input,
        ),
        { caller: callerOf(credentials) },
      );
      return {
        output: {
          nextCursor,
          items: items.map(({ name, before, after, changes }) => ({
            name,
            before,
            after,
            changes,
          })),
        },
      };
    },
  });
}
