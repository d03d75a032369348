import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { InputError } from '@backstage/errors';
import { entityRefSchema } from '@downstage/common';
import { callerOf, pageInput, type ActionZod } from '@downstage/node';
import {
  createTokenSchema,
  type AccessToken,
} from '@downstage/plugin-ml-tokens-common';
import { z as zod } from 'zod';
import type { TokenService } from '../services/TokenService';

/** What a person does on the page of tokens, for agents, templates and terminals, under the same permissions. */
export function registerActions(deps: {
  actions: ActionsRegistryService;
  tokens: TokenService;
}) {
  const { actions, tokens } = deps;

  actions.register({
    name: 'list-tokens',
    title: 'List access tokens',
    description:
      'Lists the access tokens of the signed-in person and of their groups: scopes, binding, when they expire and when they were last used. ' +
      'Secrets are not shown: nobody keeps them.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          state: z
            .enum(['active', 'expired', 'revoked'])
            .optional()
            .describe('Only tokens in this state'),
          owner: z
            .string()
            .refine(ref => entityRefSchema.safeParse(ref).success, {
              message: 'Expected a ref such as group:default/diagnostics',
            })
            .optional()
            .describe(
              'Only tokens of this person or group, such as group:default/diagnostics; administrators may name any',
            ),
          ...pageInput(z),
        }),
      output: z =>
        z.object({
          tokens: z.array(tokenOutput(z)),
          nextCursor: z.string().optional(),
        }),
    },
    action: async ({ input, credentials }) => {
      const { items, nextCursor } = await tokens.list(input, {
        caller: callerOf(credentials),
      });
      return { output: { tokens: items.map(toOutput), nextCursor } };
    },
  });

  actions.register({
    name: 'create-token',
    title: 'Create access token',
    description:
      'Makes an access token for a notebook, CI or a long job, personal or of a group. The secret stands in the answer and is shown this once: ' +
      'put it into a secret store, never into a file that is committed. Ask the person before using this; an agent that reads the answer has the secret.',
    attributes: { readOnly: false, destructive: false, idempotent: false },
    schema: {
      input: z =>
        z.object({
          name: z
            .string()
            .describe('Lower case, such as nightly-training; unique per owner'),
          scopes: z
            .array(z.string())
            .min(1)
            .describe(
              'What it may do, such as read, track, register, train, data, serve, predict or monitor; ask for no more than is needed',
            ),
          group: z
            .string()
            .optional()
            .describe(
              'Makes a service token of this group, such as group:default/diagnostics; without it the token acts for the person',
            ),
          boundGroup: z
            .string()
            .optional()
            .describe('The only group whose things it may change'),
          boundModel: z
            .string()
            .optional()
            .describe('The only model it may change, as model:default/churn'),
          expiresInDays: z
            .number()
            .int()
            .min(1)
            .optional()
            .describe("Days until it expires; the portal's default otherwise"),
        }),
      output: z =>
        z.object({
          token: tokenOutput(z),
          secret: z.string().describe('Shown this once'),
        }),
    },
    action: async ({ input, credentials }) => {
      const { boundGroup, boundModel, ...asked } = input;
      const { token, secret } = await tokens.create(
        parse({
          ...asked,
          binding: { group: boundGroup, model: boundModel },
        }),
        { caller: callerOf(credentials) },
      );
      return { output: { token: toOutput(token), secret } };
    },
  });

  actions.register({
    name: 'revoke-token',
    title: 'Revoke access token',
    description:
      'Ends an access token at once; whatever still uses it is refused within seconds. This cannot be undone. ' +
      'Ask the person before using this.',
    attributes: { readOnly: false, destructive: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          id: z.string().describe('Id of the token, from list-tokens'),
        }),
      output: tokenOutput,
    },
    action: async ({ input, credentials }) => ({
      output: toOutput(
        await tokens.revoke(input.id, { caller: callerOf(credentials) }),
      ),
    }),
  });
}

function parse(asked: unknown) {
  const parsed = createTokenSchema.safeParse(asked);
  if (parsed.success) return parsed.data;
  throw new InputError(`Invalid input: ${zod.prettifyError(parsed.error)}`);
}

function tokenOutput(z: ActionZod) {
  return z.object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(['personal', 'service']),
    owner: z.string(),
    actor: z.string(),
    scopes: z.array(z.string()),
    boundGroup: z.string().optional(),
    boundModel: z.string().optional(),
    state: z.enum(['active', 'expired', 'revoked']),
    expiresAt: z.string(),
    lastUsedAt: z.string().optional(),
  });
}

function toOutput(token: AccessToken) {
  const { id, name, kind, owner, actor, scopes, binding, state } = token;
  return {
    id,
    name,
    kind,
    owner,
    actor,
    scopes,
    boundGroup: binding.group,
    boundModel: binding.model,
    state,
    expiresAt: token.expiresAt,
    lastUsedAt: token.lastUsedAt,
  };
}
