import { PassThrough } from 'node:stream';
import { confirmed } from './confirmed';

it.each([
  ['y\n', true],
  [' YES \n', true],
  ['yesterday\n', false],
  ['n\n', false],
  ['\n', false],
  ['', false],
])('takes %j for %s', async (text, yes) => {
  const input = new PassThrough();
  const output = new PassThrough();
  input.end(text);
  expect(await confirmed('Cancel it? ', { input, output })).toBe(yes);
  expect(String(output.read())).toContain('Cancel it? ');
});
