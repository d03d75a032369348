import { mockCredentials } from '@backstage/backend-test-utils';
import { actionsRegistryServiceMock } from '@backstage/backend-test-utils/alpha';
import { z as zod } from 'zod';
import { refusingActions } from './refusingActions';

describe('refusingActions', () => {
  const registry = actionsRegistryServiceMock();
  refusingActions(registry).register({
    name: 'find',
    title: 'Find',
    description: 'Finds',
    schema: {
      input: z => z.object({ since: z.string(), code: z.string().optional() }),
      output: z => z.object({ since: z.string() }),
    },
    action: async ({ input: { since, code } }) => {
      if (code) throw Object.assign(new Error('select …'), { code });
      return { output: { since: zod.iso.date().parse(since) } };
    },
  });
  const find = (input: { since: string; code?: string }) =>
    registry.invoke({
      id: 'test:find',
      input,
      credentials: mockCredentials.user(),
    });

  it('answers right input as the action does', async () => {
    expect(await find({ since: '2026-03-01' })).toEqual({
      output: { since: '2026-03-01' },
    });
  });

  it.each([
    [{ since: 'a\0' }, /zero character.*at since/s],
    [{ since: 'tomorrow' }, /Invalid input: .*ISO date/],
    [{ since: '2026-03-01', code: '22003' }, /larger than this server keeps/],
  ])('answers %j as a mistake of the caller, in words', async (input, said) => {
    await expect(find(input)).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(said),
    });
  });
});
