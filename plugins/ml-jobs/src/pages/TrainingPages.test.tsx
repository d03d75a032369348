import { TextDecoder } from 'node:util';
import {
  mockApis,
  renderInTestApp,
  TestApiProvider,
} from '@backstage/frontend-test-utils';
import { toastApiRef } from '@backstage/frontend-plugin-api';
import { identityApiRef } from '@backstage/frontend-plugin-api';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { idle, job, owner } from '../__testUtils__/examples';
import { mlJobsApiRef, type MlJobsApi } from '../api';
import { TrainingPages } from './TrainingPages';

Object.assign(globalThis, { TextDecoder });

function show(
  path: string,
  answers: Partial<MlJobsApi>,
  options: { groups?: string[] } = {},
) {
  const api: Partial<MlJobsApi> = {
    getQueue: async () => idle,
    streamLog: async (_, { onPiece }) => {
      onPiece({ text: 'epoch 1\n', offset: 0, nextOffset: 8 });
      onPiece({ text: 'epoch 2\n', offset: 8, nextOffset: 16 });
    },
    ...answers,
  };
  return renderInTestApp(
    <TestApiProvider
      apis={[
        [mlJobsApiRef, api as MlJobsApi],
        [toastApiRef, { post: jest.fn() } as never],
        [
          identityApiRef,
          mockApis.identity({
            userEntityRef: 'user:default/ann',
            ownershipEntityRefs: [
              'user:default/ann',
              ...(options.groups ?? [owner]),
            ],
          }),
        ],
      ]}
    >
      <TrainingPages />
    </TestApiProvider>,
    { initialRouteEntries: [path] },
  );
}

describe('the Training page', () => {
  it('lists jobs with their state and place in the queue', async () => {
    show('/', {
      listJobs: async () => ({
        items: [
          job,
          {
            ...job,
            id: 'q1',
            name: 'waits',
            state: 'queued',
            queuePosition: 1,
          },
        ],
      }),
      getQueue: async () => ({ ...idle, running: [job] }),
    });
    expect(
      (await screen.findAllByText('tumour-malignancy · abc123'))[0],
    ).toHaveAttribute('href', '/training/jobs/abc123');
    expect(screen.getByText('Queued, number 1')).toBeInTheDocument();
    expect(screen.getByText(/1 of 2 slots in use/)).toBeInTheDocument();
  });

  it('says what to do when there is no job', async () => {
    show('/', { listJobs: async () => ({ items: [] }) });
    expect(await screen.findByText('No job yet')).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'Start from a template' }),
    ).toHaveAttribute('href', '/create');
    expect(screen.getByText(/All slots are free/)).toBeInTheDocument();
  });

  it('says that jobs cannot run when no runtime is on', async () => {
    show('/', {
      listJobs: async () => ({ items: [] }),
      getQueue: async () => ({ ...idle, slots: 0, runtime: undefined }),
    });
    expect(await screen.findByText('No runtime is on')).toBeInTheDocument();
  });

  it('shows the reason when the backend does not answer', async () => {
    show('/', {
      listJobs: async () => {
        throw new Error('The jobs backend is down');
      },
    });
    expect(
      await screen.findByText('The jobs backend is down'),
    ).toBeInTheDocument();
  });
});

describe('the page of a job', () => {
  it('shows what it is, its log, inputs and warnings', async () => {
    show('/jobs/abc123', { getJob: async () => job });
    expect(await screen.findByText('python src/train.py')).toBeInTheDocument();
    await waitFor(() =>
      expect(screen.getByRole('log', { name: 'Log' })).toHaveTextContent(
        'epoch 1 epoch 2',
      ),
    );
    expect(screen.getByText('default/breast-masses@3')).toHaveAttribute(
      'href',
      '/catalog/default/dataset/breast-masses/versions',
    );
    expect(screen.getByText(/1 asked for, none here/)).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'See its runs' })).toHaveAttribute(
      'href',
      '/models/runs?job=abc123',
    );
    expect(
      screen.getByRole('img', { name: /Waited 1.0 s, prepared 1.0 s/ }),
    ).toBeInTheDocument();
    expect(screen.getByText('depth')).toBeInTheDocument();
  });

  it('cancels after a question, with the reason', async () => {
    const cancelJob = jest.fn(async () => ({
      ...job,
      state: 'cancelled' as const,
    }));
    show('/jobs/abc123', { getJob: async () => job, cancelJob });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Cancel job' }),
    );
    expect(cancelJob).not.toHaveBeenCalled();
    await userEvent.type(screen.getByLabelText(/Why\?/), 'wrong data');
    await userEvent.click(
      screen.getByRole('button', { name: 'Cancel the job' }),
    );
    expect(cancelJob).toHaveBeenCalledWith({
      params: { id: 'abc123' },
      body: { reason: 'wrong data' },
    });
  });

  it('offers nothing to members of another team', async () => {
    show(
      '/jobs/abc123',
      { getJob: async () => job },
      { groups: ['group:default/credit'] },
    );
    expect(await screen.findByText('python src/train.py')).toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: 'Cancel job' }),
    ).not.toBeInTheDocument();
  });

  it('runs a job again that is over, and shows the new one', async () => {
    const rerunJob = jest.fn(async () => ({ ...job, id: 'new1' }));
    const getJob = jest.fn(
      async ({ params: { id } }: { params: { id: string } }) =>
        id === 'new1'
          ? { ...job, id }
          : {
              ...job,
              state: 'failed' as const,
              message: 'The command ended with code 1',
            },
    );
    show('/jobs/abc123', { getJob, rerunJob });
    expect(
      (await screen.findAllByText('The command ended with code 1'))[0],
    ).toBeInTheDocument();
    await userEvent.click(
      await screen.findByRole('button', { name: 'Run again' }),
    );
    expect(rerunJob).toHaveBeenCalledWith({
      params: { id: 'abc123' },
      body: {},
    });
  });

  it('goes on with the log after a lost connection, where it was', async () => {
    const offsets: number[] = [];
    show('/jobs/abc123', {
      getJob: async () => job,
      streamLog: async (_, { offset, onPiece }) => {
        offsets.push(offset);
        if (offsets.length > 1) return;
        onPiece({ text: 'first\n', offset: 0, nextOffset: 6 });
        throw new Error('network');
      },
    });
    expect(
      await screen.findByText('The connection was lost; trying again'),
    ).toBeInTheDocument();
    await waitFor(() => expect(offsets).toEqual([-1_000_000, 6]));
    expect(screen.getByRole('log', { name: 'Log' })).toHaveTextContent('first');
  });
});
