import { readParameters } from './parameters';

it('reads numbers and truths, and keeps what a number would lose', () => {
  expect(
    readParameters([
      ...['C=0.5', 'n=-3', 'fast=true', 'solver=saga', 'where=a=b', 'empty='],
      ...[
        'id=12345678901234567890',
        'big=100000000000000000000',
        'version=1.10',
        'rate=1e-3',
        'far=Infinity',
      ],
    ]),
  ).toEqual({
    ...{ C: 0.5, n: -3, fast: true, solver: 'saga', where: 'a=b', empty: '' },
    ...{
      id: '12345678901234567890',
      big: '100000000000000000000',
      version: '1.10',
      rate: '1e-3',
    },
    far: 'Infinity',
  });
});

it('is nothing where none is given', () => {
  expect(readParameters([])).toBeUndefined();
});

it.each([
  [['C'], "'C' is not a parameter: expected a name and a value such as C=0.5"],
  [['=1'], "'=1' is not a parameter"],
  [['C=1', 'C=2'], "The parameter 'C' is given twice"],
])('refuses %j', (given, why) => {
  expect(() => readParameters(given)).toThrow(why);
});
