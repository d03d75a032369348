import { planEpisode, type Episode } from './episode';

describe('planEpisode', () => {
  const open: Episode = {
    id: 'e1',
    version: 3,
    since: '2026-03-01T00:00:00Z',
    columns: ['radius'],
    status: 'warning',
  };
  const window = (
    status: 'ok' | 'warning' | 'drift' | 'insufficient_data',
  ) => ({
    version: 3,
    status,
    driftedColumns: status === 'ok' ? [] : ['area'],
  });

  it.each([
    [undefined, 'ok', { do: 'nothing' }],
    [undefined, 'drift', { do: 'open', status: 'drift', columns: ['area'] }],
    [undefined, 'warning', { do: 'open', status: 'warning' }],
    [
      open,
      'warning',
      { do: 'update', escalated: false, columns: ['radius', 'area'] },
    ],
    [open, 'drift', { do: 'update', escalated: true, status: 'drift' }],
    [open, 'ok', { do: 'close' }],
    [open, 'insufficient_data', { do: 'nothing' }],
    [{ ...open, version: 2 }, 'drift', { do: 'open' }],
  ] as const)(
    'with %o open and a window that is %s',
    (episode, status, plan) => {
      expect(planEpisode(episode, window(status))).toMatchObject(plan);
    },
  );
});
