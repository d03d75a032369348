import { TextDecoder } from 'node:util';
import {
  mockApis,
  renderInTestApp,
  TestApiProvider,
} from '@backstage/frontend-test-utils';
import { NotAllowedError, NotFoundError } from '@backstage/errors';
import { toastApiRef } from '@backstage/frontend-plugin-api';
import { identityApiRef } from '@backstage/frontend-plugin-api';
import { act, screen, waitFor, within } from '@testing-library/react';
import {
  askForMemory,
  type Job,
  type JobSamples,
} from '@downstage/plugin-ml-jobs-common';
import userEvent from '@testing-library/user-event';
import { explanation, idle, job, owner } from '../__testUtils__/examples';
import { mlJobsApiRef, type MlJobsApi } from '../api';
import { TrainingPages } from './TrainingPages';

Object.assign(globalThis, { TextDecoder });

// Tested with data: a drawing engine adds nothing here.
jest.mock('@downstage/react', () => ({
  ...jest.requireActual('@downstage/react'),
  Plot: ({ label }: { label: string }) => <div role="img" aria-label={label} />,
}));

const gib = 1024 ** 3;
const samples: JobSamples = {
  attempt: 1,
  points: [
    { seconds: 5, cpu: 1, memory: gib },
    { seconds: 600, cpu: 0.3, memory: 1.5 * gib },
  ],
  mean: { cpu: 0.4, memory: 1.25 * gib },
  peak: { cpu: 1, memory: 1.5 * gib },
  asked: { cpu: 4, memory: 2 * gib },
};

function show(
  path: string,
  answers: Partial<MlJobsApi>,
  options: { groups?: string[] } = {},
) {
  const api: Partial<MlJobsApi> = {
    getQueue: async () => idle,
    getJobSamples: async () => samples,
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

describe('why a job waits', () => {
  it('is a sentence, the figures, who is ahead and what can be done', async () => {
    show('/jobs/abc123', {
      getJob: async () => ({ ...job, state: 'queued' }),
      explainJob: async () => explanation,
    });
    expect(await screen.findByText(explanation.message)).toBeInTheDocument();
    expect(screen.getByText('churn · x1')).toHaveAttribute(
      'href',
      '/training/jobs/x1',
    );
    expect(screen.getByText('and 3 more')).toBeInTheDocument();
    expect(
      screen.getByText('Submit it with smaller resources'),
    ).toBeInTheDocument();
    const table = screen.getByRole('table', { name: 'What is missing' });
    expect(within(table).getByText('0.5 GiB')).toBeInTheDocument();
  });

  it('says so when it cannot be told', async () => {
    show('/jobs/abc123', {
      getJob: async () => ({ ...job, state: 'queued' }),
      explainJob: async () => {
        throw new NotAllowedError('not for you');
      },
    });
    expect(await screen.findByText(/not for you/)).toBeInTheDocument();
  });
});

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

  it('counts a job that its runtime does not let start as waiting, not in a slot', async () => {
    show('/', {
      listJobs: async () => ({ items: [job] }),
      getQueue: async () => ({
        ...idle,
        slots: 1,
        running: [
          {
            ...job,
            id: 'held',
            state: 'preparing',
            waiting: { reason: 'NoRoom', position: 1 },
          },
          job,
        ],
      }),
    });
    expect(
      await screen.findByText(/1 of 1 slots in use · 1 job waits/),
    ).toBeInTheDocument();
    expect(screen.getByText('Waits at its runtime')).toBeInTheDocument();
    expect(screen.queryByText('free')).not.toBeInTheDocument();
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

describe('an address below /training that has no page', () => {
  it('is told as not found', async () => {
    show('/jobs', {});
    expect(await screen.findByText(/PAGE NOT FOUND/)).toBeInTheDocument();
  });
});

describe('the page of a job', () => {
  it('shows what it is, its log, inputs and warnings', async () => {
    show('/jobs/abc123', { getJob: async () => job });
    expect(await screen.findByText('python src/train.py')).toBeInTheDocument();
    expect(screen.getByText('30 minutes')).toBeInTheDocument();
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

  it('shows which declared outputs came, and leads to them', async () => {
    const answer: Job = {
      ...job,
      outputs: [
        { name: 'm', kind: 'model', state: 'found', ref: 'credit/churn@7' },
        { name: 'd', kind: 'dataset', state: 'found', ref: 'default/scores@2' },
        { name: 'a', kind: 'artifact', state: 'found', ref: 'r1/roc.json' },
        { name: 'x', kind: 'artifact', state: 'missing' },
        { name: 'y', kind: 'artifact', state: 'unknown', message: 'no answer' },
        { name: 'z', kind: 'artifact', state: 'expected' },
      ],
    };
    show('/jobs/abc123', { getJob: async () => answer });
    const outputs = await screen.findByRole('table', { name: 'Outputs' });
    const leadsTo = (name: string) =>
      within(outputs).getByRole('link', { name }).getAttribute('href');
    expect(
      ['credit/churn@7', 'default/scores@2', 'r1/roc.json'].map(leadsTo),
    ).toEqual([
      '/catalog/credit/model/churn/versions?version=7',
      '/catalog/default/dataset/scores/versions?version=2',
      '/models/runs/r1',
    ]);
    for (const text of ['did not come', 'not known: no answer', 'not yet'])
      expect(within(outputs).getByText(text)).toBeInTheDocument();
  });

  it.each([
    [
      'running',
      {},
      /^Attempt 1 runs on local-process; the job started .+ ago\.$/,
    ],
    [
      'held',
      { message: 'Held by ann' },
      'Held by ann; it waits until somebody releases it.',
    ],
    ['failed', { message: 'Code 1' }, 'It failed: Code 1.'],
  ] as const)('says at its head how a job is that is %s', async (...row) => {
    const [state, more, sentence] = row;
    show('/jobs/abc123', {
      getJob: async () => ({ ...job, state, ...more }),
      explainJob: async () => explanation,
    });
    expect(await screen.findByText(sentence)).toBeInTheDocument();
  });

  it('holds a job that waits, and releases it', async () => {
    const calls: string[] = [];
    let state: Job['state'] = 'queued';
    const become = (to: Job['state']) => async () => {
      calls.push(to);
      state = to;
      return { ...job, state };
    };
    show('/jobs/abc123', {
      getJob: async () => ({ ...job, state }),
      explainJob: async () => explanation,
      holdJob: become('held'),
      releaseJob: become('queued'),
    });
    await userEvent.click(await screen.findByRole('button', { name: 'Hold' }));
    await userEvent.click(
      await screen.findByRole('button', { name: 'Release' }),
    );
    await screen.findByRole('button', { name: 'Hold' });
    expect(calls).toEqual(['held', 'queued']);
  });

  it('leads from a job that there is not to the list', async () => {
    show('/jobs/zzz', {
      getJob: async () => {
        throw new NotFoundError("There is no job 'zzz'");
      },
    });
    expect(
      await screen.findByText("There is no job 'zzz'"),
    ).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'Show all jobs' })).toHaveAttribute(
      'href',
      '/training',
    );
  });

  it('plots what it uses with peak, mean and limit, and says what lies idle', async () => {
    show('/jobs/abc123', { getJob: async () => job });
    expect(
      await screen.findByRole('img', {
        name: 'Memory. peak 1.5 GiB, mean 1.3 GiB. Limit 2 GiB',
      }),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('img', {
        name: 'Cores. peak 1, mean 0.4. Asked for 4',
      }),
    ).toBeInTheDocument();
    expect(screen.queryByRole('img', { name: /^GPUs/ })).toBeNull();
    expect(
      screen.getByText('It asks for 4 cores and uses 0.4 on average.'),
    ).toBeInTheDocument();
  });

  it('does not call nothing what is only little', async () => {
    show('/jobs/abc123', {
      getJob: async () => job,
      getJobSamples: async () => ({
        ...samples,
        mean: { cpu: 0.002, memory: gib },
      }),
    });
    expect(
      await screen.findByText('It asks for 4 cores and uses < 0.1 on average.'),
    ).toBeInTheDocument();
  });

  it('plots GPUs where there are any', async () => {
    const used = { cpu: 1, memory: gib, gpu: 40, gpuMemory: 3 * gib };
    show('/jobs/abc123', {
      getJob: async () => job,
      getJobSamples: async () => ({
        ...samples,
        points: [{ seconds: 600, ...used }],
        peak: used,
        mean: used,
        asked: {},
      }),
    });
    expect(
      await screen.findByRole('img', {
        name: 'GPUs. busy: peak 40 %, mean 40 %; 3 GiB at most',
      }),
    ).toBeInTheDocument();
    expect(screen.queryByText('Allocated but idle')).toBeNull();
  });

  it('says so where its runtime takes no samples, and shows the reason where they cannot be had', async () => {
    const { unmount } = show('/jobs/abc123', {
      getJob: async () => job,
      getJobSamples: async () => ({ attempt: 1, points: [], asked: {} }),
    });
    expect(await screen.findByText('There are no figures')).toBeInTheDocument();
    unmount();
    show('/jobs/abc123', {
      getJob: async () => job,
      getJobSamples: async () => {
        throw new Error('What job abc123 used is kept by portal-2');
      },
    });
    expect(
      await screen.findByText('What job abc123 used is kept by portal-2'),
    ).toBeInTheDocument();
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
      await screen.findByText('It failed: The command ended with code 1.'),
    ).toBeInTheDocument();
    await userEvent.click(
      await screen.findByRole('button', { name: 'Run again' }),
    );
    expect(rerunJob).toHaveBeenCalledWith({
      params: { id: 'abc123' },
      body: {},
    });
  });

  it('runs a job again with more memory that was ended for its memory', async () => {
    const rerunJob = jest.fn(async () => ({ ...job, id: 'new1' }));
    const getJob = async ({ params: { id } }: { params: { id: string } }) =>
      id === 'new1'
        ? { ...job, id }
        : {
            ...job,
            ...{ state: 'failed' as const, reason: 'OutOfMemory' },
            message: `It used 2 GiB of 2 GiB and was ended; ${askForMemory(
              '3Gi',
            )}`,
          };
    show('/jobs/abc123', { getJob, rerunJob });
    expect(
      await screen.findByRole('button', { name: 'Run again' }),
    ).toBeInTheDocument();
    await userEvent.click(
      await screen.findByRole('button', {
        name: 'Run again with 3Gi of memory',
      }),
    );
    expect(rerunJob).toHaveBeenCalledWith({
      params: { id: 'abc123' },
      body: { resources: { memory: '3Gi' } },
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

  it('says whose data a log shows, and does not ask again', async () => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask'] });
    try {
      const message =
        'The log of job abc123 may show dataset:default/masses. Ask group:default/diagnostics for a grant';
      const streamLog = jest.fn(async () => {
        throw Object.assign(new NotAllowedError(message), {
          code: 'ml-data.access-needed',
          dataset: 'dataset:default/masses',
        });
      });
      show('/jobs/abc123', { getJob: async () => job, streamLog });
      expect(await screen.findByText(message)).toBeInTheDocument();
      expect(
        screen.getByRole('link', { name: 'Access of masses' }),
      ).toBeInTheDocument();
      const asked = streamLog.mock.calls.length;
      await act(() => jest.advanceTimersByTimeAsync(60_000));
      expect(streamLog).toHaveBeenCalledTimes(asked);
    } finally {
      jest.useRealTimers();
    }
  });
});
