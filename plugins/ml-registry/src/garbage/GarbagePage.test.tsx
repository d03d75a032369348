import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { GarbageCollection } from '@downstage/plugin-ml-registry-common';
import { NotAllowedError } from '@backstage/errors';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { renderWithRegistry } from '../__testUtils__/renderWithRegistry';
import { GarbagePage } from './GarbagePage';

const shown: GarbageCollection = {
  id: 'look-1',
  state: 'shown',
  createdBy: 'user:default/dora',
  createdAt: '2026-11-20T10:00:00.000Z',
  deletedBefore: '2026-10-21T10:00:00.000Z',
  itemCount: 2,
  files: 7,
  bytes: 3_000_000,
  deleted: 0,
  deletedBytes: 0,
  keptAfterAll: 0,
  failed: 0,
  keptCount: 1,
  experiments: [
    { experimentId: '1', name: 'churn', items: 2, files: 7, bytes: 3_000_000 },
  ],
  items: [
    {
      kind: 'run',
      ref: 'r1',
      name: 'quiet-fox-1',
      experimentId: '1',
      files: 7,
      bytes: 3_000_000,
      state: 'shown',
    },
  ],
  kept: [
    {
      kind: 'run',
      ref: 'r2',
      name: 'brave-owl-2',
      experimentId: '1',
      reason: 'default/churn@3 uses it (champion)',
    },
  ],
};

jest.setTimeout(30_000);

describe('GarbagePage', () => {
  it('shows what would go and what is kept and why, and deletes after being asked twice', async () => {
    const collectGarbage = jest.fn(async () => ({
      ...shown,
      state: 'collecting' as const,
    }));
    renderWithRegistry(<GarbagePage />, {
      registry: fakeRegistry(
        {},
        {
          listGarbageCollections: async () => ({ items: [] }),
          previewGarbage: async () => shown,
          getGarbageCollection: async () => shown,
          collectGarbage,
        },
      ),
    });
    expect(
      await screen.findByText('Nothing has been looked at yet'),
    ).toBeInTheDocument();
    await userEvent.click(
      screen.getByRole('button', { name: 'Look for garbage' }),
    );
    expect(await screen.findByText(/2 things with/)).toBeInTheDocument();
    expect(screen.getByText('quiet-fox-1')).toBeInTheDocument();
    expect(
      screen.getByText('default/churn@3 uses it (champion)'),
    ).toBeInTheDocument();

    await userEvent.click(
      screen.getByRole('button', { name: 'Delete for good' }),
    );
    const dialog = await screen.findByRole('dialog');
    const confirm = () =>
      screen
        .getAllByRole('button', { name: 'Delete for good' })
        .find(button => dialog.contains(button))!;
    expect(confirm()).toBeDisabled();
    await userEvent.click(
      screen.getByRole('checkbox', { name: /cannot be undone/ }),
    );
    await userEvent.click(confirm());
    expect(collectGarbage).toHaveBeenCalledWith({ params: { id: 'look-1' } });
  });

  it('says to whom it is open, and offers nobody else a look', async () => {
    renderWithRegistry(<GarbagePage />, {
      registry: fakeRegistry(
        {},
        {
          listGarbageCollections: async () => {
            throw new NotAllowedError(
              'user:default/ann may not delete runs and files for good',
            );
          },
        },
      ),
    });
    expect(
      await screen.findByText(/may not delete runs and files for good/),
    ).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: /look/i })).toBeNull();
  });
});
