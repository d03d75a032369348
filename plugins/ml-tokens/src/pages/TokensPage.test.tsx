import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import {
  aScope,
  aToken,
  diagnostics,
  secret,
  show,
} from '../__testUtils__/show';
import { TokensPage } from './TokensPage';

const options = { defaultDays: 90, maxDays: 200 };

describe('the page of access tokens', () => {
  it('lists tokens with what they may do and when they were used, and hides those that ended', async () => {
    const items = [
      aToken({ lastUsedAt: new Date().toISOString() }),
      aToken({
        id: 'b',
        name: 'nightly',
        kind: 'service',
        owner: diagnostics,
        actor: 'service:diagnostics/nightly',
        createdBy: 'user:default/ben',
        binding: { model: 'model:default/churn' },
        expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
      }),
      aToken({ id: 'c', name: 'old', state: 'revoked' }),
    ];
    show(<TokensPage />, {
      api: { listTokens: async () => ({ items, options }) },
    });
    const table = await screen.findByRole('table');
    await within(table).findByText('you');
    const [, first, second, third] = within(table).getAllByRole('row');
    expect(first).toHaveTextContent(
      /notebook.*dst_aaaa.*you.*track, register.*what it owns.*Active/,
    );
    expect(second).toHaveTextContent(
      /nightly.*diagnostics.*churn.*by ben.*never.*Expires soon/,
    );
    expect(third).toBeUndefined();
    await userEvent.click(
      screen.getByRole('switch', { name: 'Show expired and revoked' }),
    );
    expect(await screen.findByText('Revoked')).toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: 'Revoke old' }),
    ).not.toBeInTheDocument();
  });

  it('makes a token and shows its secret once, with commands to paste', async () => {
    const createToken = jest.fn(async () => ({ token: aToken(), secret }));
    show(<TokensPage />, { address: '/?new', api: { createToken } });
    const dialog = await screen.findByRole('dialog');
    const confirm = within(dialog).getByRole('button', {
      name: 'Create token',
    });
    expect(confirm).toBeDisabled();
    await userEvent.type(
      within(dialog).getByRole('textbox', { name: /Name/ }),
      'notebook',
    );
    await userEvent.click(
      within(dialog).getByRole('checkbox', { name: /register/ }),
    );
    await userEvent.click(confirm);
    expect(createToken).toHaveBeenCalledWith({
      body: {
        name: 'notebook',
        scopes: ['track', 'register'],
        expiresInDays: 90,
      },
    });
    expect(await screen.findByText(secret)).toBeInTheDocument();
    expect(screen.getByText(/export MLFLOW_TRACKING_URI/)).toHaveTextContent(
      `MLFLOW_TRACKING_URI=http://localhost:7007/api/ml-registry/mlflow export MLFLOW_TRACKING_TOKEN=${secret}`,
    );
    await userEvent.click(screen.getByRole('tab', { name: 'curl' }));
    expect(screen.getByText(/curl -H/)).toBeInTheDocument();
    await userEvent.click(
      screen.getByRole('button', { name: 'I have copied it' }),
    );
    expect(screen.queryByText(secret)).not.toBeInTheDocument();
  });

  it('offers the scopes that the portal has, a new one by its permissions', async () => {
    const createToken = jest.fn(async () => ({ token: aToken(), secret }));
    show(<TokensPage />, {
      address: '/?new',
      api: {
        createToken,
        listScopes: async () => ({
          items: [
            aScope('features', 'ml.features.write'),
            aScope('read', 'ml.registry.read'),
          ],
        }),
      },
    });
    const dialog = await screen.findByRole('dialog');
    const boxes = within(dialog).getAllByRole('checkbox');
    expect(boxes).toHaveLength(2);
    await userEvent.type(
      within(dialog).getByRole('textbox', { name: /Name/ }),
      'notebook',
    );
    await userEvent.click(
      within(dialog).getByRole('checkbox', {
        name: /features.*Allows ml.features.write/,
      }),
    );
    await userEvent.click(
      within(dialog).getByRole('button', { name: 'Create token' }),
    );
    expect(createToken).toHaveBeenCalledWith({
      body: { name: 'notebook', scopes: ['features'], expiresInDays: 90 },
    });
  });

  it('says why a token was not made, and keeps what was filled in', async () => {
    show(<TokensPage />, {
      address: '/?new',
      api: {
        createToken: async () => {
          throw new Error('user:default/ann has a token of that name');
        },
      },
    });
    const name = await screen.findByRole('textbox', { name: /Name/ });
    await userEvent.type(name, 'notebook');
    await userEvent.click(screen.getByRole('button', { name: 'Create token' }));
    expect(
      await screen.findByText(/has a token of that name/),
    ).toHaveTextContent(/^ann has a token of that name$/);
    expect(name).toHaveValue('notebook');
  });

  it('asks before it revokes', async () => {
    const revokeToken = jest.fn(async () => aToken({ state: 'revoked' }));
    show(<TokensPage />, { api: { revokeToken } });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Revoke notebook' }),
    );
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent(/refused within seconds.*never used/);
    expect(revokeToken).not.toHaveBeenCalled();
    await userEvent.click(
      within(dialog).getByRole('button', { name: 'Revoke' }),
    );
    expect(revokeToken).toHaveBeenCalledWith({ params: { id: 'k3v9' } });
  });

  it('says what tokens are for when there is none', async () => {
    show(<TokensPage />, {
      api: { listTokens: async () => ({ items: [], options }) },
    });
    expect(await screen.findByText('You have no tokens')).toBeInTheDocument();
    expect(
      screen.getByRole('button', { name: 'New token' }),
    ).toBeInTheDocument();
  });

  it('shows that it is loading', async () => {
    show(<TokensPage />, {
      api: { listTokens: () => new Promise(() => {}) },
    });
    expect(await screen.findByLabelText('Loading')).toBeInTheDocument();
  });

  it('gives the reason when tokens cannot be asked for', async () => {
    show(<TokensPage />, {
      api: {
        listTokens: async () => {
          throw new Error('The portal does not answer');
        },
      },
    });
    expect(
      await screen.findByText('The portal does not answer'),
    ).toBeInTheDocument();
  });
});
