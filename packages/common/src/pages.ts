/**
 * Every item of a list that is answered in pages, one page after the other.
 *
 * @remarks
 * For lists of which all is wanted, such as exports and commands. A page of a browser shows one page at a time.
 *
 * @example
 * ```ts
 * for await (const model of allItems(cursor => registry.listModels({ query: { cursor, limit: 200 } }))) print(model.name);
 * ```
 */
export async function* allItems<T>(
  readPage: (
    cursor: string | undefined,
  ) => Promise<{ items: T[]; nextCursor?: string }>,
): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const page = await readPage(cursor);
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor);
}

/** The same as an array, of at most so many items. */
export async function collectItems<T>(
  readPage: (
    cursor: string | undefined,
  ) => Promise<{ items: T[]; nextCursor?: string }>,
  most = 10_000,
): Promise<T[]> {
  const items: T[] = [];
  for await (const item of allItems(readPage)) {
    if (items.length >= most) break;
    items.push(item);
  }
  return items;
}
