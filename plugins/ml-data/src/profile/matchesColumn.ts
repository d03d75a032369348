import type { DatasetColumn } from '@downstage/plugin-ml-data-common';

/** Whether a column is meant by a search: every word is in its name, type, unit or description. */
export function matchesColumn(column: DatasetColumn, search: string): boolean {
  const text = [column.name, column.type, column.unit, column.description]
    .join(' ')
    .toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every(word => text.includes(word));
}
