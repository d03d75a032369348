import { withToken } from './portal';

describe('withToken', () => {
  afterEach(() => jest.restoreAllMocks());

  it('signs every call with the token of that moment, because tokens end while an import goes on', async () => {
    const fetched = jest
      .spyOn(global, 'fetch')
      .mockImplementation(async () => new Response());
    const tokens = ['first', 'second'];
    const call = withToken({
      baseUrl: 'http://portal',
      token: async () => tokens.shift() ?? '',
    });
    await call('http://portal/a');
    await call('http://portal/b');
    expect(fetched.mock.calls.map(([, init]) => init?.headers)).toEqual([
      { authorization: 'Bearer first' },
      { authorization: 'Bearer second' },
    ]);
  });
});
