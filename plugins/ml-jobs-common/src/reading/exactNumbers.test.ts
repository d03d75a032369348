import { readDefinitions } from './readDefinitions';

describe('numbers', () => {
  const definition = (value: string) =>
    `apiVersion: downstage.dev/v1\nkind: Job\nentryPoint: x\nparameters:\n  seed: ${value}\n`;

  it.each([
    ['9007199254740991', 9007199254740991],
    ['-12', -12],
    ['1e-3', 0.001],
    ['1.50', 1.5],
    ['0.30000000000000004', 0.30000000000000004],
    ['100000000000000000000', 1e20],
    ['"9007199254740993"', '9007199254740993'],
  ])('are what is written: %s', (text, value) => {
    expect(readDefinitions(definition(text)).definitions).toMatchObject([
      { parameters: { seed: value } },
    ]);
  });

  it.each([
    ['9007199254740993', 'would become 9007199254740992'],
    ['-9007199254740993', 'would become -9007199254740992'],
    ['3.14159265358979323846', 'would become 3.141592653589793'],
    ['0x20000000000001', 'would become 9007199254740992'],
  ])('are refused when they would lose a digit: %s', (text, message) => {
    expect(readDefinitions(definition(text)).mistakes).toEqual([
      {
        line: 5,
        column: 9,
        message: expect.stringContaining(
          `the number ${text} ${message}; write it in quotes`,
        ),
      },
    ]);
  });
});
