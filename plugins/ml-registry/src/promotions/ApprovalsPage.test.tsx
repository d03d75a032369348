import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { aPromotion } from '../__testUtils__/examples';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { renderWithRegistry } from '../__testUtils__/renderWithRegistry';
import type { MlRegistryApi } from '../shared/api';
import { ApprovalsPage } from './ApprovalsPage';

const approval = { by: 'user:default/eve', at: '2026-11-20T12:00:00.000Z' };
const version = (number: number) => ({
  id: `p${number}`,
  version: number,
  versionRef: `default/tumour-malignancy@${number}`,
});

const promotions = [
  aPromotion({
    ...version(9),
    lapses: [
      {
        at: '2026-11-20T13:00:00.000Z',
        changes: ['the files changed'],
        approvals: [approval],
      },
    ],
  }),
  aPromotion({
    ...version(8),
    approvals: [approval],
    approvalsNeeded: 2,
  }),
  aPromotion({ ...version(7), state: 'blocked' }),
  aPromotion({ ...version(6), state: 'approved', approvals: [approval] }),
  aPromotion({ ...version(5), state: 'rejected' }),
  aPromotion({
    ...version(4),
    state: 'approved',
    approvals: [{ ...approval, by: 'user:default/ben' }],
  }),
];

/** As eve, a member of the owning group who approved some of them. */
const show = (
  options: { path?: string; registry?: MlRegistryApi; user?: string } = {},
) =>
  renderWithRegistry(<ApprovalsPage />, {
    user: options.user ?? 'user:default/eve',
    path: options.path,
    registry: options.registry ?? fakeRegistry({ promotions }),
  });

const linked = () =>
  screen
    .getAllByRole('link', { name: /^default\/tumour-malignancy@/ })
    .map(link => link.textContent?.split('@')[1]);

const groupOf = (title: string) =>
  screen.getByRole('heading', { name: title }).parentElement ?? document.body;

describe('ApprovalsPage', () => {
  it('puts what waits for me first, then what waits for others', async () => {
    show();
    await screen.findByRole('button', { name: 'Approve' });
    expect(linked()).toEqual(['9', '8']);
    expect(
      within(groupOf('For you to decide')).getByText(
        'default/tumour-malignancy@9',
      ),
    ).toHaveAttribute(
      'href',
      '/catalog/default/model/tumour-malignancy/versions?version=9&promotion=p9',
    );
    expect(
      within(groupOf('Waiting for others')).getByText(/approved already/),
    ).toBeInTheDocument();
  });

  it('says which approvals lapsed, and because of what', async () => {
    show();
    const group = within(await findGroup('For you to decide'));
    expect(await group.findByText('Approvals that lapsed')).toBeInTheDocument();
    expect(group.getByText(/the files changed/)).toBeInTheDocument();
    expect(group.getByText(/eve/)).toBeInTheDocument();
  });

  it('finds what was decided, with and without me, and keeps the choice in the address', async () => {
    show();
    await userEvent.click(
      await screen.findByRole('radio', { name: 'Decided' }),
    );
    expect(linked()).toEqual(['6', '5', '4']);
    expect(
      within(groupOf('Approved by you')).getByText(
        'default/tumour-malignancy@6',
      ),
    ).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Approve' })).toBeNull();
  });

  it('opens what a gate blocked from a link', async () => {
    show({ path: '/?show=blocked' });
    await findGroup('Blocked by a gate');
    expect(linked()).toEqual(['7']);
  });

  it('says so when nothing waits for me', async () => {
    show({ user: 'user:default/ann' });
    expect(
      await screen.findByText('Nothing waits for you.'),
    ).toBeInTheDocument();
  });

  it('counts on its tab what waits for me, as the server counts it', async () => {
    const countPromotions = async () => ({ waitingForMe: 1 });
    show({ registry: fakeRegistry({ promotions }, { countPromotions }) });
    expect(
      await screen.findByRole('link', { name: 'Approvals (1)' }),
    ).toBeInTheDocument();
  });

  it('has no count when nothing waits for me', async () => {
    show({ user: 'user:default/ann' });
    await screen.findByText('Nothing waits for you.');
    expect(screen.getByRole('link', { name: 'Approvals' })).toBeInTheDocument();
  });

  it('says what will appear when there is nothing, and the reason when it cannot be loaded', async () => {
    const { unmount } = show({ registry: fakeRegistry() });
    expect(
      await screen.findByText('Nothing waits for an approval'),
    ).toBeInTheDocument();
    unmount();
    show({
      registry: fakeRegistry(
        {},
        {
          listPromotions: async () => {
            throw new Error('The registry is down');
          },
        },
      ),
    });
    expect(await screen.findByText('The registry is down')).toBeInTheDocument();
  });
});

async function findGroup(title: string) {
  await screen.findByRole('heading', { name: title });
  return groupOf(title);
}
