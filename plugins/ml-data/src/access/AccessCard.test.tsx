import { fireEvent, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { type MlDataApi } from '../shared/api';
import { AccessCard } from './AccessCard';
import { aDataApi, aGrant, dataset, diagnostics } from '../testUtils';
import { show, never, fails, noAccess } from '../__testUtils__/show';

describe('AccessCard', () => {
  const open = (over: Partial<MlDataApi> = {}) =>
    show(<AccessCard />, { entity: dataset, api: aDataApi(1, over) });
  const params = { namespace: 'default', name: 'masses' };

  it('says by which right an owner reads, and that there are no grants yet', async () => {
    open();
    expect(await screen.findByText('confidential')).toBeInTheDocument();
    expect(screen.getByText('You may read it')).toBeInTheDocument();
    expect(screen.getByText('you belong to its owner')).toBeInTheDocument();
    expect(await screen.findByText('No grants yet')).toBeInTheDocument();
  });

  it('says to others why not and whom to ask, and shows them no grants', async () => {
    const listDatasetGrants = jest.fn(aDataApi(1).listDatasetGrants);
    open({
      getDatasetAccess: async () => ({
        dataset: 'dataset:default/masses',
        owner: diagnostics,
        classification: 'confidential',
        mayRead: false,
        message: noAccess,
        mayGrant: false,
      }),
      listDatasetGrants,
    });
    expect(await screen.findByText(noAccess)).toBeInTheDocument();
    expect(screen.getByText('You may not read it')).toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: 'Give access' }),
    ).not.toBeInTheDocument();
    expect(listDatasetGrants).not.toHaveBeenCalled();
  });

  it('shows that it is loading', async () => {
    open({ getDatasetAccess: never });
    expect(
      await screen.findByRole('status', { name: 'Loading' }),
    ).toBeInTheDocument();
  });

  it('gives the reason when grants cannot be loaded', async () => {
    open({ listDatasetGrants: fails });
    expect(await screen.findByText('ml-data is down')).toBeInTheDocument();
  });

  it('gives access to a group for a purpose, through the end of a day', async () => {
    const grantDatasetAccess = jest.fn(aDataApi(1).grantDatasetAccess);
    open({ grantDatasetAccess });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Give access' }),
    );
    const dialog = within(await screen.findByRole('dialog'));
    const give = dialog.getByRole('button', { name: 'Give access' });
    expect(give).toBeDisabled();
    fireEvent.change(dialog.getByLabelText('Group'), {
      target: { value: 'group:default/credit' },
    });
    fireEvent.change(dialog.getByLabelText('Purpose'), {
      target: { value: 'Compare scores' },
    });
    fireEvent.change(dialog.getByLabelText('Last day (UTC)'), {
      target: { value: '2100-01-31' },
    });
    await userEvent.click(give);
    expect(grantDatasetAccess).toHaveBeenCalledWith({
      params,
      body: {
        group: 'group:default/credit',
        purpose: 'Compare scores',
        until: '2100-01-31T23:59:59.000Z',
      },
    });
  });

  it('revokes an active grant after asking once more', async () => {
    const revokeDatasetGrant = jest.fn(aDataApi(1).revokeDatasetGrant);
    open({
      listDatasetGrants: async () => ({
        items: [
          aGrant(),
          aGrant({ id: 'g2', group: 'group:default/old', state: 'ended' }),
        ],
      }),
      revokeDatasetGrant,
    });
    const group = await screen.findByRole('link', { name: 'credit' });
    expect(group).toHaveAttribute('href', '/catalog/default/group/credit');
    const row = group.closest('tr')!;
    expect(within(row).getByRole('link', { name: 'ann' })).toHaveAttribute(
      'href',
      '/catalog/default/user/ann',
    );
    for (const text of ['Compare with our scores', '2100-01-01', 'Active']) {
      expect(within(row).getByText(text)).toBeInTheDocument();
    }
    expect(screen.getByText('Ended')).toBeInTheDocument();
    const [revoke, ...others] = screen.getAllByRole('button', {
      name: /^Revoke/,
    });
    expect(others).toEqual([]);
    await userEvent.click(revoke);
    expect(revokeDatasetGrant).not.toHaveBeenCalled();
    const dialog = within(await screen.findByRole('dialog'));
    await userEvent.click(dialog.getByRole('button', { name: 'Revoke' }));
    expect(revokeDatasetGrant).toHaveBeenCalledWith({
      params: { ...params, id: 'g1' },
    });
  });
});
