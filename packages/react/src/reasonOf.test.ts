import { ResponseError } from '@backstage/errors';
import { reasonOf } from './reasonOf';

describe('reasonOf', () => {
  it('tells what the server said, not only its status', async () => {
    const body = {
      error: { name: 'NotFoundError', message: "There is no run 'x'" },
      response: { statusCode: 404 },
    };
    const error = await ResponseError.fromResponse({
      ok: false,
      status: 404,
      statusText: 'Not Found',
      headers: new Headers({ 'content-type': 'application/json' }),
      text: async () => JSON.stringify(body),
      redirected: false,
      type: 'basic',
      url: 'http://localhost/api',
    } as Response);
    expect(reasonOf(error)).toBe("There is no run 'x'");
  });

  it('tells the message of any other error', () => {
    expect(reasonOf(new TypeError('Failed to fetch'))).toBe('Failed to fetch');
  });
});
