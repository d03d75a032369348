import { screen } from '@testing-library/react';
import { aRun } from '../__testUtils__/examples';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { aTablePage } from '../__testUtils__/fakeRunPages';
import { renderWithRegistry } from '../__testUtils__/renderWithRegistry';
import { RunsBrowser } from './RunsBrowser';

/** What the client throws for an answer that is no success. */
function refusal(name: string, message: string): Error {
  return Object.assign(new Error('Request failed'), {
    name: 'ResponseError',
    cause: Object.assign(new Error(message), { name }),
  });
}

describe('RunsBrowser', () => {
  it('begins on the page of a model with the columns of the experiments it was trained in', async () => {
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
      { query: { experimentId: ['7'] } },
      expect.anything(),
    );
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
