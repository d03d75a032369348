import { z } from 'zod';
import { defineContract } from './contract';
import { toOpenApi } from './openApi';

const documentOf = (schema: z.ZodType) => {
  const { paths } = toOpenApi(
    { title: 'test', version: '1' },
    defineContract({
      make: {
        method: 'post',
        path: '/things',
        summary: 'Make one',
        body: z.object({ given: schema }),
        response: z.object({}),
      },
    }),
  );
  return JSON.stringify(paths);
};

describe('toOpenApi', () => {
  it('writes patterns that validators of other languages read', () => {
    const name = z.string().regex(/^[^/:\p{Cc}]+$/u);
    for (const schema of [name, z.array(name), z.union([name, z.number()])]) {
      const text = documentOf(schema);
      expect(text).toContain(
        String.raw`"pattern":"^[^/:\\x00-\\x1f\\x7f-\\x9f]+$"`,
      );
      expect(text).not.toContain(String.raw`\\p{`);
    }
  });

  it('leaves out a pattern that cannot be written without classes by name', () => {
    const text = documentOf(z.string().regex(/^[\p{L}\P{Lu}]+$/u));
    expect(text).not.toContain('"pattern"');
    expect(text).toContain('"type":"string"');
  });

  it('keeps a field that is called pattern', () => {
    const text = documentOf(z.object({ pattern: z.string().regex(/^a$/) }));
    expect(text).toContain('"pattern":{"type":"string","pattern":"^a$"}');
  });
});
