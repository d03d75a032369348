import { classifyImport } from './pickles';
import { readPickle } from './readPickle';

/** Made with `pickle.dumps` of Python 3.13; the first four run `os.system('id')` when they are loaded. */
const evil: Record<string, string> = {
  'protocol 0': 'KGxwMApjcG9zaXgKc3lzdGVtCnAxCihWaWQKcDIKdHAzClJwNAphLg==',
  'protocol 2': 'gAJdcQBjcG9zaXgKc3lzdGVtCnEBWAIAAABpZHEChXEDUnEEYS4=',
  'protocol 4': 'gASVIAAAAAAAAABdlIwFcG9zaXiUjAZzeXN0ZW2Uk5SMAmlklIWUUpRhLg==',
  'protocol 5': 'gAWVIAAAAAAAAABdlIwFcG9zaXiUjAZzeXN0ZW2Uk5SMAmlklIWUUpRhLg==',
};
const harmless =
  'gASVVAAAAAAAAAB9lCiMAWGUjAhkYXRldGltZZSMBGRhdGWUk5RDBAfkAQGUhZRSlIwBb5SMC2NvbGxlY3Rpb25zlIwLT3JkZXJlZERpY3SUk5QpUpSMAXiUSwFzdS4=';

async function* inPieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}
const read = (bytes: Buffer, size = 7) => readPickle(inPieces(bytes, size));

describe('readPickle', () => {
  it.each(Object.entries(evil))(
    'finds what %s would run, however it comes in pieces',
    async (_, text) => {
      const bytes = Buffer.from(text, 'base64');
      for (const size of [1, 3, bytes.length]) {
        await expect(read(bytes, size)).resolves.toEqual({
          imports: [{ name: 'posix.system', kind: 'dangerous' }],
        });
      }
    },
  );

  it('knows classes that data is made of', async () => {
    const { imports, problem } = await read(Buffer.from(harmless, 'base64'));
    expect(problem).toBeUndefined();
    expect(imports).toEqual([
      { name: 'datetime.date', kind: 'known' },
      { name: 'collections.OrderedDict', kind: 'known' },
    ]);
  });

  it('finds what stands in the second of two pickles', async () => {
    const { imports } = await read(
      Buffer.concat([
        Buffer.from(harmless, 'base64'),
        Buffer.from(evil['protocol 4'], 'base64'),
      ]),
    );
    expect(imports.at(-1)).toEqual({ name: 'posix.system', kind: 'dangerous' });
  });

  it('takes a name it cannot follow for a dangerous one', async () => {
    // 'os', 'path', POP, 'system', POP, …: the names are not those pushed last.
    const bytes = Buffer.from(
      '8004 8c026f73 8c0673797374656d 4e 30 93 2e'.replaceAll(' ', ''),
      'hex',
    );
    const { imports } = await read(bytes);
    expect(imports.map(({ kind }) => kind)).toEqual(['dangerous']);
  });

  it.each([
    [
      'after pickles without a head, as older PyTorch writes them',
      'I1\n.I2\n.cposix\nsystem\n.',
      'posix.system',
    ],
    [
      'after a line that has no end',
      `V${'x'.repeat(10_000)}\n0cposix\nsystem\n.`,
      'posix.system',
    ],
    [
      'after more harmless names than are kept',
      `${Array.from({ length: 1_100 }, (_, i) => `cnumpy\nn${i}\n`).join(
        '',
      )}cposix\nsystem\n.`,
      'posix.system',
    ],
    [
      'under a number of the memo that Python reads in its own way',
      'Vcollections\np10\nVposix\np1_0\nVOrderedDict\np+0011\nVsystem\np11\ng10\ng11\n\x93.',
      'posix.system',
    ],
    [
      'in two large numbers that are one to JavaScript',
      'Vposix\np9007199254740993\nVnumpy\np9007199254740992\ng9007199254740993\nVsystem\n\x93.',
      'posix.system',
    ],
    [
      'in escapes',
      'Vp\\u006fsix\nVsyste\\u006d\n\x93.',
      '(computed).__import__',
    ],
    [
      'in a memo that is counted and numbered at once',
      'Vnumpy\np1\n\x94Vposix\np1\ng1\nVsystem\n\x93.',
      '(computed).system',
    ],
  ])('finds what hides %s', async (_, text, name) => {
    const { imports } = await read(Buffer.from(text, 'latin1'));
    expect(imports).toContainEqual({ name, kind: 'dangerous' });
  });

  it('takes what follows the last pickle for what it is', async () => {
    const { imports, problem } = await read(
      Buffer.concat([
        Buffer.from(harmless, 'base64'),
        Buffer.from('1027000000000000', 'hex'),
      ]),
    );
    expect(problem).toBeUndefined();
    expect(imports.every(({ kind }) => kind === 'known')).toBe(true);
  });

  it('says where it had to stop, and keeps what it found before', async () => {
    const bytes = Buffer.from(evil['protocol 4'], 'base64');
    const cut = await read(bytes.subarray(0, -3));
    expect(cut.imports).toHaveLength(1);
    expect(cut.problem).toMatch(/ends/);
    const noise = await read(Buffer.from('this is no pickle'));
    expect(noise.problem).toMatch(/is not an opcode/);
  });

  it('does not keep what is skipped, and refuses a length no file has', async () => {
    const huge = Buffer.from(`80048e${'ff'.repeat(8)}`, 'hex');
    expect((await read(huge)).problem).toMatch(/larger than any file/);
  });
});

describe('classifyImport', () => {
  it.each([
    ['sklearn.linear_model._logistic', 'LogisticRegression', 'known'],
    ['numpy._core.multiarray', '_reconstruct', 'known'],
    ['builtins', 'set', 'known'],
    ['builtins', 'eval', 'dangerous'],
    ['__builtin__', 'getattr', 'dangerous'],
    ['os', 'system', 'dangerous'],
    ['subprocess', 'Popen', 'dangerous'],
    ['joblib', 'os.system', 'dangerous'],
    ['sklearn.utils.sys', 'modules', 'dangerous'],
    ['torch.hub', 'load', 'dangerous'],
    ['__main__', 'Model', 'unknown'],
    ['cloudpickle.cloudpickle', '_make_function', 'unknown'],
  ])('%s.%s is %s', (module, name, kind) => {
    expect(classifyImport(module, name).kind).toBe(kind);
  });
});
