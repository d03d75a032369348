it('gives random ids where the browser keeps them for https', () => {
  const { crypto } = globalThis;
  const plain = {
    getRandomValues: (bytes: Uint8Array) => bytes.fill(0xff),
  } as unknown as Crypto;
  Object.defineProperty(globalThis, 'crypto', {
    value: plain,
    configurable: true,
  });
  try {
    jest.isolateModules(() => require('./plainHttp'));
    expect(plain.randomUUID()).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
  } finally {
    Object.defineProperty(globalThis, 'crypto', {
      value: crypto,
      configurable: true,
    });
  }
});
