import { mockCredentials } from '@backstage/backend-test-utils';
import { NotFoundError } from '@backstage/errors';
import type { MlDataService } from '@downstage/plugin-ml-data-node';
import { createDatasetLookup } from './findDataset';

const { signal } = new AbortController();
const call = { credentials: mockCredentials.service(), signal };
const job = { id: 'a', startedAt: '2026-01-01T10:00:00.000Z' };
const scores = {
  ...{ name: 'scores', kind: 'dataset' as const },
  dataset: 'dataset:credit/scores',
};

function lookupOf(...createdAt: string[]) {
  const listDatasetVersions = jest.fn(async () => ({
    items: createdAt.map(at => ({ ref: 'credit/scores@4', createdAt: at })),
  }));
  const data = { listDatasetVersions } as Partial<
    Record<keyof MlDataService, unknown>
  > as MlDataService;
  return { lookup: createDatasetLookup(data), listDatasetVersions };
}

describe('a data set as the output of a job', () => {
  it('is the version that was registered after the job had started', async () => {
    const { lookup, listDatasetVersions } = lookupOf('2026-01-01T10:00:01Z');
    expect(await lookup.find(scores, { job, ...call })).toEqual({
      ref: 'credit/scores@4',
    });
    expect(listDatasetVersions).toHaveBeenCalledWith(
      { params: { namespace: 'credit', name: 'scores' }, query: { limit: 1 } },
      call,
    );
  });

  it.each([
    ['an older version', ['2026-01-01T09:59:59Z'], job],
    ['no version at all', [], job],
    ['a job that never ran', ['2026-01-01T10:00:01Z'], { id: 'a' }],
  ])('did not come: %s', async (_, createdAt, ended) => {
    const { lookup } = lookupOf(...createdAt);
    expect(await lookup.find(scores, { job: ended, ...call })).toEqual({});
  });

  it('did not come: a data set that is not there; what else fails is told', async () => {
    const { lookup, listDatasetVersions } = lookupOf();
    listDatasetVersions.mockRejectedValueOnce(
      new NotFoundError('There is no data set credit/scores'),
    );
    expect(await lookup.find(scores, { job, ...call })).toEqual({});
    listDatasetVersions.mockRejectedValueOnce(new Error('It does not answer'));
    await expect(lookup.find(scores, { job, ...call })).rejects.toThrow(
      'It does not answer',
    );
  });

  it('leaves other kinds to others', async () => {
    const { lookup, listDatasetVersions } = lookupOf();
    const output = { name: 'm', kind: 'model' as const };
    expect(await lookup.find(output, { job, ...call })).toBeUndefined();
    expect(listDatasetVersions).not.toHaveBeenCalled();
  });
});
