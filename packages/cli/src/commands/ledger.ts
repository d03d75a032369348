import { ResponseError } from '@backstage/errors';
import { collectItems } from '@downstage/common';
import { cli } from 'cleye';
import { command, jsonFlag, oneOf, refuseMore } from '../command';
import { show } from '../terminal/output';
import { withToken } from '../portal';

export const ledger = command({
  path: ['ledger'],
  description: 'Every change of models and versions, as CSV or JSON',
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help,
        flags: {
          model: { type: String, description: 'Only of this model' },
          from: { type: String, description: 'From this day on: 2026-03-01' },
          to: { type: String, description: 'Before this day' },
          flagged: {
            type: Boolean,
            description: 'Only where somebody went past a gate',
          },
          format: {
            type: oneOf(['csv', 'json']),
            description: 'csv or json',
            default: 'csv' as const,
          },
        },
      },
      undefined,
      args,
    );
    refuseMore(given, 0);
    return async ({ portal, output }) => {
      const query = new URLSearchParams({ format: flags.format });
      for (const name of ['model', 'from', 'to'] as const) {
        const value = flags[name];
        if (value) query.set(name, value);
      }
      if (flags.flagged) query.set('flagged', 'true');
      const response = await withToken(portal)(
        `${portal.baseUrl}/api/ml-registry/v1/ledger/export?${query}`,
      );
      if (!response.ok) throw await ResponseError.fromResponse(response);
      output.file((await response.text()).trimEnd());
    };
  },
});

export const production = command({
  path: ['production'],
  description: 'Which versions were in production on a day',
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help,
        flags: {
          on: {
            type: String,
            description: 'The day, or a moment: 2026-03-01; now unless given',
          },
          model: { type: String, description: 'Only of this model' },
          json: jsonFlag,
        },
      },
      undefined,
      args,
    );
    refuseMore(given, 0);
    return async ({ registry, output }) => {
      const at = flags.on ?? new Date().toISOString();
      const items = await collectItems(
        cursor =>
          registry.productionOn({ query: { at, model: flags.model, cursor } }),
        Infinity,
      );
      show(output, items, {
        json: flags.json,
        columns: ['model', 'version', 'since', 'until', 'by'],
        rows: items.map(item => ({
          model: item.name,
          version: item.version,
          since: item.since,
          until: item.until,
          by: item.actor,
        })),
        nothing: 'Nothing was in production.',
      });
    };
  },
});
