/** Knows which files a registered version uses: they are frozen. The registry of versions implements it. */
export interface FrozenFiles {
  findVersionAt(
    address: string,
  ): Promise<{ name: string; version: number } | undefined>;
}
