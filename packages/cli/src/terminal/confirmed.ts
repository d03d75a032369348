import { createInterface } from 'node:readline/promises';

/** Asks a question that is answered with yes or no; no answer, the end of the input and Ctrl-C are no. */
export async function confirmed(
  question: string,
  streams: {
    input: NodeJS.ReadableStream;
    output: NodeJS.WritableStream;
  } = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  const lines = createInterface(streams);
  try {
    const answer = await new Promise<string>(answered => {
      lines.once('close', () => answered(''));
      lines.once('line', answered);
      lines.setPrompt(question);
      lines.prompt();
    });
    return /^\s*y(es)?\s*$/i.test(answer);
  } finally {
    lines.close();
  }
}
