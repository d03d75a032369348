import { promises as fs } from 'node:fs';
import {
  createMockDirectory,
  mockCredentials,
  mockServices,
} from '@backstage/backend-test-utils';
import { callerOf, type Authorizer } from '@downstage/node';
import type { DatasetEntity } from '@downstage/plugin-ml-catalog-common';
import type { VersionPreviewer } from '../reader/readInProcess';
import { locateSource } from '../storage/locateSource';
import { SnapshotStore } from '../storage/SnapshotStore';
import type { DataAccessService } from '../access/DataAccessService';
import { PreviewService } from './PreviewService';
import type { SourceLocator } from '../registrations/SourceLocator';

const directory = createMockDirectory();
const caller = callerOf(mockCredentials.user('user:default/ann'));
const entity = {
  kind: 'Dataset',
  metadata: { name: 'x', namespace: 'default' },
  spec: {},
} as DatasetEntity;

/** A service of one data set, whose reader is given; everybody may. */
function serviceOf(reader: VersionPreviewer) {
  const root = { path: directory.resolve('data') };
  return new PreviewService({
    access: { requireRead: async () => {} } as unknown as DataAccessService,
    auditor: mockServices.auditor.mock({
      createEvent: async () => ({
        success: async () => {},
        fail: async () => {},
      }),
    }),
    authorizer: { requireAny: async () => {} } as unknown as Authorizer,
    locator: {
      locate: async () => ({
        ...{ entity, uri: 'many', root, format: 'csv', dialect: {} },
        files: await locateSource('many', {
          roots: { roots: [root], own: [] },
        }),
        fields: [{ name: 'late' }],
      }),
    } as unknown as SourceLocator,
    snapshots: new SnapshotStore({
      root: directory.resolve('kept'),
      newId: () => 'look',
    }),
    reader,
    memoryLimit: '500MB',
  });
}

const request = { namespace: 'default', name: 'x' };
const staging = () => fs.readdir(directory.resolve('kept/.staging'));

beforeEach(() =>
  directory.setContent(
    Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [
        `data/many/f${String(i).padStart(2, '0')}.csv`,
        'x\n1\n',
      ]),
    ),
  ),
);

describe('PreviewService', () => {
  it('ends the reader when the one who asked has gone, and keeps nothing', async () => {
    let enter: () => void = () => {};
    const entered = new Promise<void>(resolve => {
      enter = resolve;
    });
    const ended = jest.fn();
    const service = serviceOf(
      (_, { signal }) =>
        new Promise((__, reject) => {
          signal.addEventListener('abort', () => {
            ended();
            reject(signal.reason);
          });
          enter();
        }),
    );
    const gone = new AbortController();
    const preview = service.preview(request, { caller, signal: gone.signal });
    await entered;
    expect(await staging()).toEqual(['look']);
    gone.abort();
    await expect(preview).rejects.toMatchObject({
      name: 'ConflictError',
      message: 'Nobody waits for the preview any more',
    });
    expect(ended).toHaveBeenCalledTimes(1);
    expect(await staging()).toEqual([]);
  });

  it('looks at ten files of many, and does not miss a column that a later one may have', async () => {
    const reader = jest.fn<
      ReturnType<VersionPreviewer>,
      Parameters<VersionPreviewer>
    >(async () => ({
      columns: [{ name: 'x', type: 'BIGINT' }],
      rows: [['1']],
      lookedRows: 10,
      notes: [],
    }));
    const { signal } = new AbortController();
    const found = await serviceOf(reader).preview(request, { caller, signal });
    expect(reader.mock.calls[0][0].files).toHaveLength(10);
    expect(found).toMatchObject({
      ...{ allFiles: 12, complete: false, allColumns: 1, rows: [['1']] },
    });
    expect(found.refused).toBeUndefined();
  });

  it('passes on what is no refusal of the data', async () => {
    const service = serviceOf(async () => {
      throw new Error('the process ended');
    });
    await expect(
      service.preview(request, {
        ...{ caller, signal: new AbortController().signal },
      }),
    ).rejects.toThrow('the process ended');
    expect(await staging()).toEqual([]);
  });
});
