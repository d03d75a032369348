import { decideAccess, type DataFacts, type DataReader } from './decideAccess';

const now = '2026-03-01T10:00:00.000Z';
const owner = 'group:default/diagnostics';
const credit = 'group:default/credit';
const ann: DataReader = {
  kind: 'person',
  actor: 'user:default/ann',
  owners: ['user:default/ann', owner],
};
const cleo: DataReader = {
  kind: 'person',
  actor: 'user:default/cleo',
  owners: ['user:default/cleo', credit],
};
const grant = { id: 'g1', group: credit, until: '2026-04-01T00:00:00.000Z' };
const ended = { ...grant, until: '2026-02-01T00:00:00.000Z' };
const data = (change: Partial<DataFacts>): DataFacts => ({
  ref: 'dataset:default/masses',
  owner,
  grants: [],
  ...change,
});

describe('who reads the content of data', () => {
  it.each<[string, DataReader, Partial<DataFacts>, string]>([
    ['anybody, unclassified', cleo, {}, 'open'],
    ['anybody, public', cleo, { classification: 'public' }, 'open'],
    ['anybody, internal', cleo, { classification: 'internal' }, 'open'],
    [
      'the owner, confidential',
      ann,
      { classification: 'confidential' },
      'owner',
    ],
    ['the owner, restricted', ann, { classification: 'restricted' }, 'owner'],
    [
      'others, confidential',
      cleo,
      { classification: 'confidential' },
      'not one of them',
    ],
    [
      'others, restricted',
      cleo,
      { classification: 'restricted' },
      'not one of them',
    ],
    [
      'nobody, without an owner',
      ann,
      { classification: 'restricted', owner: undefined },
      'it has none',
    ],
    [
      'a group with a grant',
      cleo,
      { classification: 'restricted', grants: [grant] },
      'grant',
    ],
    [
      'a group whose grant ended',
      cleo,
      { classification: 'restricted', grants: [ended] },
      'ended on 2026-02-01',
    ],
    [
      "the owner's token, confidential",
      { ...ann, kind: 'token' },
      { classification: 'confidential' },
      'owner',
    ],
    [
      "the owner's token, restricted",
      { ...ann, kind: 'token' },
      { classification: 'restricted' },
      'no access token',
    ],
    [
      "the owner's job, restricted",
      { ...ann, kind: 'job' },
      { classification: 'restricted' },
      'owner',
    ],
    [
      "others' job, restricted",
      { ...cleo, kind: 'job' },
      { classification: 'restricted' },
      'not one of them',
    ],
    [
      'a plugin for its own work',
      { kind: 'plugin', actor: 'service:ml-monitoring', owners: [] },
      { classification: 'restricted' },
      'plugin',
    ],
    [
      'a static token',
      { kind: 'service', actor: 'service:ci', owners: [] },
      { classification: 'confidential' },
      'no part of the portal',
    ],
  ])('%s', (_, reader, change, expected) => {
    const decision = decideAccess(reader, data(change), now);
    expect(decision.allowed ? decision.because : decision.message).toContain(
      expected,
    );
  });
});
