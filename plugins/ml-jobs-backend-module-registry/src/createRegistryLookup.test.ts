import { mockCredentials } from '@backstage/backend-test-utils';
import type { MlRegistryService } from '@downstage/plugin-ml-registry-node';
import { createRegistryLookup } from './createRegistryLookup';

const { signal } = new AbortController();
const call = { credentials: mockCredentials.service(), signal };
const job = { id: 'job-1', startedAt: '2026-01-01T10:00:00.000Z' };
const model = {
  ...{ name: 'model', kind: 'model' as const },
  model: 'model:credit/churn',
};
const artifact = (path: string) => ({
  ...{ name: 'roc', kind: 'artifact' as const, path },
});

type Version = { ref: string; jobId?: string; createdAt: string };
const version = (n: number, minute: number, jobId?: string): Version => ({
  ref: `credit/churn@${n}`,
  createdAt: `2026-01-01T10:${String(minute).padStart(2, '0')}:00.000Z`,
  ...(jobId && { jobId }),
});

/** A registry with pages of versions, and with runs of a job and their files. */
function registryOf(content: {
  pages?: Version[][];
  runs?: Record<string, string[]>;
  moreRuns?: boolean;
}) {
  const { pages = [], runs = {}, moreRuns } = content;
  const calls = {
    listModelVersions: jest.fn(
      async ({ query }: { query: { cursor?: string } }) => {
        const at = Number(query.cursor ?? 0);
        return {
          items: pages[at] ?? [],
          ...(at + 1 < pages.length && { nextCursor: String(at + 1) }),
        };
      },
    ),
    searchRuns: jest.fn(async () => ({
      items: Object.keys(runs).map(runId => ({ runId })),
      ...(moreRuns && { nextCursor: '50' }),
    })),
    // A file answers for itself, and a folder with what it holds.
    listRunArtifacts: jest.fn(
      async (request: {
        params: { runId: string };
        query: { path: string };
      }) => {
        const { path: asked } = request.query;
        const files = runs[request.params.runId];
        if (!files)
          throw Object.assign(new Error('No run'), { name: 'NotFoundError' });
        return {
          items: files
            .filter(path => path === asked || path.startsWith(`${asked}/`))
            .map(path => ({ path })),
        };
      },
    ),
  };
  const registry = calls as Partial<
    Record<keyof MlRegistryService, unknown>
  > as MlRegistryService;
  return { ...calls, lookup: createRegistryLookup(registry) };
}

describe('a model as the output of a job', () => {
  it('is the newest version that the job has registered', async () => {
    const { lookup, listModelVersions } = registryOf({
      pages: [
        [version(9, 9, 'job-2'), version(8, 8)],
        [version(7, 7, 'job-1'), version(6, 6, 'job-1')],
      ],
    });
    expect(await lookup.find(model, { job, ...call })).toEqual({
      ref: 'credit/churn@7',
    });
    expect(listModelVersions).toHaveBeenCalledWith(
      {
        params: { namespace: 'credit', name: 'churn' },
        query: { cursor: undefined, limit: 100 },
      },
      call,
    );
  });

  it('did not come where others registered theirs, and older versions are not looked at', async () => {
    const before = { ...version(8, 0), createdAt: '2026-01-01T09:00:00.000Z' };
    const { lookup, listModelVersions } = registryOf({
      pages: [[version(9, 9, 'job-2'), before], [version(1, 1, 'job-1')]],
    });
    expect(await lookup.find(model, { job, ...call })).toEqual({});
    expect(listModelVersions).toHaveBeenCalledTimes(1);
  });

  it('is not known where so many newer versions of others are there', async () => {
    const { lookup, listModelVersions } = registryOf({
      pages: Array.from({ length: 12 }, () => [version(9, 9, 'job-2')]),
    });
    expect(await lookup.find(model, { job, ...call })).toEqual({
      message:
        'None of the newest 1000 versions of model:credit/churn is of this job; older ones were not looked at',
    });
    expect(listModelVersions).toHaveBeenCalledTimes(10);
  });

  it('did not come where the model is not there, or the job never ran', async () => {
    const { lookup, listModelVersions } = registryOf({});
    const never = { job: { id: 'job-1' }, ...call };
    expect(await lookup.find(model, never)).toEqual({});
    expect(listModelVersions).not.toHaveBeenCalled();
    listModelVersions.mockRejectedValue(
      Object.assign(new Error('No model'), { name: 'NotFoundError' }),
    );
    expect(await lookup.find(model, { job, ...call })).toEqual({});
    listModelVersions.mockRejectedValue(new Error('down'));
    await expect(lookup.find(model, { job, ...call })).rejects.toThrow('down');
  });
});

describe('an artifact as the output of a job', () => {
  it('is a file of any run of the job', async () => {
    const { lookup, searchRuns, listRunArtifacts } = registryOf({
      runs: { r2: ['evaluation/pr.json'], r1: ['evaluation/roc.json'] },
    });
    const output = artifact('evaluation/roc.json');
    expect(await lookup.find(output, { job, ...call })).toEqual({
      ref: 'r1/evaluation/roc.json',
    });
    expect(searchRuns).toHaveBeenCalledWith(
      { query: { job: 'job-1', limit: 50 } },
      call,
    );
    expect(listRunArtifacts).toHaveBeenCalledWith(
      { params: { runId: 'r1' }, query: { path: output.path, limit: 1 } },
      call,
    );
  });

  it('costs one question a run, however many files lie beside it', async () => {
    const files = Array.from({ length: 5_000 }, (_, at) => `plots/${at}.png`);
    const { lookup, listRunArtifacts } = registryOf({
      runs: { r3: files, r2: files, r1: ['plots/roc.png'] },
    });
    expect(
      await lookup.find(artifact('plots/roc.png'), { job, ...call }),
    ).toEqual({ ref: 'r1/plots/roc.png' });
    expect(listRunArtifacts).toHaveBeenCalledTimes(3);
  });

  it('may be a folder, and a run that is gone hides none of the others', async () => {
    const { lookup, searchRuns } = registryOf({
      runs: { r1: ['model/MLmodel'] },
    });
    searchRuns.mockResolvedValue({
      items: [{ runId: 'gone' }, { runId: 'r1' }],
    });
    expect(await lookup.find(artifact('model'), { job, ...call })).toEqual({
      ref: 'r1/model',
    });
  });

  it('is not known where the job has more runs than are looked through', async () => {
    const { lookup } = registryOf({ runs: { r1: [] }, moreRuns: true });
    expect(await lookup.find(artifact('roc.png'), { job, ...call })).toEqual({
      message:
        "None of the newest 50 runs of the job has 'roc.png'; older ones were not looked at",
    });
  });

  it('did not come where no run has it', async () => {
    const { lookup } = registryOf({ runs: { r1: ['roc.json.txt'] } });
    const output = artifact('roc.json');
    expect(await lookup.find(output, { job, ...call })).toEqual({});
  });

  it('is nothing of a data set', async () => {
    const { lookup } = registryOf({});
    const output = {
      ...{ name: 'x', kind: 'dataset' as const, dataset: 'dataset:a/b' },
    };
    expect(await lookup.find(output, { job, ...call })).toBeUndefined();
  });
});
