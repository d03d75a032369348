import type {
  Comparison,
  SearchOrder,
} from '@downstage/plugin-ml-registry-common';

/** Writes comparisons as a client would. Keys must be without backticks, or without double quotes. */
export function printFilter(comparisons: Comparison[]): string {
  return comparisons.map(printComparison).join(' AND ');
}

export function printOrder({ entity, key, descending }: SearchOrder): string {
  return `${printPath(entity, key)} ${descending ? 'DESC' : 'ASC'}`;
}

function printComparison({ entity, key, operator, value }: Comparison) {
  const left = `${printPath(entity, key)} ${operator}`;
  if (value === undefined) return left;
  if (Array.isArray(value)) return `${left} (${value.map(quote).join(', ')})`;
  return `${left} ${typeof value === 'number' ? value : quote(value)}`;
}

function printPath(entity: string, key: string) {
  if (/^[A-Za-z_]\w*$/.test(key)) return `${entity}.${key}`;
  const mark = key.includes('`') ? '"' : '`';
  return `${entity}.${mark}${key}${mark}`;
}

function quote(text: string) {
  return `'${text.replaceAll("'", "''")}'`;
}
