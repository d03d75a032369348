import { createMockDirectory } from '@backstage/backend-test-utils';
import request from 'supertest';
import { actionTable, type ActionRow } from './__testUtils__/actionTable';
import { AuditTrail } from './__testUtils__/AuditTrail';
import {
  differing,
  isStatus,
  refused,
  strangers,
  tokensOfNobody,
  type Expected,
} from './__testUtils__/matrix';
import { pluginIds } from './__testUtils__/securedPortal';
import {
  startTrainedPortal,
  type TrainedPortal,
} from './__testUtils__/trainedModel';

jest.setTimeout(300_000);
const directory = createMockDirectory();
type Action = { id: string; pluginId: string; readOnly: boolean };

describe('who may call each action', () => {
  let portal: TrainedPortal;
  let actions: Action[];
  const trail = new AuditTrail(() => portal.entries);
  let table: Record<string, ActionRow>;

  beforeAll(async () => {
    portal = await startTrainedPortal(directory.path);
    table = actionTable(portal.trained);
    const lists = await Promise.all(
      pluginIds.map(async pluginId => {
        const { body } = await request(portal.server)
          .get(`/api/${pluginId}/.backstage/actions/v1/actions`)
          .set('authorization', `Bearer ${portal.session('ann')}`)
          .expect(200);
        return body.actions as {
          id: string;
          attributes: { readOnly: boolean };
        }[];
      }),
    );
    actions = lists.flatMap((list, index) =>
      list.map(({ id, attributes }) => ({
        id,
        pluginId: pluginIds[index],
        readOnly: attributes.readOnly,
      })),
    );
  });
  afterAll(() => portal?.stop());

  async function ask({ id, pluginId }: Action, token?: string) {
    const call = request(portal.server).post(
      `/api/${pluginId}/.backstage/actions/v1/actions/${id}/invoke`,
    );
    if (token) call.set('authorization', `Bearer ${token}`);
    return trail.during(id, async () => call.send(table[id].input));
  }

  const differingOf = (
    token: string | undefined,
    expected: (row: ActionRow, action: Action) => Expected,
  ) =>
    differing({
      rows: actions,
      ask: action => ask(action, token),
      expected: action => {
        const row = table[action.id];
        if (row) return expected(row, action);
        throw new Error(`${action.id} has no row: say who may call it`);
      },
    });

  it('is said in the table, for each action and no other', () => {
    expect(Object.keys(table).sort()).toEqual(
      actions.map(({ id }) => id).sort(),
    );
  });

  it('is nobody without a token, and nobody with a wrong, ended or revoked one, nor a job', async () => {
    const tokens = {
      ...(await tokensOfNobody(portal, ['read'])),
      'of a job': portal.trained.jobToken,
    };
    for (const [which, token] of Object.entries(tokens)) {
      const wrong = await differingOf(token, () => isStatus(401));
      expect({ which, wrong }).toEqual({ which, wrong: [] });
    }
  });

  it('is no token of another scope, and no token at all where a person is wanted', async () => {
    expect(
      await differingOf(await portal.secretOf(['predict']), ({ needs }) =>
        needs === 'predict' ? undefined : isStatus(403),
      ),
    ).toEqual([]);
    expect(
      await differingOf(await portal.secretOf(['read']), ({ needs }) =>
        needs === 'read'
          ? ({ status }) => status !== 403 && status < 500
          : isStatus(403),
      ),
    ).toEqual([]);
  });

  it("is no other team, and no token of another model's, for what changes something of ours", async () => {
    const changes = ({ open }: ActionRow, { readOnly }: Action) =>
      open || readOnly ? undefined : refused;
    expect(await differingOf(portal.session('cleo'), changes)).toEqual([]);
    const bound = await portal.secretOf(
      ['register', 'promote', 'serve', 'monitor', 'train', 'data'],
      { binding: { model: 'model:default/tumour' } },
    );
    expect(await differingOf(bound, changes)).toEqual([]);
  });

  it.each(strangers)(
    'is not %s, %s: nothing of it is found or listed',
    async (name, _, ours) => {
      const answers = await differingOf(
        portal.session(name),
        ({ open }, { readOnly }) => {
          if (open) return undefined;
          if (!readOnly) return refused;
          return answer =>
            refused(answer) || (answer.status < 400 && !ours.test(answer.text));
        },
      );
      expect(answers).toEqual([]);
    },
  );

  it('never ends in an internal error for its owner', async () => {
    expect(
      await differingOf(
        portal.session('ann'),
        () =>
          ({ status }) =>
            // No gateway runs here.
            status !== 401 && (status < 500 || status === 503),
      ),
    ).toEqual([]);
  });

  it('is written down once for each change, made or refused (S13)', () => {
    const changes = actions
      .filter(({ id, readOnly }) => !readOnly && id !== 'ml-serving:predict')
      .map(({ id }) => id);
    const isChange = (id: string) => changes.includes(id);
    expect(trail.wrong({ made: isChange, refused: isChange })).toEqual([]);
    expect(trail.size).toBeGreaterThan(50);
  });

  it('is written down with the person, never as the plugin', () => {
    expect(trail.nameless()).toEqual([]);
  });
});
