import type { DatasetVersion } from '@downstage/plugin-ml-data-common';

const customary = ['target', 'label', 'class', 'outcome', 'y'];

/**
 * The column that is most likely the class to predict: one with a customary name, else the one with the fewest values,
 * two to twenty of them; of several the last, where tables have their target. `undefined` where none looks like classes.
 */
export function guessTarget(
  version: Pick<DatasetVersion, 'schema' | 'profile'>,
): string | undefined {
  const names = version.schema.map(({ name }) => name);
  const named = names.find(name => customary.includes(name.toLowerCase()));
  if (named) return named;
  const classes = version.profile.columns.filter(
    ({ name, distinct, count }) =>
      names.includes(name) &&
      distinct >= 2 &&
      distinct <= 20 &&
      count > distinct,
  );
  const fewest = Math.min(...classes.map(({ distinct }) => distinct));
  return classes.filter(({ distinct }) => distinct === fewest).at(-1)?.name;
}
