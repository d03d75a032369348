import { ByteReader } from './ByteReader';
import { memoNumber, PickleNames } from './PickleNames';
import { classifyImport, type PickleImport } from './pickles';

/** What follows an opcode: a number of bytes, a length and that many bytes, or lines. */
type Argument =
  | { bytes: number }
  | { length: 1 | 4 | 8; text?: boolean }
  | { lines: 1 | 2; text?: boolean };

/** Strings longer than this are no names of modules. */
const longestName = 4_096;
const mostImports = 1_000;

/** Opcodes with an argument, by byte. Source: `pickletools` of Python 3.13. */
const opcodeArguments: Record<number, Argument> = {
  ...codes('I L F P g p', { lines: 1 }),
  ...codes('S V', { lines: 1, text: true }),
  ...codes('c i', { lines: 2 }),
  ...codes('J j r', { bytes: 4 }),
  ...codes('K h q', { bytes: 1 }),
  ...codes('M', { bytes: 2 }),
  ...codes('G', { bytes: 8 }),
  ...codes('T X', { length: 4, text: true }),
  ...codes('U', { length: 1, text: true }),
  ...codes('B', { length: 4 }),
  ...codes('C', { length: 1 }),
  0x80: { bytes: 1 },
  0x82: { bytes: 1 },
  0x83: { bytes: 2 },
  0x84: { bytes: 4 },
  0x8a: { length: 1 },
  0x8b: { length: 4 },
  0x8c: { length: 1, text: true },
  0x8d: { length: 8, text: true },
  0x8e: { length: 8 },
  0x95: { bytes: 8 },
  0x96: { length: 8 },
};

/** Opcodes without one. Any other byte is no pickle. */
const plain = new Set([
  ...[...'(.012NRQabd}elo]st)u'].map(code => code.charCodeAt(0)),
  ...[0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94],
  ...[0x97, 0x98],
]);

/**
 * What a pickle would import if somebody loaded it. Nothing is loaded, and nothing but names is kept.
 *
 * @remarks
 * A name that is put together in a way this reader cannot follow counts as dangerous. Bytes that are no pickle end the
 * reading with a `problem`; joblib's own format, which puts arrays between the opcodes, ends like that.
 */
export async function readPickle(
  content: AsyncIterable<Buffer>,
): Promise<{ imports: PickleImport[]; problem?: string }> {
  const bytes = new ByteReader(content);
  const found = new Map<string, PickleImport>();
  const add: AddImport = (module = '(computed)', name = '__import__') => {
    const spelled = classifyImport(module, name);
    // A crowd of harmless names hides no harmful one.
    const most = spelled.kind === 'dangerous' ? 2 * mostImports : mostImports;
    if (found.size < most) found.set(spelled.name, spelled);
  };
  try {
    let first = await bytes.next();
    await readOne(bytes, add, first);
    // Several may follow each other in one file.
    for (first = await bytes.next(); first !== undefined; ) {
      if (!(await readFurther(bytes, add, first))) break;
      first = await bytes.next();
    }
    return { imports: [...found.values()] };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return {
      imports: [...found.values()],
      problem: `${problem} (byte ${bytes.position})`,
    };
  }
}

/** False where something else follows, such as the numbers of a tensor. */
async function readFurther(
  bytes: ByteReader,
  add: AddImport,
  first: number,
): Promise<boolean> {
  try {
    await readOne(bytes, add, first);
    return true;
  } catch (error) {
    if (first === 0x80) throw error;
    return false;
  }
}

type AddImport = (module?: string, name?: string) => void;

/** One pickle, of which the first byte was read. */
async function readOne(
  bytes: ByteReader,
  add: AddImport,
  first: number | undefined,
): Promise<void> {
  const names = new PickleNames();
  for (let code = first; ; code = await bytes.next()) {
    if (code === undefined) throw new Error('It ends without its last opcode');
    const argument = opcodeArguments[code];
    if (argument) {
      await readArgument(bytes, { code, argument, names, add });
      continue;
    }
    if (!plain.has(code)) {
      throw new Error(`0x${code.toString(16)} is not an opcode`);
    }
    if (code === 0x2e) return;
    if (code === 0x94) names.memoize();
    else if (code === 0x93) {
      const name = names.pop();
      add(names.pop(), name);
      names.push();
    } else names.push();
  }
}

async function readArgument(
  bytes: ByteReader,
  at: { code: number; argument: Argument; names: PickleNames; add: AddImport },
): Promise<void> {
  const { code, argument, names, add } = at;
  if ('lines' in argument) {
    const line = await bytes.line(longestName);
    if (argument.lines === 2) {
      add(line, await bytes.line(longestName));
      names.push();
    } else if (code === 0x67) names.get(memoNumber(line));
    else if (code === 0x70) names.put(memoNumber(line));
    // Names that are spelled with escapes are not followed.
    else if (!argument.text || line?.includes('\\')) names.push();
    else names.push(line && unquoted(line));
    return;
  }
  if ('length' in argument) {
    const length = number(await bytes.read(argument.length));
    if (argument.text && length <= longestName) {
      names.push((await bytes.read(length)).toString('utf8'));
    } else {
      await bytes.skip(length);
      names.push();
    }
    return;
  }
  const value = number(await bytes.read(argument.bytes));
  if (code === 0x68 || code === 0x6a) names.get(String(value));
  else if (code === 0x71 || code === 0x72) names.put(String(value));
  else if (code === 0x82 || code === 0x83 || code === 0x84) {
    add('copyreg.extension', String(value));
    names.push();
  } else if (code !== 0x80 && code !== 0x95) names.push();
}

function codes(letters: string, argument: Argument): Record<number, Argument> {
  return Object.fromEntries(
    letters.split(' ').map(letter => [letter.charCodeAt(0), argument]),
  );
}

function number(bytes: Buffer): number {
  if (bytes.length === 8) {
    const value = bytes.readBigUInt64LE();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new Error('A length is larger than any file');
    }
    return Number(value);
  }
  return bytes.readUIntLE(0, bytes.length);
}

function unquoted(text: string) {
  return /^(['"]).*\1$/.test(text) ? text.slice(1, -1) : text;
}
