/** Reads server-sent events from the body of a response; comments and unknown fields are left out. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<{ event: string; data: string }> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + decoder.decode(value, { stream: true })).split(
        '\n\n',
      );
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = block.split('\n').map(line => {
          const colon = line.indexOf(':');
          return [
            line.slice(0, colon),
            line.slice(colon + 1).trimStart(),
          ] as const;
        });
        const data = fields
          .filter(([name]) => name === 'data')
          .map(([, text]) => text);
        if (data.length) {
          const event =
            fields.find(([name]) => name === 'event')?.[1] ?? 'message';
          yield { event, data: data.join('\n') };
        }
      }
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
