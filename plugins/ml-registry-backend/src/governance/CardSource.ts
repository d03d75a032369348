/** Where the gate on the model card asks; the cards themselves are kept elsewhere. */
export interface CardSource {
  /** Which fields of the declared card are filled; `digest` is over what they say. `undefined` without a card. */
  read(version: {
    name: string;
    version: number;
  }): Promise<
    { filled: string[]; missing: string[]; digest?: string } | undefined
  >;
}
