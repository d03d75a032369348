import { listed } from '@downstage/common';
import type { ColumnKinds, ValueKind } from './ColumnKinds';
import { excerpt } from './Refusal';

const words: Record<ValueKind, string> = {
  boolean: 'true or false',
  integer: 'whole numbers',
  decimal: 'numbers',
  comma: 'numbers with a comma',
  date: 'dates',
  moment: 'times',
  'fine-moment': 'times',
  'zoned-moment': 'times with a zone',
  time: 'times of day',
  text: 'text',
};

/** What was seen between the lines. */
export function lineNotes(options: {
  blanks: Map<string, number>;
  lineEnds: Set<string>;
}): string[] {
  const notes = [...options.blanks]
    .slice(0, 5)
    .map(
      ([file, count]) =>
        `${file}: ${count} empty ${count === 1 ? 'line' : 'lines'} left out`,
    );
  return options.lineEnds.size > 1
    ? [...notes, `Lines end differently: ${[...options.lineEnds].join(', ')}`]
    : notes;
}

/** Why a column is not what most of its values are, and where digits do not fit. */
export function columnNotes(
  kinds: ColumnKinds[],
  types: string[],
  options: { decimalComma: boolean },
): string[] {
  const notes = kinds.flatMap((column, i) => {
    const { seen, name } = column;
    if (types[i] === 'DOUBLE' && column.longerThanDouble) {
      return [
        `Column '${name}': ${column.longerThanDouble} values have more digits than a double holds`,
      ];
    }
    if (types[i] !== 'VARCHAR' || seen.size < 2) return [];
    const [most, rest] = [...seen].sort((a, b) => b[1].count - a[1].count);
    if (most[0] === 'text' && rest[1].count * 2 < most[1].count) return [];
    const odd = most[0] === 'text' ? most : rest;
    const usual = most[0] === 'text' ? rest : most;
    const { file, line, value } = odd[1].first;
    return [
      `Column '${name}' is text because of ${excerpt(
        value,
      )} (${file}, line ${line}); ${usual[1].count} of its values are ${
        words[usual[0]]
      }`,
    ];
  });
  const commas = kinds.filter(
    (column, i) => column.seen.has('comma') && types[i] === 'VARCHAR',
  );
  if (commas.length && !options.decimalComma) {
    notes.push(
      `Columns with a comma in their numbers are text: ${listed(
        commas.map(column => column.name),
      )}; declare spec.location.decimal: ',' if it is a decimal comma`,
    );
  }
  if (options.decimalComma && kinds.some(kind => kind.seen.has('comma'))) {
    notes.push('The comma in numbers is read as the decimal one');
  }
  return notes.length > 50
    ? [...notes.slice(0, 50), `and ${notes.length - 50} more such notes`]
    : notes;
}
