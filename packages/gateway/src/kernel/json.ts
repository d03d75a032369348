import { BadInput } from './BadInput';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** JSON from bytes. Text that is not UTF-8 is refused: it would be changed on the way. */
export function parseJson(bytes: Buffer): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new BadInput('The body is not UTF-8');
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    // Too deep is a RangeError: no less the client's.
    const reason = error instanceof Error ? error.message : String(error);
    throw new BadInput(
      `The body is not JSON: ${reason.slice(
        0,
        200,
      )} (NaN and Infinity are no JSON: send null and "Infinity", or the tensor as binary data)`,
    );
  }
}
