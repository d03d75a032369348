import type { DataAccess } from '@downstage/node';
import { mostDatasetsChecked } from '@downstage/plugin-ml-data-common';
import { dataAccessOf } from './dataAccess';

const options = { credentials: {} } as Parameters<DataAccess['ask']>[1];

describe('who reads data, as ml-data decides', () => {
  it('is asked in parts that ml-data takes, and answered in the order asked for', async () => {
    const asked: number[] = [];
    const access = dataAccessOf({
      checkDatasetAccess: async ({ body: { datasets } }, call) => {
        expect(call).toEqual(options);
        asked.push(datasets.length);
        return {
          items: datasets.map(dataset => ({
            dataset,
            mayRead: true,
            because: 'open',
          })),
        };
      },
    });
    const refs = Array.from({ length: 120 }, (_, at) => `default/d${at}@3`);
    const answers = await access.ask(refs, options);
    expect(answers.map(({ ref }) => ref)).toEqual(refs);
    expect(asked).toEqual([mostDatasetsChecked, mostDatasetsChecked, 20]);
    expect(await access.ask([], options)).toEqual([]);
    expect(asked).toHaveLength(3);
  });

  it('counts data as guarded where ml-data does not say why it may be read', async () => {
    const access = dataAccessOf({
      checkDatasetAccess: async () => ({
        items: [
          { dataset: 'default/a', mayRead: true },
          { dataset: 'default/b', mayRead: true, because: 'grant', grant: 'g' },
          { dataset: 'default/c', mayRead: false, message: 'Ask ann' },
          { dataset: 'default/d', mayRead: false },
        ],
      }),
    });
    expect(await access.ask(['default/a'], options)).toEqual([
      { ref: 'default/a', mayRead: true, because: 'unknown' },
      { ref: 'default/b', mayRead: true, because: 'grant', grant: 'g' },
      { ref: 'default/c', mayRead: false, message: 'Ask ann' },
      {
        ref: 'default/d',
        mayRead: false,
        message: 'The caller may not read it',
      },
    ]);
  });
});
