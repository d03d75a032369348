import type { Signature } from '@downstage/plugin-ml-registry-common';
import { schemaBreaks } from './schemaChange';

const champion: Signature = {
  inputs: [
    { name: 'radius', type: 'double' },
    { name: 'texture', type: 'integer', required: false },
  ],
  outputs: [{ name: 'label', type: 'int64', shape: [-1] }],
};
const withInputs = (inputs: Signature['inputs']): Signature => ({
  ...champion,
  inputs,
});

describe('schemaBreaks', () => {
  it.each<[string, Signature, string[]]>([
    ['the same', champion, []],
    [
      'an input that has to be given',
      withInputs([...champion.inputs, { name: 'area', type: 'double' }]),
      ['input area is new and has to be given'],
    ],
    [
      'an input that may be left out',
      withInputs([
        ...champion.inputs,
        { name: 'area', type: 'double', required: false },
      ]),
      [],
    ],
    [
      'an input that is gone',
      withInputs([champion.inputs[0]]),
      ['input texture is gone'],
    ],
    [
      'a type the old values do not fit into',
      withInputs([{ name: 'radius', type: 'string' }, champion.inputs[1]]),
      ['input radius was double and is string'],
    ],
    [
      'a wider type',
      withInputs([
        champion.inputs[0],
        { name: 'texture', type: 'double', required: false },
      ]),
      [],
    ],
    [
      'an input that could be left out',
      withInputs([
        champion.inputs[0],
        { name: 'texture', type: 'integer', required: true },
      ]),
      ['input texture could be left out and now has to be given'],
    ],
    [
      'an output of another shape',
      {
        ...champion,
        outputs: [{ name: 'label', type: 'int64', shape: [-1, 2] }],
      },
      ['output label was int64 [-1] and is int64 [-1, 2]'],
    ],
    [
      'one more output',
      { ...champion, outputs: [...champion.outputs, { type: 'float32' }] },
      [],
    ],
    [
      'an output that is gone',
      { ...champion, outputs: [] },
      ['output label is gone'],
    ],
  ])('%s', (_, version, breaks) => {
    expect(schemaBreaks(version, champion)).toEqual(breaks);
  });
});
