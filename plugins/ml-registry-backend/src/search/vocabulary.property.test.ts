import fc from 'fast-check';
import {
  parseFilter,
  type Comparison,
  parseOrderBy,
} from '@downstage/plugin-ml-registry-common';
import { printFilter, printOrder } from '../__testUtils__/printFilter';
import {
  experimentVocabulary,
  loggedModelVocabulary,
  modelVocabulary,
  runVocabulary,
  versionVocabulary,
} from './vocabulary';

const vocabularies = [
  runVocabulary,
  experimentVocabulary,
  modelVocabulary,
  versionVocabulary,
  loggedModelVocabulary,
];

const text = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .filter(value => !value.includes('\0'));
const key = text.filter(
  value => value.length > 0 && !(value.includes('`') && value.includes('"')),
);
const number = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map(value => value + 0);

const onText = (entity: 'param' | 'tag') =>
  fc.oneof(
    fc.record({
      entity: fc.constant(entity),
      key,
      operator: fc.constantFrom('=', '!=', 'LIKE', 'ILIKE'),
      value: text,
    }),
    fc.record({
      entity: fc.constant(entity),
      key,
      operator: fc.constantFrom('IS NULL', 'IS NOT NULL'),
    }),
  );
const comparison: fc.Arbitrary<Comparison> = fc.oneof(
  fc.record({
    entity: fc.constant('metric' as const),
    key,
    operator: fc.constantFrom('=', '!=', '>', '>=', '<', '<='),
    value: number,
  }),
  onText('param'),
  onText('tag'),
  fc.record({
    entity: fc.constant('dataset' as const),
    key: fc.constantFrom('name', 'digest', 'context'),
    operator: fc.constantFrom('IN', 'NOT IN'),
    value: fc.array(text, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    entity: fc.constant('attribute' as const),
    key: fc.constantFrom('start_time', 'end_time'),
    operator: fc.constantFrom('=', '>', '<='),
    value: number,
  }),
);

/** Text that is nearly a filter, which is where a parser stumbles. */
const nearly = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...['metrics', 'params', '.', '`', '"', "'", ' AND ', ' OR ', '(', ')'],
        ...[' = ', ' LIKE ', ' IS NOT NULL', ' IN ', '1e5', ',', '--', '\\'],
        ...['constructor', '__proto__', 'run_id', ' DESC', '\n', '\0'],
      ),
      text,
    ),
    { maxLength: 12 },
  )
  .map(parts => parts.join(''));

function complaintOf(work: () => unknown): string {
  try {
    work();
    return 'none';
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

describe('the search grammar', () => {
  it('reads what is written of any filter', () => {
    fc.assert(
      fc.property(fc.array(comparison, { maxLength: 5 }), filter => {
        expect(parseFilter(printFilter(filter), runVocabulary)).toEqual(filter);
      }),
      { numRuns: 500 },
    );
  });

  it('reads what is written of any order', () => {
    const order = fc.record({
      entity: fc.constantFrom('metric', 'param', 'tag'),
      key,
      descending: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(order, {
          maxLength: 4,
          selector: item => `${item.entity}.${item.key}`,
        }),
        orders => {
          expect(parseOrderBy(orders.map(printOrder), runVocabulary)).toEqual(
            orders,
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each(['filter', 'order'])(
    'reads any text as a %s, or says what is wrong with it',
    kind => {
      fc.assert(
        fc.property(
          fc.oneof(nearly, fc.string({ unit: 'binary' })),
          fc.constantFrom(...vocabularies),
          (input, vocabulary) => {
            const read = () =>
              kind === 'filter'
                ? parseFilter(input, vocabulary)
                : parseOrderBy([input], vocabulary);
            expect(complaintOf(read)).toMatch(/^(none|InputError)$/);
          },
        ),
        { numRuns: 2000 },
      );
    },
  );

  it('reads a filter of five thousand conditions, for which time by the square would not do', () => {
    const filter = Array.from(
      { length: 5000 },
      (_, index) => `params.\`k ${index}\` = 'v'`,
    ).join(' AND ');
    expect(parseFilter(filter, runVocabulary)).toHaveLength(5000);
  });
});
