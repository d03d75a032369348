import { createMockDirectory } from '@backstage/backend-test-utils';
import { countOpenRows } from './predictionLog';

describe('countOpenRows', () => {
  const directory = createMockDirectory();

  it('counts the rows of lines that hold many, and lines of earlier gateways as one', async () => {
    directory.setContent({
      'v1-a.ndjson': '{"rows":32,"at":"x"}\n{"rows":1,"at":"x"}\n',
      'v1-b.ndjson': '{"request_id":"r","rows":7}\n{"request_id":"s"}\n',
      // Torn by a crash: not a whole line, and so no rows.
      'v1-c.ndjson': '{"rows":2,"at":"x"}\n{"rows":5,"at":',
      'v2-a.ndjson': '{"rows":100,"at":"x"}\n',
    });
    const files = ['v1-a', 'v1-b', 'v1-c', 'v2-a', 'v1-gone'].map(name =>
      directory.resolve(`${name}.ndjson`),
    );
    expect(await countOpenRows(files, 1)).toBe(37);
    expect(await countOpenRows(files, 2)).toBe(100);
  });
});
