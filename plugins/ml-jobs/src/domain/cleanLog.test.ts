import { cleanLog } from './cleanLog';

describe('cleanLog', () => {
  it.each([
    ['plain\ntext', 'plain\ntext'],
    ['\r 1 %\r50 %\r100 %\nnext', '100 %\nnext'],
    ['windows\r\nlines\r\n', 'windows\nlines\n'],
    ['done \u001b[31mred\u001b[0m', 'done red'],
    ['\u001b]0;title\u0007text\u001b[2K', 'text'],
    ['still at\r 7 %', ' 7 %'],
  ])('shows %j as %j', (text, shown) => {
    expect(cleanLog(text)).toBe(shown);
  });
});
