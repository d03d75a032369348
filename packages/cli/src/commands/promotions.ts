import { collectItems, parseVersionRef } from '@downstage/common';
import {
  promotionFilterSchema,
  promotionTargetSchema,
  type Promotion,
} from '@downstage/plugin-ml-registry-common';
import { cli } from 'cleye';
import { command, jsonFlag, oneOf, refuseMore } from '../command';
import { show, type Output } from '../terminal/output';

export const promote = command({
  path: ['promote'],
  description: 'Ask that a version enter a stage; gates are checked at once',
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help,
        parameters: ['<version>'],
        flags: {
          to: {
            type: oneOf(promotionTargetSchema.options),
            description: 'staging, candidate or production',
            default: 'production' as const,
          },
          reason: { type: String, description: 'Why, for the approvers' },
        },
      },
      undefined,
      args,
    );
    refuseMore(given, 1);
    return async ({ registry, output }) => {
      const promotion = await registry.requestPromotion({
        params: parseVersionRef(given.version),
        body: {
          to: flags.to,
          reason: flags.reason,
        },
      });
      tell(output, promotion);
      if (promotion.state === 'blocked') process.exitCode = 2;
    };
  },
});

export const promotions = command({
  path: ['promotions'],
  description: 'What waits for approval, and what was decided',
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help,
        flags: {
          state: {
            type: oneOf(promotionFilterSchema.options),
            description: `One of ${promotionFilterSchema.options.join(', ')}`,
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
      const { state, model } = flags;
      const items = await collectItems(
        cursor => registry.listPromotions({ query: { state, model, cursor } }),
        Infinity,
      );
      show(output, items, {
        json: flags.json,
        columns: ['id', 'version', 'to', 'state', 'approvals', 'asked by'],
        rows: items.map(promotion => ({
          id: promotion.id,
          version: promotion.versionRef,
          to: promotion.to,
          state: promotion.state,
          approvals: `${promotion.approvals.length} of ${promotion.approvalsNeeded}`,
          'asked by': promotion.requestedBy,
        })),
        nothing: 'No promotion matches.',
      });
    };
  },
});

export const approve = command({
  path: ['approve'],
  description: 'Approve what somebody else asked for, as the person signed in',
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help,
        parameters: ['<promotion>'],
        flags: { comment: { type: String, description: 'Kept with it' } },
      },
      undefined,
      args,
    );
    refuseMore(given, 1);
    return async ({ registry, output }) =>
      tell(
        output,
        await registry.approvePromotion({
          params: { id: given.promotion },
          body: { comment: flags.comment },
        }),
      );
  },
});

export const reject = command({
  path: ['reject'],
  description: 'Reject a promotion, saying why',
  read: ({ args, info, help }) => {
    const { _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help,
        parameters: ['<promotion>', '<comment>'],
      },
      undefined,
      args,
    );
    refuseMore(given, 2);
    return async ({ registry, output }) =>
      tell(
        output,
        await registry.rejectPromotion({
          params: { id: given.promotion },
          body: { comment: given.comment },
        }),
      );
  },
});

/** The state in one line, and each gate that says more than "passed". */
function tell(output: Output, promotion: Promotion) {
  const { id, versionRef, to, state, message } = promotion;
  output.result(
    `${versionRef} to ${to}: ${state}${message ? `. ${message}` : ''} (${id})`,
  );
  for (const gate of promotion.gates) {
    if (gate.status === 'passed') continue;
    output.note(
      `  ${gate.status}: ${gate.message}${gate.how ? `. ${gate.how}` : ''}`,
    );
  }
}
