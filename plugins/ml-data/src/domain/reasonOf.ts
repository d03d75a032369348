/** The sentence of the server, where there is one, rather than "Request failed with 403". */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message
    ? error.cause.message
    : error.message;
}
