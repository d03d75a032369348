import type { TokenScope } from '@downstage/common';
import request from 'supertest';
import { endedToken, type SecuredPortal } from './securedPortal';

export type Answer = { status: number; text: string };

/** What is expected of one row; `undefined` where the row is not asked. */
export type Expected = ((answer: Answer) => boolean) | undefined;

export const isStatus =
  (...expected: number[]) =>
  ({ status }: Answer) =>
    expected.includes(status);
export const refused = isStatus(400, 403, 404, 409);

/** Asks every row of a table, and answers those that answered otherwise than expected. */
export async function differing<Row extends { id: string }>(options: {
  rows: Row[];
  ask: (row: Row) => Promise<Answer>;
  expected: (row: Row) => Expected;
}): Promise<string[]> {
  const wrong: string[] = [];
  for (const row of options.rows) {
    const fits = options.expected(row);
    if (!fits) continue;
    const answer = await options.ask(row);
    if (!fits(answer)) {
      wrong.push(`${row.id}: ${answer.status} ${answer.text.slice(0, 200)}`);
    }
  }
  return wrong;
}

/** What makes nobody of a caller: no token, and a wrong, an ended and a revoked one of these scopes. */
export async function tokensOfNobody(
  portal: SecuredPortal,
  scopes: TokenScope[],
): Promise<Record<string, string | undefined>> {
  // Answers about tokens are kept for two seconds; nothing was ever asked with this one.
  const { secret, token } = await portal.token(scopes);
  await request(portal.server)
    .post(`/api/ml-tokens/v1/tokens/${token.id}/revoke`)
    .set('authorization', `Bearer ${portal.session('ann')}`)
    .expect(200);
  return {
    none: undefined,
    wrong: 'nonsense',
    ended: endedToken(),
    revoked: secret,
  };
}

/** Who sees nothing of Ann's, why, and by what an answer would show something of it. */
export const strangers: [name: string, why: string, ours: RegExp][] = [
  ['dan', 'from whom the catalog hides the model', /churn|secret-/],
  [
    'eve',
    'whom the policy lets see what is of their own team only',
    /churn|secret-|ours-/,
  ],
];

/** All that a token can be given; without `promote` for what no group's token has. */
export const everyScope: TokenScope[] = [
  'read',
  'track',
  'register',
  'promote',
  'train',
  'data',
  'serve',
  'predict',
  'monitor',
];
