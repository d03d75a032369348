import type { LedgerEntry } from '@downstage/plugin-ml-registry-common';

const columns = [
  'id',
  'at',
  'name',
  'version',
  'action',
  'from',
  'to',
  'actor',
  'message',
  'flagged',
  'details',
] as const;

export const ledgerCsvHeader = `${columns.join(',')}\r\n`;

/** One line of RFC 4180. */
export function ledgerCsvLine(entry: LedgerEntry): string {
  const cells = columns.map(column => {
    const value = entry[column];
    if (value === undefined) return '';
    return cell(typeof value === 'object' ? JSON.stringify(value) : `${value}`);
  });
  return `${cells.join(',')}\r\n`;
}

/** Text that a spreadsheet would run as a formula gets an apostrophe in front: messages come from anybody. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
