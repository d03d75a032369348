import { mockServices } from '@backstage/backend-test-utils';
import { expressionOfSecrets, maskBytes, secretsOfConfig } from './secrets';

const secret = 'dsjob_abcdefghijklmnopqrstuvwxyz0123456789ABC';
const hide = (text: string, secrets: string[] = []) =>
  maskBytes(
    Buffer.from(text),
    new RegExp(expressionOfSecrets(secrets), 'g'),
  ).toString('utf8');

describe('expressionOfSecrets', () => {
  it.each([
    ['as it is', `token=${secret}!`],
    ['in JSON', JSON.stringify({ token: 'pa"ss\\word+/=' })],
    ['in an address', `https://x/?t=${encodeURIComponent('pa"ss\\word+/=')}`],
    ...['', 'u', 'us', 'user'].map(user => [
      `as basic auth of '${user}'`,
      `Authorization: Basic ${Buffer.from(`${user}:pa"ss\\word+/=`).toString(
        'base64',
      )}`,
    ]),
    [
      'in url-safe base64',
      Buffer.from('a:pa"ss\\word+/=').toString('base64url'),
    ],
  ])('finds a secret %s', (_, text) => {
    const hidden = hide(text, [secret, 'pa"ss\\word+/=']);
    expect(hidden).toHaveLength(text.length);
    expect(hidden).toMatch(/\*{8}/);
    expect(hidden).not.toMatch(/word|dsjob_/);
    // The rest of the base64 tells nothing: what was hidden is most of it.
    expect(
      Buffer.from(hidden.replace(/^.* /, ''), 'base64').toString('latin1'),
    ).not.toContain('ss\\wo');
  });

  it('finds tokens of jobs and access tokens that nobody has named', () => {
    expect(hide(`a dst_${'x'.repeat(40)} b ${secret}`)).toMatch(
      /^a \*+ b \*+$/,
    );
    expect(hide('dst_file and dsjob_x')).toBe('dst_file and dsjob_x');
  });

  it('leaves what is short, and bytes of other text, as they are', () => {
    expect(hide('grüße, 世界: abc', ['abc', 'geheimes-wört'])).toBe(
      'grüße, 世界: abc',
    );
    expect(hide('das geheimes-wört!', ['geheimes-wört'])).toBe(
      `das ${'*'.repeat(14)}!`,
    );
  });
});

it('knows the secrets of the configuration by their names', () => {
  const root = mockServices.rootConfig({
    data: {
      backend: {
        auth: { keys: [{ secret: 'a-long-secret-1' }] },
        database: {
          connection: { password: 'hunter2hunter2', user: 'backstage' },
        },
        baseUrl: 'http://localhost:7007',
      },
      integrations: {
        github: [{ host: 'github.com', token: 'ghp_0123456789' }],
      },
    },
  });
  expect(secretsOfConfig(root)).toEqual([
    'a-long-secret-1',
    'hunter2hunter2',
    'ghp_0123456789',
  ]);
});
