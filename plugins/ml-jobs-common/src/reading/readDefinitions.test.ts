import { chooseDefinition } from './chooseDefinition';
import { formatMistake, readDefinitions } from './readDefinitions';

const minimal =
  'apiVersion: downstage.dev/v1\nkind: Job\nentryPoint: python train.py\n';
const job = (name: string, more = '') => `${minimal}name: ${name}\n${more}`;
const linesOf = (text: string) =>
  readDefinitions(text).mistakes.map(mistake =>
    formatMistake(mistake, 'downstage.yaml'),
  );

describe('downstage.yaml', () => {
  it('needs three lines', () => {
    expect(readDefinitions(minimal)).toMatchObject({
      definitions: [
        {
          apiVersion: 'downstage.dev/v1',
          kind: 'Job',
          entryPoint: 'python train.py',
        },
      ],
      documents: 1,
      mistakes: [],
      more: 0,
    });
  });

  it.each([
    [
      'an unknown key',
      `${minimal}entrypoint: x\n`,
      /downstage\.yaml:4:1: unknown key 'entrypoint'; did you mean entryPoint\?; allowed: apiVersion, kind, name, entryPoint/,
    ],
    [
      'an unknown key inside',
      `${minimal}resources:\n  cpus: 2\n`,
      /:5:3: unknown key 'cpus'; did you mean cpu\?; allowed: cpu, memory, gpus, accelerator, nodes/,
    ],
    [
      'an unknown key in a list',
      `${minimal}inputs:\n  - name: x\n    dataset: dataset:default/x\n    table: y\n`,
      /:7:5: unknown key 'table'; allowed: name, dataset/,
    ],
    [
      'an output of no kind',
      `${minimal}outputs:\n  - { name: x, kind: image }\n`,
      /:5:16: outputs\.0\.kind: expected model, dataset or artifact, found "image"/,
    ],
    [
      'an output that says nowhere where it is found',
      `${minimal}outputs:\n  - { name: x, kind: artifact }\n`,
      /:5:5: outputs\.0\.path is missing; expected a string/,
    ],
    [
      'two outputs of one name',
      `${minimal}outputs:\n  - { name: x, kind: model }\n  - { name: x, kind: model }\n`,
      /:4:1: outputs: Two outputs have the same name; give each its own/,
    ],
    [
      'a missing key',
      'apiVersion: downstage.dev/v1\nkind: Job\n',
      /:1:1: entryPoint is missing; expected a string/,
    ],
    [
      'a wrong version',
      minimal.replace('/v1', '/v2'),
      /:1:1: apiVersion: expected "downstage.dev\/v1", found "downstage.dev\/v2"/,
    ],
    [
      'a wrong duration',
      `${minimal}timeout: 30 minutes\n`,
      /:4:1: timeout: Expected an ISO 8601 duration such as PT30M.*found "30 minutes"/,
    ],
    [
      'a wrong type',
      `${minimal}retries: many\n`,
      /:4:1: retries: expected number, received string, found "many"/,
    ],
    ['broken YAML', `${minimal}parameters: {a: 1\n`, /:5:1: not valid YAML/],
    ['no mapping', '- a\n', /:1:1: expected a mapping/],
    [
      'two mistakes',
      `${minimal}retries: -1\nfoo: 1\n`,
      /:4:1: retries[^]*:5:1: unknown key 'foo'/,
    ],
    [
      'a key that belongs elsewhere',
      `${minimal}gpus: 2\n`,
      /:4:1: unknown key 'gpus'; did you mean resources\.gpus\?; allowed/,
    ],
    [
      'a misspelt value',
      `${minimal}distributed: dpp\n`,
      /:4:1: distributed: expected one of ddp, fsdp, .*, found "dpp"; did you mean ddp\?/,
    ],
    [
      'a kind in small letters',
      minimal.replace('Job', 'job'),
      /:2:1: kind: expected "Job", found "job"; did you mean Job\?/,
    ],
    [
      'an unknown key of an output',
      `${minimal}outputs:\n  - { name: x, kind: artifact, path: a, models: b }\n`,
      /:5:41: unknown key 'models'; allowed: name, kind, path/,
    ],
    [
      'a parameter of no plain value',
      `${minimal}parameters:\n  depth: [1, 2]\n`,
      /:5:3: parameters\.depth: expected text of at most 10000 characters, a number, true or false/,
    ],
    [
      'a parameter with a bad name',
      `${minimal}parameters:\n  a b: 1\n`,
      /:5:3: parameters\.a b: Parameter names are letters/,
    ],
    [
      'a rule between keys beside another mistake',
      `${minimal}spot: true\nretries: many\n`,
      /:4:1: spot: a job that may be interrupted needs a checkpoint[^]*:5:1: retries/,
    ],
    ['an empty file', '# nothing\n', /:1:1: expected a mapping with at least/],
    [
      'too many brackets',
      '['.repeat(60_000),
      /:1:1: not valid YAML|:1:\d+: not valid YAML/,
    ],
    [
      'aliases that multiply',
      `a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c]\n`,
      /:1:1: its aliases/,
    ],
    ['a long file', `# ${'x'.repeat(100_000)}\n`, /allowed are 100000/],
  ])('names line, column and what is allowed for %s', (_, text, message) => {
    expect(linesOf(text).join('\n')).toMatch(message);
  });

  it('does not call a key missing that is misspelt', () => {
    expect(linesOf(minimal.replace('entryPoint', 'entrypoint'))).toEqual([
      expect.stringMatching(
        /^downstage\.yaml:3:1: unknown key 'entrypoint'; did you mean entryPoint\?/,
      ),
    ]);
  });

  it('says where a key of a definition is written', () => {
    const { definitions, placeOf } = readDefinitions(
      `${job('prepare')}---\n${job(
        'train',
        'environment: { requirements: a.txt }\n',
      )}`,
    );
    const [, train] = definitions;
    expect(placeOf(train, ['environment', 'requirements'])).toEqual({
      line: 10,
      column: 16,
      document: 'document 2 (train)',
    });
    expect(placeOf(train, ['resources', 'cpu'])?.line).toBe(6);
    expect(placeOf({ ...train }, [])).toBeUndefined();
  });

  it('names fifty mistakes at most, and counts the others', () => {
    const many = Array.from({ length: 120 }, (_, at) => `key${at}: 1\n`);
    const { mistakes, more } = readDefinitions(minimal + many.join(''));
    expect(mistakes).toHaveLength(50);
    expect(more).toBe(70);
  });

  it('shows a part of a long value', () => {
    const [line] = linesOf(`${minimal}timeout: ${'x'.repeat(50_000)}\n`);
    expect(line.length).toBeLessThan(300);
  });

  it('reads several documents, and leaves out empty ones', () => {
    const { definitions, documents, mistakes } = readDefinitions(
      `---\n${job('prepare')}---\n# nothing\n---\n${job('train')}---\n`,
    );
    expect(mistakes).toEqual([]);
    expect(documents).toBe(2);
    expect(definitions.map(({ name }) => name)).toEqual(['prepare', 'train']);
  });

  it('names the document of each mistake, where there are several', () => {
    expect(
      linesOf(
        `${job('prepare')}---\n${job(
          'train',
          'retries: many\n',
        )}---\n${minimal}---\n${job('prepare')}---\nkind: [\n`,
      ),
    ).toEqual([
      'downstage.yaml:10:1: document 2 (train): retries: expected number, received string, found "many"',
      'downstage.yaml:12:1: document 3: name is missing; each of several documents needs one, by which a submission takes it',
      "downstage.yaml:19:1: document 4 (prepare): name: document 1 is called 'prepare' as well",
      expect.stringMatching(
        /^downstage\.yaml:22:1: document 5: not valid YAML/,
      ),
    ]);
  });
});

describe('the job of a submission', () => {
  const { definitions } = readDefinitions(
    `${job('prepare')}---\n${job('train')}`,
  );
  const one = readDefinitions(minimal).definitions;

  it('is the one that it names', () => {
    expect(chooseDefinition(definitions, { name: 'train' })).toMatchObject({
      definition: { name: 'train' },
    });
    expect(chooseDefinition(definitions, { name: 'test' })).toEqual({
      problem: "there is no job 'test'; there are: prepare, train",
    });
    expect(chooseDefinition(one, { name: 'train' })).toEqual({
      problem: "there is no job 'train'; there are: one without a name",
    });
  });

  it('is the only one, or has to be named', () => {
    expect(chooseDefinition(one, {})).toEqual({ definition: one[0] });
    expect(chooseDefinition(definitions, {})).toEqual({
      problem: 'there are several jobs, name one of them: prepare, train',
    });
  });

  it('is the same when a job is run again, where the file still has it', () => {
    expect(chooseDefinition(definitions, { before: 'train' })).toMatchObject({
      definition: { name: 'train' },
    });
    expect(chooseDefinition(one, { before: 'train' })).toEqual({
      definition: one[0],
    });
    expect(chooseDefinition(definitions, { before: 'test' })).toMatchObject({
      problem: expect.any(String),
    });
  });
});
