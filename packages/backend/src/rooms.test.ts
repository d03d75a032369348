import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  cyclesOf,
  detoursIn,
  importsIn,
  importsOf,
  mistakesIn,
  roomOf,
  sourcesIn,
  unusedIn,
  valueCyclesIn,
  WIRING,
  WORDS,
  type RoomTable,
} from './__testUtils__/rooms';

const root = resolve(__dirname, '../../..');

/** The rooms of each package that has rooms, and which others each may use. */
const tables: Record<string, RoomTable> = {
  'packages/gateway': {
    kernel: [],
    auth: [],
    traffic: [],
    tensors: ['kernel'],
    processes: ['kernel'],
    http: ['auth', 'kernel'],
    oip: ['kernel', 'tensors'],
    log: ['auth', 'processes', 'tensors'],
    inference: ['kernel', 'log', 'oip', 'processes', 'tensors'],
    host: ['inference', 'processes'],
    routes: [
      'auth',
      'host',
      'http',
      'inference',
      'kernel',
      'log',
      'tensors',
      'traffic',
    ],
  },
  'packages/node': {
    events: [],
    storage: [],
    reconciling: [],
    processes: [],
    caller: [],
    audit: ['caller'],
    authorization: ['caller'],
    visibility: ['authorization', 'caller', 'storage'],
    http: ['audit', 'caller'],
    actions: ['audit', 'caller', 'http'],
  },
  'packages/react': {
    showing: [],
    plots: [],
    entities: [],
    loading: ['showing'],
    changing: ['showing'],
    extensions: ['showing'],
  },
  'plugins/ml-data': {
    shared: [],
    datasets: ['shared'],
    registrations: ['shared'],
    profile: ['shared'],
    access: ['shared'],
    columnPicker: ['shared'],
    features: ['profile', 'shared'],
    versions: ['registrations', 'shared'],
  },
  'plugins/ml-data-backend': {
    kernel: [],
    profile: [],
    storage: [],
    datasets: [],
    reader: ['profile'],
    access: ['datasets', 'kernel'],
    versions: ['access', 'datasets', 'kernel', 'profile', 'storage'],
    registrations: [
      'access',
      'datasets',
      'kernel',
      'profile',
      'reader',
      'storage',
      'versions',
    ],
    previews: [
      'access',
      'datasets',
      'profile',
      'reader',
      'registrations',
      'storage',
    ],
  },
  'plugins/ml-registry': {
    [WORDS]: [],
    shared: [WORDS],
    artifacts: ['shared'],
    series: ['shared'],
    runs: ['shared'],
    models: ['shared'],
    versionSearch: ['shared'],
    webhooks: ['shared'],
    imports: ['shared'],
    garbage: ['shared'],
    promotions: ['shared'],
    ledger: ['promotions', 'shared'],
    run: ['artifacts', 'series', 'shared'],
    compare: ['series', 'shared'],
    versions: ['artifacts', 'ledger', 'promotions', 'shared'],
  },
  'plugins/ml-registry-backend': {
    kernel: [],
    search: ['kernel'],
    owners: ['kernel'],
    access: ['kernel', 'owners'],
    ledger: ['access', 'kernel', 'search'],
    tracking: ['access', 'kernel', 'ledger', 'search'],
    artifacts: ['kernel', 'search', 'tracking'],
    traces: ['access', 'kernel', 'search', 'tracking'],
    evaluations: ['access', 'kernel', 'search', 'traces', 'tracking'],
    versions: [
      'access',
      'artifacts',
      'kernel',
      'ledger',
      'owners',
      'search',
      'tracking',
    ],
    integrity: ['access', 'kernel', 'ledger', 'owners', 'versions'],
    governance: [
      'access',
      'integrity',
      'kernel',
      'owners',
      'search',
      'versions',
    ],
    cards: [
      'access',
      'governance',
      'integrity',
      'kernel',
      'ledger',
      'owners',
      'versions',
    ],
    runPages: ['access', 'artifacts', 'kernel', 'search', 'tracking'],
    modelPages: [
      'access',
      'artifacts',
      'governance',
      'kernel',
      'owners',
      'runPages',
      'search',
      'versions',
    ],
    webhooks: ['kernel', 'ledger', 'search'],
    garbage: ['artifacts', 'kernel', 'search', 'versions'],
    imports: ['artifacts', 'kernel', 'search', 'tracking', 'versions'],
    mlflow: [
      'artifacts',
      'evaluations',
      'governance',
      'kernel',
      'traces',
      'tracking',
      'versions',
      'webhooks',
    ],
  },
};

describe.each(Object.entries(tables))('the rooms of %s', (name, table) => {
  const src = join(root, name, 'src');
  const imports = importsIn(src);

  it('are those of the table', () => {
    const rooms = new Set(sourcesIn(src).map(roomOf));
    rooms.delete(WIRING);
    expect([...rooms].sort()).toEqual(Object.keys(table).sort());
  });

  it('use no others than the table allows', () => {
    expect(mistakesIn(imports, table)).toEqual([]);
  });

  it('are used by paths inside the package alone', () => {
    const manifest = readFileSync(join(root, name, 'package.json'), 'utf8');
    expect(detoursIn(src, JSON.parse(manifest).name)).toEqual([]);
  });

  it('need everything that the table allows', () => {
    expect(unusedIn(imports, table)).toEqual([]);
  });

  it('have no cycle', () => {
    expect(cyclesOf(table)).toEqual([]);
  });

  it('have no file that needs itself through values of others', () => {
    expect(valueCyclesIn(imports)).toEqual([]);
  });

  it.each(Object.keys(table).filter(room => room !== WORDS))(
    '%s says what it is for',
    room => {
      const readme = join(src, room, 'README.md');
      expect(existsSync(readme)).toBe(true);
      const text = readFileSync(readme, 'utf8');
      expect(text).toMatch(/^# /);
      expect(text.trim().split('\n').length).toBeLessThanOrEqual(12);
      // A file of its own, or with its room in front, as `governance/CardSource.ts`.
      const files = [...text.matchAll(/`([\w./]+\.tsx?)`/g)].map(
        ([, file]) => file,
      );
      expect(
        files.filter(
          file => ![join(src, room, file), join(src, file)].some(existsSync),
        ),
      ).toEqual([]);
    },
  );
});

describe('the reader of rooms', () => {
  it.each([
    ["import { a } from './a';", './a', false],
    ["import type { A } from '../a';", '../a', true],
    ["import { type A, type B } from './a';", './a', true],
    ["import { type A, b } from './a';", './a', false],
    ["import './a.css';", './a.css', false],
    ["export { a } from './a';", './a', false],
    ["export type { A } from './a';", './a', true],
    ["const a = () => import('./a');", './a', false],
    ["const a = require('./a');", './a', false],
    ["type A = import('./a').A;", './a', true],
  ])('sees %s', (text, specifier, typeOnly) => {
    expect(importsOf(text)).toEqual([{ specifier, typeOnly }]);
  });

  it.each(["import { a } from 'a';", "const a = './a';", "// './a'"])(
    'sees no import of a neighbour in %s',
    text => {
      expect(importsOf(text)).toEqual([]);
    },
  );

  const uses = (from: string, to: string) => ({ from, to, typeOnly: false });

  it('would notice a room that uses one above it', () => {
    const table = { low: [], high: ['low'] };
    expect(mistakesIn([uses('high/a.ts', 'low/b.ts')], table)).toEqual([]);
    expect(mistakesIn([uses('low/b.ts', 'high/a.ts')], table)).toEqual([
      'low/b.ts uses high/a.ts',
    ]);
    expect(mistakesIn([uses('low/b.ts', 'plugin.ts')], table)).toEqual([
      'low/b.ts uses plugin.ts',
    ]);
    expect(mistakesIn([uses('plugin.ts', 'high/a.ts')], table)).toEqual([]);
  });

  it('would notice what the table allows and nobody needs', () => {
    expect(unusedIn([], { low: [], high: ['low'] })).toEqual([
      'high may use low',
    ]);
  });

  it('would notice a cycle of rooms, and of files', () => {
    expect(cyclesOf({ a: ['b'], b: ['c'], c: ['b'], d: ['a'] })).toEqual([
      ['b', 'c'],
    ]);
    expect(valueCyclesIn([uses('a.ts', 'b.ts'), uses('b.ts', 'a.ts')])).toEqual(
      [['a.ts', 'b.ts']],
    );
    expect(
      valueCyclesIn([
        uses('a.ts', 'b.ts'),
        { ...uses('b.ts', 'a.ts'), typeOnly: true },
      ]),
    ).toEqual([]);
  });
});
