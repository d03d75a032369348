import type { ServedVariant } from '@downstage/plugin-ml-serving-common';
import { nextStepOf, type RolloutFacts } from './nextStepOf';
import { checkVariants, isFollowing, onlyChampion } from './variants';
import { wayBackOf } from './wayBackOf';

const champion: ServedVariant = {
  name: 'champion',
  version: 1,
  weight: 90,
  mode: 'live',
};
const challenger: ServedVariant = {
  name: 'challenger',
  version: 2,
  weight: 10,
  mode: 'live',
};

describe('nextStepOf', () => {
  const to = onlyChampion(2);
  const told = (
    active: number | undefined,
    state: 'loading' | 'ready' | 'failed',
    variants = to,
  ): RolloutFacts['engine'] => ({
    endpoint: 'tumour',
    wanted: 2,
    active,
    variants: variants.map(one => ({ ...one, active })),
    versions: [{ version: 2, state, predictions: [], message: 'no ONNX' }],
  });

  it.each<[string, Partial<RolloutFacts>, object]>([
    [
      'assigns all at once where the tables say something else',
      { assigned: onlyChampion(1), engine: told(1, 'ready', onlyChampion(1)) },
      { do: 'assign', variants: to },
    ],
    [
      'assigns while no engine answers: it is told when it does',
      { assigned: [], engine: undefined },
      { do: 'assign' },
    ],
    [
      'tells an engine that does not know the endpoint',
      { engine: 'unknown-endpoint' },
      { do: 'tell' },
    ],
    [
      'tells an engine that was told something else',
      { engine: told(1, 'ready', onlyChampion(1)) },
      { do: 'tell' },
    ],
    [
      'waits for an engine that is away',
      { engine: undefined },
      { do: 'wait', message: 'The engine does not answer', soon: false },
    ],
    [
      'waits where the portal runs no engine',
      { engine: 'none' },
      { do: 'wait', soon: false },
    ],
    [
      'waits while the version is loaded, and looks again soon',
      { engine: told(1, 'loading') },
      { do: 'wait', message: 'Being loaded: version 2', soon: true },
    ],
    [
      'waits with the reason where the version cannot be loaded',
      { engine: told(1, 'failed') },
      {
        do: 'wait',
        loadFailed: true,
        message: 'Version 2 could not be loaded: no ONNX',
      },
    ],
    [
      'is over when the version answers',
      { engine: told(2, 'ready') },
      { do: 'finish', message: 'Answers come from version 2' },
    ],
    [
      'is over with an engine that says nothing of variants',
      { engine: { endpoint: 'x', wanted: 2, active: 2, versions: [] } },
      { do: 'finish' },
    ],
  ])('%s', (_, change, step) => {
    const facts = { assigned: to, engine: told(2, 'ready'), ...change };
    expect(nextStepOf({ to }, facts)).toMatchObject(step);
  });

  it('is over when every live variant answers, and not before', () => {
    const both = [champion, challenger];
    const engine = (second: number | undefined) => ({
      endpoint: 'tumour',
      wanted: 1,
      active: 1,
      variants: [
        { ...champion, active: 1 },
        { ...challenger, active: second },
      ],
      versions: [],
    });
    const stepOf = (second: number | undefined) =>
      nextStepOf({ to: both }, { assigned: both, engine: engine(second) });
    expect(stepOf(undefined)).toMatchObject({ do: 'wait' });
    expect(stepOf(2)).toEqual({
      do: 'finish',
      message:
        'Answers come from champion: version 1 (90 %), challenger: version 2 (10 %)',
    });
  });
});

describe('wayBackOf', () => {
  it.each([
    ['the one that answered', { answering: 1, kept: undefined, next: 2 }, 1],
    ['not one that never loaded', { answering: 1, kept: 1, next: 3 }, 1],
    [
      'nothing at the start',
      { answering: undefined, kept: undefined, next: 1 },
      undefined,
    ],
    [
      'what was kept, back to the one that still answers',
      { answering: 1, kept: 4, next: 1 },
      4,
    ],
    [
      'what was kept, where nothing answers',
      { answering: undefined, kept: 1, next: 3 },
      1,
    ],
    [
      'nothing, where what was kept is the next one',
      { answering: undefined, kept: 1, next: 1 },
      undefined,
    ],
    [
      'nothing, where that is the same one',
      { answering: 1, kept: 1, next: 1 },
      undefined,
    ],
  ])('is %s', (_, facts, expected) => {
    expect(wayBackOf(facts)).toBe(expected);
  });
});

describe('isFollowing', () => {
  it.each<[string, ServedVariant[], number, boolean]>([
    ['the champion alone has the version', onlyChampion(1), 1, true],
    ['others answer beside it', [champion, challenger], 1, true],
    ['another variant has the version', [champion, challenger], 2, false],
    ['nothing answers', [], 1, false],
  ])('where %s', (_, variants, version, expected) => {
    expect(isFollowing(variants, version)).toBe(expected);
  });
});

describe('checkVariants', () => {
  const one = { id: 'kserve', variants: 'one' as const };
  const weighted = { id: 'gateway', variants: 'weighted' as const };

  it('takes one variant for every engine, and several for one that divides requests', () => {
    expect(() => checkVariants(onlyChampion(1), one)).not.toThrow();
    expect(() => checkVariants([champion, challenger], weighted)).not.toThrow();
  });

  it.each<[string, ServedVariant[], typeof one | typeof weighted, RegExp]>([
    [
      'several where one answers',
      [champion, challenger],
      one,
      /^The engine 'kserve' lets one variant of an endpoint answer; asked were 2: champion: version 1 \(90 %\), challenger: version 2 \(10 %\)$/,
    ],
    [
      'weights of another sum',
      [champion],
      weighted,
      /add up to 100 %, not 90 %/,
    ],
    ['none', [], weighted, /not 0 %: no version/],
    ['two of a name', [champion, champion], weighted, /the same name/],
    [
      'a shadow',
      [...onlyChampion(1), { ...challenger, mode: 'shadow' }],
      weighted,
      /copies no requests to a shadow; asked was .*challenger: version 2 \(shadow\)/,
    ],
  ])('refuses %s', (_, variants, engine, message) => {
    expect(() => checkVariants(variants, engine)).toThrow(message);
  });
});
