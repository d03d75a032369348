import type { DatasetVersion } from '@downstage/plugin-ml-data-common';
import { guessTarget } from './guessTarget';

/** A table of a hundred rows; each column with its number of distinct values. */
function aVersion(
  distinct: Record<string, number>,
): Pick<DatasetVersion, 'schema' | 'profile'> {
  const names = Object.keys(distinct);
  return {
    schema: names.map(name => ({ name, type: 'BIGINT', nullable: false })),
    profile: {
      columns: names.map(name => ({
        name,
        type: 'BIGINT',
        count: 100,
        nulls: 0,
        distinct: distinct[name],
      })),
    },
  };
}

describe('guessTarget', () => {
  it.each([
    ['a customary name', { id: 100, Target: 90, flag: 2 }, 'Target'],
    ['the fewest values', { site: 5, malignant: 2, radius: 98 }, 'malignant'],
    ['the last of several', { left: 2, radius: 98, malignant: 2 }, 'malignant'],
    ['nothing that never changes', { unit: 1, cultivar: 3 }, 'cultivar'],
    ['nothing where no column has classes', { id: 100, dose: 60 }, undefined],
    ['nothing of an empty table', {}, undefined],
  ])('takes %s', (_what, distinct, guess) => {
    expect(guessTarget(aVersion(distinct))).toBe(guess);
  });

  it('does not take every value of a short table for a class', () => {
    const { schema, profile } = aVersion({ a: 2, b: 2 });
    const columns = profile.columns.map(column => ({ ...column, count: 2 }));
    expect(guessTarget({ schema, profile: { columns } })).toBeUndefined();
  });
});
