import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { FoundVersion } from '@downstage/plugin-ml-registry-common';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { renderWithRegistry } from '../__testUtils__/renderWithRegistry';
import { VersionSearchPage } from './VersionSearchPage';

const found: FoundVersion = {
  ref: 'default/churn@3',
  version: 3,
  stage: 'production',
  metrics: { auc: 0.913, loss: 0.2 },
  createdAt: '2026-11-20T10:00:00.000Z',
  modelRef: 'model:default/churn',
  owner: 'group:default/credit',
  aliases: ['champion'],
  params: {},
  flavors: ['sklearn'],
  datasets: [{ name: 'customers', digest: 'abc' }],
};

describe('VersionSearchPage', () => {
  it('tells how to register a model when there is no version', async () => {
    const searchModelVersions = async () => ({ items: [] });
    renderWithRegistry(<VersionSearchPage />, {
      registry: fakeRegistry({}, { searchModelVersions }),
    });
    expect(
      await screen.findByText('No version is registered yet'),
    ).toBeInTheDocument();
    expect(await screen.findByText(/set_tracking_uri/)).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'Start from a template' }),
    ).toHaveAttribute('href', '/create');
  });

  it('asks what the address carries and shows the metric that was asked about', async () => {
    const searchModelVersions = jest.fn(async () => ({ items: [found] }));
    renderWithRegistry(<VersionSearchPage />, {
      registry: fakeRegistry({}, { searchModelVersions }),
      path: '/?filter=metrics.auc%20%3E%200.9&order=metrics.auc%20DESC',
    });
    expect(await screen.findByText('0.913')).toBeInTheDocument();
    expect(screen.getByText('@champion')).toBeInTheDocument();
    expect(searchModelVersions).toHaveBeenCalledWith(
      {
        query: {
          limit: 50,
          filter: 'metrics.auc > 0.9',
          orderBy: 'metrics.auc DESC',
        },
      },
      expect.anything(),
    );
  });

  it('says what is wrong with a question in the words of the registry', async () => {
    const searchModelVersions = jest
      .fn()
      .mockRejectedValue(new Error("Invalid attribute key 'foo'"));
    renderWithRegistry(<VersionSearchPage />, {
      registry: fakeRegistry({}, { searchModelVersions }),
      path: '/?filter=foo%20%3D%201',
    });
    expect(
      await screen.findByText("Invalid attribute key 'foo'"),
    ).toBeInTheDocument();
  });

  it('takes an example as the question', async () => {
    const searchModelVersions = jest.fn(async () => ({ items: [] }));
    renderWithRegistry(<VersionSearchPage />, {
      registry: fakeRegistry({}, { searchModelVersions }),
    });
    await userEvent.click(
      await screen.findByRole('button', { name: "flavor = 'onnx'" }),
    );
    expect(await screen.findByText('No version matches')).toBeInTheDocument();
    expect(screen.getByLabelText('Which versions?')).toHaveValue(
      "flavor = 'onnx'",
    );
  });
});
