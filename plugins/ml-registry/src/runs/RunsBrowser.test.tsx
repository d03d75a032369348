import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { Run } from '@downstage/plugin-ml-registry-common';
import type { MlRegistryApi } from '../shared/api';
import { aRun } from '../__testUtils__/examples';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { aTablePage } from '../__testUtils__/fakeRunPages';
import { renderWithRegistry } from '../__testUtils__/renderWithRegistry';
import { save } from '../shared/domain/save';
import { RunsBrowser } from './RunsBrowser';

jest.mock('../shared/domain/save', () => ({ save: jest.fn() }));

/** What the client throws for an answer that is no success. */
function refusal(name: string, message: string): Error {
  return Object.assign(new Error('Request failed'), {
    name: 'ResponseError',
    cause: Object.assign(new Error(message), { name }),
  });
}

describe('RunsBrowser', () => {
  it('begins on the page of a model with the columns of its own runs, asked for at once', async () => {
    const listRunFields = jest.fn(async () => ({
      metrics: ['val_auc'],
      params: [],
      tags: [],
    }));
    renderWithRegistry(<RunsBrowser modelRef="model:default/churn" />, {
      registry: fakeRegistry(
        {},
        {
          listRunFields,
          getRunTable: async () => ({
            ...aTablePage([
              aRun({ runId: 'a', experimentId: '7' }),
              aRun({ runId: 'b', experimentId: '7' }),
            ]),
            total: 2,
          }),
        },
      ),
    });
    expect(
      await screen.findByRole('columnheader', { name: 'val_auc' }),
    ).toBeInTheDocument();
    expect(listRunFields).toHaveBeenCalledWith(
      { query: { experimentId: [], model: 'model:default/churn' } },
      expect.anything(),
    );
  });

  describe('with more experiments than a page holds', () => {
    const pageSize = 3;
    const experiments = Array.from({ length: 250 }, (_, index) => ({
      experimentId: String(index),
      name: `study-${index}`,
      createdAt: '2026-11-18T09:00:00.000Z',
      updatedAt: '2026-11-20T09:00:00.000Z',
    }));
    const aRegistryOf = (runs: Run[]) => {
      const listExperiments = jest.fn<
        ReturnType<MlRegistryApi['listExperiments']>,
        Parameters<MlRegistryApi['listExperiments']>
      >(async ({ query }) => {
        const ids = [query.experimentId ?? []].flat();
        const matching = experiments.filter(
          ({ experimentId, name }) =>
            name.includes(query.query ?? '') &&
            (ids.length === 0 || ids.includes(experimentId)),
        );
        return {
          items: matching.slice(0, pageSize),
          ...(matching.length > pageSize && { nextCursor: 'next' }),
        };
      });
      const registry = fakeRegistry({ runs }, { listExperiments });
      return { registry, listExperiments };
    };

    it('exports the name of each run’s experiment without asking for the experiments', async () => {
      const { registry, listExperiments } = aRegistryOf([
        aRun({ experimentId: '240', experimentName: 'study-240' }),
      ]);
      renderWithRegistry(<RunsBrowser />, {
        registry,
        path: '/?columns=experiment',
      });
      await screen.findByRole('columnheader', { name: 'Experiment' });
      await userEvent.click(screen.getByRole('button', { name: 'Export CSV' }));
      const [[content]] = jest.mocked(save).mock.calls;
      expect(await content.text()).toBe(
        'run id,name,experiment\nrun2,brave-auk-2,study-240',
      );
      expect(listExperiments).not.toHaveBeenCalled();
    });

    it('says the name of a chosen one that arrives after the dialog was opened', async () => {
      const { registry, listExperiments } = aRegistryOf([aRun()]);
      const answer = listExperiments.getMockImplementation();
      let arrive = () => {};
      const later = new Promise<void>(done => {
        arrive = done;
      });
      listExperiments.mockImplementation(async (...asked) => {
        if (asked[0].query.experimentId) await later;
        return answer?.(...asked) ?? { items: [] };
      });
      renderWithRegistry(<RunsBrowser />, {
        registry,
        path: '/?experiment=230',
      });
      await userEvent.click(await screen.findByRole('button', { name: '230' }));
      expect(
        await screen.findByRole('checkbox', { name: '230' }),
      ).toBeChecked();
      arrive();
      expect(
        await screen.findByRole('checkbox', { name: 'study-230' }),
      ).toBeChecked();
    });

    it('finds one beyond the first page by its name, and keeps those chosen before', async () => {
      const { registry } = aRegistryOf([aRun()]);
      const getRunTable = jest.spyOn(registry, 'getRunTable');
      renderWithRegistry(<RunsBrowser />, {
        registry,
        path: '/?experiment=230',
      });
      await userEvent.click(
        await screen.findByRole('button', { name: 'study-230' }),
      );
      expect(
        await screen.findByRole('checkbox', { name: 'study-230' }),
      ).toBeChecked();
      expect(screen.getByText(/There are more/)).toBeInTheDocument();
      expect(
        screen.queryByRole('checkbox', { name: 'study-240' }),
      ).not.toBeInTheDocument();

      await userEvent.type(
        screen.getByRole('searchbox', { name: 'Find an experiment' }),
        '240',
      );
      await userEvent.click(
        await screen.findByRole('checkbox', { name: 'study-240' }),
      );
      expect(screen.getAllByRole('checkbox')).toHaveLength(1);
      await waitFor(() =>
        expect(getRunTable.mock.lastCall?.[0].query.experimentId).toEqual([
          '230',
          '240',
        ]),
      );
      await userEvent.click(screen.getByRole('button', { name: 'Done' }));
      expect(
        await screen.findByRole('button', { name: 'study-230, study-240' }),
      ).toBeInTheDocument();
    });

    it('says that no experiment has the text in its name', async () => {
      const { registry } = aRegistryOf([aRun()]);
      renderWithRegistry(<RunsBrowser />, { registry });
      await userEvent.click(
        await screen.findByRole('button', { name: 'All experiments' }),
      );
      await userEvent.type(
        screen.getByRole('searchbox', { name: 'Find an experiment' }),
        'nowhere',
      );
      expect(
        await screen.findByText('No experiment has that in its name.'),
      ).toBeInTheDocument();
    });
  });

  it.each([
    ['InputError', 'Expected a number', 'The filter was refused'],
    ['ServiceUnavailableError', 'Not now', 'This could not be loaded'],
  ])('says once why there are no runs: %s', async (name, message, title) => {
    renderWithRegistry(<RunsBrowser />, {
      registry: fakeRegistry(
        {},
        { getRunTable: jest.fn().mockRejectedValue(refusal(name, message)) },
      ),
      path: '/?filter=metrics.auc%20%3E',
    });
    expect(await screen.findByText(title)).toBeInTheDocument();
    expect(screen.getAllByText(message)).toHaveLength(1);
  });
});
