import { parsePipSettings, toUvVariables } from './pipSettings';

describe('pip settings', () => {
  it('reads what pip config list prints', () => {
    expect(
      parsePipSettings([
        `:env:.default-timeout='180'`,
        `global.extra-index-url='\\nhttps://one.example/simple\\nhttps://two.example/simple'`,
        `global.index-url='https://index.example/simple'`,
        `download.no-deps='true'`,
        'WARNING: something else',
      ]),
    ).toEqual({
      timeout: '180',
      'extra-index-url':
        'https://one.example/simple https://two.example/simple',
      'index-url': 'https://index.example/simple',
    });
  });

  it.each([
    [{}, {}],
    [
      { 'index-url': 'https://a/simple', 'no-input': '1' },
      { UV_DEFAULT_INDEX: 'https://a/simple' },
    ],
    [
      { 'extra-index-url': 'https://b/simple https://c/simple' },
      {
        UV_INDEX: 'https://b/simple https://c/simple',
        UV_INDEX_STRATEGY: 'unsafe-best-match',
      },
    ],
    [{ 'find-links': '/a /b' }, { UV_FIND_LINKS: '/a,/b' }],
    [{ cert: '/ca.pem' }, { SSL_CERT_FILE: '/ca.pem' }],
  ])('hands %j over to uv', (settings, variables) => {
    expect(toUvVariables(settings)).toEqual({ variables, unknown: [] });
  });

  it.each(['no-index', 'constraint', 'only-binary', 'client-cert', 'pre'])(
    'leaves the work to pip when the machine sets %s',
    name => {
      expect(toUvVariables({ [name]: '1' }).unknown).toEqual([name]);
    },
  );
});
