import {
  basisChanges,
  championChanged,
  inWords,
  withChampionChanged,
} from './evidenceBasis';

describe('what changed of that which approvals are about', () => {
  it('is told by codes: words about production hide no other champion, and need none (R4)', () => {
    const card = {
      part: 'card',
      message: 'the card of the version in production changed',
    };
    expect(withChampionChanged([card])).toEqual([card, championChanged]);
    const translated = {
      part: 'champion',
      message: 'une autre version est en service',
    };
    expect(withChampionChanged([translated])).toEqual([translated]);
  });

  it('names a part of a newer release, whatever it is called', () => {
    const changes = basisChanges(
      { 'notes in production': 'a', champion: 'x' },
      { champion: 'x' },
    );
    expect(changes).toEqual([
      {
        part: 'notes in production',
        message: 'notes in production changed',
      },
    ]);
    expect(inWords(withChampionChanged(changes))).toEqual([
      'notes in production changed',
      'another version is in production',
    ]);
  });

  it('is said once, however many parts say it', () => {
    const changes = basisChanges(
      { metrics: 'a', measurements: 'a' },
      { metrics: 'b', measurements: 'b' },
    );
    expect(changes).toHaveLength(2);
    expect(inWords(changes)).toEqual(['metrics that gates look at changed']);
  });
});
