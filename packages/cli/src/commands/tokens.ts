import { collectItems } from '@downstage/common';
import { mlTokensContract } from '@downstage/plugin-ml-tokens-common';
import { cli } from 'cleye';
import { command, jsonFlag, modelRef, number, refuseMore } from '../command';
import { show } from '../terminal/output';
import { clientOf, type Portal } from '../portal';

const tokensOf = (portal: Portal) =>
  clientOf(portal, { contract: mlTokensContract, pluginId: 'ml-tokens' });

export const tokenCreate = command({
  path: ['token', 'create'],
  description: 'Make a token for a notebook, CI or a long job; shown once',
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help,
        parameters: ['<name>'],
        flags: {
          scope: {
            type: [String] as const,
            description:
              'What it may do, once per scope, such as read, track or predict',
          },
          group: {
            type: String,
            description: 'A service token of this group of yours',
          },
          model: {
            type: String,
            description: 'It may change this model only',
          },
          days: { type: number, description: 'How long it lasts' },
        },
      },
      undefined,
      args,
    );
    refuseMore(given, 1);
    return async ({ portal, output }) => {
      if (flags.scope.length === 0) {
        throw new Error(
          'Say what the token may do: --scope track --scope register',
        );
      }
      const { token, secret } = await tokensOf(portal).createToken({
        body: {
          name: given.name,
          scopes: flags.scope,
          group: flags.group,
          binding: flags.model ? { model: modelRef(flags.model) } : undefined,
          expiresInDays: flags.days,
        },
      });
      output.note(
        `Token ${token.name} of ${
          token.actor
        } lasts until ${token.expiresAt.slice(
          0,
          10,
        )}. It is shown once, on standard output:`,
      );
      output.result(secret);
    };
  },
});

export const tokenList = command({
  path: ['token', 'list'],
  description: 'Your tokens and those of your groups',
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      { name: info.usage, strictFlags: true, help, flags: { json: jsonFlag } },
      undefined,
      args,
    );
    refuseMore(given, 0);
    return async ({ portal, output }) => {
      const tokens = tokensOf(portal);
      const items = await collectItems(
        cursor => tokens.listTokens({ query: { cursor } }),
        Infinity,
      );
      show(output, items, {
        json: flags.json,
        columns: ['id', 'name', 'actor', 'scopes', 'state', 'expires', 'used'],
        rows: items.map(token => ({
          id: token.id,
          name: token.name,
          actor: token.actor,
          scopes: token.scopes.join(' '),
          state: token.state,
          expires: token.expiresAt.slice(0, 10),
          used: token.lastUsedAt?.slice(0, 16).replace('T', ' '),
        })),
        nothing: 'No tokens yet. Make one: downstage token create <name>',
      });
    };
  },
});

export const tokenRevoke = command({
  path: ['token', 'revoke'],
  description: 'End a token at once',
  read: ({ args, info, help }) => {
    const { _: given } = cli(
      { name: info.usage, strictFlags: true, help, parameters: ['<id>'] },
      undefined,
      args,
    );
    refuseMore(given, 1);
    return async ({ portal, output }) => {
      const token = await tokensOf(portal).revokeToken({
        params: { id: given.id },
      });
      output.result(`${token.name} is ${token.state}`);
    };
  },
});
