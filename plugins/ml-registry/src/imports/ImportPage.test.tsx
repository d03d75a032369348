import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { RegistryImport } from '@downstage/plugin-ml-registry-common';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { renderWithRegistry } from '../__testUtils__/renderWithRegistry';
import { ImportPage } from './ImportPage';

const running: RegistryImport = {
  id: 'i-1',
  uri: 'https://mlflow.example.org',
  state: 'running',
  phase: 'run',
  counts: [{ kind: 'run', found: 1200, added: 1190, known: 9, leftOut: 1 }],
  points: 5_000_000,
  files: 12,
  bytes: 2_000_000,
  stages: 'record',
  createdBy: 'user:default/dora',
  createdAt: '2026-11-18T09:00:00.000Z',
};
const base = {
  listImports: async () => ({ items: [running] }),
  listImportOmissions: async () => ({
    items: [
      {
        kind: 'alias' as const,
        sourceId: 'churn@champion',
        reason: 'It is protected here',
      },
    ],
  }),
};

describe('ImportPage', () => {
  it('shows how far an import is, and what it left out and why', async () => {
    const registry = fakeRegistry({}, base);
    renderWithRegistry(<ImportPage />, { registry });
    expect(
      await screen.findByText('Import of https://mlflow.example.org'),
    ).toBeInTheDocument();
    const row = screen.getByRole('row', { name: /^Runs/ });
    expect(within(row).getByText('9')).toBeInTheDocument();
    expect(await screen.findByText('It is protected here')).toBeInTheDocument();
    expect(screen.getByRole('progressbar', { name: 'Runs' })).toHaveAttribute(
      'value',
      '2',
    );
  });

  it('starts one, and asks for a reason before it goes past the gates', async () => {
    const startImport = jest.fn(async () => running);
    const registry = fakeRegistry({}, { ...base, startImport });
    renderWithRegistry(<ImportPage />, { registry });
    await userEvent.type(
      await screen.findByLabelText(/Tracking URI/),
      running.uri,
    );
    await userEvent.type(screen.getByLabelText(/Token or password/), 't0ken');
    await userEvent.click(screen.getByLabelText(/past the gates/));
    const start = screen.getByRole('button', { name: 'Start import' });
    expect(start).toBeDisabled();
    await userEvent.type(
      screen.getByLabelText(/Reason/),
      'We leave the old server',
    );
    await userEvent.click(start);
    expect(startImport).toHaveBeenCalledWith({
      body: {
        uri: running.uri,
        stages: 'enter',
        token: 't0ken',
        reason: 'We leave the old server',
      },
    });
  });

  it('offers no form to whom it is not open', async () => {
    const listImports = async () => {
      throw new Error('user:default/ann may not import');
    };
    const registry = fakeRegistry({}, { ...base, listImports });
    renderWithRegistry(<ImportPage />, { registry });
    await screen.findByText(/may not import/);
    expect(screen.queryByRole('button', { name: 'Start import' })).toBeNull();
  });

  it('says why it cannot show them', async () => {
    const listImports = async () => {
      throw new Error('user:default/ann may not import');
    };
    const registry = fakeRegistry({}, { ...base, listImports });
    renderWithRegistry(<ImportPage />, { registry });
    expect(await screen.findByText(/may not import/)).toBeInTheDocument();
  });
});
