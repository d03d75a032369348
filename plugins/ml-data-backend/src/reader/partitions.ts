import { listed } from '@downstage/common';
import { refusal } from './Refusal';

/** The columns that the names of folders hold, as Hive, Spark and pandas write them: `year=2024/region=north`. */
export type Partitions = {
  names: string[];
  /** The values of a file, in the order of `names`. */
  of: (path: string) => (string | null)[];
};

const none = '__HIVE_DEFAULT_PARTITION__';

/** @throws InputError when some files lie in such folders and others do not */
export function findPartitions(paths: string[]): Partitions {
  const found = new Map(paths.map(path => [path, pairsOf(path)]));
  const [first] = paths;
  const names = (found.get(first) ?? []).map(([name]) => name);
  for (const [path, pairs] of found) {
    const own = pairs.map(([name]) => name);
    if (own.join('/') !== names.join('/')) {
      throw refusal({
        file: path,
        found: `its folders name ${listed(own) || 'no column'}, those of ${
          names.length ? first : `'${first}'`
        } ${listed(names) || 'no column'}`,
        allowed:
          'All files lie in folders of the same columns, as in year=2024/month=1, or none does',
      });
    }
  }
  return {
    names,
    of: path => (found.get(path) ?? []).map(([, value]) => value),
  };
}

function pairsOf(path: string): [string, string | null][] {
  return path
    .split('/')
    .slice(0, -1)
    .flatMap(segment => {
      const at = segment.indexOf('=');
      if (at <= 0) return [];
      const value = decode(segment.slice(at + 1));
      return [
        [decode(segment.slice(0, at)), value === none ? null : value] as [
          string,
          string | null,
        ],
      ];
    });
}

function decode(text: string) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
