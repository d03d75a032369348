/** Longer texts are no names of modules, and not worth remembering. */
const longestRemembered = 256;

/**
 * The texts of a pickle that may become names: those pushed last, and those its memo remembers. What cannot be followed
 * is `undefined`.
 */
export class PickleNames {
  readonly #pushed: (string | undefined)[] = [];
  readonly #memo = new Map<string, string>();
  #memoized = 0;
  #put = false;
  #lost = false;

  push(text?: string): void {
    this.#pushed.push(text);
    if (this.#pushed.length > 64) this.#pushed.shift();
  }

  pop(): string | undefined {
    return this.#pushed.pop();
  }

  /** Remembers what was pushed last under the next number. */
  memoize(): void {
    this.#remember(String(this.#memoized));
    this.#memoized += 1;
  }

  /** Remembers what was pushed last under this number; a number nobody can read makes all of them uncertain. */
  put(number: string | undefined): void {
    this.#put = true;
    if (number === undefined) this.#lost = true;
    else this.#remember(number);
  }

  get(number: string | undefined): void {
    // With both ways of remembering in one pickle, the next number depends on what is not kept here.
    const uncertain = this.#lost || (this.#put && this.#memoized > 0);
    this.push(
      uncertain || number === undefined ? undefined : this.#memo.get(number),
    );
  }

  #remember(number: string): void {
    const text = this.#pushed.at(-1);
    if (text === undefined || text.length > longestRemembered) {
      this.#memo.delete(number);
    } else {
      this.#memo.set(number, text);
    }
  }
}

/** A number of the memo as Python reads a line: signs, zeros in front and underscores say nothing, and any size goes. */
export function memoNumber(line: string | undefined): string | undefined {
  return line
    ?.trim()
    .replaceAll('_', '')
    .replace(/^\+?0*(?=\d)/, '');
}
